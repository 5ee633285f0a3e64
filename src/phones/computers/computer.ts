import type { OrganizationId, UserId } from '../../storage/index.ts'

export type ComputerKind = 'extension' | 'agent'
export type ComputerState = 'offered' | 'taken' | 'active' | 'removed'

/** A computer that reaches a phone's keys, or would like to; with the phone and the person that it belongs to once it does. */
export interface Computer {
  readonly id: string
  readonly kind: ComputerKind
  readonly name: string
  readonly version: string
  /** Points on P-256, base64url. */
  readonly signingKey: string
  readonly agreementKey: string
  /** Where it asked from when it was last heard. */
  readonly ip: string
  readonly state: ComputerState
  readonly createdAt: number
  /** Of an offer or a pairing that is not finished; null for one that is. */
  readonly expiresAt: number | null
  readonly lastUsedAt: number | null
  readonly phoneProof: string | null
  readonly computerProof: string | null
  /** Once a phone has taken the offer. */
  readonly pairing: Pairing | null
}

export interface Pairing {
  readonly phone: { readonly id: string; readonly name: string; readonly model: string; readonly publicKey: string }
  readonly userId: UserId
  readonly organizationId: OrganizationId
  readonly organization: string
  readonly email: string
  /** The phone's half of the agreement. */
  readonly agreementKey: string
  readonly helloProof: string
  /** Neither the phone nor its person is suspended. */
  readonly fine: boolean
}

/** The picture with the secret is as good as the secret (SEC-46). */
export const offerSeconds = 120
/** Comparing digits and unlocking the phone takes a moment more. */
export const takenSeconds = 300
/** Whoever was away for a while still learns that it is over. */
export const tombstoneSeconds = 90 * 86_400
export const mostComputersPerPhone = 10

/** From a frame to whoever it is for: as long as a request waits. */
export const frameSeconds = 120
export const mostBodyCharacters = 49_152
export const mostFramesPerConnection = 64
export const mostBytesPerConnection = 262_144
export const mostOpenConnections = 4
export const mostFramesPerMinute = 120

/** What a computer is now: time, its phone and its person may have ended it without a word. */
export function stateOf({ state, expiresAt, pairing }: Computer, now: number): ComputerState {
  if (expiresAt !== null && expiresAt <= now) return 'removed'
  return pairing?.fine === false ? 'removed' : state
}
