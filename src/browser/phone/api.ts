import type { PhoneRefusal } from '../wire.ts'
import type { HeldKey } from './keys.ts'
import { requestText, sign } from './signing.ts'

/** The server's no, with a text on the page for each; `offline` when it could not be reached at all. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: PhoneRefusal['error'] | 'offline'
  /** The server was reached and let this request in; what it needs for the answer asks for patience. */
  readonly later: boolean

  constructor(code: PhoneRefusal['error'] | 'offline', later = false) {
    super(code)
    this.code = code
    this.later = later
  }
}

/** How far this phone's clock is behind the server's, as it was last told. */
let behind = 0

export function serverNow(): number {
  return Date.now() + behind
}

/** The server's time: whoever counts down from another one is early or late. */
export function setClock(now: number): void {
  behind = now - Date.now()
}

export async function authorization({ id, key }: HeldKey, method: 'GET' | 'POST', path: string, body: string): Promise<string> {
  const at = serverNow()
  return `Doorward-Phone ${id}.${at}.${await sign(key, await requestText(method, path, at, body))}`
}

/** A request that is signed by this key. A clock that is off is set right, once. @throws Refusal */
export async function call<T>(held: HeldKey, method: 'GET' | 'POST', path: string, order?: unknown, again = true): Promise<T> {
  const full = `/phone/api${path}`
  const body = order === undefined ? '' : JSON.stringify(order)
  let response: Response
  try {
    response = await fetch(full, { method, headers: { Authorization: await authorization(held, method, full, body), ...(body === '' ? {} : { 'Content-Type': 'application/json' }) }, ...(body === '' ? {} : { body }) })
    if (response.ok) return (await response.json()) as T
  } catch {
    throw new Refusal('offline')
  }
  const refusal = (await response.json().catch(() => ({}))) as Partial<PhoneRefusal>
  if (refusal.error === 'clock' && refusal.now !== undefined && again) {
    setClock(refusal.now)
    return call(held, method, path, order, false)
  }
  const later = (response.status === 429 || response.status === 503) && refusal.error === 'invalid'
  if (response.status === 429) throw new Refusal('limit', later)
  if (response.status >= 500 || refusal.error === undefined) throw new Refusal('offline', later)
  throw new Refusal(refusal.error)
}
