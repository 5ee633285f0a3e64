import { Readable } from 'node:stream'
import { csvLine } from '../../../audit/index.ts'
import { planKinds, type Directory, type DirectoryRun, type PlanItem, type PlanKind } from '../../../directory/sync/index.ts'
import { Conflict, NotFound } from '../../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../../http/index.ts'
import type { Tag } from '../people-pages.ts'
import { exportsOf, queryText } from '../people-view.ts'
import { actorOf } from '../shell.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import type { DirectoryHead } from './pages.ts'
import { aboutDirectory, directoryOf, headOf, isWorking, pathOf, progressText, reasonText, root, runActor, runRow, troubleText } from './shared.ts'

const pageSize = 50
const states: Readonly<Record<PlanItem['state'], Tag>> = {
  planned: { labelKey: 'directory.item.planned', tone: 'plain' }, applied: { labelKey: 'directory.item.applied', tone: 'good' }, skipped: { labelKey: 'directory.item.skipped', tone: 'warn' },
}

/** GET …/:id/runs/:run: the plan and how far it is; …/export: all of it; POST …/approval, …/rejection: whether it is done. */
export function mountRun(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs
  const find = async (ctx: Context): Promise<{ directory: Directory; run: DirectoryRun }> => {
    const directory = await directoryOf(ctx, needs)
    const run = await directories.findRun(directory.organizationId, ctx.params['run'] ?? '')
    if (run?.directoryId !== directory.id) throw new NotFound()
    return { directory, run }
  }

  routes.get(`${root}/:id/runs/:run`, may('settings.read'), async (ctx) => {
    const { directory, run } = await find(ctx)
    const page = pathOf(directory, `runs/${run.id}`)
    const kinds = planKinds.filter((kind) => (run.counts[kind] ?? 0) > 0)
    // What would be taken away is what a decision is about.
    const kind = kinds.find((one) => one === queryText(ctx, 'kind')) ?? (run.state === 'waiting' ? (['suspend', 'delete', 'group_remove'] as const).find((one) => kinds.includes(one)) : undefined) ?? kinds[0]
    const after = Math.max(0, Number.parseInt(queryText(ctx, 'after'), 10) || 0)
    const items = kind === undefined ? [] : await directories.planItems(directory.organizationId, run.id, { kind, after, limit: pageSize + 1 })
    const address = (one: PlanKind, more = ''): string => `${page}?kind=${one}${more}`
    const working = isWorking(run)
    ctx.page('admin/directory-run', {
      ...headOf(directory), run: runRow(ctx, run), working, refresh: working ? 2 : null, progressText: progressText(ctx, [run]), stateKey: `directory.run_text.${run.state}`, planned: run.planned, applied: run.applied, timings: timingsOf(ctx, run),
      reasons: run.reasons.map((reason) => ({ text: reasonText(ctx, reason) })), trouble: run.error === null ? null : troubleText(ctx, run.error), mayDecide: run.state === 'waiting' && roleMay(actorOf(ctx).role, 'settings.write'),
      counts: kinds.map((one) => ({ kindKey: `directory.plan.${one}`, value: run.counts[one] ?? 0, href: address(one), current: one === kind })), items: items.slice(0, pageSize).map((item) => itemRow(ctx, run, item)), exports: exportsOf(`${page}/export`, {}),
      pager: { first: after === 0 || kind === undefined ? null : address(kind), next: items.length > pageSize && kind !== undefined ? address(kind, `&after=${items[pageSize - 1]?.seq ?? 0}`) : null },
    })
  })

  routes.get(`${root}/:id/runs/:run/progress`, may('settings.read'), async (ctx) => {
    const { run } = await find(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { working: isWorking(run), done: run.applied, all: run.planned, text: progressText(ctx, [run]) }
  })

  routes.get(`${root}/:id/runs/:run/export`, mayFreshly('settings.write', root), async (ctx) => {
    const { directory, run } = await find(ctx)
    const format = ctx.query['format'] === 'json' ? 'json' : 'csv'
    await storage.write((tx) => needs.record(tx, ctx, { action: 'directory.plan_exported', ...aboutDirectory(directory), details: { format } }))
    ctx.set('Content-Disposition', `attachment; filename="plan-${new Date(run.startedAt).toISOString().slice(0, 10)}.${format}"`)
    ctx.set('Cache-Control', 'no-store')
    const items = directories.exportPlan(directory.organizationId, run.id)
    ctx.body = Readable.from(format === 'csv' ? planCsv(items) : planJson(items))
    ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8'
  })

  routes.post(`${root}/:id/runs/:run/approval`, mayFreshly('settings.write'), async (ctx) => {
    const { directory, run } = await find(ctx)
    await decide(ctx, directory, async () => {
      await storage.write(async (tx) => {
        await directories.approve(tx, directory.organizationId, run.id, runActor(ctx))
        await needs.record(tx, ctx, { action: 'directory.plan_approved', ...aboutDirectory(directory), details: countsOf(run) })
      })
      ctx.redirectTo(pathOf(directory), { key: 'directory.notice.approved' })
    })
  })

  routes.post(`${root}/:id/runs/:run/rejection`, mayFreshly('settings.write'), async (ctx) => {
    const { directory, run } = await find(ctx)
    await decide(ctx, directory, async () => {
      await storage.write(async (tx) => {
        await directories.discard(tx, directory.organizationId, run.id)
        await needs.record(tx, ctx, { action: 'directory.plan_discarded', ...aboutDirectory(directory), details: countsOf(run) })
      })
      ctx.redirectTo(pathOf(directory), { key: 'directory.notice.discarded' })
    })
  })
}

/** Somebody else, or a newer plan, may have been faster. */
async function decide(ctx: Context, directory: DirectoryHead, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof Conflict)) throw error
    ctx.redirectTo(pathOf(directory), { key: 'directory.notice.not_waiting', kind: 'warning' })
  }
}

