import { groupMethods, mayManage, type Group } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, roleMay, type Context, type Routes } from '../../http/index.ts'
import { createFindGroup, refuseManaged } from './group-routes.ts'
import type { AdminNeeds } from './needs.ts'
import type { PersonActs } from './person-acts.ts'
import { keeperOf, orSayWhy, pagerOf, queryText, statusTag } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'
import { methodFields } from './sign-in-settings.ts'

const pageSize = 50

/** GET /admin/groups/:id: who is in it and what it opens; POST …/members adds by address, POST …/members/:user/removal. */
export function mountGroupMembers(routes: Routes, needs: AdminNeeds, acts: PersonActs): void {
  const find = createFindGroup(needs)

  routes.get('/admin/groups/:id', may('groups.read'), async (ctx) => { await show(ctx, await find(ctx), '', null) })

  routes.post('/admin/groups/:id/members', may('groups.write'), async (ctx) => {
    const group = await find(ctx)
    await orSayWhy(ctx, `/admin/groups/${group.id}`, async () => {
      refuseManaged(group)
      const typed = (await ctx.form()).text('email')
      const address = needs.normaliseEmail(typed)
      const user = address && (await needs.users.findByEmailKey(address.key))
      // Somebody of another organization is nobody here, and the answer must not differ (SEC-73).
      if (user?.organizationId !== group.organizationId) return show(ctx, group, typed, address ? 'people.error.nobody' : 'people.error.email')
      if (!mayManage(actorOf(ctx).role, user.role)) return show(ctx, group, typed, 'people.closed.above')
      if (!(await acts.join(ctx, user, group))) return show(ctx, group, typed, 'people.error.member_already')
      ctx.redirectTo(`/admin/groups/${group.id}`, { key: 'people.notice.member_added', params: { name: user.name } })
    })
  })

  routes.post('/admin/groups/:id/members/:user/removal', may('groups.write'), async (ctx) => {
    const group = await find(ctx)
    await orSayWhy(ctx, `/admin/groups/${group.id}`, async () => {
      refuseManaged(group)
      const user = await needs.users.find(group.organizationId, ctx.params['user'] ?? '')
      if (!user || !(await acts.leave(ctx, user, group))) throw new NotFound()
      ctx.redirectTo(`/admin/groups/${group.id}`, { key: 'people.notice.member_removed', params: { name: user.name } })
    })
  })

  async function show(ctx: Context, group: Group, email: string, error: string | null): Promise<void> {
    const { role } = actorOf(ctx)
    const after = queryText(ctx, 'after')
    const text = queryText(ctx, 'text').slice(0, 200)
    const [{ users, next }, applications, flags] = await Promise.all([
      needs.users.list({ organizationId: group.organizationId, groupId: group.id, text, limit: pageSize, ...(after === '' ? {} : { after }) }), needs.access.ofGroup(group.organizationId, group.id),
      needs.groupMethods.ofGroup(group.organizationId, group.id),
    ])
    const mayWrite = roleMay(role, 'groups.write') && group.managedBy === null
    showNav(ctx)
    ctx.page('admin/group', {
      id: group.id, name: group.name, description: group.description, managedBy: await keeperOf(needs, group.organizationId, group.managedBy), members: group.members, mayWrite,
      mayMethods: roleMay(role, 'settings.write'), methodKeys: groupMethods.filter((method) => flags[method]).map((method) => `admin.settings.method.${methodFields[method]}`),
      email, applications, text, searchable: text !== '' || after !== '' || next !== undefined, errors: { email: error }, hasErrors: error !== null,
      rows: users.map((user) => ({ id: user.id, name: user.name, email: user.email, status: statusTag(user.status), removable: mayWrite && mayManage(role, user.role) })),
      pager: pagerOf(`/admin/groups/${group.id}`, { text }, after, next),
    }, { status: error === null ? 200 : 422 })
  }
}
