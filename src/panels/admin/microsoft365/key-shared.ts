import type { User } from '../../../directory/index.ts'
import { Forbidden, NotFound } from '../../../errors.ts'
import type { Context } from '../../../http/index.ts'
import { roleMay } from '../../../http/index.ts'
import type { OrderOutcome } from '../../../microsoft365/index.ts'
import { judge } from '../person-acts.ts'
import { refusalOf } from '../people-rules.ts'
import { me } from '../people-view.ts'
import { actorOf } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import { root } from './shared.ts'

export const keysPath = `${root}/keys`

/** What a person's own phone has to agree to may be ordered by that person too; otherwise nobody reaches higher than they stand (SEC-69). */
export function mayOrderFor(ctx: Context, user: User): boolean {
  const actor = me(ctx)
  return actor.id === user.id ? roleMay(actor.role, 'users.reset') : refusalOf(actor, user, 'keys') === null
}

export async function personOf(ctx: Context, needs: Microsoft365PageNeeds, id: string): Promise<User> {
  const user = await needs.users.find(actorOf(ctx).organizationId, id)
  if (!user) throw new NotFound()
  return user
}

/** Orders a key and writes it down, in one transaction; the phone looks at once. */
export async function orderFor(ctx: Context, needs: Microsoft365PageNeeds, user: User, phoneId: string | null): Promise<OrderOutcome> {
  const { userId, name } = actorOf(ctx)
  const { keys } = needs.room
  if (!mayOrderFor(ctx, user)) judge(me(ctx), user, 'keys')
  if (user.status !== 'active') throw new Forbidden('forbidden', 'a key at Microsoft for somebody who is not active')
  const place = await keys.placeOf(user.organizationId, user.id)
  const outcome = await needs.storage.write(async (tx) => {
    const made = await keys.order(tx, { organizationId: user.organizationId, userId: user.id, phoneId, by: { id: userId, name } }, place)
    if (made.outcome === 'ordered') await needs.record(tx, ctx, { action: 'microsoft.key_ordered', userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details: { upn: made.upn, order: made.id } })
    return made
  })
  if (outcome.outcome === 'ordered') keys.announce(user.id, 'asked')
  return outcome
}