function countsOf(run: DirectoryRun): Record<string, number> {
  return Object.fromEntries(Object.entries(run.counts).flatMap(([kind, count]) => (count === undefined ? [] : [[kind, count]])))
}

function timingsOf(ctx: Context, run: DirectoryRun): { labelKey: string; seconds: string }[] {
  const format = new Intl.NumberFormat(ctx.state.locale, { maximumFractionDigits: 1 })
  const span = (name: string, from: number | null, to: number | null) => (from === null || to === null || to < from ? [] : [{ labelKey: `directory.timing.${name}`, seconds: format.format((to - from) / 1_000) }])
  return [...span('read', run.startedAt, run.readAt), ...span('plan', run.readAt, run.plannedAt), ...span('apply', run.plannedAt, run.state === 'done' ? run.finishedAt : null)]
}

const shownFields = new Set(['email', 'givenName', 'familyName', 'displayName', 'phone', 'locale', 'upn', 'otherEmails', 'phones', 'title', 'department', 'company', 'employeeNumber', 'office', 'managerDn', 'units', 'photo', 'place', 'name', 'description'])

function itemRow(ctx: Context, run: DirectoryRun, { name, dn, kind, userId, groupId, details, state }: PlanItem) {
  const { because, code, detail, email, differences = [], owned, added = 0, removed = 0 } = details
  const textKey = code !== undefined ? `directory.conflict.${code}` : because !== undefined ? `directory.because.${because}` : null
  return {
    name: name === '' ? dn : name, dn, href: userId !== null ? `/admin/users/${userId}` : groupId !== null ? `/admin/groups/${groupId}` : null, state: run.preview || run.state === 'waiting' || kind === 'conflict' ? null : states[state], textKey,
    detail: [email ?? '', detail ?? ''].filter((one) => one !== '' && one !== name).join(' · '),
    differences: differences.map(({ field, before, after }) => ({ label: shownFields.has(field) ? ctx.t(`directory.field.${field}`) : field, before, after })),
    owned: owned && (owned.groups.length > 0 || owned.applications.length > 0) ? [...owned.groups, ...owned.applications].join(', ') : null, added, removed,
  }
}

async function* planCsv(items: AsyncIterable<PlanItem>): AsyncGenerator<string> {
  yield `\ufeff${csvLine(['kind', 'name', 'email', 'place', 'state', 'reason', 'detail', 'differences', 'anchor', 'user id', 'group id'])}`
  for await (const { kind, name, dn, state, details, anchor, userId, groupId } of items) {
    const differences = (details.differences ?? []).map(({ field, before, after }) => `${field}: ${before} → ${after}`).join('; ')
    yield csvLine([kind, name, details.email ?? '', dn, state, details.code ?? details.because ?? '', details.detail ?? (kind === 'members' ? `+${details.added ?? 0} -${details.removed ?? 0}` : ''), differences, anchor, userId, groupId])
  }
}

async function* planJson(items: AsyncIterable<PlanItem>): AsyncGenerator<string> {
  let start = '[\n'
  for await (const item of items) {
    yield `${start}${JSON.stringify(item)}`
    start = ',\n'
  }
  yield start === '[\n' ? '[]\n' : '\n]\n'
}
