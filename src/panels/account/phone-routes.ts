import { readName } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { qrPicture } from '../../authentication/methods/totp/index.ts'
import { freshlySignedIn, signedIn, type Context, type Routes } from '../../http/index.ts'
import { isHandheld, maxPhonesPerPerson, shownLifetimeSeconds, type StoredPhone } from '../../phones/index.ts'
import type { CredentialId } from '../../storage/index.ts'
import type { AccountNeeds } from './needs.ts'
import { notice } from './security-routes.ts'
import { showNav, visitorOf } from './shell.ts'

/** A mail lies around longer than a picture on a screen. */
const mailMinutes = 30

/**
 *   GET, POST /security/phones/new                    how to activate one; shows the code
 *   POST      /security/phones/mail                   the same by a mail to oneself (S65)
 *   GET       /security/phones/activations/:id        the code, and what has become of it; …/state, …/qr.svg; POST …/next
 *   GET, POST /security/phones/:id/edit, …/removal    its name; away with it
 *   POST      /security/phones/resumption             asks phones again after a "not me"
 */
export function mountPhones(routes: Routes, needs: AccountNeeds): void {
  const { storage, phones, passkeys, sessions } = needs
  const owner = (ctx: Context) => ({ id: visitorOf(ctx).userId, organizationId: visitorOf(ctx).organizationId })

  async function find(ctx: Context): Promise<StoredPhone> {
    const phone = await phones.store.find(owner(ctx), ctx.params['id'] ?? '')
    if (!phone) throw new NotFound()
    return phone
  }

  /** Which phone gives its place: the one that was named, or none. */
  async function readReplaced(ctx: Context): Promise<string | null> {
    const id = (await ctx.form()).text('replaces')
    return id === '' ? null : (await phones.store.find(owner(ctx), id))?.id ?? null
  }

  routes.get('/security/phones/new', freshlySignedIn, async (ctx) => {
    const list = await phones.store.list(storage.read, owner(ctx).id)
    showNav(ctx)
    ctx.page('account/phone-new', { email: visitorOf(ctx).email, phones: list.map(({ id, name }) => ({ id, name })), full: list.length >= maxPhonesPerPerson, onPhone: isHandheld(ctx.state.request.userAgent) })
  })

  routes.post('/security/phones/new', freshlySignedIn, async (ctx) => {
    const replaces = await readReplaced(ctx)
    const here = (await ctx.form()).text('here') !== ''
    const { id, token } = await storage.write((tx) => phones.activations.create(tx, owner(ctx), { byMail: false, replaces, note: '', createdBy: owner(ctx).id, lifetimeSeconds: shownLifetimeSeconds }))
    // Nobody can film the screen of the phone in their hand.
    if (here) return ctx.redirectTo(`/phone/activate/${token}`)
    ctx.redirectTo(`/security/phones/activations/${id}`)
  })

  routes.post('/security/phones/mail', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    await needs.throttle.admit(needs.limits.codesPerAccount, `activation ${visitor.userId}`)
    const replaces = await readReplaced(ctx)
    await storage.write(async (tx) => {
      const { token, code, expiresAt } = await phones.activations.create(tx, owner(ctx), { byMail: true, replaces, note: '', createdBy: visitor.userId, lifetimeSeconds: mailMinutes * 60 })
      await needs.record(tx, ctx, { action: 'activation.mail_sent', userId: visitor.userId })
      await needs.mail(tx, {
        template: 'activation', to: { organizationId: visitor.organizationId, email: visitor.email, givenName: visitor.name, locale: visitor.locale }, expiresAt, urgent: true,
        model: { link: `${needs.publicUrl}/phone/activate/${token}`, code: `${code.slice(0, 3)} ${code.slice(3)}`, codeLink: `${needs.publicUrl}/phone/activate`, note: '', inviter: null, expiresAt },
      })
    })
    ctx.redirectTo(visitor.organizationKind === 'personal' ? '/settings' : '/security', { key: 'account.notice.activation_sent' })
  })

  async function findActivation(ctx: Context) {
    const activation = await phones.activations.ofOwner(owner(ctx), ctx.params['id'] ?? '')
    if (!activation || activation.byMail) throw new NotFound()
    const secondsLeft = Math.max(0, Math.ceil((activation.expiresAt - needs.clock.now()) / 1_000))
    const state = activation.state === 'approved' || activation.state === 'denied' ? activation.state : activation.state === 'cancelled' || secondsLeft === 0 ? 'expired' as const : activation.openedAt === null ? 'waiting' as const : 'opened' as const
    return { ...activation, secondsLeft, state, link: `${needs.publicUrl}/phone/activate/${activation.token}`, base: `/security/phones/activations/${activation.id}` }
  }

  async function showActivation(ctx: Context, problem: string | null): Promise<void> {
    const { state, secondsLeft, expiresAt, code, link, base, replaces } = await findActivation(ctx)
    const visitor = visitorOf(ctx)
    ctx.page('account/phone-code', {
      email: visitor.email, name: visitor.name, picture: `${base}/qr.svg`, link, code: `${code.slice(0, 3)} ${code.slice(3)}`, expiresAt, secondsLeft, state, stateUrl: `${base}/state`, nextAction: `${base}/next`,
      skipHref: '/security', refreshAction: '/security/phones/new', replaces, problem,
    }, { status: problem === null ? 200 : 422 })
  }

  routes.get('/security/phones/activations/:id', signedIn, (ctx) => showActivation(ctx, null))

  routes.get('/security/phones/activations/:id/state', signedIn, async (ctx) => {
    const { state, secondsLeft } = await findActivation(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = { state, secondsLeft }
  })

  routes.get('/security/phones/activations/:id/qr.svg', signedIn, async (ctx) => {
    const { link, state } = await findActivation(ctx)
    if (state !== 'waiting' && state !== 'opened') throw new NotFound()
    ctx.set('Content-Type', 'image/svg+xml')
    ctx.set('Cache-Control', 'no-store')
    ctx.body = qrPicture(link)
  })

  // The button waits for the script; without one it says what is still missing (S49).
  routes.post('/security/phones/activations/:id/next', signedIn, async (ctx) => {
    const { state } = await findActivation(ctx)
    if (state !== 'approved') return showActivation(ctx, 'account.phone.problem.not_approved')
    ctx.redirectTo('/downloads', { key: 'account.notice.phone_activated' })
  })

  routes.get('/security/phones/:id/edit', freshlySignedIn, async (ctx) => { showEdit(ctx, await find(ctx), null) })

  routes.post('/security/phones/:id/edit', freshlySignedIn, async (ctx) => {
    const phone = await find(ctx)
    const typed = (await ctx.form()).text('name')
    const name = readName(typed)
    if (!name) return showEdit(ctx, { ...phone, name: typed }, 'account.error.key_name')
    await storage.write(async (tx) => {
      await phones.store.change(tx, owner(ctx), phone.id, { name, hue: phone.hue })
      await needs.record(tx, ctx, { action: 'phone.renamed', userId: phone.userId, target: { kind: 'phone', id: phone.id, name }, details: { before: phone.name } })
    })
    phones.changed(phone.userId)
    ctx.redirectTo('/security', { key: 'account.notice.phone_renamed' })
  })

  routes.get('/security/phones/:id/removal', freshlySignedIn, async (ctx) => {
    const { name } = await find(ctx)
    showNav(ctx)
    ctx.page('account/way-removal', { titleKey: 'account.phone.removal', textKey: 'account.phone.removal_text', yesKey: 'account.phone.removal_yes', name })
  })

  routes.post('/security/phones/:id/removal', freshlySignedIn, async (ctx) => {
    const phone = await find(ctx)
    const { sessionId } = visitorOf(ctx)
    const ended = await storage.write(async (tx) => {
      if (!(await phones.store.remove(tx, owner(ctx), phone.id))) throw new NotFound()
      await passkeys.remove(tx, phone.organizationId, phone.userId, phone.credentialId as CredentialId)
      // A phone goes because it is lost: where else it has signed in is over with it (SEC-50).
      const closed = [...await sessions.endProvenBy(tx, phone.userId, phone.id, sessionId), ...await sessions.endProvenBy(tx, phone.userId, phone.credentialId, sessionId)]
      await needs.record(tx, ctx, { action: 'phone.removed', userId: phone.userId, target: { kind: 'phone', id: phone.id, name: phone.name }, details: { by: 'person', sessions: closed.length } })
      await notice(needs, tx, ctx, 'way-changed', { whatKey: 'mail.way-changed.phone_removed', way: phone.name, by: '' })
      return closed
    })
    await sessions.announce(ended, phone.userId)
    phones.changed(phone.userId)
    ctx.redirectTo('/security', { key: 'account.notice.phone_deleted' })
  })

  routes.post('/security/phones/resumption', freshlySignedIn, async (ctx) => {
    await storage.write(async (tx) => {
      if (await phones.resume(tx, owner(ctx))) await needs.record(tx, ctx, { action: 'phone.prompts_resumed', userId: owner(ctx).id })
    })
    ctx.redirectTo('/security', { key: 'account.notice.prompts_resumed' })
  })

  function showEdit(ctx: Context, { id, name, model, createdAt, lastUsedAt, lastIp }: StoredPhone, error: string | null): void {
    showNav(ctx)
    ctx.page('account/phone-edit', { id, name, model, createdAt, lastUsedAt, lastIp, errors: { name: error }, hasErrors: error !== null }, { status: error === null ? 200 : 422 })
  }
}
