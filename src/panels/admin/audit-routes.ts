import { Readable } from 'node:stream'
import { toCsv, toJsonLines, type AuditEvent } from '../../audit/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import { InvalidRequest } from '../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import { actionGroups, actionKey } from '../actions.ts'
import { auditOutcomes, auditSizes, isFiltered, readAuditQuestion, toAuditFilter, toSearch, type AuditQuestion } from './audit-filter.ts'
import type { AuditRow } from './audit-pages.ts'
import { choicesOf, textChoices } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

/**
 *   GET /admin/audit          what happened in the organization, newest first (S128)
 *   GET /admin/audit/export   the same rows as a file, and a row of its own that says who took it
 */
export function mountAudit(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/audit', may('audit.read'), async (ctx) => {
    const actor = actorOf(ctx)
    showNav(ctx)
    const question = readAuditQuestion(ctx.query)
    const person = await findPerson(ctx, question.person)
    const before = typeof ctx.query['before'] === 'string' ? ctx.query['before'] : ''
    const page = person === 'unknown' ? { events: [], next: null }
      : await needs.audit.list({ ...toAuditFilter(question, actor.organizationId, person?.id, zoneOf(ctx)), limit: question.size, ...(before === '' ? {} : { before }) })
    const kept = toSearch(question)
    ctx.page('admin/audit', {
      rows: page.events.map(toRow), text: question.text, person: person === 'unknown' ? question.person : person?.shown ?? '', personUnknown: person === 'unknown', from: question.from, to: question.to,
      groups: Object.entries(actionGroups).map(([group, actions]) => ({ labelKey: `admin.audit.group.${group}`, options: choicesOf(actions, question.action, actionKey) })),
      outcomes: choicesOf(['', ...auditOutcomes], question.outcome, (value) => (value === '' ? 'common.all' : `admin.audit.outcome.${value}`)),
      sizes: textChoices(auditSizes, question.size), filtered: isFiltered(question),
      exports: roleMay(actor.role, 'audit.export') && person !== 'unknown' ? { csv: `/admin/audit/export?format=csv&${kept}`, json: `/admin/audit/export?format=json&${kept}` } : null,
      pager: { first: before === '' ? null : `/admin/audit?${kept}`, next: page.next === null ? null : `/admin/audit?${kept}&before=${encodeURIComponent(page.next)}` },
    })
  })

  routes.get('/admin/audit/export', mayFreshly('audit.export', '/admin/audit'), async (ctx) => {
    const actor = actorOf(ctx)
    const format = ctx.query['format'] === 'json' ? 'json' : 'csv'
    const question = readAuditQuestion(ctx.query)
    const person = await findPerson(ctx, question.person)
    if (person === 'unknown') throw new InvalidRequest('bad_form', 'the export names a person who is not there')
    const filter = toAuditFilter(question, actor.organizationId, person?.id, zoneOf(ctx))
    const now = needs.clock.now()
    await needs.storage.write((tx) => needs.record(tx, ctx, { action: 'audit.exported', details: { format, ...usedFilters(question) } }))
    // Until now only: the row about this export would otherwise be its first line, and new ones would come in from behind.
    const events = needs.audit.stream({ ...filter, to: Math.min(filter.to ?? now, now) })
    ctx.set('Content-Disposition', `attachment; filename="audit-${new Date(now).toISOString().slice(0, 10)}.${format === 'csv' ? 'csv' : 'jsonl'}"`)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = Readable.from(format === 'csv' ? toCsv(events) : toJsonLines(events))
    ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8'
  })

  /** By address, or by the id that links of ours carry; an id of another organization finds nothing, since rows are asked for by organization. */
  async function findPerson(ctx: Context, typed: string): Promise<{ id: string; shown: string } | 'unknown' | undefined> {
    if (typed === '') return undefined
    const { organizationId } = actorOf(ctx)
    if (/^[\w-]{22}$/.test(typed)) return { id: typed, shown: (await needs.users.find(organizationId, typed))?.email ?? typed }
    const address = needs.normaliseEmail(typed)
    const user = address && (await needs.users.findByEmailKey(address.key))
    return user && user.organizationId === organizationId ? { id: user.id, shown: user.email } : 'unknown'
  }
}

function zoneOf(ctx: Context): string {
  return ctx.state.visitor?.timeZone ?? 'UTC'
}

function usedFilters(question: AuditQuestion): Readonly<Record<string, string>> {
  const { size: _size, ...filters } = question
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ''))
}

function toRow(event: AuditEvent): AuditRow {
  const { actor, target } = event
  const device = describeDevice(event.userAgent ?? '')
  const personId = event.userId ?? (target?.kind === 'user' ? target.id : actor.kind === 'user' ? actor.id : null)
  return {
    id: event.id, at: event.occurredAt, action: event.action, actionKey: actionKey(event.action), outcome: event.outcome, actor: actor.name, actorKindKey: `admin.audit.actor.${actor.kind}`,
    target: target === null || target.name === actor.name ? null : target.name, application: event.application === null || event.application.name === target?.name ? null : event.application.name, ip: event.ip, device: device === '' ? null : device,
    userAgent: event.userAgent, personId, details: toDetails(event.details), seq: event.seq,
  }
}

/** What was and what is now are one line. */
function toDetails(details: Readonly<Record<string, unknown>>): AuditRow['details'] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value) ?? '')
  return Object.entries(details).flatMap(([name, value]) => {
    const base = /^(.+)\.(before|after)$/.exec(name)
    if (base?.[2] === 'after' && `${base[1] ?? ''}.before` in details) return []
    if (base?.[2] === 'before') return [{ name: base[1] ?? name, value: `${text(value) || '–'} → ${text(details[`${base[1] ?? ''}.after`] ?? '') || '–'}` }]
    return [{ name, value: text(value) }]
  })
}
