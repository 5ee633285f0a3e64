/**
 * What a paired computer, a phone and the server between them say to each other, as JSON. Types only, beside ../wire.ts.
 *
 * A computer (the browser extension, or the agent for programs) has no account and no session. It signs each request with a key of its own,
 * the way a phone does:
 *
 *   Authorization: Doorward-Computer <computer id>.<epoch milliseconds>.<signature>
 *
 * over the same lines of `RequestText`. `/pairing/api` looks at no cookie and lets every origin read its answers: what counts is the signature.
 * What computer and phone tell each other is sealed end to end (channel.ts); the server carries it for two minutes at most, and cannot read it.
 */

/** A point on P-256, uncompressed (65 bytes), base64url. */
export type PublicPoint = string

export type ComputerKind = 'extension' | 'agent'

/** POST /pairing/api/offers is not signed: nobody knows this computer yet. It answers 201 with OfferMade. */
export interface OfferOrder {
  /** `offerIdOf(secret)`; the secret itself is in the picture only. */
  readonly offer: string
  readonly signingKey: PublicPoint
  readonly agreementKey: PublicPoint
  readonly kind: ComputerKind
  /** "Chrome on Linux"; the phone shows it. */
  readonly name: string
  readonly version: string
}
export interface OfferMade { readonly computer: string; readonly now: number; readonly expiresAt: number }

/**
 * GET /pairing/api/pairing?known=<state> waits up to 25 s for another state than the one that is known, and answers with it.
 * `removed` is final: the computer forgets the phone.
 */
export interface PairingState {
  readonly state: 'offered' | 'taken' | 'active' | 'removed'
  readonly expiresAt: number | null
  /** Once taken. */
  readonly phone: PairedPhone | null
  /** The phone's half of the agreement, once taken. */
  readonly hello: PairingHello | null
  readonly phoneConfirmed: boolean
  readonly computerConfirmed: boolean
}
export interface PairedPhone { readonly id: string; readonly name: string; readonly model: string; readonly organization: string; readonly email: string }
export interface PairingHello {
  readonly agreementKey: PublicPoint
  /** Of the phone's approval key, which the server knows already. */
  readonly signingKey: PublicPoint
  /** `confirmation('hello')`: only who filmed the picture can make it. */
  readonly proof: string
}

/** POST /pairing/api/pairing/confirmation: the person said on the computer that both show the same digits. */
export interface ComputerConfirmation { readonly proof: string }
/** POST /pairing/api/pairing/removal: by the computer, at any time; answers {}. */

/** POST /phone/api/offers answers with `{ computer: ComputerView | null }`: who shows this picture. Nothing is taken by looking. */
export interface OfferLook { readonly offer: string }

/** POST /phone/api/pairings: this phone takes an offer; once, whoever comes first. */
export interface PairingOrder { readonly offer: string; readonly agreementKey: PublicPoint; readonly proof: string }
export interface PairingTaken { readonly outcome: 'taken' | 'unknown'; readonly computer: ComputerView | null }

/** GET /phone/api/pairings/:computer */
export interface PhonePairingState { readonly state: PairingState['state']; readonly computerProof: string | null; readonly computer: ComputerView | null }

/** POST /phone/api/pairings/:computer/options answers with Unlocking; POST /phone/api/pairings/:computer takes this and answers with PhonePairingState. */
export interface PhoneConfirmation { readonly proof: string; readonly unlocking: { readonly challengeId: string; readonly response: string } }
/** POST /phone/api/pairings/:computer/removal: before or after it is active; answers {}. */

