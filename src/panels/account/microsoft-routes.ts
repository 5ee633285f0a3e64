import { signedIn, type Routes } from '../../http/index.ts'
import type { KeyOrder } from '../../microsoft365/index.ts'
import type { AccountNeeds } from './needs.ts'
import { showNav, visitorOf } from './shell.ts'

/** Microsoft's page for one's own ways to sign in; the chain of our steps ends there. */
const securityInfo = 'https://mysignins.microsoft.com/security-info'

/** GET, POST /microsoft-365: how the person signs in there, whether the key is there too, and how to add it (S109, S110, S112). */
export function mountMicrosoft(routes: Routes, needs: AccountNeeds): void {
  const { peopleGuide, signInName, orders } = needs.microsoft365

  routes.get('/microsoft-365', signedIn, async (ctx) => {
    const { organizationId, userId } = visitorOf(ctx)
    const [guide, setUp, upn] = [await peopleGuide.find(organizationId), await peopleGuide.setUpOf(organizationId, userId), await signInName(userId)]
    const ordered = await orders({ organizationId, id: userId })
    showNav(ctx)
    const own = guide.texts[ctx.state.locale]
    ctx.page('account/microsoft', {
      upn, stateKey: `account.microsoft.state.${setUp.state}`, open: setUp.state === 'open', done: setUp.state === 'done' || setUp.state === 'done_by_admin', doneAt: setUp.doneAt, securityInfo,
      paragraphs: own === undefined ? [] : own.split(/\n\s*\n/).map((paragraph) => paragraph.trim()).filter((paragraph) => paragraph !== ''), ownSteps: own === undefined, behalfKey: behalfKey(ordered),
      keys: ordered.filter(({ state, removalAskedAt }) => state === 'registered' && removalAskedAt === null).map(({ phoneName, decidedAt, createdAt }) => ({ name: phoneName ?? '', at: decidedAt ?? createdAt })),
    })
  })

  routes.post('/microsoft-365', signedIn, async (ctx) => {
    const { organizationId, userId, email } = visitorOf(ctx)
    await needs.storage.write(async (tx) => {
      await peopleGuide.mark(tx, organizationId, userId, 'self')
      await needs.record(tx, ctx, { action: 'microsoft.set_up_marked', userId, target: { kind: 'user', id: userId, name: email }, details: { done: true } })
    })
    ctx.redirectTo('/microsoft-365', { key: 'account.microsoft.marked' })
  })
}

function behalfKey(orders: readonly KeyOrder[]): string | null {
  if (orders.some(({ state }) => state === 'asked')) return 'account.microsoft.waits'
  if (orders.some(({ state }) => state === 'waiting')) return 'account.microsoft.waits_phone'
  return orders.some(({ state, removalAskedAt }) => state === 'registered' && removalAskedAt === null) ? 'account.microsoft.by_admin' : null
}
