import type { AuditFilter, AuditOutcome } from '../../audit/index.ts'
import { isAction } from '../actions.ts'

export const auditSizes = [25, 50, 100] as const
export const auditOutcomes: readonly AuditOutcome[] = ['success', 'failure', 'denied']

/** What the filter's fields say, cleaned of everything that is none of their values. */
export interface AuditQuestion {
  readonly text: string
  readonly action: string
  readonly outcome: AuditOutcome | ''
  readonly person: string
  readonly from: string
  readonly to: string
  readonly size: number
}

export function readAuditQuestion(query: Readonly<Record<string, string | readonly string[] | undefined>>): AuditQuestion {
  const one = (name: string): string => {
    const value = query[name]
    return typeof value === 'string' ? value.trim().slice(0, 200) : ''
  }
  return {
    text: one('text'), action: isAction(one('action')) ? one('action') : '', outcome: auditOutcomes.find((outcome) => outcome === one('outcome')) ?? '', person: one('person'),
    from: isDay(one('from')) ? one('from') : '', to: isDay(one('to')) ? one('to') : '', size: auditSizes.find((size) => String(size) === one('size')) ?? 25,
  }
}

/** Days are those of the reader's own time zone, as the dates in the list are. */
export function toAuditFilter(question: AuditQuestion, organizationId: AuditFilter['organizationId'], personId: string | undefined, timeZone: string): AuditFilter {
  const { text, action, outcome, from, to } = question
  return {
    organizationId, ...(text === '' ? {} : { text }), ...(action === '' ? {} : { action }), ...(outcome === '' ? {} : { outcome }), ...(personId === undefined ? {} : { concerns: personId }),
    ...(from === '' ? {} : { from: startOfDay(from, timeZone) }), ...(to === '' ? {} : { to: startOfDay(nextDay(to), timeZone) }),
  }
}

export function isFiltered({ text, action, outcome, person, from, to }: AuditQuestion): boolean {
  return [text, action, outcome, person, from, to].some((value) => value !== '')
}

/** For links that keep the filter. */
export function toSearch(question: AuditQuestion): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(question) as [string, string | number][]) if (value !== '') search.set(name, String(value))
  return search.toString()
}

function isDay(text: string): boolean {
  return /^(19|20|21)\d{2}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`))
}

function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
}

/** The moment a day begins in a time zone. */
export function startOfDay(day: string, timeZone: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`)
  // Asked twice: the offset of the first guess may be that of the other side of a clock change.
  const guess = utc - offset(utc, timeZone)
  return utc - offset(guess, timeZone)
}

function offset(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' }).formatToParts(at)
  const part = (type: string): number => Number(parts.find((one) => one.type === type)?.value)
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) - at
}
