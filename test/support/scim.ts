import type { ScimScope } from '../../src/directory/scim/index.ts'
import type { Organization } from '../../src/directory/index.ts'
import type { TestApp } from './app.ts'

export interface ScimAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body, whatever it is; '' has none. */
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: Record<string, any>
}

export const userSchema = 'urn:ietf:params:scim:schemas:core:2.0:User'
export const groupSchema = 'urn:ietf:params:scim:schemas:core:2.0:Group'
export const enterpriseSchema = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
export const patchSchema = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'

type Headers_ = Readonly<Record<string, string>>

/** A directory on the other side: JSON over HTTP with a token, and nothing of ours. */
export class ScimClient {
  readonly #base: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.#base = `${url}/scim/v2`
    this.#token = token
  }

  async send(method: string, path: string, body?: unknown, headers: Headers_ = {}): Promise<ScimAnswer> {
    const answer = await fetch(this.#base + path, {
      method, redirect: 'manual', headers: { ...(this.#token === '' ? {} : { authorization: `Bearer ${this.#token}` }), ...(body === undefined ? {} : { 'content-type': 'application/scim+json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, text, body: text === '' ? {} : JSON.parse(text) as ScimAnswer['body'] }
  }

  get(path: string, headers?: Headers_): Promise<ScimAnswer> { return this.send('GET', path, undefined, headers) }
  filter(path: string, filter: string, more = ''): Promise<ScimAnswer> { return this.get(`${path}?filter=${encodeURIComponent(filter)}${more}`) }
  post(path: string, body: unknown, headers?: Headers_): Promise<ScimAnswer> { return this.send('POST', path, body, headers) }
  put(path: string, body: unknown, headers?: Headers_): Promise<ScimAnswer> { return this.send('PUT', path, body, headers) }
  patch(path: string, operations: readonly unknown[], headers?: Headers_): Promise<ScimAnswer> { return this.send('PATCH', path, { schemas: [patchSchema], Operations: operations }, headers) }
  delete(path: string, headers?: Headers_): Promise<ScimAnswer> { return this.send('DELETE', path, undefined, headers) }
}

/** A client with a token that is made as the administration makes it. */
export async function scimClient(current: TestApp, options: { scope?: ScimScope; organization?: Organization; days?: number; name?: string } = {}): Promise<ScimClient & { readonly tokenId: string; readonly token: string }> {
  const { tokens } = current.app.parts.scim
  const made = await current.foundation.storage.write((tx) => tokens.create(tx, (options.organization ?? current.organization).id, {
    name: options.name ?? 'Entra', scope: options.scope ?? 'write', days: options.days ?? 30, createdBy: 'a test',
  }))
  if (!made) throw new Error('there are too many tokens')
  return Object.assign(new ScimClient(current.url, made.token), { tokenId: made.id, token: made.token })
}
