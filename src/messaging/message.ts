import type { OrganizationId } from '../storage/index.ts'

export type Channel = 'mail' | 'sms'
/** A person waits for an urgent message (a code, a link); everything else can come a little later. */
export type Priority = 'urgent' | 'normal'
export type MessageState = 'waiting' | 'sent' | 'failed' | 'expired'

export interface MailContent {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface SmsContent {
  readonly text: string
}

interface Order {
  /** Null for messages to people who belong nowhere yet, such as a sign-up's first code. */
  readonly organizationId: OrganizationId | null
  readonly recipient: string
  /** Which text it is, for lists; the content is finished already. */
  readonly template: string
  readonly priority: Priority
  readonly expiresAt: number
  /** The same key puts a message in once, whatever is repeated. */
  readonly idempotencyKey?: string
}

export type MessageOrder =
  | (Order & { readonly channel: 'mail'; readonly content: MailContent })
  | (Order & { readonly channel: 'sms'; readonly content: SmsContent })

/** What lists show; the content stays sealed. */
export interface MessageEntry {
  readonly id: string
  readonly organizationId: OrganizationId | null
  readonly channel: Channel
  readonly recipient: string
  readonly template: string
  readonly priority: Priority
  readonly state: MessageState
  readonly attempts: number
  readonly createdAt: number
  readonly nextAttemptAt: number
  readonly expiresAt: number
  readonly finishedAt: number | null
  readonly lastError: string | null
}

/** A message in a worker's hands until `claimedUntil`. `attempts` tells this claim from a later one. */
export interface ClaimedMessage {
  readonly id: string
  readonly channel: Channel
  readonly recipient: string
  readonly priority: Priority
  readonly content: MailContent | SmsContent
  readonly attempts: number
  readonly expiresAt: number
  readonly claimedUntil: number
}

const firstDelayMilliseconds = 5_000
const longestDelayMilliseconds: Readonly<Record<Priority, number>> = { urgent: 60_000, normal: 1_800_000 }

/**
 * How long to wait after the given attempt: 5 s, doubled each time, at most a minute where a person waits. Between half and
 * all of it, by chance, so that what failed together does not return together.
 */
export function backoffMilliseconds(attempts: number, priority: Priority, random: () => number = Math.random): number {
  const full = Math.min(longestDelayMilliseconds[priority], firstDelayMilliseconds * 2 ** Math.min(30, Math.max(0, attempts - 1)))
  return Math.round(full * (0.5 + random() / 2))
}
