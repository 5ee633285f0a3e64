import type { JWK } from 'jose'

/** Each protocol signs with keys of its own, and each federated Microsoft 365 domain too: a stolen one opens one door (SEC-32). */
export type KeyPurpose = 'oidc' | 'saml' | 'wsfed' | 'external-mfa' | `microsoft365 ${string}`
export type KeyAlgorithm = 'RS256' | 'ES256' | 'EdDSA'

/**
 * upcoming: published, not used yet. active: signs. retiring: signs no more, still published for what it has signed.
 * removed: gone from the key set, its private part wiped.
 */
export type KeyState = 'upcoming' | 'active' | 'retiring' | 'removed'


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
  /** In the same order; with `x5c` where the purpose has certificates (RFC 7517 §4.7). */
  readonly publicJwks: readonly JWK[]
  readonly keys: readonly KeyInfo[]
}

const day = 86_400_000

/** How the keys of one purpose live; times in milliseconds. */
export interface KeyPlan {
  /** The first is what an application gets that asks for nothing else. */
  readonly algorithms: readonly KeyAlgorithm[]
  readonly publishedBeforeUse: number
  readonly signsFor: number
  readonly keptAfterUse: number
  /** How long the certificate is valid that goes with the key; null where only the bare key is published. */
  readonly certificateLives: number | null
  /** Whether the next key takes over in time. False where another party has to be told first: a switch that it has not heard of locks everybody out. */
  readonly takesOverByItself: boolean
}

/** SEC-77. Applications cache key sets for hours; tokens live for days at most. */
const tokens: KeyPlan = { algorithms: ['RS256', 'ES256', 'EdDSA'], publishedBeforeUse: day, signsFor: 90 * day, keptAfterUse: 14 * day, certificateLives: null, takesOverByItself: true }

/**
 * Many service providers are told of a certificate by hand, so it lives long, its successor is published a quarter of a year
 * ahead, and takes over by itself only when the old one would otherwise run out.
 */
const certificates: KeyPlan = { algorithms: ['RS256'], publishedBeforeUse: 90 * day, signsFor: 1_081 * day, keptAfterUse: 14 * day, certificateLives: 1_095 * day, takesOverByItself: true }

/** Entra caches the keys of an external method for about a day and wants two days' notice. */
const externalMfa: KeyPlan = { algorithms: ['RS256'], publishedBeforeUse: 2 * day, signsFor: 365 * day, keptAfterUse: 14 * day, certificateLives: 400 * day, takesOverByItself: true }

export function planOf(purpose: KeyPurpose): KeyPlan {
  if (purpose === 'oidc') return tokens
  if (purpose === 'external-mfa') return externalMfa
  // Entra is told of each step by the microsoft365 room, which then lets the key take over.
  return purpose.startsWith('microsoft365 ') ? { ...certificates, takesOverByItself: false } : certificates
}

export type KeyStep =
  | { readonly kind: 'publish'; readonly algorithm: KeyAlgorithm; readonly generation: number; readonly activatesAt: number }
  | { readonly kind: 'activate'; readonly key: KeyInfo; readonly replaces: readonly KeyInfo[] }
  | { readonly kind: 'remove'; readonly key: KeyInfo }

/** What is due for the keys of one purpose and algorithm. */
export function nextSteps(plan: KeyPlan, algorithm: KeyAlgorithm, keys: readonly KeyInfo[], now: number): KeyStep[] {
  const active = keys.filter(({ state }) => state === 'active')
  const upcoming = keys.filter(({ state }) => state === 'upcoming').sort((a, b) => a.generation - b.generation)
  const steps: KeyStep[] = keys.filter(({ state, retiresAt }) => state === 'retiring' && retiresAt !== null && retiresAt <= now).map((key) => ({ kind: 'remove', key }))
  const [next] = upcoming
  const newest = Math.max(0, ...keys.map(({ generation }) => generation))
  const oldest = Math.min(...active.map(({ activatesAt }) => activatesAt))
  if (next) {
    if (plan.takesOverByItself && next.activatesAt <= now) steps.push({ kind: 'activate', key: next, replaces: active })
  } else if (now >= oldest + plan.signsFor - plan.publishedBeforeUse) {
    // After a long sleep the key is late already, but still published for its notice before it is used.
    steps.push({ kind: 'publish', algorithm, generation: newest + 1, activatesAt: Math.max(now + plan.publishedBeforeUse, oldest + plan.signsFor) })
  }
  return steps
}

const order: Readonly<Record<KeyState, number>> = { active: 0, upcoming: 1, retiring: 2, removed: 3 }

/** Active first, in the purpose's order of algorithms: a signer takes the first key that fits. */
export function inOrder(keys: readonly KeyInfo[]): KeyInfo[] {
  const place = ({ purpose, algorithm }: KeyInfo): number => planOf(purpose).algorithms.indexOf(algorithm)
  return [...keys].sort((a, b) => order[a.state] - order[b.state] || place(a) - place(b) || b.generation - a.generation)
}
