import type { OrganizationId, SessionId, UserId } from '../../storage/index.ts'
import { amrOf, assuranceOf, type Assurance, type Proof } from '../proof.ts'

/** How old a proof may be for acts that change how someone signs in (SEC-35). */
export const freshMilliseconds = 5 * 60_000

/** `last_seen_at` is written at most this often; the idle limit is only as exact as this. */
export const touchMilliseconds = 60_000

/** The session as protocols see it. */
export interface SignedIn {
  readonly sessionId: string
  readonly userId: UserId
  readonly organizationId: OrganizationId
  /** Epoch milliseconds of the newest proof. */
  readonly authenticatedAt: number
  readonly assurance: Assurance
  readonly amr: readonly string[]
  readonly proofs: readonly Proof[]
}

export interface LiveSession {
  readonly id: SessionId
  readonly userId: UserId
  readonly organizationId: OrganizationId
  readonly proofs: readonly Proof[]
  readonly authenticatedAt: number
  readonly lastSeenAt: number
  readonly expiresAt: number
  readonly browser: string
  /** What protocols remember of the applications that take part in this session; JSON that only they read. */
  readonly protocolState: string | null
  readonly user: {
    readonly email: string
    readonly givenName: string
    readonly familyName: string
    readonly role: 'owner' | 'administrator' | 'helpdesk' | 'user'
    readonly locale: string | null
    readonly timeZone: string | null
    /** Keys that could sign this person in; decides what "the strongest way" is. */
    readonly passkeys: number
    /** Authenticator apps that are set up. */
    readonly authenticators: number
  }
  readonly opens: Opens
  readonly organization: { readonly kind: 'business' | 'personal'; readonly name: string; readonly slug: string; readonly hue: number | null; readonly hasLogo: boolean; readonly updatedAt: number }
}

/**
 * What a session is good for. `second_step`: a password, of somebody who has set up an authenticator app, waits for its code.
 * `first_key`: an access pass, or a password that may do no more, waits for the key that it may enroll.
 */
export type Opens = 'everything' | 'second_step' | 'first_key'

/** A session that has just ended, with what protocols need to end the rest. */
export interface EndedSession {
  readonly id: SessionId
  readonly protocolState: string | null
}

/** A place that the browser still has to visit after a session ended, so that an application ends its own. */
export interface SignOutStep {
  readonly applicationName: string
  /** Opened in a frame: the application's own address, or a page of ours that leads there. */
  readonly url: string
  /** The host that the frame ends up at. */
  readonly origin: string
}

/** One row of "where you are signed in". */
export interface SessionView {
  readonly id: SessionId
  readonly device: string
  readonly ip: string
  readonly createdAt: number
  readonly lastSeenAt: number
  readonly current: boolean
}

/**
 * Whether the person proved themselves in the last five minutes as strongly as they can: someone who has a key must have
 * used a key, so a stolen mailbox cannot remove it (SEC-35, SEC-37).
 */
export function isFresh(session: Proven, now: number): boolean {
  const { passkeys, authenticators } = session.user
  const onlyFirstKey = opensOf(session) === 'first_key'
  return session.proofs.some((proof) => {
    if (proof.at <= now - freshMilliseconds) return false
    if (passkeys > 0) return proof.phishingResistant || proof.method === 'recovery-code'
    // Where it opens nothing but the page for the first key, that is what it is fresh for; beside other proofs it counts for nothing.
    if (proof.onlyFor !== undefined || onlyFirstKey) return onlyFirstKey
    return authenticators === 0 || proof.method === 'totp' || proof.method === 'recovery-code'
  })
}

/** A session as far as its strength goes. */
export type Proven = Pick<LiveSession, 'proofs'> & { readonly user: Pick<LiveSession['user'], 'passkeys' | 'authenticators'> }

/** Judged from what is proven and what the person has, at every look: nothing remembers it. */
export function opensOf({ proofs, user }: Proven): Opens {
  const counted = proofs.filter((proof) => proof.onlyFor === undefined)
  if (counted.length === 0) return 'first_key'
  return user.authenticators > 0 && counted.every((proof) => proof.method === 'password') ? 'second_step' : 'everything'
}

export function toSignedIn(session: LiveSession): SignedIn {
  const { id, userId, organizationId, authenticatedAt, proofs } = session
  return { sessionId: id, userId, organizationId, authenticatedAt, proofs, assurance: assuranceOf(proofs), amr: amrOf(proofs) }
}

/** Newest proofs first, at most one per credential: a session keeps what it can still make use of. */
export function addProofs(known: readonly Proof[], added: readonly Proof[]): Proof[] {
  const newest = new Map<string, Proof>()
  for (const proof of [...known, ...added].sort((a, b) => a.at - b.at)) newest.set(`${proof.method} ${proof.credentialId ?? ''}`, proof)
  return [...newest.values()].sort((a, b) => b.at - a.at).slice(0, 10)
}
