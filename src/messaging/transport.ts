import type { ClaimedMessage } from './message.ts'

/**
 * `failed` is for good: another try would get the same answer. `delayed` may succeed later, and `unavailable` too, but
 * there the server itself is in trouble and other messages would fare alike.
 */
export type SendResult = { readonly outcome: 'sent' } | { readonly outcome: 'failed' | 'delayed' | 'unavailable'; readonly error: string }

/** One way out of the house. */
export interface Transport {
  /** Gives up when the signal aborts. Errors of the other side are values; a throw counts as `unavailable`. */
  send(message: ClaimedMessage, signal: AbortSignal): Promise<SendResult>
}
