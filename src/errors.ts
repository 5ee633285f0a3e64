/**
 * The few error classes that any room may throw.
 *
 * An `AppError` is a refused request: its `code` names the text in `views/locales` (`error.<code>`), its `status` is HTTP's.
 * Expected outcomes (a wrong code, a denied approval) are returned as values instead; every other throw is a fault of ours.
 */
export class AppError extends Error {
  readonly code: string
  readonly status: number
  readonly retryAfterSeconds: number | undefined

  constructor(code: string, status: number, options: { message?: string; retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(options.message ?? code, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = new.target.name
    this.code = code
    this.status = status
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

/** 400: the request itself cannot be understood. The code says which part, e.g. `bad_form`. */
export class InvalidRequest extends AppError {
  constructor(code: string, message?: string) {
    super(code, 400, message === undefined ? {} : { message })
  }
}

/** 403: known person, but this is not theirs to do. */
export class Forbidden extends AppError {
  constructor(code = 'forbidden', message?: string) {
    super(code, 403, message === undefined ? {} : { message })
  }
}

/** 404: absent, or belonging to another organization; the two must look alike (SEC-73). */
export class NotFound extends AppError {
  constructor(code = 'not_found', message?: string) {
    super(code, 404, message === undefined ? {} : { message })
  }
}

/** 409: the thing changed meanwhile, or exists already. */
export class Conflict extends AppError {
  constructor(code: string, message?: string) {
    super(code, 409, message === undefined ? {} : { message })
  }
}

/** 413: the body is larger than we read. */
export class TooLarge extends AppError {
  constructor(message?: string) {
    super('too_large', 413, message === undefined ? {} : { message })
  }
}

/** 429: an attempt limit was reached; says when to come back. */
export class TooManyRequests extends AppError {
  constructor(retryAfterSeconds: number, code = 'too_many_requests') {
    super(code, 429, { retryAfterSeconds })
  }
}

/** 503: something we need is away for now (disk full, database gone). Nothing was changed; trying again is right. */
export class Unavailable extends AppError {
  constructor(code = 'unavailable', options: { message?: string; retryAfterSeconds?: number; cause?: unknown } = {}) {
    super(code, 503, { retryAfterSeconds: 5, ...options })
  }
}

/** A start-up or command-line problem whose message already tells the operator what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError'
}
