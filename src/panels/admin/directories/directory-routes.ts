import type { CheckLine } from '../../../directory/sync/ldap/index.ts'
import type { Directory } from '../../../directory/sync/index.ts'
import { stepText } from '../../../directory/sync/ldap/index.ts'
import { NotFound } from '../../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../../http/index.ts'
import type { Tag } from '../people-pages.ts'
import { pagerOf, queryText } from '../people-view.ts'
import { actorOf, showNav } from '../shell.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import { aboutDirectory, alertTexts, directoryOf, headOf, isWorking, lookerOf, lookMilliseconds, nextOf, pathOf, progressText, root, runActor, runRow, sampleRow, stateOf, troubleText } from './shared.ts'

const pageSize = 20

/** GET /admin/directories, …/:id; POST …/:id/check, …/:id/runs (preview, changes, full), …/:id/switch; GET, POST …/:id/removal. */
export function mountDirectory(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs
  const openAlerts = async (directory: Pick<Directory, 'organizationId'>) => (await needs.microsoft365.alerts.open(directory.organizationId)).filter(({ kind }) => kind.startsWith('directory.'))

  routes.get(root, may('settings.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    const [list, alerts] = await Promise.all([directories.list(organizationId), openAlerts({ organizationId })])
    const overviews = await Promise.all(list.map(({ id }) => directories.overview(organizationId, id)))
    showNav(ctx)
    ctx.page('admin/directories', {
      rows: list.map((directory, index) => ({
        ...headOf(directory), kindKey: `directory.kind.${directory.kind}`, state: stateOf(directory, alerts), successAt: directory.successAt, nextAt: nextOf(directory, needs.clock.now()), people: overviews[index]?.people ?? 0, conflicts: overviews[index]?.conflicts ?? 0,
      })),
      alerts: alertTexts(ctx, alerts), mayWrite: roleMay(role, 'settings.write'),
    })
  })

  routes.get(`${root}/:id`, may('settings.read'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const before = queryText(ctx, 'before')
    const [runs, overview, alerts] = await Promise.all([
      directories.runs(directory.organizationId, directory.id, { limit: pageSize + 1, ...(before === '' ? {} : { before }) }), directories.overview(directory.organizationId, directory.id), openAlerts(directory),
    ])
    const working = runs.some(isWorking) || directory.requested !== null || directory.removal !== null
    const { settings } = directory
    ctx.page('admin/directory', {
      ...headOf(directory), kindKey: `directory.kind.${directory.kind}`, state: stateOf(directory, alerts), enabled: directory.enabled, working, refresh: working ? 3 : null, progressText: progressText(ctx, runs), removing: directory.removal !== null,
      mayWrite: roleMay(actorOf(ctx).role, 'settings.write') && directory.removal === null, trouble: directory.error === null ? null : troubleText(ctx, directory.error), alerts: alertTexts(ctx, alerts.filter(({ subject, kind }) => subject === directory.id && kind !== 'directory.waiting'), true),
      servers: settings.servers.map(({ url }) => url).join(' · '), base: settings.base, groupsKey: `directory.groups.${settings.groups.mode}`, successAt: directory.successAt, nextAt: nextOf(directory, needs.clock.now()), fullAt: directory.fullAt, overview,
      waiting: runs.find(({ state }) => state === 'waiting')?.id ?? null, runs: runs.slice(0, pageSize).map((run) => runRow(ctx, run)),
      pager: pagerBefore(pathOf(directory), before, runs.length > pageSize ? runs[pageSize - 1]?.id : undefined),
    })
  })

  routes.get(`${root}/:id/progress`, may('settings.read'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const runs = await directories.runs(directory.organizationId, directory.id, { limit: 1 })
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { working: runs.some(isWorking) || directory.requested !== null || directory.removal !== null, done: runs[0]?.applied ?? 0, all: runs[0]?.planned ?? 0, text: progressText(ctx, runs) }
  })

  routes.post(`${root}/:id/check`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const report = await (await lookerOf(needs, directory, directory.settings)).check(AbortSignal.timeout(lookMilliseconds))
    await storage.write((tx) => needs.record(tx, ctx, { action: 'directory.checked', outcome: report.ok ? 'success' : 'failure', ...aboutDirectory(directory) }))
    ctx.page('admin/directory-check', { ...headOf(directory), ok: report.ok, lines: report.lines.map((line) => lineRow(ctx, line)), sample: report.sample.map(sampleRow) })
  })

  routes.post(`${root}/:id/runs`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const order = (['preview', 'changes', 'full'] as const).find((one) => one === (ctx.query['order'] ?? ''))
    if (!order) throw new NotFound()
    await storage.write(async (tx) => {
      const actor = runActor(ctx)
      if (!(await (order === 'preview' ? directories.preview(tx, directory.organizationId, directory.id, actor) : directories.runNow(tx, directory.organizationId, directory.id, order, actor)))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'directory.run_asked', ...aboutDirectory(directory), details: { order } })
    })
    ctx.redirectTo(pathOf(directory), { key: `directory.notice.${order === 'preview' ? 'preview' : 'run'}` })
  })

  routes.post(`${root}/:id/switch`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const enabled = (await ctx.form()).text('enabled') === 'yes'
    if (enabled && directory.settings.base === '') return ctx.redirectTo(pathOf(directory, 'people'), { key: 'directory.notice.base_first', kind: 'warning' })
    await storage.write(async (tx) => {
      if (!(await directories.update(tx, directory.organizationId, directory.id, { enabled }))) throw new NotFound()
      // Whoever switches it on wants to see that it works, not to wait for its next turn.
      if (enabled) await directories.runNow(tx, directory.organizationId, directory.id, 'changes', runActor(ctx))
      await needs.record(tx, ctx, { action: enabled ? 'directory.switched_on' : 'directory.switched_off', ...aboutDirectory(directory) })
    })
    ctx.redirectTo(pathOf(directory), { key: enabled ? 'directory.notice.on' : 'directory.notice.off' })
  })

  routes.get(`${root}/:id/removal`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const { people, groups } = await directories.overview(directory.organizationId, directory.id)
    ctx.page('admin/directory-removal', { ...headOf(directory), people, groups })
  })

  routes.post(`${root}/:id/removal`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const people = (['keep', 'suspend'] as const).find((one) => one === (ctx.query['people'] ?? ''))
    if (!people) throw new NotFound()
    await storage.write(async (tx) => {
      if (!(await directories.remove(tx, directory.organizationId, directory.id, people))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'directory.removed', ...aboutDirectory(directory), details: { people } })
    })
    ctx.redirectTo(root, { key: 'directory.notice.removed', params: { name: directory.name } })
  })
}

function lineRow(ctx: Context, { step, ok, detail, fix }: CheckLine) {
  const tag: Tag = ok === null ? { labelKey: 'directory.check.note', tone: 'warn' } : ok ? { labelKey: 'directory.check.good', tone: 'good' } : { labelKey: 'directory.check.bad', tone: 'bad' }
  return { stepKey: stepText(step), tag, text: ctx.t(detail.key, detail.parameters), fix: fix === null ? null : ctx.t(fix.key, fix.parameters) }
}

function pagerBefore(path: string, before: string, next: string | undefined) {
  const { first, next: on } = pagerOf(path, {}, before, next)
  return { first, next: on === null ? null : on.replace('after=', 'before=') }
}
