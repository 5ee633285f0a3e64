import { X509Certificate } from 'node:crypto'
import type { Answer, Ask } from '../server.ts'
import type { Tenant, User } from '../tenant.ts'

/** Refused by Graph; the endpoint turns it into the error document. */
export class GraphRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

export function badRequest(message: string): GraphRefusal {
  return new GraphRefusal(400, 'Request_BadRequest', message)
}

export function notFound(what: string): GraphRefusal {
  return new GraphRefusal(404, 'Request_ResourceNotFound', `Resource '${what}' does not exist or one of its queried reference-property objects are not present.`)
}

/** Who may call: any of the permissions; a person needs one of the directory roles as well. */
export interface Permission { readonly any: readonly string[]; readonly all?: readonly string[]; readonly roles?: readonly string[] }

export interface Call {
  readonly ask: Ask
  readonly tenant: Tenant
  readonly parts: Readonly<Record<string, string>>
  /** Set where a person signed in. */
  readonly user: User | undefined
}

export interface GraphRoute { readonly method: string; readonly path: string; readonly permission: Permission; answer(call: Call): Answer | Promise<Answer> }

export type Rule = (value: unknown) => boolean

export const rules = {
  text: (value: unknown): boolean => typeof value === 'string' && value !== '',
  optionalText: (value: unknown): boolean => value === null || typeof value === 'string',
  yesNo: (value: unknown): boolean => typeof value === 'boolean',
  oneOf: (...names: readonly string[]): Rule => (value) => typeof value === 'string' && names.includes(value),
  httpsUrl: (value: unknown): boolean => typeof value === 'string' && URL.canParse(value) && new URL(value).protocol === 'https:',
  anything: (): boolean => true,
  /** One line of base64 that is a certificate in DER: no PEM armour, no line ends. */
  certificate: (value: unknown): boolean => {
    if (typeof value !== 'string' || !/^[A-Za-z0-9+/]+={0,2}$/.test(value)) return false
    try {
      return new X509Certificate(Buffer.from(value, 'base64')).raw.toString('base64') === value
    } catch {
      return false
    }
  },
} as const

/** Reads a body that may hold these properties and no other. */
export function bodyOf({ body, headers }: Ask, type: string, allowed: Readonly<Record<string, Rule>>): Record<string, unknown> {
  if (!/^application\/json\b/.test(headers['content-type'] ?? '')) throw new GraphRefusal(415, 'Request_UnsupportedMediaType', 'The content type is not application/json.')
  const parsed = parse(body)
  for (const [name, value] of Object.entries(parsed)) {
    const rule = Object.hasOwn(allowed, name) ? allowed[name] : undefined
    if (!rule) throw badRequest(`One or more properties are invalid: the property '${name}' does not exist on type '${type}'.`)
    if (!rule(value)) throw badRequest(`Invalid value specified for property '${name}' of resource '${type}'.`)
  }
  return parsed
}

function parse(body: string): Record<string, unknown> {
  try {
    const parsed = JSON.parse(body) as unknown
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Record<string, unknown>
  } catch {
    // The same answer as for JSON that is no object.
  }
  throw badRequest('Unable to read JSON request payload.')
}
