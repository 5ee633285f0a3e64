import { passwordCredential, shortest, weaknessOf, type Weakness } from '../../authentication/methods/password/index.ts'
import { NotFound } from '../../errors.ts'
import { freshlySignedIn, type Context, type Routes } from '../../http/index.ts'
import type { AccountNeeds } from './needs.ts'
import { notice } from './security-routes.ts'
import { showNav, visitorOf } from './shell.ts'
import { waysOfPerson } from './ways.ts'

type Problem = Weakness | 'repeat'

/**
 *   GET, POST /security/password            set or change
 *   GET, POST /security/password/removal    away with it
 */
export function mountPassword(routes: Routes, needs: AccountNeeds): void {
  const { storage, localPasswords, sessions } = needs

  routes.get('/security/password', freshlySignedIn, async (ctx) => { await show(ctx, null) })

  routes.post('/security/password', freshlySignedIn, async (ctx) => {
    const { user, mayPassword } = await waysOfPerson(needs, ctx)
    if (!mayPassword) throw new NotFound()
    const form = await ctx.form()
    const password = form.secret('password')
    const organization = await needs.organizations.find(user.organizationId)
    const problem: Problem | undefined = weaknessOf(password, [user.givenName, user.familyName, user.email, organization?.name ?? '']) ?? (form.secret('repeat') === password ? undefined : 'repeat')
    if (problem) return show(ctx, problem)
    const hash = await localPasswords.hash(password)
    const ended = await storage.write(async (tx) => {
      const had = (await localPasswords.find(user.id, tx)) !== undefined
      await localPasswords.set(tx, user, hash)
      // A password is changed because somebody may know it: where it has signed in is over with it.
      const closed = await sessions.endProvenBy(tx, user.id, passwordCredential, visitorOf(ctx).sessionId)
      await needs.record(tx, ctx, { action: 'password.set', userId: user.id, details: { changed: had, sessions: closed.length } })
      await notice(needs, tx, ctx, 'way-changed', { whatKey: 'mail.way-changed.password_set', way: '', by: '' })
      return closed
    })
    await sessions.announce(ended, user.id)
    ctx.redirectTo('/security', { key: 'account.notice.password_set' })
  })

  routes.get('/security/password/removal', freshlySignedIn, async (ctx) => {
    if (!(await localPasswords.find(visitorOf(ctx).userId))) throw new NotFound()
    showNav(ctx)
    ctx.page('account/way-removal', { titleKey: 'account.password.removal', textKey: 'account.password.removal_text', yesKey: 'account.password.removal_yes', name: '' })
  })

  routes.post('/security/password/removal', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const ended = await storage.write(async (tx) => {
      if (!(await localPasswords.remove(tx, visitor.userId))) throw new NotFound()
      const closed = await sessions.endProvenBy(tx, visitor.userId, passwordCredential, visitor.sessionId)
      await needs.record(tx, ctx, { action: 'password.removed', userId: visitor.userId, details: { sessions: closed.length } })
      await notice(needs, tx, ctx, 'way-changed', { whatKey: 'mail.way-changed.password_removed', way: '', by: '' })
      return closed
    })
    await sessions.announce(ended, visitor.userId)
    ctx.redirectTo('/security', { key: 'account.notice.password_removed' })
  })

  async function show(ctx: Context, problem: Problem | null): Promise<void> {
    const { user, mayPassword } = await waysOfPerson(needs, ctx)
    if (!mayPassword) throw new NotFound()
    showNav(ctx)
    const error = problem === null ? null : `account.password.error.${problem}`
    ctx.page('account/password', {
      email: user.email, shortest, changes: (await localPasswords.find(user.id)) !== undefined,
      errors: { password: problem === 'repeat' ? null : error, repeat: problem === 'repeat' ? error : null }, hasErrors: problem !== null,
    }, { status: problem === null ? 200 : 422 })
  }
}
