import { userRoles, type GroupChoice, type PeopleQuestion, type UserStatus } from '../../directory/index.ts'
import type { Context } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import { queryText } from './people-view.ts'
import { actorOf } from './shell.ts'

/** What the filter of the list offers, and what each means. */
export const statusFilters: Readonly<Record<string, readonly UserStatus[]>> = { invited: ['new', 'pending'], new: ['new'], pending: ['pending'], active: ['active'], suspended: ['suspended'] }

export const keyFilters = ['none', 'no_phone'] as const

/** What the filter of the list of people says, as chosen and as asked of the directory; a group of another organization is none (SEC-73). */
export async function readPeopleFilter(ctx: Context, needs: Pick<AdminNeeds, 'groups'>): Promise<{ chosen: Record<'text' | 'status' | 'keys' | 'role' | 'group', string>; question: Omit<PeopleQuestion, 'organizationId'>; groups: readonly GroupChoice[] }> {
  const groups = await needs.groups.list(actorOf(ctx).organizationId)
  const group = groups.find(({ id }) => id === queryText(ctx, 'group'))
  const role = userRoles.find((one) => one === queryText(ctx, 'role'))
  const status = Object.hasOwn(statusFilters, queryText(ctx, 'status')) ? queryText(ctx, 'status') : ''
  const keys = keyFilters.find((one) => one === queryText(ctx, 'keys')) ?? ''
  const text = queryText(ctx, 'text').slice(0, 200)
  return {
    groups, chosen: { text, status, keys, role: role ?? '', group: group?.id ?? '' },
    question: { text, status: statusFilters[status] ?? [], withoutKey: keys === 'none', withoutPhone: keys === 'no_phone', ...(role ? { role } : {}), ...(group ? { groupId: group.id } : {}) },
  }
}
