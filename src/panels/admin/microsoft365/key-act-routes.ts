import { NotFound } from '../../../errors.ts'
import { mayFreshly, type Context, type Routes } from '../../../http/index.ts'
import { accessPassMinutes, passPermission, type KeyOrder, type KeyPlace, type PassOutcome } from '../../../microsoft365/index.ts'
import type { Transaction } from '../../../storage/index.ts'
import type { User } from '../../../directory/index.ts'
import { choicesOf } from '../choices.ts'
import { judge } from '../person-acts.ts'
import { me, orSayWhy } from '../people-view.ts'
import { actorOf, showNav } from '../shell.ts'
import { keysPath, mayOrderFor, orderFor, personOf } from './key-shared.ts'
import type { Microsoft365PageNeeds } from './needs.ts'

const defaultMinutes = 60

/**
 *   POST       /admin/microsoft365/keys/:order/cancellation, …/retry; GET, POST …/removal
 *   POST       /admin/users/:id/microsoft-key; GET, POST /admin/users/:id/microsoft-pass
 */
export function mountKeyActs(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { keys } = needs.room
  const pageOf = (user: User): string => `/admin/users/${user.id}`

  async function find(ctx: Context): Promise<{ order: KeyOrder; user: User }> {
    const order = await keys.store.find(actorOf(ctx).organizationId, ctx.params['order'] ?? '')
    if (!order) throw new NotFound()
    const user = await personOf(ctx, needs, order.userId)
    if (!mayOrderFor(ctx, user)) judge(me(ctx), user, 'keys')
    return { order, user }
  }
  const backTo = (back: string, user: User): string => (back === 'person' ? pageOf(user) : keysPath)

  const direct = [
    { path: 'cancellation', action: 'microsoft.key_cancelled', notice: 'microsoft.notice.key_cancelled', run: (tx: Transaction, order: KeyOrder, _place: KeyPlace) => keys.cancel(tx, order) },
    { path: 'retry', action: 'microsoft.key_retried', notice: 'microsoft.notice.key_retried', run: (tx: Transaction, order: KeyOrder, place: KeyPlace) => keys.retry(tx, order, place) },
  ] as const
  for (const { path, action, notice, run } of direct) {
    routes.post(`${keysPath}/:order/${path}`, mayFreshly('users.reset', '/admin/users'), async (ctx) => {
      const { order, user } = await find(ctx)
      const back = (await ctx.form()).text('back')
      const place = await keys.placeOf(order.organizationId, order.userId)
      const done = await needs.storage.write(async (tx) => {
        if (!(await run(tx, order, place))) return false
        await needs.record(tx, ctx, { action, userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details: { upn: order.upn, order: order.id } })
        return true
      })
      if (done) keys.announce(user.id, path === 'retry' ? 'asked' : 'changed')
      ctx.redirectTo(backTo(back, user), done ? { key: notice, params: { name: user.name } } : { key: 'microsoft.notice.key_changed', kind: 'warning' })
    })
  }

  routes.get(`${keysPath}/:order/removal`, mayFreshly('users.reset'), async (ctx) => {
    const { order, user } = await find(ctx)
    showNav(ctx)
    ctx.page('admin/act', {
      titleKey: 'microsoft.key_remove.title', name: order.phoneName ?? '', backHref: pageOf(user), backText: user.name, items: [], yesKey: 'microsoft.key_remove.yes', danger: true,
      points: ['text', 'point_sign_in', 'point_phone', 'point_mail'].map((key) => ({ key: `microsoft.key_remove.${key}`, name: user.name, count: 0 })),
    })
  })

  routes.post(`${keysPath}/:order/removal`, mayFreshly('users.reset'), async (ctx) => {
    const { order, user } = await find(ctx)
    const done = await needs.storage.write(async (tx) => {
      if (!(await keys.askRemoval(tx, order))) return false
      await needs.record(tx, ctx, { action: 'microsoft.key_removal_asked', userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details: { upn: order.upn, phone: order.phoneName, method: order.methodId } })
      return true
    })
    ctx.redirectTo(pageOf(user), done ? { key: 'microsoft.notice.key_removal_asked', params: { name: user.name } } : { key: 'microsoft.notice.key_changed', kind: 'warning' })
  })

  routes.post('/admin/users/:id/microsoft-key', mayFreshly('users.reset', '/admin/users'), async (ctx) => {
    const user = await personOf(ctx, needs, ctx.params['id'] ?? '')
    const phone = (await ctx.form()).text('phone')
    await orSayWhy(ctx, pageOf(user), async () => {
      const made = await orderFor(ctx, needs, user, phone === '' ? null : phone)
      if (made.outcome === 'ordered') return ctx.redirectTo(pageOf(user), { key: made.waits ? 'microsoft.notice.key_waits' : 'microsoft.notice.key_ordered', params: { name: user.name } })
      ctx.redirectTo(pageOf(user), { key: `microsoft.key_not.${made.outcome}`, kind: 'warning' })
    })
  })

  // Whoever can make a pass for anybody can be anybody at Microsoft, whatever they are here: as much as an identity, so the same right.
  routes.get('/admin/users/:id/microsoft-pass', mayFreshly('settings.write'), async (ctx) => {
    const user = await personOf(ctx, needs, ctx.params['id'] ?? '')
    await orSayWhy(ctx, pageOf(user), async () => {
      judge(me(ctx), user, 'keys')
      const place = await keys.placeOf(user.organizationId, user.id)
      if (place.outcome !== 'known') return ctx.redirectTo(pageOf(user), { key: `microsoft.key_not.${place.outcome}`, kind: 'warning' })
      show(ctx, user, place.upn, null)
    })
  })

  // The pass stands in this one answer only; a reload makes a new one, which ends the first.
  routes.post('/admin/users/:id/microsoft-pass', mayFreshly('settings.write'), async (ctx) => {
    const user = await personOf(ctx, needs, ctx.params['id'] ?? '')
    const form = await ctx.form()
    const order = { minutes: accessPassMinutes.find((choice) => String(choice) === form.text('minutes')) ?? defaultMinutes, once: form.text('uses') !== 'many' }
    await orSayWhy(ctx, pageOf(user), async () => {
      judge(me(ctx), user, 'keys')
      const result = await keys.passes.issue(user.organizationId, user.id, order)
      if (result.outcome === 'no_identity' || result.outcome === 'no_app') return ctx.redirectTo(pageOf(user), { key: `microsoft.key_not.${result.outcome}`, kind: 'warning' })
      const { name } = actorOf(ctx)
      await needs.storage.write(async (tx) => {
        const details = result.outcome === 'issued' ? { upn: result.upn, minutes: result.pass.minutes, once: result.pass.once } : { reason: result.outcome === 'refused' ? result.reason : result.outcome }
        await needs.record(tx, ctx, { action: 'microsoft.access_pass_issued', outcome: result.outcome === 'issued' ? 'success' : 'failure', userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details })
        if (result.outcome === 'issued') await keys.tell(tx, { what: 'pass', organizationId: user.organizationId, userId: user.id, phone: '', upn: result.upn, by: name })
      })
      show(ctx, user, result.outcome === 'issued' ? result.upn : '', result)
    })
  })

  function show(ctx: Context, user: User, upn: string, result: PassOutcome | null): void {
    showNav(ctx)
    ctx.set('Cache-Control', 'no-store')
    const issued = result?.outcome === 'issued' ? result.pass : null
    const refused = result?.outcome === 'refused' ? result : null
    ctx.page('admin/microsoft-pass', {
      id: user.id, name: user.name, upn, once: true, permission: passPermission, minutes: choicesOf(accessPassMinutes.map(String), String(defaultMinutes), (value) => `people.pass.minutes.${value}`),
      code: issued?.code ?? null, until: issued ? (issued.startsAt ?? needs.clock.now()) + issued.minutes * 60_000 : 0, onceOnly: issued?.once ?? true, unusable: issued !== null && !issued.usable,
      causeKey: refused ? `microsoft.key_reason.${refused.reason}.cause` : null, fixKey: refused ? `microsoft.key_reason.${refused.reason}.fix` : null, said: refused?.said ?? '',
    }, { status: refused ? 502 : 200 })
  }
}
