import type { Stage } from '../pairing/relay-client.ts'
import { platform } from './platform.ts'

/** `minutes`: ten of them after a click, as this is the smallest change to how a browser works. */
export type Use = 'off' | 'minutes' | 'always'
/** How requests of sites are met: `proxy` by the browser itself, for all of them; `page` by a script in each page. */
export type Lane = 'proxy' | 'page'

/** What the person chose; stays. */
export interface Settings {
  readonly use: Use
  /** Until when `minutes` lasts. */
  readonly until: number
  readonly lane: Lane
  /** The phone that is asked, when there are several. */
  readonly phone: string | null
}

/** A request that the phone was asked, kept so that a worker that was ended meanwhile can go on with it. */
export interface Pending {
  readonly id: string
  /** As the phone knows it. */
  readonly request: string
  readonly kind: 'create' | 'get'
  readonly options: object
  readonly origin: string
  readonly crossOrigin: boolean
  readonly expiresAt: number
  /** The browser's number for it; a page's own request has none and ends with its page. */
  readonly proxied: number | null
  readonly phone: string
  /** How far it is; null until the server has it. */
  readonly stage: Stage | null
  /** Waits for a click in the popup before the phone hears of it. */
  readonly held: boolean
}

/** What became of the last request, in the words of `problem.<trouble>`. */
export interface Notice { readonly trouble: Trouble; readonly site: string; readonly at: number }

export type Trouble =
  | 'denied' | 'reported' | 'no_key' | 'other_site' | 'excluded' | 'not_unlocked' | 'too_late' | 'busy' | 'not_supported' | 'invalid'
  | 'offline' | 'removed' | 'far' | 'limit' | 'no_phone' | 'unseen' | 'cancelled' | 'stopped' | 'tampered'

/** What is known until the browser is closed. */
export interface Standing {
  readonly pausedUntil: number
  /** When requests stayed without an answer. */
  readonly unanswered: readonly number[]
  /** Too many did: nothing more is asked until the person looks here. */
  readonly resting: boolean
  readonly pending: Pending | null
  readonly notice: Notice | null
  /** Requests come here now. */
  readonly attached: boolean
  /** Another extension answers for the browser. */
  readonly taken: boolean
}

/** What an administrator fixed by policy. */
export interface Rules { readonly server: string | null; readonly use: 'off' | 'always' | null }

export const firstSettings: Settings = { use: 'off', until: 0, lane: platform?.webAuthenticationProxy ? 'proxy' : 'page', phone: null }
export const firstStanding: Standing = { pausedUntil: 0, unanswered: [], resting: false, pending: null, notice: null, attached: false, taken: false }

export async function readSettings(): Promise<Settings> {
  return { ...firstSettings, ...(await platform.storage.local.get(Object.keys(firstSettings))) }
}

export async function changeSettings(change: Partial<Settings>): Promise<void> {
  await platform.storage.local.set(change)
}

export async function readStanding(): Promise<Standing> {
  return { ...firstStanding, ...(await platform.storage.session.get(Object.keys(firstStanding))) }
}

export async function changeStanding(change: Partial<Standing>): Promise<void> {
  await platform.storage.session.set(change)
}

export async function readRules(): Promise<Rules> {
  // Firefox has no answer at all where nothing is managed.
  return rulesOf(await platform.storage.managed.get(null).catch(() => ({})))
}

/** What a policy says, as far as it makes sense. An address with a path, an account or another scheme is none of a server. */
export function rulesOf(given: Readonly<Record<string, unknown>>): Rules {
  const { server, use } = given
  return { server: typeof server === 'string' && isServer(server) ? server.replace(/\/$/, '') : null, use: use === 'off' || use === 'always' ? use : null }
}

function isServer(address: string): boolean {
  try {
    const { protocol, hostname, href, origin } = new URL(address)
    return href === `${origin}/` && (protocol === 'https:' || (protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1')))
  } catch {
    return false
  }
}

/** The server that this copy was downloaded from, unless a policy names another one. */
export async function serverAddress(): Promise<string> {
  const { server } = await readRules()
  if (server !== null) return server
  const made = (await (await fetch(platform.runtime.getURL('server.json'))).json()) as { readonly server: string }
  return made.server
}
