import { mayManage, userRoles } from '../../directory/index.ts'
import { may, roleMay, type Routes } from '../../http/index.ts'
import { actsOnMany } from './bulk-routes.ts'
import { choicesOf } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { keyFilters, readPeopleFilter, statusFilters } from './people-filter.ts'
import { permissionOf } from './people-rules.ts'
import { exportsOf, filterChoices, groupChoices, pagerOf, phoneTag, queryText, roleKey, statusTag } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

const pageSize = 50

/** GET /admin/users: everyone, with search and filters; a page by key costs the same wherever it is. */
export function mountUserList(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/users', may('users.read'), async (ctx) => {
    const actor = actorOf(ctx)
    showNav(ctx)
    const { chosen, question, groups } = await readPeopleFilter(ctx, needs)
    const after = queryText(ctx, 'after')
    const { users, next } = await needs.users.list({ ...question, organizationId: actor.organizationId, limit: pageSize, ...(after === '' ? {} : { after }) })
    const standings = await needs.phones.store.standings(actor.organizationId, users.map(({ id }) => id))
    const kept = new URLSearchParams(Object.entries(chosen).filter(([, value]) => value !== ''))
    const acts = actsOnMany.filter((act) => roleMay(actor.role, permissionOf[act]))

    ctx.page('admin/users', {
      rows: users.map((user) => ({
        id: user.id, name: user.name, email: user.email, status: statusTag(user.status), roleKey: roleKey(user.role), keys: user.passkeys, phone: phoneTag(standings.get(user.id)), lastSignInAt: user.lastSignInAt,
        selectable: mayManage(actor.role, user.role) && actor.userId !== user.id,
      })),
      text: chosen.text, filtered: kept.size > 0, mayInvite: roleMay(actor.role, 'users.invite'),
      files: roleMay(actor.role, 'users.write') ? exportsOf('/admin/users/export', chosen) : null,
      statuses: filterChoices(Object.keys(statusFilters), chosen.status, (value) => `people.status.${value}`), roles: filterChoices(userRoles, chosen.role, (value) => `people.role.${value}`),
      groups: [{ value: '', text: null, labelKey: 'common.all', selected: chosen.group === '' }, ...groupChoices(groups, chosen.group)],
      keyStates: filterChoices(keyFilters, chosen.keys, (value) => `people.keys.filter_${value}`), acts: choicesOf(acts, '', (value) => `people.bulk.${value}`),
      pager: pagerOf('/admin/users', chosen, after, next),
    })
  })
}
