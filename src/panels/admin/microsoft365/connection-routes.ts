import { may, mayFreshly, type Context, type Routes } from '../../../http/index.ts'
import type { ConnectionPurpose, ManagedDomain } from '../../../microsoft365/index.ts'
import { actorOf } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import { domainOf, headOf, orRefused, pathOf, root } from './shared.ts'

/** What a connection is for: where it leads, and whether it may write. */
const goals: Readonly<Record<string, { readonly purpose: ConnectionPurpose; readonly step: string; readonly offline: string | null }>> = {
  preflight: { purpose: 'read', step: 'preflight', offline: 'preflight?offline=yes' }, plan: { purpose: 'read', step: 'plan', offline: 'plan?offline=yes' }, check: { purpose: 'read', step: 'check', offline: null },
  import: { purpose: 'read', step: 'import', offline: null }, apply: { purpose: 'write', step: 'apply', offline: null }, undo: { purpose: 'write', step: 'undo', offline: 'undo?offline=yes' }, certificate: { purpose: 'write', step: 'certificate', offline: null },
}
const goalOf = (value: unknown) => { const name = typeof value === 'string' && Object.hasOwn(goals, value) ? value : 'preflight'; return { name, ...(goals[name] ?? { purpose: 'read' as const, step: 'preflight', offline: null }) } }

/** GET, POST …/:id/connection?for=…; POST …/:id/connection/check; POST …/:id/connection/end */
export function mountConnection(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { connections } = needs.room

  routes.get(`${root}/:id/connection`, may('settings.write'), async (ctx) => { await show(ctx, await domainOf(ctx, needs), ctx.query['for'], null, null) })

  routes.post(`${root}/:id/connection`, mayFreshly('settings.write', root), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const goal = goalOf((await ctx.form()).text('for'))
    await orRefused(ctx, domain, async () => {
      await connections.begin(domain, actorOf(ctx).userId, goal.purpose)
      ctx.redirectTo(pathOf(domain, `connection?for=${goal.name}`))
    })
  })

  routes.post(`${root}/:id/connection/check`, may('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const name = (await ctx.form()).text('for')
    await orRefused(ctx, domain, async () => {
      const outcome = await connections.check(domain, actorOf(ctx).userId)
      if (outcome === 'connected') return ctx.redirectTo(pathOf(domain, goalOf(name).step))
      if (typeof outcome === 'object') return show(ctx, domain, name, 'microsoft.connection.refused', outcome.refused)
      await show(ctx, domain, name, `microsoft.connection.${outcome}`, null)
    })
  })

  routes.post(`${root}/:id/connection/end`, may('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    await connections.end(domain, actorOf(ctx).userId)
    ctx.redirectTo(pathOf(domain), { key: 'microsoft.notice.disconnected' })
  })

  async function show(ctx: Context, domain: ManagedDomain, name: unknown, problemKey: string | null, said: string | null): Promise<void> {
    const goal = goalOf(name)
    const found = await connections.find(domain, actorOf(ctx).userId)
    // One that was made for reading does not write: the right is asked for when it is needed.
    const fits = found !== undefined && !found.connected && (goal.purpose === 'read' || found.purpose === 'write')
    ctx.page('admin/microsoft-connection', {
      ...headOf(domain), purposeKey: `microsoft.connection.for_${goal.purpose}`, goal: goal.name, back: pathOf(domain), offlineHref: goal.offline === null ? null : pathOf(domain, goal.offline),
      code: fits ? { userCode: found.userCode, verificationUri: found.verificationUri, expiresAt: found.expiresAt } : null, problemKey, said,
    }, { status: problemKey === null ? 200 : 422 })
  }
}
