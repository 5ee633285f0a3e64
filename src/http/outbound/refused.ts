export type RefusalReason =
  | 'url' | 'scheme' | 'address' | 'header' // by our rules; nothing was sent
  | 'unreachable' | 'timeout' | 'too_large' // by what the other host did

/** A call to another host that was not made or came to nothing. The message is plain text for the operator, without query or body. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused'
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}
