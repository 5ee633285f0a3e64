import { mostOperations } from './discovery.ts'
import { errorBody, invalidSyntax, invalidValue, ScimError } from './errors.ts'
import type { Answer } from './needs.ts'
import { isObject } from './values.ts'

interface BulkOperation { readonly method: string; readonly path: string; readonly bulkId: string | undefined; readonly version: string | undefined; readonly data: unknown }

/** One request of a bulk, as if it had come alone. Never throws. */
export type AnswerOne = (request: { readonly method: string; readonly path: string; readonly ifMatch: string | undefined; readonly body: unknown }) => Promise<Answer>

const reference = /bulkId:([^/\s"]{1,200})/g

/**
 * Many requests in one (RFC 7644 §3.7), each by itself: what failed does not undo what went well. Ids that a later one is
 * going to give are waited for; two that wait for each other fail.
 * @throws ScimError `invalidSyntax`, and 413 for more than `mostOperations`
 */
export async function runBulk(body: unknown, answerOne: AnswerOne): Promise<Answer> {
  const { operations, failOnErrors } = readBulk(body)
  const ids = new Map<string, string>()
  const answers = new Map<BulkOperation, unknown>()
  let errors = 0
  let waiting = [...operations]
  while (waiting.length > 0 && errors < failOnErrors) {
    const ready = waiting.filter((operation) => unresolved(operation, ids).length === 0)
    // Nothing more will come of it: those left get the reason.
    const now = ready.length > 0 ? ready : waiting
    for (const operation of now) {
      if (errors >= failOnErrors) break
      const answer = await answerOperation(operation)
      if (answer.status >= 400) errors++
      const id = (answer.body as { id?: string } | undefined)?.id
      if (operation.bulkId !== undefined && operation.method === 'POST' && answer.status === 201 && id !== undefined) ids.set(operation.bulkId, id)
      answers.set(operation, describe(operation, answer))
    }
    waiting = waiting.filter((operation) => !now.includes(operation))
  }
  return { status: 200, body: { schemas: ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'], Operations: operations.flatMap((operation) => answers.get(operation) ?? []) } }

  async function answerOperation(operation: BulkOperation): Promise<Answer> {
    const [missing] = unresolved(operation, ids)
    if (missing !== undefined) return { status: 409, body: errorBody(409, `bulkId:${missing} was not made by any operation that went well.`) }
    const fill = (text: string): string => text.replaceAll(reference, (whole, name: string) => ids.get(name) ?? whole)
    return answerOne({ method: operation.method, path: fill(operation.path), ifMatch: operation.version, body: operation.data === undefined ? undefined : JSON.parse(fill(JSON.stringify(operation.data))) as unknown })
  }
}

function readBulk(body: unknown): { operations: readonly BulkOperation[]; failOnErrors: number } {
  if (!isObject(body) || !Array.isArray(body['Operations'])) throw invalidSyntax('Operations must be a list.')
  if (body['Operations'].length > mostOperations) throw new ScimError(413, `There are more than ${mostOperations} operations.`)
  const most = body['failOnErrors']
  if (most !== undefined && !(typeof most === 'number' && Number.isInteger(most) && most >= 1)) throw invalidValue('failOnErrors must be a whole number of at least 1.')
  const seen = new Set<string>()
  const operations = body['Operations'].map((one: unknown): BulkOperation => {
    if (!isObject(one)) throw invalidSyntax('Each operation must be an object.')
    const { path, bulkId, version, data } = one
    const method = typeof one['method'] === 'string' ? one['method'].toUpperCase() : ''
    if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(method)) throw invalidSyntax('method must be POST, PUT, PATCH or DELETE.')
    if (typeof path !== 'string' || !/^\/(?:Users|Groups)(?:\/[^/?#]+)?$/.test(path)) throw invalidSyntax('path must be /Users, /Groups, or one of them with an id.')
    if (bulkId !== undefined && (typeof bulkId !== 'string' || !/^[^/\s"]{1,200}$/.test(bulkId))) throw invalidSyntax('bulkId must be a short text.')
    if (method === 'POST' && bulkId === undefined) throw invalidSyntax('POST needs a bulkId.')
    if (bulkId !== undefined && seen.has(bulkId)) throw invalidSyntax(`bulkId ${JSON.stringify(bulkId)} stands twice.`)
    if (bulkId !== undefined) seen.add(bulkId)
    return { method, path, bulkId, version: typeof version === 'string' ? version : undefined, data }
  })
  return { operations, failOnErrors: most ?? Infinity }
}

function unresolved({ path, data }: BulkOperation, ids: ReadonlyMap<string, string>): string[] {
  const text = data === undefined ? path : `${path} ${JSON.stringify(data)}`
  return [...text.matchAll(reference)].flatMap(([, name = '']) => (ids.has(name) ? [] : [name]))
}

function describe({ method, bulkId, version }: BulkOperation, { status, body, etag, location }: Answer) {
  return { ...(location === undefined ? {} : { location }), method, ...(bulkId === undefined ? {} : { bulkId }), ...(etag ?? version ? { version: etag ?? version } : {}), status: String(status), ...(status >= 400 ? { response: body } : {}) }
}
