import type { User } from '../../directory/index.ts'
import { may, mayFreshly, type Access, type Context, type Routes } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import type { ActPage } from './people-pages.ts'
import { judge, type PersonActs } from './person-acts.ts'
import { permissionOf, type PersonAct } from './people-rules.ts'
import { me, orSayWhy } from './people-view.ts'
import { showNav } from './shell.ts'
import { createFindUser } from './user-routes.ts'

interface AskedAct {
  readonly act: PersonAct & ('suspend' | 'reset' | 'delete')
  readonly path: string
  readonly run: (ctx: Context, user: User) => Promise<void>
  /** What the page says will happen, by locale key. */
  readonly points: (user: User) => readonly string[]
}

/**
 *   GET, POST /admin/users/:id/suspension, …/reset, …/deletion    a page that names what ends, then the act
 *   POST …/resumption, …/invitation, …/invitation/cancellation    at once: nothing is lost by them
 */
export function mountUserActs(routes: Routes, needs: AdminNeeds, acts: PersonActs): void {
  const find = createFindUser(needs)
  const pageOf = (user: User): string => `/admin/users/${user.id}`

  const asked: readonly AskedAct[] = [
    { act: 'suspend', path: 'suspension', run: acts.suspend, points: () => ['people.suspend.point_out', 'people.suspend.point_kept'] },
    {
      act: 'reset', path: 'reset', run: acts.reset,
      points: (user) => ['people.reset.point_keys', 'people.reset.point_out', user.status === 'active' ? 'people.reset.point_invitation' : 'people.reset.point_suspended'],
    },
    { act: 'delete', path: 'deletion', run: acts.remove, points: () => ['people.delete.point_keys', 'people.delete.point_out', 'people.delete.point_groups', 'people.delete.point_log', 'people.delete.point_final'] },
  ]
  for (const { act, path, run, points } of asked) {
    const access: Access = mayFreshly(permissionOf[act])

    routes.get(`/admin/users/:id/${path}`, access, async (ctx) => {
      const user = await find(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        judge(me(ctx), user, act)
        showNav(ctx)
        ctx.page('admin/act', {
          titleKey: `people.${act}.title`, name: user.name, backHref: pageOf(user), backText: user.name, items: [], yesKey: `people.${act}.yes`, danger: true,
          points: [`people.${act}.text`, ...points(user)].map((key) => ({ key, name: user.name, count: user.passkeys })),
        } satisfies ActPage)
      })
    })

    routes.post(`/admin/users/:id/${path}`, access, async (ctx) => {
      const user = await find(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        // Once here for the words of the answer, and again inside the transaction, where it counts.
        judge(me(ctx), user, act)
        await run(ctx, user)
        ctx.redirectTo(act === 'delete' ? '/admin/users' : pageOf(user), { key: `people.notice.${act}`, params: { name: user.name } })
      })
    })
  }

  const direct: readonly { readonly act: PersonAct; readonly path: string; readonly run: (ctx: Context, user: User) => Promise<void>; readonly notice: string }[] = [
    { act: 'resume', path: 'resumption', run: acts.resume, notice: 'people.notice.resume' },
    { act: 'cancel', path: 'invitation/cancellation', run: acts.cancelInvitation, notice: 'people.notice.invitation_cancelled' },
    {
      act: 'invite', path: 'invitation', notice: needs.mailConfigured ? 'people.notice.invited' : 'people.notice.invited_waiting',
      async run(ctx, user) {
        judge(me(ctx), user, 'invite')
        await acts.countInvitation(user.organizationId)
        await acts.reinvite(ctx, user)
      },
    },
  ]
  for (const { act, path, run, notice } of direct) {
    routes.post(`/admin/users/:id/${path}`, may(permissionOf[act]), async (ctx) => {
      const user = await find(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        await run(ctx, user)
        ctx.redirectTo(pageOf(user), { key: notice, params: { name: user.name, email: user.email } })
      })
    })
  }
}
