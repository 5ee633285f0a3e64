import { NotFound } from '../../errors.ts'
import { freshlySignedIn, signedIn, type Context, type Routes } from '../../http/index.ts'
import type { AccountNeeds } from './needs.ts'
import { showNav, visitorOf } from './shell.ts'

/** The settings of a personal account: activation mail (S65), and the end of the account. */
export function mountSettings(routes: Routes, needs: AccountNeeds): void {
  const personal = (ctx: Context) => {
    const visitor = visitorOf(ctx)
    if (visitor.organizationKind !== 'personal') throw new NotFound()
    showNav(ctx)
    return visitor
  }

  routes.get('/settings', signedIn, async (ctx) => {
    const visitor = personal(ctx)
    ctx.page('account/settings', { active: (await needs.passkeys.count(needs.storage.read, visitor.userId)) > 0, email: visitor.email })
  })

  routes.get('/settings/deletion', freshlySignedIn, (ctx) => {
    ctx.page('account/deletion', { email: personal(ctx).email })
  })

  routes.post('/settings/deletion', freshlySignedIn, async (ctx) => {
    const visitor = personal(ctx)
    await needs.remove({ organizationId: visitor.organizationId, id: visitor.userId }, (tx) =>
      needs.record(tx, ctx, { action: 'user.deleted', userId: visitor.userId, target: { kind: 'user', id: visitor.userId, name: visitor.email } }))
    needs.sessions.forget(ctx)
    ctx.redirectTo('/signed-out')
  })
}
