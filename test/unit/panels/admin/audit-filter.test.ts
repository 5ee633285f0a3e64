import { describe, expect, it } from 'vitest'
import { isFiltered, readAuditQuestion, startOfDay, toAuditFilter, toSearch } from '../../../../src/panels/admin/audit-filter.ts'
import type { OrganizationId } from '../../../../src/storage/index.ts'

const organization = 'org-wiki' as OrganizationId
const iso = (day: string, zone: string): string => new Date(startOfDay(day, zone)).toISOString()

describe('the filter of the audit log', () => {
  it('takes only what its fields offer', () => {
    expect(readAuditQuestion({ text: ' payroll ', action: 'user.suspended', outcome: 'denied', person: 'ada@example.com', from: '2026-02-01', to: '2026-02-28', size: '100' })).toEqual({
      text: 'payroll', action: 'user.suspended', outcome: 'denied', person: 'ada@example.com', from: '2026-02-01', to: '2026-02-28', size: 100,
    })
    const nothing = readAuditQuestion({ text: ['a', 'b'], action: `user.'`, outcome: 'maybe', from: '2026-13-01', to: '1.2.2026', size: '1e9' })
    expect(nothing).toEqual({ text: '', action: '', outcome: '', person: '', from: '', to: '', size: 25 })
    expect(isFiltered(nothing)).toBe(false)
    expect(readAuditQuestion({ text: 'x'.repeat(10_000) }).text).toHaveLength(200)
  })

  it('keeps in links what is set, and nothing else', () => {
    expect(toSearch(readAuditQuestion({ text: 'a&b', size: '50' }))).toBe('text=a%26b&size=50')
  })

  it('covers the last day to its end, also where it has 23 or 25 hours', () => {
    const filter = toAuditFilter(readAuditQuestion({ from: '2026-03-29', to: '2026-03-29' }), organization, undefined, 'Europe/Berlin')
    expect([filter.from, filter.to].map((at) => new Date(at ?? 0).toISOString())).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'])
    const autumn = toAuditFilter(readAuditQuestion({ from: '2026-10-25', to: '2026-10-25' }), organization, undefined, 'Europe/Berlin')
    expect(((autumn.to ?? 0) - (autumn.from ?? 0)) / 3_600_000).toBe(25)
  })

  it('knows when a day begins', () => {
    expect(iso('2026-07-01', 'UTC')).toBe('2026-07-01T00:00:00.000Z')
    expect(iso('2026-07-01', 'Asia/Tehran')).toBe('2026-06-30T20:30:00.000Z')
    expect(iso('2026-07-01', 'America/Los_Angeles')).toBe('2026-07-01T07:00:00.000Z')
    expect(iso('2026-01-01', 'Pacific/Kiritimati')).toBe('2025-12-31T10:00:00.000Z')
  })
})
