import { expect, it } from 'vitest'
import { createLog } from '../../../src/http/index.ts'

function lineOf(error: unknown): Record<string, unknown> {
  const lines: string[] = []
  createLog('info', { write: (line) => { lines.push(line) } }).error('request failed', { error })
  return (JSON.parse(lines[0] ?? '{}') as { error: Record<string, unknown> }).error
}

it('SEC-79 a fault is logged with its message, code and cause, and without the values that a database puts beside them', () => {
  const driver = Object.assign(new Error('duplicate key value violates unique constraint "users_email_key"'), { code: '23505', detail: 'Key (email_key)=(ada@engines.example) already exists.', parameters: ['canary'] })
  const line = lineOf(new Error('could not be saved', { cause: driver }))
  expect(line).toMatchObject({ type: 'Error', message: 'could not be saved', cause: { code: '23505', message: driver.message } })
  expect(line['stack']).toContain('log.test.ts')
  expect(JSON.stringify(line)).not.toMatch(/ada@engines|canary/)
})

it('says so when something else than an error was thrown', () => {
  expect(lineOf({ secret: 'canary' })).toBe('something that is no error was thrown')
})
