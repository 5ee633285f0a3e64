import type { PasskeyView } from '../../authentication/methods/passkey/index.ts'
import type { User } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, mayFreshly, type Context, type Routes } from '../../http/index.ts'
import type { SessionId } from '../../storage/index.ts'
import type { AdminNeeds } from './needs.ts'
import { judge, type PersonActs } from './person-acts.ts'
import { me, orSayWhy } from './people-view.ts'
import { showNav } from './shell.ts'
import { createFindUser } from './user-routes.ts'

/**
 *   GET, POST /admin/users/:id/keys/:key/suspension, …/resumption, …/removal
 *   POST      /admin/users/:id/sessions/:session/removal, /admin/users/:id/sessions/removal
 */
export function mountUserKeys(routes: Routes, needs: AdminNeeds, acts: PersonActs): void {
  const find = createFindUser(needs)
  const pageOf = (user: User): string => `/admin/users/${user.id}`

  async function findKey(ctx: Context): Promise<{ user: User; key: PasskeyView }> {
    const user = await find(ctx)
    const key = await needs.passkeys.find(user.organizationId, user.id, ctx.params['key'] ?? '')
    if (!key) throw new NotFound()
    return { user, key }
  }

  const asked = [
    { act: 'key_suspend', path: 'suspension', run: acts.suspendKey, danger: true, points: ['people.key_suspend.point_out', 'people.key_suspend.point_kept'] },
    { act: 'key_resume', path: 'resumption', run: acts.resumeKey, danger: false, points: [] },
    { act: 'key_remove', path: 'removal', run: acts.removeKey, danger: true, points: ['people.key_remove.point_out', 'people.key_remove.point_mail', 'people.key_remove.point_final'] },
  ] as const
  for (const { act, path, run, danger, points } of asked) {
    routes.get(`/admin/users/:id/keys/:key/${path}`, mayFreshly('users.reset'), async (ctx) => {
      const { user, key } = await findKey(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        judge(me(ctx), user, 'keys')
        showNav(ctx)
        const last = danger && !key.suspended && user.passkeys === 1 ? ['people.key.last'] : []
        ctx.page('admin/act', {
          titleKey: `people.${act}.title`, name: key.name, backHref: pageOf(user), backText: user.name, items: [], yesKey: `people.${act}.yes`, danger,
          points: [{ key: `people.${act}.text`, name: key.name, count: 0 }, ...[...points, ...last].map((one) => ({ key: one, name: user.name, count: 0 }))],
        })
      })
    })

    routes.post(`/admin/users/:id/keys/:key/${path}`, mayFreshly('users.reset'), async (ctx) => {
      const { user, key } = await findKey(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        await run(ctx, user, key)
        ctx.redirectTo(pageOf(user), { key: `people.notice.${act}`, params: { name: key.name } })
      })
    })
  }

  routes.post('/admin/users/:id/sessions/removal', may('users.reset'), async (ctx) => {
    const user = await find(ctx)
    await orSayWhy(ctx, pageOf(user), async () => {
      await acts.endSessions(ctx, user)
      ctx.redirectTo(pageOf(user), { key: 'people.notice.sessions_ended', params: { name: user.name } })
    })
  })

  routes.post('/admin/users/:id/sessions/:session/removal', may('users.reset'), async (ctx) => {
    const user = await find(ctx)
    await orSayWhy(ctx, pageOf(user), async () => {
      if (!(await acts.endSession(ctx, user, (ctx.params['session'] ?? '') as SessionId))) throw new NotFound()
      ctx.redirectTo(pageOf(user), { key: 'people.notice.session_ended' })
    })
  })
}
