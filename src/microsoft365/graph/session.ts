import { setTimeout as pauseFor } from 'node:timers/promises'
import { OutboundRefused, type Outbound, type OutboundResponse } from '../../http/outbound/index.ts'
import type { Clock } from '../../storage/index.ts'
import type { GraphRequest } from '../federation/index.ts'
import { GraphRefused, readRefusal, unreachable } from './refused.ts'

export interface GraphNeeds {
  readonly fetch: Outbound['fetch']
  readonly clock: Clock
  /** Waits that many milliseconds; tests do not. */
  readonly pause?: (milliseconds: number) => Promise<unknown>
}

/** Calls with one token. @throws GraphRefused */
export interface GraphSession {
  readonly graphHost: string
  get(path: string): Promise<Readonly<Record<string, unknown>>>
  /** Every entry of a collection, page by page, at most `most`. */
  all(path: string, most?: number): Promise<Readonly<Record<string, unknown>>[]>
  send(request: GraphRequest): Promise<void>
  /** A creation, with what was made of it. */
  post(path: string, body: object): Promise<Readonly<Record<string, unknown>>>
  /** Graph's clock minus ours at the newest answer, in seconds; null before the first one. */
  clockSkewSeconds(): number | null
}

const tries = 4
/** Longer waits belong to a job's next run. */
const longestWaitMilliseconds = 60_000
const maxBytes = 8 * 1_048_576
/** A thousand people are on each; more pages than this are no collection but a circle. */
const mostPages = 2_000

/**
 * @param until epoch milliseconds after which no call is begun; for jobs, which have the next domain to look after
 * @param patience the longest wait between two tries; nobody holds a phone in their hand for a minute
 */
export function createGraphSession(needs: GraphNeeds, graphHost: string, token: string, until = Number.POSITIVE_INFINITY, patience = longestWaitMilliseconds): GraphSession {
  const { clock } = needs
  const pause = needs.pause ?? ((milliseconds: number) => pauseFor(milliseconds))
  let skew: number | null = null

  const once = async (method: string, url: string, body: string | undefined): Promise<OutboundResponse> => {
    try {
      const response = await needs.fetch(url, {
        method, body, timeoutMilliseconds: 20_000, maxBytes,
        headers: { authorization: `Bearer ${token}`, accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      })
      const date = Date.parse(response.headers['date'] ?? '')
      // The header counts in whole seconds.
      if (!Number.isNaN(date)) skew = Math.round((date + 500 - clock.now()) / 1_000)
      return response
    } catch (error) {
      if (error instanceof OutboundRefused) throw unreachable(error, url)
      throw error
    }
  }

  const call = async (method: string, url: string, body?: string): Promise<OutboundResponse> => {
    for (let attempt = 1; ; attempt++) {
      if (clock.now() > until) throw new GraphRefused('unreachable', `${new URL(graphHost).host} kept us waiting for too long`)
      const response = await once(method, url, body)
      if (response.status >= 200 && response.status < 300) return response
      // A creation that was answered with 503 may have happened; 429 says that nothing did.
      const repeatable = response.status === 429 || (response.status === 503 && method !== 'POST')
      const wait = repeatable ? waitOf(response.headers['retry-after'], attempt, clock.now()) : undefined
      if (attempt >= tries || wait === undefined || wait > patience) {
        const told = response.headers['retry-after']
        throw readRefusal(response.status, response.body.toString('utf8'), method, told === undefined ? null : waitOf(told, attempt, clock.now()))
      }
      await pause(wait)
    }
  }

  const ask = async (method: 'GET' | 'POST', url: string, content?: object): Promise<Readonly<Record<string, unknown>>> => {
    const { body } = await call(method, url, content === undefined ? undefined : JSON.stringify(content))
    try {
      const value: unknown = JSON.parse(body.toString('utf8'))
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
    } catch { /* answered below */ }
    throw new GraphRefused('unreadable', 'Graph did not answer with JSON')
  }

  return {
    graphHost,
    get: (path) => ask('GET', `${graphHost}${path}`),
    async all(path, most = 200_000) {
      const entries: Readonly<Record<string, unknown>>[] = []
      let pages = 0
      for (let url: string | undefined = `${graphHost}${path}`; url !== undefined;) {
        const page: Readonly<Record<string, unknown>> = await ask('GET', url)
        const { value, '@odata.nextLink': next } = page
        if (!Array.isArray(value)) throw new GraphRefused('unreadable', 'Graph answered with no collection')
        if (!value.every((entry) => typeof entry === 'object' && entry !== null)) throw new GraphRefused('unreadable', 'Graph answered with a collection of something else')
        for (const entry of value as Record<string, unknown>[]) entries.push(entry)
        // An empty page may name a next one, and that one itself.
        if (++pages > Math.min(most, mostPages)) throw new GraphRefused('unreadable', 'Graph named one next page after another')
        if (entries.length > most) throw new GraphRefused('unreadable', `Graph answered with more than ${most} entries`)
        url = typeof next === 'string' ? next : undefined
        // The token goes to no other host, whatever an answer says.
        if (url !== undefined && (!URL.canParse(url) || new URL(url).origin !== graphHost)) throw new GraphRefused('unreadable', 'Graph named a next page on another host')
      }
      return entries
    },
    async send({ method, path, body }) { await call(method, `${graphHost}${path}`, body === null ? undefined : JSON.stringify(body)) },
    post: (path, body) => ask('POST', `${graphHost}${path}`, body),
    clockSkewSeconds: () => skew,
  }
}

/** Retry-After in seconds or as a date (RFC 9110 §10.2.3); without one the wait doubles. */
export function waitOf(header: string | undefined, attempt: number, now: number): number {
  if (header !== undefined && /^\d+$/.test(header.trim())) return Number(header) * 1_000
  const date = Date.parse(header ?? '')
  return Number.isNaN(date) ? 1_000 * 2 ** (attempt - 1) : Math.max(0, date - now)
}
