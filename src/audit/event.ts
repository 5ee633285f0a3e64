import type { OrganizationId, UserId } from '../storage/index.ts'

export type AuditOutcome = 'success' | 'failure' | 'denied'
/** `anonymous` is somebody at a browser who has proved nothing yet. */
export type ActorKind = 'user' | 'application' | 'job' | 'cli' | 'anonymous'

export interface AuditActor {
  readonly kind: ActorKind
  readonly id: string | null
  readonly name: string
}

/** What a room reports: who did what to whom, from where. */
export interface AuditEntry {
  readonly organizationId: OrganizationId
  /** `noun.verb`, e.g. `user.suspended`; shown by its locale text. */
  readonly action: string
  readonly outcome: AuditOutcome
  readonly actor: AuditActor
  /** Whose activity page shows the event. */
  readonly userId?: UserId | null
  readonly target?: { readonly kind: string; readonly id: string; readonly name: string } | null
  readonly application?: { readonly id: string; readonly name: string } | null
  readonly ip?: string | null
  readonly userAgent?: string | null
  readonly details?: Readonly<Record<string, unknown>>
}

/** An event as it was written down. */
export interface AuditEvent {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly occurredAt: number
  readonly action: string
  readonly outcome: AuditOutcome
  readonly actor: AuditActor
  readonly userId: UserId | null
  readonly target: { readonly kind: string; readonly id: string; readonly name: string } | null
  readonly application: { readonly id: string; readonly name: string } | null
  readonly ip: string | null
  readonly userAgent: string | null
  readonly details: Readonly<Record<string, unknown>>
  /** Its place in the organization's chain; null until the next run of the chain's job. */
  readonly seq: number | null
}

/** Cuts to a length without splitting a character, and replaces what a database or a terminal could stumble over. */
export function plainText(text: string, longest: number): string {
  const clean = text.toWellFormed().replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, '\ufffd')
  return clean.length <= longest ? clean : `${clean.slice(0, longest - 1).toWellFormed().replace(/\ufffd$/, '')}…`
}

/** What the text search looks in: lower case, one form of each letter. */
export function searchKeyOf(parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' ').normalize('NFKC').toLowerCase()
}
