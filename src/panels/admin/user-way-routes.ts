import { passMinutes } from '../../authentication/methods/access-pass/index.ts'
import type { User } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { mayFreshly, type Context, type Routes } from '../../http/index.ts'
import { choicesOf } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { judge, refuseWithoutPass, type PersonActs } from './person-acts.ts'
import { me, orSayWhy } from './people-view.ts'
import { showNav } from './shell.ts'
import { createFindUser } from './user-routes.ts'

const defaultMinutes = 60

/**
 *   GET, POST  /admin/users/:id/password/removal, /admin/users/:id/authenticators/:authenticator/removal
 *   GET, POST  /admin/users/:id/access-pass, POST …/access-pass/revocation
 *
 * Nobody sets a password for somebody else: the pass lets the person add a key of their own (SEC-60).
 */
export function mountUserWays(routes: Routes, needs: AdminNeeds, acts: PersonActs): void {
  const find = createFindUser(needs)
  const access = mayFreshly('users.reset')
  const pageOf = (user: User): string => `/admin/users/${user.id}`

  async function findApp(ctx: Context, user: User): Promise<{ id: string; name: string }> {
    const app = (await needs.authenticators.list(needs.storage.read, user.id)).find(({ id }) => id === ctx.params['authenticator'])
    if (!app) throw new NotFound()
    return app
  }

  const removals = [
    {
      path: 'password/removal', act: 'password_remove', run: acts.removePassword,
      async nameOf(_ctx: Context, user: User) {
        if (!(await needs.localPasswords.find(user.id))) throw new NotFound()
        return user.name
      },
    },
    {
      path: 'authenticators/:authenticator/removal', act: 'authenticator_remove', run: async (ctx: Context, user: User) => acts.removeAuthenticator(ctx, user, await findApp(ctx, user)),
      nameOf: async (ctx: Context, user: User) => (await findApp(ctx, user)).name,
    },
  ] as const
  for (const { path, act, run, nameOf } of removals) {
    routes.get(`/admin/users/:id/${path}`, access, async (ctx) => {
      const user = await find(ctx)
      const name = await nameOf(ctx, user)
      await orSayWhy(ctx, pageOf(user), async () => {
        judge(me(ctx), user, 'keys')
        showNav(ctx)
        ctx.page('admin/act', {
          titleKey: `people.${act}.title`, name, backHref: pageOf(user), backText: user.name, items: [], yesKey: `people.${act}.yes`, danger: true,
          points: [{ key: `people.${act}.text`, name, count: 0 }, ...['people.key_remove.point_out', 'people.key_remove.point_mail'].map((key) => ({ key, name: user.name, count: 0 }))],
        })
      })
    })

    routes.post(`/admin/users/:id/${path}`, access, async (ctx) => {
      const user = await find(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        await run(ctx, user)
        ctx.redirectTo(pageOf(user), { key: `people.notice.${act}`, params: { name: user.name } })
      })
    })
  }

  routes.get('/admin/users/:id/access-pass', access, async (ctx) => {
    const user = await find(ctx)
    await orSayWhy(ctx, pageOf(user), async () => {
      judge(me(ctx), user, 'keys')
      const { settings } = await needs.groupMethods.settings(user.organizationId, user.id)
      refuseWithoutPass(user, settings.methods)
      show(ctx, user, null)
    })
  })

  // The pass exists in this one answer only; a reload makes a new one.
  routes.post('/admin/users/:id/access-pass', access, async (ctx) => {
    const user = await find(ctx)
    const form = await ctx.form()
    const minutes = passMinutes.find((choice) => String(choice) === form.text('minutes')) ?? defaultMinutes
    await orSayWhy(ctx, pageOf(user), async () => { show(ctx, user, await acts.issuePass(ctx, user, { once: form.text('uses') !== 'many', minutes })) })
  })

  routes.post('/admin/users/:id/access-pass/revocation', access, async (ctx) => {
    const user = await find(ctx)
    await orSayWhy(ctx, pageOf(user), async () => {
      await acts.revokePass(ctx, user)
      ctx.redirectTo(pageOf(user), { key: 'people.notice.pass_revoked', params: { name: user.name } })
    })
  })

  function show(ctx: Context, user: User, issued: { code: string; expiresAt: number } | null): void {
    showNav(ctx)
    ctx.page('admin/access-pass', {
      id: user.id, name: user.name, email: user.email, once: true, code: issued?.code ?? null, expiresAt: issued?.expiresAt ?? 0, signInAddress: `${needs.publicUrl}/`,
      minutes: choicesOf(passMinutes.map(String), String(defaultMinutes), (value) => `people.pass.minutes.${value}`),
    })
  }
}
