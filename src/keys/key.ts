import type { JWK } from 'jose'

export type KeyPurpose = 'oidc'
export type KeyAlgorithm = 'RS256' | 'ES256' | 'EdDSA'

/**
 * upcoming: published, not used yet. active: signs. retiring: signs no more, still published for what it has signed.
 * removed: gone from the key set, its private part wiped.
 */
export type KeyState = 'upcoming' | 'active' | 'retiring' | 'removed'

/** The first is what an application gets that asks for nothing else. */
export const algorithmsOf: Readonly<Record<KeyPurpose, readonly KeyAlgorithm[]>> = { oidc: ['RS256', 'ES256', 'EdDSA'] }
export const purposes = Object.keys(algorithmsOf) as readonly KeyPurpose[]

export interface KeyInfo {
  /** The JWK thumbprint (RFC 7638), also the `kid`. */
  readonly id: string
  readonly purpose: KeyPurpose
  readonly algorithm: KeyAlgorithm
  readonly state: KeyState
  /** Counts the keys of one purpose and algorithm. */
  readonly generation: number
  readonly createdAt: number
  readonly activatesAt: number
  readonly retiresAt: number | null
}

/** What a protocol signs with and publishes. */
export interface KeySet {
  /** Changes with the set; compare it to know whether a provider must be built anew. */
  readonly version: string
  /** Active keys first, each with its private part. */
  readonly privateJwks: readonly JWK[]
  readonly publicJwks: readonly JWK[]
}

const day = 86_400_000

/** SEC-77. Applications cache key sets for hours; tokens live for days at most. */
export const schedule = {
  publishedBeforeUse: day,
  signsFor: 90 * day,
  keptAfterUse: 14 * day,
} as const

export type KeyStep =
  | { readonly kind: 'publish'; readonly algorithm: KeyAlgorithm; readonly generation: number; readonly activatesAt: number }
  | { readonly kind: 'activate'; readonly key: KeyInfo; readonly replaces: readonly KeyInfo[] }
  | { readonly kind: 'remove'; readonly key: KeyInfo }

/** What is due for the keys of one purpose and algorithm. */
export function nextSteps(algorithm: KeyAlgorithm, keys: readonly KeyInfo[], now: number): KeyStep[] {
  const active = keys.filter(({ state }) => state === 'active')
  const upcoming = keys.filter(({ state }) => state === 'upcoming').sort((a, b) => a.generation - b.generation)
  const steps: KeyStep[] = keys.filter(({ state, retiresAt }) => state === 'retiring' && retiresAt !== null && retiresAt <= now).map((key) => ({ kind: 'remove', key }))
  const [next] = upcoming
  const newest = Math.max(0, ...keys.map(({ generation }) => generation))
  const oldest = Math.min(...active.map(({ activatesAt }) => activatesAt))
  if (next && next.activatesAt <= now) {
    steps.push({ kind: 'activate', key: next, replaces: active })
  } else if (!next && now >= oldest + schedule.signsFor - schedule.publishedBeforeUse) {
    // After a long sleep the key is late already, but still published a day before it is used.
    steps.push({ kind: 'publish', algorithm, generation: newest + 1, activatesAt: Math.max(now + schedule.publishedBeforeUse, oldest + schedule.signsFor) })
  }
  return steps
}

const order: Readonly<Record<KeyState, number>> = { active: 0, upcoming: 1, retiring: 2, removed: 3 }

/** Active first, in the purpose's order of algorithms: a signer takes the first key that fits. */
export function inOrder(keys: readonly KeyInfo[]): KeyInfo[] {
  const place = ({ purpose, algorithm }: KeyInfo): number => algorithmsOf[purpose].indexOf(algorithm)
  return [...keys].sort((a, b) => order[a.state] - order[b.state] || place(a) - place(b) || b.generation - a.generation)
}
