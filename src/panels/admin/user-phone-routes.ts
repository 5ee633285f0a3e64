import type { User } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { mayFreshly, type Context, type Routes } from '../../http/index.ts'
import type { Computer, StoredPhone } from '../../phones/index.ts'
import type { AdminNeeds } from './needs.ts'
import { judge, type PersonActs } from './person-acts.ts'
import { createPhoneActs } from './phone-acts.ts'
import { me, orSayWhy } from './people-view.ts'
import { showNav } from './shell.ts'
import { createFindUser } from './user-routes.ts'

const longestNote = 500

/**
 *   POST      /admin/users/:id/phones/activation, …/activation/cancellation, …/prompts
 *   GET, POST /admin/users/:id/phones/:phone/suspension, …/resumption, …/removal
 *   GET, POST /admin/users/:id/computers/:computer/removal
 */
export function mountUserPhones(routes: Routes, needs: AdminNeeds, personActs: PersonActs): void {
  const find = createFindUser(needs)
  const acts = createPhoneActs(needs, personActs)
  const pageOf = (user: User): string => `/admin/users/${user.id}`

  const direct = [
    { path: 'phones/activation', access: mayFreshly('users.invite'), notice: 'phone_assigned', run: async (ctx: Context, user: User) => acts.assignPhone(ctx, user, (await ctx.form()).text('note').slice(0, longestNote)) },
    { path: 'phones/activation/cancellation', access: mayFreshly('users.invite'), notice: 'phone_cancelled', run: acts.cancelActivation },
    { path: 'phones/prompts', access: mayFreshly('users.reset'), notice: 'phone_prompts', run: acts.resumePrompts },
  ] as const
  for (const { path, access, notice, run } of direct) {
    routes.post(`/admin/users/:id/${path}`, access, async (ctx) => {
      const user = await find(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        await run(ctx, user)
        ctx.redirectTo(pageOf(user), { key: `people.notice.${notice}`, params: { name: user.name } })
      })
    })
  }

  async function findPhone(ctx: Context): Promise<{ user: User; phone: StoredPhone }> {
    const user = await find(ctx)
    const phone = await needs.phones.store.find({ id: user.id, organizationId: user.organizationId }, ctx.params['phone'] ?? '')
    if (!phone) throw new NotFound()
    return { user, phone }
  }

  const asked = [
    { act: 'phone_suspend', path: 'suspension', run: acts.suspendPhone, danger: true, points: ['people.key_suspend.point_out', 'people.key_suspend.point_kept'] },
    { act: 'phone_resume', path: 'resumption', run: acts.resumePhone, danger: false, points: [] },
    { act: 'phone_remove', path: 'removal', run: acts.removePhone, danger: true, points: ['people.key_remove.point_out', 'people.key_remove.point_mail', 'people.key_remove.point_final'] },
  ] as const
  for (const { act, path, run, danger, points } of asked) {
    routes.get(`/admin/users/:id/phones/:phone/${path}`, mayFreshly('users.reset'), async (ctx) => {
      const { user, phone } = await findPhone(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        judge(me(ctx), user, 'keys')
        showNav(ctx)
        ctx.page('admin/act', {
          titleKey: `people.${act}.title`, name: phone.name, backHref: pageOf(user), backText: user.name, items: [], yesKey: `people.${act}.yes`, danger,
          points: [{ key: `people.${act}.text`, name: phone.name, count: 0 }, ...points.map((key) => ({ key, name: user.name, count: 0 }))],
        })
      })
    })

    routes.post(`/admin/users/:id/phones/:phone/${path}`, mayFreshly('users.reset'), async (ctx) => {
      const { user, phone } = await findPhone(ctx)
      await orSayWhy(ctx, pageOf(user), async () => {
        await run(ctx, user, phone)
        ctx.redirectTo(pageOf(user), { key: `people.notice.${act}`, params: { name: phone.name } })
      })
    })
  }

  async function findComputer(ctx: Context): Promise<{ user: User; computer: Computer }> {
    const user = await find(ctx)
    const computer = (await needs.phones.computers.store.list(user)).find(({ id }) => id === ctx.params['computer'])
    if (!computer) throw new NotFound()
    return { user, computer }
  }

  routes.get('/admin/users/:id/computers/:computer/removal', mayFreshly('users.reset'), async (ctx) => {
    const { user, computer: { name } } = await findComputer(ctx)
    await orSayWhy(ctx, pageOf(user), async () => {
      judge(me(ctx), user, 'keys')
      showNav(ctx)
      ctx.page('admin/act', {
        titleKey: 'people.computer_remove.title', name, backHref: pageOf(user), backText: user.name, items: [], yesKey: 'people.computer_remove.yes', danger: true,
        points: [{ key: 'people.computer_remove.text', name, count: 0 }, { key: 'people.key_remove.point_mail', name: user.name, count: 0 }],
      })
    })
  })

  routes.post('/admin/users/:id/computers/:computer/removal', mayFreshly('users.reset'), async (ctx) => {
    const { user, computer } = await findComputer(ctx)
    await orSayWhy(ctx, pageOf(user), async () => {
      await acts.removeComputer(ctx, user, computer)
      ctx.redirectTo(pageOf(user), { key: 'people.notice.computer_remove', params: { name: computer.name } })
    })
  })
}
