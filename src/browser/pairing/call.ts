import { requestText, sign } from '../phone/signing.ts'
import type { Key } from './party.ts'

export type RefusalCode = 'offline' | 'removed' | 'far' | 'limit' | 'unknown_computer' | 'invalid'

/** The server's no; `offline` when it could not be reached or had no answer. */
export class ComputerRefusal extends Error {
  override readonly name = 'ComputerRefusal'
  readonly code: RefusalCode

  constructor(code: RefusalCode) {
    super(code)
    this.code = code
  }
}

/** The part of `fetch` that is used. */
export type Send = (url: string, order: { readonly method: 'GET' | 'POST'; readonly redirect: 'error'; readonly headers: Record<string, string>; readonly signal: AbortSignal; readonly body?: string }) => Promise<Response>

export interface ComputerCall {
  /** @throws ComputerRefusal, or the signal's reason */
  get<T>(path: string, signal?: AbortSignal): Promise<T>
  /** @throws ComputerRefusal, or the signal's reason */
  post<T>(path: string, order: unknown, signal?: AbortSignal): Promise<T>
  /** The server's time, as far as it was told: what a request says of its age is counted from here. */
  now(): number
}

const refusals: readonly string[] = ['removed', 'far', 'limit', 'unknown_computer', 'invalid'] satisfies RefusalCode[]
/** The server answers after 25 seconds at the latest. */
const patience = 40_000

/**
 * Requests that a paired computer signs. A clock that is off is set right, once for each request.
 * @param needs.server its public URL
 */
export function createComputerCall({ server, computerId, signing, fetch: send }: { readonly server: string; readonly computerId: string; readonly signing: Key; readonly fetch: Send }): ComputerCall {
  let behind = 0
  const now = (): number => Date.now() + behind

  return {
    get: (path, signal) => call('GET', path, '', signal),
    post: (path, order, signal) => call('POST', path, JSON.stringify(order), signal),
    now,
  }

  async function call<T>(method: 'GET' | 'POST', path: string, body: string, signal: AbortSignal | undefined, again = true): Promise<T> {
    const full = `/pairing/api${path}`
    const at = now()
    const authorization = `Doorward-Computer ${computerId}.${at}.${await sign(signing, await requestText(method, full, at, body))}`
    const answer = await request(send, `${server}${full}`, method, body, { Authorization: authorization }, signal)
    if (answer.ok) return answer.content as T
    const { error, now: theirs } = answer.content as { readonly error?: unknown; readonly now?: unknown }
    if (error === 'clock' && typeof theirs === 'number' && again) {
      behind = theirs - Date.now()
      return call(method, path, body, signal, false)
    }
    throw refusalOf(answer)
  }
}

/** The one request that nobody signs: the server does not know this computer yet. @throws ComputerRefusal */
export async function postUnsigned<T>(send: Send, url: string, order: unknown, signal?: AbortSignal): Promise<T> {
  const answer = await request(send, url, 'POST', JSON.stringify(order), {}, signal)
  if (answer.ok) return answer.content as T
  throw refusalOf(answer)
}

interface Answer { readonly ok: boolean; readonly status: number; readonly content: unknown }

async function request(send: Send, url: string, method: 'GET' | 'POST', body: string, headers: Readonly<Record<string, string>>, signal: AbortSignal | undefined): Promise<Answer> {
  const ending = AbortSignal.any([AbortSignal.timeout(patience), ...(signal ? [signal] : [])])
  try {
    const response = await send(url, { method, redirect: 'error', headers: { ...headers, ...(body === '' ? {} : { 'Content-Type': 'application/json' }) }, signal: ending, ...(body === '' ? {} : { body }) })
    const content: unknown = response.ok ? await response.json() : await response.json().catch(() => ({}))
    return { ok: response.ok, status: response.status, content: typeof content === 'object' && content !== null ? content : {} }
  } catch {
    signal?.throwIfAborted()
    throw new ComputerRefusal('offline')
  }
}

function refusalOf({ status, content }: Answer): ComputerRefusal {
  const { error } = content as { readonly error?: unknown }
  if (status === 429) return new ComputerRefusal('limit')
  if (status === 413) return new ComputerRefusal('invalid')
  return new ComputerRefusal(status < 500 && typeof error === 'string' && refusals.includes(error) ? (error as RefusalCode) : 'offline')
}
