import type { Key } from '../pairing/party.ts'

/** COSE algorithm (RFC 9053): ES256, EdDSA with Ed25519, RS256. */
export type Algorithm = -7 | -8 | -257

/** `credProtect` (CTAP 2.1 §12.1): 2 is only found by its id or with user verification, 3 only with user verification. */
export type Protection = 1 | 2 | 3

/** A passkey of one account at one site. IndexedDB keeps it; its keys cannot be read out. */
export interface Credential {
  /** base64url, as are the user handles. */
  readonly id: string
  readonly rpId: string
  readonly rpName: string
  readonly userHandle: string
  readonly userName: string
  readonly displayName: string
  readonly algorithm: Algorithm
  readonly key: Key
  /**
   * HMAC with SHA-256: secrets that a site derives for itself (WebAuthn L3 §10.1.4), or a program (CTAP 2.1 §12.5). The standard has a second one, for
   * uses without user verification; there are none here (`alwaysUv`), so nothing would ever come of it.
   */
  readonly prf: Key
  /** Whether a site finds it without knowing its id. */
  readonly discoverable: boolean
  readonly protection: Protection
  readonly counter: number
  readonly createdAt: number
  readonly lastUsedAt: number | null
  /** The key of this phone that it was registered with. */
  readonly holder: string
}

export interface CredentialStore {
  /** All of a site, of every holder. */
  list(rpId: string): Promise<readonly Credential[]>
  save(credential: Credential): Promise<void>
  remove(id: string): Promise<void>
  /** Counts a use, in one step however many happen at once. @returns the new counter */
  use(id: string, at: number): Promise<number>
}

/** A passkey as the person is shown it. */
export type Shown = Pick<Credential, 'id' | 'rpId' | 'rpName' | 'userName' | 'displayName' | 'holder'>

/** What the person is asked. `origin` is null where a program asks: it says no more than the site's RP ID. */
export type DeviceQuestion =
  | { readonly kind: 'create'; readonly rpId: string; readonly rpName: string; readonly origin: string | null; readonly userName: string; readonly displayName: string }
  /** The site has a key of this phone already; it learns so only when the person agrees (WebAuthn L3 §14.5.1). */
  | { readonly kind: 'excluded'; readonly rpId: string; readonly rpName: string; readonly origin: string | null; readonly userName: string; readonly displayName: string; readonly credential: Credential }
  /** One of these, the one that was used last first. */
  | { readonly kind: 'get'; readonly rpId: string; readonly origin: string | null; readonly credentials: readonly Shown[] }
  /** A program asks which of several keys the person means. */
  | { readonly kind: 'select' }

export type Declined = 'denied' | 'reported' | 'not_unlocked' | 'too_late' | 'cancelled'

/** `approved` also says that the person unlocked the phone. `choice`: for `create` the holder, for `get` the credential's id. */
export type DeviceAnswer = { readonly outcome: 'approved'; readonly choice: string } | { readonly outcome: Declined }

/** The phone around the authenticator. */
export interface Device {
  now(): number
  readonly store: CredentialStore
  ask(question: DeviceQuestion): Promise<DeviceAnswer>
  /** Those that may be made; all that this WebCrypto can, unless said. */
  readonly algorithms?: readonly Algorithm[]
}
