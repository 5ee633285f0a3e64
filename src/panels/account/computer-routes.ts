import { NotFound } from '../../errors.ts'
import { freshlySignedIn, type Context, type Routes } from '../../http/index.ts'
import type { AccountNeeds } from './needs.ts'
import { notice } from './security-routes.ts'
import { showNav, visitorOf } from './shell.ts'

/** GET, POST /security/computers/:id/removal: a computer that may ask a phone for its keys may do so no more (S105). */
export function mountComputers(routes: Routes, needs: AccountNeeds): void {
  const { store, announce } = needs.phones.computers

  async function find(ctx: Context) {
    const { userId, organizationId } = visitorOf(ctx)
    const computer = (await store.list({ id: userId, organizationId })).find(({ id }) => id === ctx.params['id'])
    if (!computer) throw new NotFound()
    return computer
  }

  routes.get('/security/computers/:id/removal', freshlySignedIn, async (ctx) => {
    const { name } = await find(ctx)
    showNav(ctx)
    ctx.page('account/way-removal', { titleKey: 'account.computer.removal', textKey: 'account.computer.removal_text', yesKey: 'account.computer.removal_yes', name })
  })

  routes.post('/security/computers/:id/removal', freshlySignedIn, async (ctx) => {
    const computer = await find(ctx)
    await needs.storage.write(async (tx) => {
      if (!(await store.remove(tx, computer.id))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'computer.removed', userId: visitorOf(ctx).userId, target: { kind: 'computer', id: computer.id, name: computer.name }, details: { by: 'person', phone: computer.pairing?.phone.name ?? null } })
      await notice(needs, tx, ctx, 'way-changed', { whatKey: 'mail.way-changed.computer_removed', way: computer.name, by: '' })
    })
    announce(computer)
    ctx.redirectTo('/security', { key: 'account.notice.computer_removed' })
  })
}
