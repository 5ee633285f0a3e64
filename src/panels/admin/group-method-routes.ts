import { NotFound } from '../../errors.ts'
import { mayFreshly, type Routes } from '../../http/index.ts'
import { changesBetween } from './changes.ts'
import { createFindGroup } from './group-routes.ts'
import type { AdminNeeds } from './needs.ts'
import { showNav } from './shell.ts'
import { readGroupMethods } from './sign-in-settings.ts'

/** GET, POST /admin/groups/:id/methods: what a group's people may use besides. Also for groups of a directory, which knows nothing of it. */
export function mountGroupMethods(routes: Routes, needs: AdminNeeds): void {
  const find = createFindGroup(needs)
  const access = mayFreshly('settings.write')

  routes.get('/admin/groups/:id/methods', access, async (ctx) => {
    const group = await find(ctx)
    showNav(ctx)
    ctx.page('admin/group-methods', { id: group.id, name: group.name, flags: await needs.groupMethods.ofGroup(group.organizationId, group.id) })
  })

  routes.post('/admin/groups/:id/methods', access, async (ctx) => {
    const group = await find(ctx)
    const form = await ctx.form()
    const flags = readGroupMethods((name) => form.text(name))
    await needs.storage.write(async (tx) => {
      if (!(await needs.groups.find(group.organizationId, group.id, tx))) throw new NotFound()
      const details = changesBetween({ ...await needs.groupMethods.ofGroup(group.organizationId, group.id, tx) }, { ...flags })
      await needs.groupMethods.set(tx, group.organizationId, group.id, flags)
      if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'group.methods_changed', target: { kind: 'group', id: group.id, name: group.name }, details })
    })
    ctx.redirectTo(`/admin/groups/${group.id}`, { key: 'people.notice.saved' })
  })
}
