import { describe, expect, it } from 'vitest'
import { csvLine, toCsv, toJsonLines, type AuditEvent } from '../../../src/audit/index.ts'
import type { OrganizationId } from '../../../src/storage/index.ts'
import { collect } from '../../support/collect.ts'

describe('a line of CSV', () => {
  it.each([
    ['=1+1', `'=1+1`], ['+491512345678', `'+491512345678`], ['-2+3', `'-2+3`], ['@SUM(A1)', `'@SUM(A1)`], ['\t=1', `'\t=1`], ['\r=1', `"'\r=1"`], ['\n=1', `"'\n=1"`],
    ['=HYPERLINK("https://evil.example","x")', `"'=HYPERLINK(""https://evil.example"",""x"")"`], [`=cmd|' /C calc'!A0`, `'=cmd|' /C calc'!A0`],
    ['＝1+1', `'＝1+1`], ['＠x', `'＠x`], ['"=1', '"""=1"'],
    ['Ada', 'Ada'], ['Lovelace, Ada', '"Lovelace, Ada"'], ['say "hi"', '"say ""hi"""'], ['two\nlines', '"two\nlines"'], [`O'Brien`, `O'Brien`], ['a=b', 'a=b'], ['', ''],
    ['مریم', 'مریم'],
  ])('writes %j as %j', (cell, written) => {
    expect(csvLine([cell])).toBe(`${written}\r\n`)
  })

  it('keeps numbers numbers, also negative ones, and nothing empty', () => {
    expect(csvLine([1, -5, null, 'x'])).toBe('1,-5,,x\r\n')
  })
})

const event: AuditEvent = {
  id: 'e1', organizationId: 'o1' as OrganizationId, occurredAt: Date.UTC(2026, 10, 24, 9), action: 'user.suspended', outcome: 'success',
  actor: { kind: 'user', id: 'u1', name: '=Ada' }, userId: null, target: { kind: 'user', id: 'u2', name: 'Grace, H.' }, application: null,
  ip: '203.0.113.7', userAgent: '@Browser', details: { reason: 'a "quote"' }, seq: 4,
}
async function* stream() { yield await Promise.resolve(event) }

describe('exports', () => {
  it('writes events as CSV with as many cells as headings', async () => {
    const lines = await collect(toCsv(stream()))
    expect(lines).toHaveLength(2)
    expect(lines[0]).toMatch(/^\ufefftime,organization,action,/)
    expect(lines[1]).toBe(`2026-11-24T09:00:00.000Z,o1,user.suspended,success,user,u1,'=Ada,,user,u2,"Grace, H.",,,203.0.113.7,'@Browser,"{""reason"":""a \\""quote\\""""}",4,e1\r\n`)
  })

  it('writes events as lines of JSON', async () => {
    const [line] = await collect(toJsonLines(stream()))
    expect(JSON.parse(line ?? '')).toMatchObject({ id: 'e1', occurredAt: '2026-11-24T09:00:00.000Z', details: { reason: 'a "quote"' } })
    expect(line?.split('\n')).toHaveLength(2)
  })
})