/** Also `computers` of PhoneState: those that are paired with this key. */
export interface ComputerView {
  readonly id: string
  readonly kind: ComputerKind
  readonly name: string
  readonly agreementKey: PublicPoint
  readonly signingKey: PublicPoint
  /** Where it asked from when it was last heard. */
  readonly ip: string
  readonly sameNetwork: boolean
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

/** One sealed message. `sequence` counts from 0 for each connection and direction. */
export interface Frame { readonly connection: string; readonly sequence: number; readonly body: string }

/** POST /pairing/api/frames carries one to the phone; the first of a connection wakes it. 409 `removed` once the pairing is no more. */
/** GET /pairing/api/frames?connection=<id>&after=<sequence or -1> waits up to 25 s for later ones from the phone. */
/** `over`: after these frames comes nothing more, since the phone has ended the connection. */
export interface FramesForComputer { readonly frames: readonly Frame[]; readonly refused: 'far' | 'over' | null }
/** POST /pairing/api/connections/end { connection } and POST /phone/api/connections/end { computer, connection }: nothing of it is kept. */

/** GET /phone/api/frames: everything that waits for this phone and is not too old; the app knows by itself what it has seen. */
export interface FramesForPhone { readonly frames: readonly FrameForPhone[] }
export interface FrameForPhone extends Frame {
  readonly computer: string
  readonly ip: string
  readonly sameNetwork: boolean
  readonly createdAt: number
}
/** POST /phone/api/frames. 409 `far` where the organization wants the phone near and it is not in the computer's network. */
export interface FrameFromPhone extends Frame { readonly computer: string }

/** What is inside the frames, computer to phone. */
export type ComputerMessage =
  | {
    readonly kind: 'create' | 'get'
    /** Random; the same when the computer asks the same anew, because one of both lost the connection: the person is asked once. */
    readonly request: string
    /** PublicKeyCredentialCreationOptionsJSON or PublicKeyCredentialRequestOptionsJSON (WebAuthn Level 3 §5.1). */
    readonly options: object
    /** As the computer's browser tells it, never the page. */
    readonly origin: string
    readonly crossOrigin: boolean
    readonly at: number
    readonly expiresAt: number
  }
  /** A command of CTAP 2.1 §6 (command byte and CBOR), from a program that the agent serves. */
  | { readonly kind: 'ctap'; readonly request: string; readonly command: string; readonly secrets?: SecretsOrder; readonly at: number; readonly expiresAt: number }
  | { readonly kind: 'cancel' }

/**
 * What a program asks with `hmac-secret` (CTAP 2.1 §12.5), opened by the agent: one or two inputs of 32 bytes, base64url as is the key that keeps what comes of
 * them from others between program and agent. The phone signs it sealed like that, so it has to seal it; what agent and program agreed on stays there.
 */
export interface SecretsOrder { readonly salts: string; readonly key: string; readonly protocol: number }

/** And phone to computer. */
export type PhoneMessage =
  | { readonly kind: 'shown' }
  | { readonly kind: 'answer'; readonly response: object }
  /** Status byte and CBOR. */
  | { readonly kind: 'ctap'; readonly response: string }
  | { readonly kind: 'refused'; readonly reason: RefusedReason }

export type RefusedReason =
  | 'denied' | 'reported' | 'no_key' | 'other_site' | 'excluded' | 'not_unlocked' | 'too_late' | 'busy' | 'not_supported' | 'invalid'

/** POST /phone/api/uses: what became of a request, for the person's activity; answers {}. */
export interface UseOrder {
  readonly computer: string | null
  readonly action: 'registered' | 'signed_in'
  readonly outcome: 'success' | 'denied' | 'reported' | 'failure'
  /** RP ID (WebAuthn §4), its name and the account as the site calls them. */
  readonly site: string
  readonly siteName: string
  readonly account: string
  /** Of the phone's app, so that a use that is told twice is written once. */
  readonly id: string
}

/** `orders` of PhoneState: an administrator wants this phone's key to be known at Microsoft. */
export interface OrderView { readonly id: string; readonly site: string; readonly account: string; readonly by: string; readonly createdAt: number; readonly expiresAt: number }
/** POST /phone/api/orders/:id/options: asked at Microsoft only now, since a challenge lives five minutes. */
export interface OrderOptions { readonly origin: string; readonly options: object; readonly expiresAt: number }
/** POST /phone/api/orders/:id. `response` is a RegistrationResponseJSON, `excluded` says that the phone holds a key there already, null says no. */
export interface OrderAnswer { readonly response: object | 'excluded' | null }
export interface OrderOutcome { readonly outcome: 'registered' | 'denied' | 'refused' | 'over'; readonly reason: string | null }

declare module '../wire.ts' {
  interface PhoneState {
    /** Keys that an administrator wants this phone to make, newest first. */
    readonly orders: readonly OrderView[]
    /** Those that are paired with this key, newest first. */
    readonly computers: readonly ComputerView[]
  }
}
