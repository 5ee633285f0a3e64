import { mayManage, userRoles, type UserStatus } from '../../directory/index.ts'
import { may, roleMay, type Routes } from '../../http/index.ts'
import type { GroupId } from '../../storage/index.ts'
import { actsOnMany } from './bulk-routes.ts'
import { choicesOf } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { permissionOf } from './people-rules.ts'
import { filterChoices, groupChoices, queryText, roleKey, statusTag } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

const pageSize = 50
const statuses: Readonly<Record<string, readonly UserStatus[]>> = { invited: ['new', 'pending'], new: ['new'], pending: ['pending'], active: ['active'], suspended: ['suspended'] }

/** GET /admin/users: everyone, with search and filters; a page by key costs the same wherever it is. */
export function mountUserList(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/users', may('users.read'), async (ctx) => {
    const actor = actorOf(ctx)
    showNav(ctx)
    const groups = await needs.groups.list(actor.organizationId)
    const role = userRoles.find((one) => one === queryText(ctx, 'role'))
    const chosen = {
      text: queryText(ctx, 'text').slice(0, 200), status: Object.hasOwn(statuses, queryText(ctx, 'status')) ? queryText(ctx, 'status') : '', keys: queryText(ctx, 'keys') === 'none' ? 'none' : '',
      role: role ?? '', group: groups.find((group) => group.id === queryText(ctx, 'group'))?.id ?? '',
    }
    const after = queryText(ctx, 'after')
    const { users, next } = await needs.users.list({
      organizationId: actor.organizationId, limit: pageSize, text: chosen.text, status: statuses[chosen.status] ?? [], withoutKey: chosen.keys !== '',
      ...(role ? { role } : {}), ...(chosen.group === '' ? {} : { groupId: chosen.group as GroupId }), ...(after === '' ? {} : { after }),
    })
    const kept = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ''))
    const page = (more: Readonly<Record<string, string>>): string => {
      const query = new URLSearchParams([...kept, ...Object.entries(more)]).toString()
      return query === '' ? '/admin/users' : `/admin/users?${query}`
    }
    const acts = actsOnMany.filter((act) => roleMay(actor.role, permissionOf[act]))

    ctx.page('admin/users', {
      rows: users.map((user) => ({
        id: user.id, name: user.name, email: user.email, status: statusTag(user.status), roleKey: roleKey(user.role), keys: user.passkeys, lastSignInAt: user.lastSignInAt,
        selectable: mayManage(actor.role, user.role) && actor.userId !== user.id,
      })),
      text: chosen.text, filtered: kept.size > 0, mayInvite: roleMay(actor.role, 'users.invite'),
      statuses: filterChoices(Object.keys(statuses), chosen.status, (value) => `people.status.${value}`), roles: filterChoices(userRoles, chosen.role, (value) => `people.role.${value}`),
      groups: [{ value: '', text: null, labelKey: 'common.all', selected: chosen.group === '' }, ...groupChoices(groups, chosen.group)],
      keyStates: filterChoices(['none'], chosen.keys, () => 'people.keys.filter_none'), acts: choicesOf(acts, '', (value) => `people.bulk.${value}`),
      pager: { first: after === '' ? null : page({}), next: next === undefined ? null : page({ after: next }) },
    })
  })
}
