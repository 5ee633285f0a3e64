import { formatSeed, keyUri, qrPicture, type AuthenticatorView } from '../../authentication/methods/totp/index.ts'
import { readName } from '../../directory/index.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { freshlySignedIn, type Context, type Routes } from '../../http/index.ts'
import type { CredentialId } from '../../storage/index.ts'
import type { AccountNeeds } from './needs.ts'
import { notice } from './security-routes.ts'
import { showNav, visitorOf } from './shell.ts'
import { waysOfPerson } from './ways.ts'

/**
 *   POST      /security/authenticators                  begin to set an app up
 *   GET, POST /security/authenticators/:id/set-up       its seed as picture and text; confirmed by a code
 *   GET       /security/authenticators/:id/qr.svg
 *   GET, POST /security/authenticators/:id/removal      away with it
 */
export function mountAuthenticators(routes: Routes, needs: AccountNeeds): void {
  const { storage, authenticators, sessions } = needs
  const owner = (ctx: Context) => ({ id: visitorOf(ctx).userId, organizationId: visitorOf(ctx).organizationId })

  /** The seed of the app that is being set up, as the app takes it. */
  async function find(ctx: Context): Promise<{ id: string; seed: string; uri: string }> {
    const id = ctx.params['id'] ?? ''
    const seed = await authenticators.seed(owner(ctx), id)
    if (seed === undefined) throw new NotFound()
    const { email, brand } = visitorOf(ctx)
    return { id, seed, uri: keyUri(seed, brand.name, email) }
  }

  async function requireOffered(ctx: Context): Promise<void> {
    if (!(await waysOfPerson(needs, ctx)).mayTotp) throw new NotFound()
  }

  routes.post('/security/authenticators', freshlySignedIn, async (ctx) => {
    await requireOffered(ctx)
    try {
      const id = await storage.write((tx) => authenticators.begin(tx, owner(ctx)))
      ctx.redirectTo(`/security/authenticators/${id}/set-up`)
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      ctx.redirectTo('/security', { key: 'account.notice.too_many_authenticators', kind: 'warning' })
    }
  })

  routes.get('/security/authenticators/:id/set-up', freshlySignedIn, async (ctx) => { await show(ctx, { name: '' }, { code: null, name: null }) })

  routes.get('/security/authenticators/:id/qr.svg', freshlySignedIn, async (ctx) => {
    const { uri } = await find(ctx)
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'no-store')
    ctx.body = qrPicture(uri)
  })

  routes.post('/security/authenticators/:id/set-up', freshlySignedIn, async (ctx) => {
    await requireOffered(ctx)
    const { id } = await find(ctx)
    const form = await ctx.form()
    const typed = form.text('name')
    const name = typed === '' ? ctx.t('account.authenticator.default_name') : readName(typed)
    const step = await authenticators.check(owner(ctx), id, form.text('code'))
    if (step === undefined || name === undefined) {
      return show(ctx, { name: typed }, { code: step === undefined ? 'account.authenticator.error.code' : null, name: name === undefined ? 'account.error.key_name' : null })
    }
    const session = await sessions.ofBrowser(ctx)
    const at = needs.clock.now()
    const secret = await storage.write(async (tx) => {
      if (!(await authenticators.confirm(tx, owner(ctx), id, name, step))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'authenticator.added', userId: owner(ctx).id, details: { name } })
      await notice(needs, tx, ctx, 'way-changed', { whatKey: 'mail.way-changed.authenticator_added', way: name, by: '' })
      // Shown to work a moment ago; without it a session begun with a password would now wait for its code.
      return session && (await sessions.extend(tx, session, [{ method: 'totp', at, credentialId: id, factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }]))
    })
    if (secret !== undefined) sessions.remember(ctx, secret)
    ctx.redirectTo('/security', { key: 'account.notice.authenticator_added' })
  })

  routes.get('/security/authenticators/:id/removal', freshlySignedIn, async (ctx) => {
    const { name } = await findSetUp(ctx)
    showNav(ctx)
    ctx.page('account/way-removal', { titleKey: 'account.authenticator.removal', textKey: 'account.authenticator.removal_text', yesKey: 'account.authenticator.removal_yes', name })
  })

  routes.post('/security/authenticators/:id/removal', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const { id, name } = await findSetUp(ctx)
    const ended = await storage.write(async (tx) => {
      if (!(await authenticators.remove(tx, owner(ctx), id))) throw new NotFound()
      const closed = await sessions.endProvenBy(tx, visitor.userId, id, visitor.sessionId)
      await needs.record(tx, ctx, { action: 'authenticator.removed', userId: visitor.userId, details: { name, sessions: closed.length } })
      await notice(needs, tx, ctx, 'way-changed', { whatKey: 'mail.way-changed.authenticator_removed', way: name, by: '' })
      return closed
    })
    await sessions.announce(ended, visitor.userId)
    ctx.redirectTo('/security', { key: 'account.notice.authenticator_removed' })
  })

  async function findSetUp(ctx: Context): Promise<AuthenticatorView> {
    const found = (await authenticators.list(storage.read, owner(ctx).id)).find(({ id }) => id === (ctx.params['id'] as CredentialId | undefined))
    if (!found) throw new NotFound()
    return found
  }

  async function show(ctx: Context, typed: { name: string }, errors: { code: string | null; name: string | null }): Promise<void> {
    const { id, seed, uri } = await find(ctx)
    const hasErrors = errors.code !== null || errors.name !== null
    showNav(ctx)
    ctx.page('account/authenticator', { picture: `/security/authenticators/${id}/qr.svg`, seed: formatSeed(seed), uri, name: typed.name, errors, hasErrors }, { status: hasErrors ? 422 : 200 })
  }
}
