/**
 * What phone and server say to each other, as JSON. Types only: neither side imports the other.
 *
 * A phone that is activated signs each request with its approval key, which never leaves it:
 *
 *   Authorization: Doorward-Phone <phone id>.<epoch milliseconds>.<signature>
 *
 * The signature (ECDSA, P-256, SHA-256, r and s joined, base64url) is over the lines of `requestText`. A clock that is off by more than two
 * minutes is told so by 401 `{ error: 'clock', now }`, and the phone counts from there; 401 `{ error: 'unknown_phone' }` says that the key is
 * removed, moved or suspended here.
 */

/** `<method>\n<path with query>\n<epoch milliseconds>\n<base64url of SHA-256 of the body>`; without a body the hash is that of nothing. */
export type RequestText = `${'GET' | 'POST'}\n${string}\n${number}\n${string}`

/** POST /phone/activate/:token (form: csrf, challenge_id, response, transports, public_key, possession, name, model, platform) answers with it. */
export interface Activated {
  readonly phone: PhoneView
  /** How this phone says which account a key belongs to. */
  readonly account: AccountView
}

export interface AccountView {
  readonly organization: string
  /** `business` is shown as work, `personal` as private. */
  readonly kind: 'business' | 'personal'
  readonly email: string
  readonly name: string
  readonly status: 'active' | 'pending' | 'suspended'
  /** Whether the phone is at Microsoft already: by whom does not matter here. */
  readonly microsoft: 'open' | 'done' | null
}

export interface PhoneView {
  readonly id: string
  readonly name: string
  readonly model: string
  /** 0 to 359; the colour of the key's picture. */
  readonly hue: number
  readonly createdAt: number
  /** Whether this server can wake the phone, and does. */
  readonly push: 'on' | 'off' | 'not_offered'
}

/** GET /phone/api/state */
export interface PhoneState {
  /** The server's time, to count down from. */
  readonly now: number
  readonly phone: PhoneView
  readonly account: AccountView
  /** Newest first; what is over is not among them. */
  readonly approvals: readonly ApprovalView[]
  /** What is registered for this account: the phone's own passkey among others. */
  readonly credentials: readonly { readonly id: string; readonly name: string; readonly site: string; readonly own: boolean; readonly createdAt: number; readonly lastUsedAt: number | null }[]
  /** The last twenty events of the account. */
  readonly activity: readonly { readonly at: number; readonly action: string; readonly site: string; readonly outcome: 'success' | 'failure' | 'denied'; readonly device: string; readonly ip: string | null }[]
}

export interface ApprovalView {
  readonly id: string
  /** `code` was scanned by this phone; `request` was asked for by name. */
  readonly kind: 'request' | 'code'
  /** The application that waits, or null for Doorward's own panel. */
  readonly application: string | null
  readonly organization: string
  readonly browser: string
  readonly ip: string
  /** Whether the computer asks from the network that this phone is in. */
  readonly sameNetwork: boolean
  readonly createdAt: number
  readonly expiresAt: number
  /** Three numbers of two digits, one of which stands on the computer's page. */
  readonly choices: readonly number[]
  /** `needed`: the code on the computer's page must be scanned too before this can be approved. */
  readonly nearness: 'not_asked' | 'needed' | 'proven'
  /** Goes into what is signed. */
  readonly nonce: string
}

/** GET /phone/api/events streams lines of server-sent events: `event: look` whenever something changed, comments in between. */

/** POST /phone/api/approvals/:id/options answers with what `navigator.credentials.get` takes, for the phone's own passkey. */
export interface Unlocking { readonly challengeId: string; readonly options: object }

export type Decision = 'approve' | 'deny' | 'report'

/** POST /phone/api/approvals/:id. Only `approve` needs number and unlocking. */
export interface DecisionOrder {
  readonly decision: Decision
  readonly number: number | null
  readonly unlocking: { readonly challengeId: string; readonly response: string } | null
  readonly expiresAt: number
  readonly origin: string
  /** Over `decisionText`, by the approval key. */
  readonly signature: string
}

/** `doorward-approval-1\n<id>\n<decision>\n<number or ->\n<nonce>\n<origin>\n<expiresAt>` */
export type DecisionText = `doorward-approval-1\n${string}`

export interface DecisionAnswer {
  /** `wrong_number` leaves the request open for another try; `over` is a request that was decided, replaced or is too old. */
  readonly outcome: 'approved' | 'denied' | 'reported' | 'wrong_number' | 'far' | 'refused' | 'over'
  readonly triesLeft: number
}

/** POST /phone/api/scans takes what a code on a computer's page says, and answers with the request that it belongs to. */
export interface ScanOrder { readonly secret: string }
export interface ScanAnswer { readonly outcome: 'taken' | 'near' | 'unknown'; readonly approval: ApprovalView | null }

/** POST /phone/api/settings */
export interface SettingsOrder { readonly name: string; readonly hue: number }

/** GET /phone/api/push-key: the key for `pushManager.subscribe`, or null where the operator lets nobody be woken. POST /phone/api/push takes the subscription, or null to end it. */
export interface PushKey { readonly key: string | null }
export interface PushOrder { readonly subscription: { readonly endpoint: string } | null }

/** POST /phone/api/removal takes this key off the account; nothing comes back but `{}`. */

/**
 * What codes on pages say, always an address of this server, so that any camera can follow it:
 *   <public URL>/phone/activate/<token>   an activation
 *   <public URL>/phone/scan#<secret>      a sign-in on a computer, or that this phone is near it
 */

/** Every 4xx of `/phone/api` and of `/phone/activate/:token`. The phone has a text for each. */
export interface PhoneRefusal {
  readonly error: 'clock' | 'unknown_phone' | 'suspended' | 'link_used' | 'over' | 'wrong' | 'too_many' | 'limit' | 'far' | 'not_allowed' | 'invalid'
  readonly now?: number
  readonly retryAfterSeconds?: number
}
