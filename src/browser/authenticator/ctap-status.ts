/** Status codes of CTAP 2.1 §8.2 that this authenticator answers with. */
export const status = {
  ok: 0x00, invalidCommand: 0x01, invalidParameter: 0x02, invalidLength: 0x03, unexpectedType: 0x11, invalidCbor: 0x12, missingParameter: 0x14, limitExceeded: 0x15, credentialExcluded: 0x19,
  unsupportedAlgorithm: 0x26, operationDenied: 0x27, unsupportedOption: 0x2b, invalidOption: 0x2c, keepaliveCancel: 0x2d, noCredentials: 0x2e, userActionTimeout: 0x2f, notAllowed: 0x30, pinAuthInvalid: 0x33, pinNotSet: 0x35,
  requestTooLarge: 0x39, invalidSubcommand: 0x3e, other: 0x7f,
} as const

export type Status = (typeof status)[keyof typeof status]

/** Ends a command with this status. */
export class CtapError extends Error {
  override readonly name = 'CtapError'
  readonly status: Status

  constructor(code: Status) {
    super(`CTAP status 0x${code.toString(16)}`)
    this.status = code
  }
}
