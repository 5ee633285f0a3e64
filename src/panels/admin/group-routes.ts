import { readName, type Group } from '../../directory/index.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import { exportsOf, orSayWhy, pagerOf, queryText } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

type Errors = Readonly<Record<string, string | null>>
interface Typed { readonly name: string; readonly description: string }

const longestDescription = 500
const pageSize = 50

/** The group of an address; one of another organization is not found (SEC-73). */
export function createFindGroup(needs: AdminNeeds): (ctx: Context) => Promise<Group> {
  return async (ctx) => {
    const group = await needs.groups.find(actorOf(ctx).organizationId, ctx.params['id'] ?? '')
    if (!group) throw new NotFound()
    return group
  }
}

/** @throws Conflict `people.managed_group` */
export function refuseManaged(group: Group): void {
  if (group.managedBy !== null) throw new Conflict('people.managed_group')
}

/** GET /admin/groups; GET, POST …/new, …/:id/edit, …/:id/deletion. One group with its members: group-member-routes.ts. */
export function mountGroups(routes: Routes, needs: AdminNeeds): void {
  const find = createFindGroup(needs)
  const target = (group: { id: string; name: string }) => ({ kind: 'group' as const, id: group.id, name: group.name })

  routes.get('/admin/groups', may('groups.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    showNav(ctx)
    const text = queryText(ctx, 'text').slice(0, 200)
    const after = queryText(ctx, 'after')
    const { groups, next } = await needs.groups.page(organizationId, { text, limit: pageSize, ...(after === '' ? {} : { after }) })
    ctx.page('admin/groups', {
      rows: groups.map(({ id, name, description, managedBy, members }) => ({ id, name, description, managedBy, members })), mayWrite: roleMay(role, 'groups.write'), text, searchable: text !== '' || after !== '' || next !== undefined,
      pager: pagerOf('/admin/groups', { text }, after, next), files: roleMay(role, 'groups.write') && groups.length > 0 ? exportsOf('/admin/groups/export', { text }) : null,
    })
  })

  routes.get('/admin/groups/new', may('groups.write'), (ctx) => { show(ctx, null, { name: '', description: '' }, {}) })

  routes.post('/admin/groups/new', may('groups.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    await save(ctx, null, async (typed) => {
      const id = await needs.storage.write(async (tx) => {
        const created = await needs.groups.create(tx, organizationId, typed)
        await needs.record(tx, ctx, { action: 'group.created', target: target({ id: created, name: typed.name }) })
        return created
      })
      ctx.redirectTo(`/admin/groups/${id}`, { key: 'people.notice.group_created', params: { name: typed.name } })
    })
  })

  routes.get('/admin/groups/:id/edit', may('groups.write'), async (ctx) => {
    const group = await find(ctx)
    await orSayWhy(ctx, `/admin/groups/${group.id}`, async () => {
      refuseManaged(group)
      show(ctx, group.id, group, {})
    })
  })

  routes.post('/admin/groups/:id/edit', may('groups.write'), async (ctx) => {
    const group = await find(ctx)
    await orSayWhy(ctx, `/admin/groups/${group.id}`, () => {
      refuseManaged(group)
      return save(ctx, group.id, async (typed) => {
        await needs.storage.write(async (tx) => {
          if (!(await needs.groups.update(tx, group.organizationId, group.id, typed))) throw new NotFound()
          await needs.record(tx, ctx, { action: 'group.changed', target: target({ id: group.id, name: typed.name }), details: group.name === typed.name ? {} : { 'name.before': group.name, 'name.after': typed.name } })
        })
        ctx.redirectTo(`/admin/groups/${group.id}`, { key: 'people.notice.saved' })
      })
    })
  })

  routes.get('/admin/groups/:id/deletion', mayFreshly('groups.write'), async (ctx) => {
    const group = await find(ctx)
    await orSayWhy(ctx, `/admin/groups/${group.id}`, async () => {
      refuseManaged(group)
      const applications = await needs.access.ofGroup(group.organizationId, group.id)
      showNav(ctx)
      ctx.page('admin/act', {
        titleKey: 'people.group_delete.title', name: group.name, backHref: `/admin/groups/${group.id}`, backText: group.name, yesKey: 'people.group_delete.yes', danger: true,
        points: ['text', 'point_people', applications.length > 0 ? 'point_applications' : 'point_no_applications'].map((key) => ({ key: `people.group_delete.${key}`, name: group.name, count: key === 'point_applications' ? applications.length : group.members })),
        items: applications.map(({ id, name }) => ({ name, href: `/admin/applications/${id}` })),
      })
    })
  })

  routes.post('/admin/groups/:id/deletion', mayFreshly('groups.write'), async (ctx) => {
    const group = await find(ctx)
    await orSayWhy(ctx, `/admin/groups/${group.id}`, async () => {
      refuseManaged(group)
      const applications = await needs.access.ofGroup(group.organizationId, group.id)
      await needs.storage.write(async (tx) => {
        if (!(await needs.groups.remove(tx, group.organizationId, group.id))) throw new NotFound()
        await needs.record(tx, ctx, { action: 'group.deleted', target: target(group), details: { members: group.members, applications: applications.map(({ name }) => name).join(', ') } })
      })
      ctx.redirectTo('/admin/groups', { key: 'people.notice.group_deleted', params: { name: group.name } })
    })
  })

  async function save(ctx: Context, id: string | null, store: (typed: Typed) => Promise<void>): Promise<void> {
    const form = await ctx.form()
    const typed = { name: form.text('name'), description: form.text('description').normalize('NFC').replaceAll(/\s+/g, ' ') }
    const name = readName(typed.name)
    const tooLong = typed.description.length > longestDescription
    if (name === undefined || tooLong) return show(ctx, id, typed, { name: name === undefined ? 'people.error.group_name' : null, description: tooLong ? 'people.error.description' : null })
    try {
      await store({ name, description: typed.description })
    } catch (error) {
      if (error instanceof Conflict && error.code === 'name_taken') return show(ctx, id, typed, { name: 'people.error.group_taken' })
      throw error
    }
  }
}

function show(ctx: Context, id: string | null, typed: Typed, errors: Errors): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  showNav(ctx)
  ctx.page('admin/group-edit', { id, name: typed.name, description: typed.description, errors: { name: null, description: null, ...errors }, hasErrors }, { status: hasErrors ? 422 : 200 })
}
