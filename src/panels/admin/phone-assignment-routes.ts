import type { Group } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { mayFreshly, type Routes } from '../../http/index.ts'
import type { Assignment } from '../../phones/index.ts'
import type { AdminNeeds } from './needs.ts'
import type { Tag } from './people-pages.ts'
import { groupChoices, queryText } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

const root = '/admin/users/phones'
const longestNote = 500
const counted = 1_000
const named = 5
const tones: Readonly<Record<Assignment['state'], Tag['tone']>> = { running: 'warn', done: 'good', cancelled: 'plain', ended: 'bad' }

/**
 * Phone keys for a group, or for all who lack one (S97).
 *
 *   GET  /admin/users/phones               who: with `look`, how many that would be; below, what was ordered before
 *   POST /admin/users/phones               order it; the mails leave in the background
 *   POST /admin/users/phones/:id/cancellation
 */
export function mountPhoneAssignments(routes: Routes, needs: AdminNeeds): void {
  const { storage, users, groups, phoneAssignments } = needs

  async function findGroup(organizationId: Group['organizationId'], id: string): Promise<Group | null> {
    if (id === '') return null
    const group = await groups.find(organizationId, id)
    if (!group) throw new NotFound()
    return group
  }

  routes.get(root, mayFreshly('users.invite'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const [all, organization, runs] = await Promise.all([groups.list(organizationId), needs.organizations.find(organizationId), phoneAssignments.list(organizationId)])
    const group = await findGroup(organizationId, queryText(ctx, 'group'))
    const nameOf = (id: string | null): string | null => all.find((one) => one.id === id)?.name ?? null
    showNav(ctx)
    ctx.page('admin/phone-assignments', {
      groups: [{ value: '', text: null, labelKey: 'people.assignment.everybody', selected: group === null }, ...groupChoices(all, group?.id ?? '')], note: queryText(ctx, 'note').slice(0, longestNote),
      preview: queryText(ctx, 'look') === '' ? null : await look(organizationId, group), mailConfigured: needs.mailConfigured, phonesAllowed: organization?.settings.methods.phone === true,
      runs: runs.map(({ id, createdAt, groupId, state, sent, passed, waitingUntil }) => ({
        id, at: createdAt, group: nameOf(groupId), state: { labelKey: `people.assignment.state.${state}`, tone: tones[state] }, sent, passed, waitingUntil: state === 'running' ? waitingUntil : null, running: state === 'running',
      })),
    })
  })

  routes.post(root, mayFreshly('users.invite'), async (ctx) => {
    const { organizationId, userId } = actorOf(ctx)
    const form = await ctx.form()
    const group = await findGroup(organizationId, form.text('group'))
    const note = form.text('note').slice(0, longestNote)
    await storage.write(async (tx) => {
      const id = await phoneAssignments.create(tx, { organizationId, groupId: group?.id ?? null, note, createdBy: userId })
      await needs.record(tx, ctx, { action: 'phone.assignment_ordered', ...(group ? { target: { kind: 'group' as const, id: group.id, name: group.name } } : {}), details: { assignment: id } })
    })
    ctx.redirectTo(root, { key: 'people.assignment.ordered' })
  })

  routes.post(`${root}/:id/cancellation`, mayFreshly('users.invite'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const id = ctx.params['id'] ?? ''
    if (!(await phoneAssignments.exists(organizationId, id))) throw new NotFound()
    const cancelled = await storage.write(async (tx) => {
      if (!(await phoneAssignments.cancel(tx, organizationId, id))) return false
      await needs.record(tx, ctx, { action: 'phone.assignment_cancelled', details: { assignment: id } })
      return true
    })
    ctx.redirectTo(root, cancelled ? { key: 'people.assignment.cancelled' } : { key: 'people.assignment.over', kind: 'warning' })
  })

  /** Whom it would reach now; the rules of each person are asked again when it is their turn. */
  async function look(organizationId: Group['organizationId'], group: Group | null) {
    const question = { organizationId, withoutPhone: true, status: ['new', 'pending', 'active'] as const, ...(group ? { groupId: group.id } : {}) }
    const [ids, { users: first }] = await Promise.all([users.idsAfter(question, null, counted + 1), users.list({ ...question, limit: named })])
    return { count: Math.min(ids.length, counted), more: ids.length > counted, group: group?.name ?? null, names: first.map(({ name }) => name) }
  }
}
