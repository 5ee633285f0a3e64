import { pino } from 'pino'
import type { Log } from '../log.ts'

/** JSON lines on standard output; control and bidirectional characters stay escaped so that a name cannot forge a line (SEC-79). */
export function createLog(level: string, destination?: { write(line: string): void }): Log & { child(fields: Readonly<Record<string, unknown>>): Log } {
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
    serializers: { error: pino.stdSerializers.err },
    redact: { paths: ['secret', 'token', 'code', 'password', 'cookie', 'authorization', '*.secret', '*.token', '*.password'], censor: '[removed]' },
  }, safe)
  const wrap = (logger: pino.Logger): Log => ({
    debug: (message, fields) => { logger.debug(fields ?? {}, message) },
    info: (message, fields) => { logger.info(fields ?? {}, message) },
    warn: (message, fields) => { logger.warn(fields ?? {}, message) },
    error: (message, fields) => { logger.error(fields ?? {}, message) },
  })
  return { ...wrap(base), child: (fields) => wrap(base.child(fields)) }
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
