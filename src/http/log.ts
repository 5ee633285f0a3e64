import { pino } from 'pino'
import type { Log } from '../log.ts'

/** JSON lines on standard output; control and bidirectional characters stay escaped so that a name cannot forge a line (SEC-79). */
export function createLog(level: string, destination?: { write(line: string): void }): Log {
  const safe = {
    write(line: string) {
      (destination ?? process.stdout).write(line.replaceAll(/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, escape))
    },
  }
  const base = pino({
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: describeError },
    redact: { paths: ['secret', 'token', 'code', 'password', 'cookie', 'authorization', '*.secret', '*.token', '*.password'], censor: '[removed]' },
  }, safe)
  return {
    debug: (message, fields) => { base.debug(fields ?? {}, message) },
    info: (message, fields) => { base.info(fields ?? {}, message) },
    warn: (message, fields) => { base.warn(fields ?? {}, message) },
    error: (message, fields) => { base.error(fields ?? {}, message) },
  }
}

/** Every line of a request carries its number. Much cheaper than a child of the logger, of which most requests would write one line. */
export function withRequestId(log: Log, requestId: string): Log {
  return {
    debug: (message, fields) => { log.debug(message, { requestId, ...fields }) },
    info: (message, fields) => { log.info(message, { requestId, ...fields }) },
    warn: (message, fields) => { log.warn(message, { requestId, ...fields }) },
    error: (message, fields) => { log.error(message, { requestId, ...fields }) },
  }
}

/** What a developer needs and no more: databases put values of rows and parameters into other members (SEC-79). */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : 'something that is no error was thrown'
  const { code } = error as { code?: unknown }
  return {
    type: error.name, message: error.message, ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}), stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: describeError(error.cause) }),
  }
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
