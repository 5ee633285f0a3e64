import type { Clock, OrganizationId, Sealer, Storage, Transaction, UserId } from '../storage/index.ts'
import type { Log } from '../log.ts'

/** What is written down about a phone; app.ts turns it into an audit event. */
export interface PhoneEvent {
  readonly action: 'phone.asked' | 'phone.approved' | 'phone.denied' | 'phone.reported' | 'phone.refused' | 'phone.renamed' | 'phone.removed'
    | 'phone.key_registered' | 'phone.key_used' | 'phone.key_refused' | 'phone.key_reported' | 'computer.offer_refused' | 'computer.paired' | 'computer.removed' | 'computer.far'
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly userId: UserId
  readonly organizationId: OrganizationId
  readonly phone: { readonly id: string; readonly name: string } | null
  /** What it happened to, where that is not the phone: a computer, or an account at another site. */
  readonly target?: { readonly kind: 'computer' | 'account'; readonly id: string; readonly name: string }
  /** Another site, by its RP ID and its name. */
  readonly site?: { readonly id: string; readonly name: string }
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}

export interface From { readonly ip: string; readonly userAgent: string }

export interface Account {
  readonly organization: string
  readonly kind: 'business' | 'personal'
  readonly email: string
  readonly name: string
  readonly status: 'active' | 'pending' | 'suspended'
  readonly microsoft: 'open' | 'done' | null
}

export interface CredentialFact { readonly id: string; readonly name: string; readonly site: string; readonly createdAt: number; readonly lastUsedAt: number | null }
export interface ActivityFact { readonly at: number; readonly action: string; readonly site: string; readonly outcome: 'success' | 'failure' | 'denied'; readonly device: string; readonly ip: string | null }

/** A phone and whose it is: what it is asked for is for nobody else. */
export interface PhoneOf { readonly organizationId: OrganizationId; readonly userId: UserId; readonly phoneId: string }

/** An administrator wants a phone's key to be known elsewhere; only the phone can make it. See `OrderView` of src/browser/pairing/wire.ts. */
export interface OrderFact { readonly id: string; readonly site: string; readonly account: string; readonly by: string; readonly createdAt: number; readonly expiresAt: number }
export interface OrderOptions { readonly origin: string; readonly options: object; readonly expiresAt: number }
export interface OrderOutcome { readonly outcome: 'registered' | 'denied' | 'refused' | 'over'; readonly reason: string | null }

export interface PhoneOrders {
  /** What waits for this phone, newest first; what is over is not among them. */
  list(phone: PhoneOf): Promise<readonly OrderFact[]>
  /** Asked where the key is to be known, at this moment; undefined for an order that is over or another phone's. */
  options(phone: PhoneOf, orderId: string, from: From): Promise<OrderOptions | undefined>
  /** @param response a RegistrationResponseJSON as the phone made it, still to be judged; `excluded` that it holds one there already, null says no */
  answer(phone: PhoneOf, orderId: string, response: object | 'excluded' | null, from: From): Promise<OrderOutcome>
}

export interface PhoneNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly sealer: Sealer
  readonly log: Log
  readonly publicUrl: string
  /** The phone's own lock, asked by WebAuthn for the passkey that it was activated with. */
  readonly unlock: {
    begin(order: { binding: string; userId: UserId; credentialId: string }): Promise<{ challengeId: string; options: unknown }>
    /** @returns whether this very passkey answered, after its finger, face or PIN */
    finish(answer: { binding: string; challengeId: string; response: string; userId: UserId; credentialId: string }): Promise<boolean>
  }
  readonly sameNetwork: (one: string, other: string) => boolean
  /** Counts a request that was not what it says; over the limit it says for how long. */
  readonly countFailure: (ip: string) => Promise<number>
  readonly account: (organizationId: OrganizationId, userId: UserId) => Promise<Account | undefined>
  readonly credentials: (organizationId: OrganizationId, userId: UserId) => Promise<CredentialFact[]>
  readonly activity: (organizationId: OrganizationId, userId: UserId) => Promise<ActivityFact[]>
  readonly record: (tx: Transaction, from: From, event: PhoneEvent) => Promise<void>
  /** Somebody said "it was not me": the person and those who look after them hear of it, with the transaction. */
  readonly tellReported: (tx: Transaction, report: { organizationId: OrganizationId; userId: UserId; application: string | null; browser: string; ip: string; until: number | null }) => Promise<void>
  readonly computers: {
    /** Counts an offer, which anybody may make; over the limit it says for how long. */
    countOffer(ip: string): Promise<number>
    /** Whether a phone of this person must be in the computer's network. */
    mustBeNear(organizationId: OrganizationId, userId: UserId): Promise<boolean>
    /** True the first time for a name, in this transaction. */
    once(tx: Transaction, name: string, lifetimeSeconds: number): Promise<boolean>
    /** The person hears by mail of where their phone's keys can be reached from. */
    tellPaired(tx: Transaction, from: From, computer: { organizationId: OrganizationId; userId: UserId; name: string }): Promise<void>
  }
  /** What a person's own phone does with itself. */
  readonly removed: (tx: Transaction, phone: { organizationId: OrganizationId; userId: UserId; credentialId: string; name: string }) => Promise<void>
  /** Undefined where nothing can be ordered from phones. */
  readonly orders?: PhoneOrders
  /** Wakes phones whose app is closed; undefined where the operator lets no message leave. */
  readonly push: { readonly publicKey: string; allowed(endpoint: string): boolean; wake(endpoint: string): Promise<'sent' | 'gone' | 'failed'> } | undefined
}

/** How long nobody is asked after a "not me", unless they or an administrator lift it. */
export const pauseHours = 24
