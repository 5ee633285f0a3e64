import { AppError } from '../../errors.ts'
import { runBulk } from './bulk.ts'
import { listResponse, resourceTypes, schemaList, serviceProviderConfig } from './discovery.ts'
import { errorBody, invalidSyntax, notFound, ScimError } from './errors.ts'
import type { Answer, Ask, Caller, RoomNeeds } from './needs.ts'
import { createPeople } from './people.ts'
import { createTeams } from './teams.ts'
import { isObject } from './values.ts'

/** A request after authentication, without anything of HTTP that does not matter here. */
export interface ScimRequest {
  readonly method: string
  /** Behind /scim/v2. */
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly ifMatch: string | undefined
  readonly ifNoneMatch: string | undefined
  /** Read when it is needed; undefined when there is none. */
  readonly body: () => Promise<unknown>
}

const methodNotAllowed = (allowed: string): ScimError => new ScimError(405, `This address takes ${allowed}.`)

/** From a request to the answer of RFC 7644 §3.2. */
export function createRouter(needs: RoomNeeds) {
  const people = createPeople(needs)
  const teams = createTeams(needs)

  async function answer(caller: Caller, request: ScimRequest): Promise<Answer> {
    const [first = '', second, ...more] = request.path.replace(/^\//, '').split('/')
    if (more.length > 0) throw notFound(request.path)
    switch (first) {
      case 'Users': return answerResource(people, caller, request, second)
      case 'Groups': return answerResource(teams, caller, request, second)
      case 'Bulk': {
        if (request.method !== 'POST' || second !== undefined) throw methodNotAllowed('POST')
        requireWrite(caller)
        return runBulk(await request.body(), (one) => answerOrRefuse(caller, { method: one.method, path: one.path, query: {}, ifMatch: one.ifMatch, ifNoneMatch: undefined, body: async () => one.body }))
      }
      case 'ServiceProviderConfig': return describe(request, second, undefined, serviceProviderConfig(needs.publicUrl))
      case 'ResourceTypes': return describe(request, second, resourceTypes(needs.publicUrl))
      case 'Schemas': return describe(request, second, schemaList(needs.publicUrl))
      case '.search': return searchAll(caller, request)
      case 'Me': throw new ScimError(501, 'There is no /Me: a token belongs to a directory, not to a person.')
      default: throw notFound(request.path)
    }
  }

  async function answerResource(resources: typeof people | typeof teams, caller: Caller, request: ScimRequest, id: string | undefined): Promise<Answer> {
    const ask: Ask = request
    if (id === '.search') {
      if (request.method !== 'POST') throw methodNotAllowed('POST')
      return list(resources, caller, await searchOf(request))
    }
    if (id === undefined) {
      if (request.method === 'GET') return list(resources, caller, request.query)
      if (request.method !== 'POST') throw methodNotAllowed('GET and POST')
      requireWrite(caller)
      return resources.create(caller, await request.body(), ask)
    }
    if (!['GET', 'PUT', 'PATCH', 'DELETE'].includes(request.method)) throw methodNotAllowed('GET, PUT, PATCH and DELETE')
    if (request.method !== 'GET') requireWrite(caller)
    // No id of ours looks otherwise, and no database has to be asked about a NUL.
    if (!/^[\w-]{1,64}$/.test(id)) throw notFound(id)
    switch (request.method) {
      case 'GET': return resources.get(caller, id, ask)
      case 'PUT': return resources.replace(caller, id, await request.body(), ask)
      case 'PATCH': return resources.patch(caller, id, await request.body(), ask)
      default: return resources.remove(caller, id, ask)
    }
  }

  async function list(resources: typeof people | typeof teams, caller: Caller, query: Readonly<Record<string, unknown>>): Promise<Answer> {
    const { total, startIndex, resources: found } = await resources.list(caller, query)
    return { status: 200, body: listResponse(found, total, startIndex) }
  }

  /** Over both kinds at once (RFC 7644 §3.4.3): people first, then groups. */
  async function searchAll(caller: Caller, request: ScimRequest): Promise<Answer> {
    if (request.method !== 'POST') throw methodNotAllowed('POST')
    const query = await searchOf(request)
    if (query['sortBy'] !== undefined) throw new ScimError(400, 'People and groups have no common order; search one of them at /Users/.search or /Groups/.search.', 'invalidValue')
    const first = await people.list(caller, query)
    const wanted = Number(query['count'] ?? 100)
    const left = Math.max(0, wanted - first.resources.length)
    const second = await teams.list(caller, { ...query, startIndex: Math.max(1, first.startIndex - first.total), count: left })
    return { status: 200, body: listResponse([...first.resources, ...second.resources], first.total + second.total, first.startIndex) }
  }

  /** Never throws: a fault is the other side's to know of, and ours to log. */
  async function answerOrRefuse(caller: Caller, request: ScimRequest, onFault: (error: unknown) => void = () => undefined): Promise<Answer & { retryAfterSeconds?: number }> {
    try {
      return await answer(caller, request)
    } catch (error) {
      if (error instanceof ScimError) return { status: error.status, body: errorBody(error.status, error.message, error.scimType) }
      if (!(error instanceof AppError) || error.status >= 500) onFault(error)
      const status = error instanceof AppError ? error.status : 500
      const detail = status === 413 ? 'The body is too large.' : status === 503 ? 'The server cannot answer now; try again in a moment.' : status === 404 ? 'There is no such resource here.' : status < 500 ? 'The request cannot be answered.' : 'Something went wrong here; the log of the server says what.'
      return { status, body: errorBody(status, detail), ...(error instanceof AppError && error.retryAfterSeconds !== undefined ? { retryAfterSeconds: error.retryAfterSeconds } : {}) }
    }
  }

  return { answer: answerOrRefuse }
}

/** @throws ScimError 403 for a token that may only look */
function requireWrite({ token }: Caller): void {
  if (token.scope !== 'write') throw new ScimError(403, 'This token may only read. Make one that may write.')
}

async function searchOf(request: ScimRequest): Promise<Readonly<Record<string, unknown>>> {
  const body = await request.body()
  if (!isObject(body)) throw invalidSyntax('The body must be a JSON object.')
  return body
}

/** RFC 7644 §4: these are told as they are, and a filter on them is refused. */
function describe(request: ScimRequest, id: string | undefined, list: readonly { readonly id: string }[] | undefined, single?: unknown): Answer {
  if (request.method !== 'GET') throw methodNotAllowed('GET')
  if (request.query['filter'] !== undefined) throw new ScimError(403, 'This cannot be filtered.')
  if (!list) {
    if (id !== undefined) throw notFound(id)
    return { status: 200, body: single }
  }
  if (id === undefined) return { status: 200, body: listResponse(list) }
  const found = list.find((one) => one.id.toLowerCase() === decode(id).toLowerCase())
  if (!found) throw notFound(id)
  return { status: 200, body: found }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
