import type { Group, User } from '../../directory/index.ts'
import { AppError, Forbidden, InvalidRequest, NotFound } from '../../errors.ts'
import { mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import type { PersonActs } from './person-acts.ts'
import type { PhoneActs } from './phone-acts.ts'
import { permissionOf, refusalOf } from './people-rules.ts'
import { groupChoices, me, queryText } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

export type ActOnMany = 'invite' | 'phone' | 'groups' | 'suspend' | 'resume'

/** What the list of people offers for many at once, the mildest first. */
export const actsOnMany: readonly ActOnMany[] = ['invite', 'phone', 'groups', 'suspend', 'resume']
const most = 100

/**
 * GET /admin/users/bulk names the chosen people and what will happen; POST does it, each person in a transaction of their
 * own. The choice stands in the address, so a confirmation by key comes back to it.
 */
export function mountBulk(routes: Routes, needs: AdminNeeds, acts: PersonActs & Pick<PhoneActs, 'assignPhone'>): void {
  routes.get('/admin/users/bulk', mayFreshly('users.invite'), async (ctx) => {
    const act = readAct(ctx, queryText(ctx, 'act'))
    const people = await chosen(ctx, [ctx.query['user'] ?? []].flat())
    if (people.length === 0) return ctx.redirectTo(listBefore(ctx), { key: 'people.bulk.nobody', kind: 'warning' })
    showNav(ctx)
    const reasons = people.map((user) => ({ user, reason: refusalOf(me(ctx), user, act) }))
    ctx.page('admin/users-bulk', {
      act, titleKey: `people.bulk.${act}`, textKey: `people.bulk.${act}_text`, yesKey: `people.bulk.${act}_yes`, danger: act === 'suspend',
      people: reasons.filter(({ reason }) => reason === null).map(({ user: { id, name, email } }) => ({ id, name, email })),
      left: reasons.flatMap(({ user: { name, email }, reason }) => (reason === null ? [] : [{ name, email, reasonKey: `people.bulk.reason.${reason === 'status' ? act : reason}` }])),
      groups: act === 'groups' ? groupChoices((await needs.groups.list(actorOf(ctx).organizationId)).filter((group) => group.managedBy === null), '') : [],
    })
  })

  routes.post('/admin/users/bulk', mayFreshly('users.invite'), async (ctx) => {
    const form = await ctx.form()
    const act = readAct(ctx, form.text('act'))
    const people = await chosen(ctx, form.all('user'))
    const group = act === 'groups' ? await needs.groups.find(actorOf(ctx).organizationId, form.text('group')) : undefined
    if (act === 'groups' && group?.managedBy !== null) throw new NotFound()
    let done = 0
    for (const user of people) if (await tryOne(ctx, act, user, group)) done++
    const left = people.length - done
    ctx.redirectTo('/admin/users', left === 0 ? { key: 'people.bulk.done', params: { count: done } } : { key: 'people.bulk.partly', params: { done, count: left }, kind: 'warning' })
  })

  /** One refused person does not keep the others from what was asked for. */
  async function tryOne(ctx: Context, act: ActOnMany, user: User, group: Group | undefined): Promise<boolean> {
    try {
      if (act === 'suspend') await acts.suspend(ctx, user)
      else if (act === 'resume') await acts.resume(ctx, user)
      else if (act === 'phone') await acts.assignPhone(ctx, user)
      else if (act === 'groups') await acts.join(ctx, user, group ?? missing())
      else {
        await acts.countInvitation(user.organizationId)
        await acts.reinvite(ctx, user)
      }
      return true
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error
      ctx.state.log.info('act on one of many refused', { act, reason: error.code })
      return false
    }
  }

  async function chosen(ctx: Context, ids: readonly string[]): Promise<User[]> {
    const { organizationId } = actorOf(ctx)
    const unique = [...new Set(ids)]
    if (unique.length > most) throw new InvalidRequest('bad_form', `${unique.length} people at once`)
    const found = await Promise.all(unique.map((id) => needs.users.find(organizationId, id)))
    return found.map((user) => user ?? missing())
  }
}

function readAct(ctx: Context, text: string): ActOnMany {
  const act = actsOnMany.find((one) => one === text)
  if (!act) throw new NotFound()
  if (!roleMay(actorOf(ctx).role, permissionOf[act])) throw new Forbidden('forbidden', `${act} on many`)
  return act
}

/** The list as it was filtered, when that is where the visitor comes from. */
function listBefore(ctx: Context): string {
  const before = URL.parse(ctx.get('referer'))
  return before?.pathname === '/admin/users' ? `/admin/users${before.search}` : '/admin/users'
}

function missing(): never {
  throw new NotFound()
}
