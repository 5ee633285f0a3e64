import { AsyncLocalStorage } from 'node:async_hooks'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { PayloadRow } from './payload-statement.ts'
import type { StoredPayload } from './payloads.ts'

/**
 * What one request to the provider has read and wants to change. The library writes piece by piece; we collect and write
 * once, so that a token response is one durable commit or nothing (R-05, P-19).
 */
export interface Work {
  readonly rows: Map<string, PayloadRow>
  readonly consumed: { kind: string; id: string }[]
  readonly destroyed: { kind: string; id: string }[]
  readonly revokedGrants: Set<string>
  /** Read ahead in one statement, e.g. the grant of a refresh token. */
  readonly known: Map<string, StoredPayload | undefined>
  /** Whether the account of this request's refresh token may still use the application; undefined when nobody asked yet. */
  usable: boolean | undefined
  /** Grants that lose everything when a consumption turns out to be second, each with its owner. */
  readonly grantsAtStake: Map<string, string | null>
  /** The session that an application has signed out of with this request. */
  ending: LiveSession | undefined
  /** Effects outside the database, once everything is committed. */
  readonly afterwards: (() => void)[]
}

const current = new AsyncLocalStorage<Work>()

export const keyOf = (kind: string, id: string): string => `${kind} ${id}`

export function currentWork(): Work | undefined {
  return current.getStore()
}

export function withWork<T>(work: Work, run: () => Promise<T>): Promise<T> {
  return current.run(work, run)
}

/** For what goes on after the answer: it belongs to no request any more. */
export function outsideWork<T>(run: () => T): T {
  return current.exit(run)
}

export function newWork(): Work {
  return { rows: new Map(), consumed: [], destroyed: [], revokedGrants: new Set(), known: new Map(), usable: undefined, grantsAtStake: new Map(), ending: undefined, afterwards: [] }
}
