import { may, mayFreshly, roleMay, type Context, type Routes } from '../../../http/index.ts'
import { applyScript, stops, undoScript, verifyScript, type Finding, type GraphSession, type GuardOutcome, type ManagedDomain } from '../../../microsoft365/index.ts'
import { actorOf } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import type { Tone } from './pages.ts'
import { differenceRow, domainOf, findingRow, headOf, orRefused, pathOf, problemRow, recordFor, requestRows, root, tryAddress, withSession } from './shared.ts'

/** The steps of the guide, each a page: GET preflight, plan, check; GET, POST apply, undo. */
export function mountGuideSteps(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { guide, guard } = needs.room

  /** With ?offline=yes nobody is asked to sign in, and what needs Entra stays unknown. */
  const look = async (ctx: Context, step: string, work: (session: GraphSession | null, domain: ManagedDomain) => Promise<void>): Promise<void> => {
    const domain = await domainOf(ctx, needs)
    if (ctx.query['offline'] === 'yes') await orRefused(ctx, domain, () => work(null, domain))
    else await withSession(ctx, needs, domain, step, 'read', (session) => work(session, domain))
  }

  routes.get(`${root}/:id/preflight`, may('settings.write'), (ctx) => look(ctx, 'preflight', async (session, domain) => {
    const findings = await guide.preflight(session, domain)
    ctx.page('admin/microsoft-preflight', { ...headOf(domain), asked: session !== null, stopped: stops(findings), findings: inOrder(findings).map(findingRow) })
  }))

  routes.get(`${root}/:id/plan`, may('settings.write'), (ctx) => look(ctx, 'plan', async (session, domain) => {
    const { plan, problems, configuration } = await guide.plan(session, domain)
    const { plan: back } = await guide.planUndo(session, domain)
    const { cloud } = domain.settings
    ctx.page('admin/microsoft-plan', {
      ...headOf(domain), asked: session !== null, kindKey: `microsoft.plan.${plan.kind}`, differences: plan.differences.map(differenceRow), problems: problems.map(problemRow), requests: requestRows(domain, plan),
      apply: applyScript(domain.domain, plan, cloud), verify: verifyScript(domain.domain, configuration, cloud), undo: undoScript(domain.domain, back, cloud), on: domain.switchedOn, mayWrite: roleMay(actorOf(ctx).role, 'settings.write'),
    })
  }))

  routes.get(`${root}/:id/apply`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    await withSession(ctx, needs, domain, 'apply', 'write', (session) => showApply(ctx, session, domain, {}))
  })

  routes.post(`${root}/:id/apply`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const form = await ctx.form()
    await withSession(ctx, needs, domain, 'apply', 'write', async (session) => {
      if (stops(await guide.preflight(session, domain)) && !form.checked('anyway')) return showApply(ctx, session, domain, { error: 'microsoft.error.anyway' })
      const result = await guide.apply(session, domain, recordFor(ctx, needs))
      switch (result.outcome) {
        case 'applied':
          // The right to change a tenant is given back as soon as it was used.
          await needs.room.connections.end(domain, actorOf(ctx).userId)
          return result.differences.length === 0 ? ctx.redirectTo(pathOf(domain), { key: 'microsoft.notice.applied', params: { domain: domain.domain } }) : showCheck(ctx, domain, { outcome: 'differs', differences: result.differences })
        case 'invalid': return showApply(ctx, session, domain, {})
        case 'not_possible': return showApply(ctx, session, domain, { reasonKey: `microsoft.not_possible.${result.reason}` })
      }
    })
  })

  routes.get(`${root}/:id/check`, may('settings.write'), (ctx) => look(ctx, 'check', async (session, domain) => {
    if (session === null) return ctx.redirectTo(pathOf(domain, 'connection?for=check'))
    showCheck(ctx, domain, await guard.check(session, domain))
  }))

  routes.get(`${root}/:id/undo`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const show = async (session: GraphSession | null): Promise<void> => {
      const { plan, backup } = await guide.planUndo(session, domain)
      ctx.page('admin/microsoft-undo', {
        ...headOf(domain), requests: session === null ? [] : requestRows(domain, plan), script: undoScript(domain.domain, plan, domain.settings.cloud),
        backup: backup && { savedAt: backup.createdAt, managed: backup.state.authenticationType === 'Managed' || backup.state.configuration === null, issuer: String(backup.state.configuration?.values.issuerUri ?? '') },
      })
    }
    if (ctx.query['offline'] === 'yes') return show(null)
    await withSession(ctx, needs, domain, 'undo', 'write', show)
  })

  routes.post(`${root}/:id/undo`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    await withSession(ctx, needs, domain, 'undo', 'write', async (session) => {
      const result = await guide.undo(session, domain, recordFor(ctx, needs))
      await needs.room.connections.end(domain, actorOf(ctx).userId)
      if (result.outcome === 'undone') return ctx.redirectTo(pathOf(domain), { key: result.plan.kind === 'managed' ? 'microsoft.notice.undone_managed' : 'microsoft.notice.undone', params: { domain: domain.domain } })
      ctx.redirectTo(pathOf(domain), { key: `microsoft.notice.undo_${result.outcome}`, kind: 'warning' })
    })
  })

  async function showApply(ctx: Context, session: GraphSession, domain: ManagedDomain, { error, reasonKey }: { error?: string; reasonKey?: string }): Promise<void> {
    const [{ plan, problems }, findings] = [await guide.plan(session, domain), await guide.preflight(session, domain)]
    ctx.page('admin/microsoft-apply', {
      ...headOf(domain), kindKey: `microsoft.plan.${plan.kind}`, problems: problems.map(problemRow), findings: findings.filter(({ severity }) => severity === 'stops').map(findingRow), requests: requestRows(domain, plan),
      reasonKey: reasonKey ?? null, errors: { anyway: error ?? null }, hasErrors: error !== undefined,
    }, { status: error === undefined && reasonKey === undefined ? 200 : 422 })
  }

  function showCheck(ctx: Context, domain: ManagedDomain, result: GuardOutcome): void {
    const tone: Tone = result.outcome === 'clean' ? 'good' : result.outcome === 'differs' && result.differences.some(({ grave }) => grave) ? 'bad' : 'warn'
    ctx.page('admin/microsoft-check', { ...headOf(domain), outcomeKey: `microsoft.check.${result.outcome}`, tone, differences: result.outcome === 'differs' ? result.differences.map(differenceRow) : [], tryHref: tryAddress(domain) })
  }
}

const weight: Readonly<Record<Finding['severity'], number>> = { stops: 0, warns: 1, unknown: 2, fine: 3 }

/** What stands in the way first. */
function inOrder(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => weight[a.severity] - weight[b.severity])
}
