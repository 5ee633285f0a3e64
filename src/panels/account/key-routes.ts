import { Forbidden, NotFound } from '../../errors.ts'
import { readName } from '../../directory/index.ts'
import { freshlySignedIn, type Context, type Routes } from '../../http/index.ts'
import type { AccountNeeds } from './needs.ts'
import { notice } from './security-routes.ts'
import { showNav, visitorOf } from './shell.ts'

/**
 *   GET  /security/keys/new                add a key: POST …/options, POST /security/keys
 *   GET, POST /security/keys/:id/edit      its name
 *   GET, POST /security/keys/:id/removal   away with it
 *
 * Each of them asks for a fresh proof with the strongest way the person has (SEC-35).
 */
export function mountKeys(routes: Routes, needs: AccountNeeds): void {
  const { storage, passkeys, sessions } = needs
  const binding = (ctx: Context): string => `session ${visitorOf(ctx).sessionId}`

  async function find(ctx: Context) {
    const visitor = visitorOf(ctx)
    const key = await passkeys.find(visitor.organizationId, visitor.userId, ctx.params['id'] ?? '')
    if (!key) throw new NotFound()
    return key
  }

  routes.get('/security/keys/new', freshlySignedIn, (ctx) => showNew(ctx, null))

  routes.post('/security/keys/new/options', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const organization = await needs.organizations.find(visitor.organizationId)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = await passkeys.beginRegistration({
      binding: binding(ctx), user: { id: visitor.userId, email: visitor.email, name: visitor.name }, userVerification: organization?.settings.userVerification ?? 'required',
    })
  })

  routes.post('/security/keys', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const form = await ctx.form()
    const answer = await passkeys.verifyRegistration({
      binding: binding(ctx), challengeId: form.text('challenge_id'), response: form.text('response'), transports: form.text('transports'), userId: visitor.userId,
    })
    if (answer.outcome === 'rejected') {
      ctx.state.log.info('key refused', { reason: answer.reason })
      return showNew(ctx, `account.key.problem.${answer.reason}`, answer.existingName ?? null)
    }
    const session = await sessions.ofBrowser(ctx)
    const { key, secret } = await storage.write(async (tx) => {
      // An access pass is for somebody without a key, and so is a password that was good for one key.
      if (session?.opens === 'first_key' && (await passkeys.count(tx, visitor.userId)) > 0) throw new Forbidden()
      if (session?.proofs.some(({ method, onlyFor }) => method === 'password' && onlyFor !== undefined)) await needs.localPasswords.spend(tx, { id: visitor.userId, organizationId: visitor.organizationId })
      await needs.accessPasses.revoke(tx, { id: visitor.userId, organizationId: visitor.organizationId })
      const added = await passkeys.add(tx, { id: visitor.userId, organizationId: visitor.organizationId }, answer.credential, null)
      await needs.record(tx, ctx, { action: 'passkey.added', userId: visitor.userId, target: { kind: 'passkey', id: added.id, name: added.name } })
      await notice(needs, tx, ctx, 'key-added', { key: added.name })
      return { key: added, secret: session && (await sessions.extend(tx, session, [{ ...answer.proof, credentialId: added.id }])) }
    })
    if (secret !== undefined) sessions.remember(ctx, secret)
    ctx.redirectTo(`/security/keys/${key.id}/edit?new=1`, { key: 'account.notice.key_added' })
  })

  routes.get('/security/keys/:id/edit', freshlySignedIn, async (ctx) => {
    const key = await find(ctx)
    showNav(ctx)
    ctx.page('account/key-edit', { id: key.id, name: key.name, isNew: ctx.query['new'] === '1', errors: { name: null }, hasErrors: false })
  })

  routes.post('/security/keys/:id/edit', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const key = await find(ctx)
    const typed = (await ctx.form()).text('name')
    const name = readName(typed)
    if (!name) {
      showNav(ctx)
      return ctx.page('account/key-edit', { id: key.id, name: typed, isNew: false, errors: { name: 'account.error.key_name' }, hasErrors: true }, { status: 422 })
    }
    await storage.write(async (tx) => {
      await passkeys.rename(tx, visitor.organizationId, visitor.userId, key.id, name)
      await needs.record(tx, ctx, { action: 'passkey.renamed', userId: visitor.userId, target: { kind: 'passkey', id: key.id, name }, details: { before: key.name } })
    })
    const [organization, left] = await Promise.all([needs.organizations.find(visitor.organizationId), needs.recoveryCodes.left(visitor.userId)])
    // After the first key, the paper for the day it is lost.
    const offer = left === 0 && organization?.settings.methods.recoveryCodes === true && (await passkeys.count(storage.read, visitor.userId)) === 1
    ctx.redirectTo(offer ? '/security/recovery-codes' : '/security', { key: 'account.notice.key_renamed' })
  })

  routes.get('/security/keys/:id/removal', freshlySignedIn, async (ctx) => {
    const key = await find(ctx)
    showNav(ctx)
    ctx.page('account/key-removal', { id: key.id, name: key.name, ...(await lastKey(ctx, key.id)) })
  })

  routes.post('/security/keys/:id/removal', freshlySignedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const key = await find(ctx)
    const last = await lastKey(ctx, key.id)
    if (last.locked) {
      showNav(ctx)
      return ctx.page('account/key-removal', { id: key.id, name: key.name, ...last }, { status: 422 })
    }
    const keepOne = await mustKeepOne(ctx)
    const ended = await storage.write(async (tx) => {
      // Counted again inside: two removals at once must not take the last two.
      if (keepOne && !(await passkeys.list(tx, visitor.userId)).some((other) => !other.suspended && other.id !== key.id)) return undefined
      if (!(await passkeys.remove(tx, visitor.organizationId, visitor.userId, key.id))) return undefined
      // A key goes because it is lost: where else it has signed in is over with it.
      const closed = await sessions.endProvenBy(tx, visitor.userId, key.id, visitor.sessionId)
      await needs.record(tx, ctx, { action: 'passkey.removed', userId: visitor.userId, target: { kind: 'passkey', id: key.id, name: key.name }, details: { sessions: closed.length } })
      await notice(needs, tx, ctx, 'key-removed', { key: key.name })
      return closed
    })
    const removed = ended !== undefined
    if (removed) await sessions.announce(ended, visitor.userId)
    ctx.redirectTo(removed ? '/security' : `/security/keys/${key.id}/removal`, removed ? { key: 'account.notice.key_removed' } : { key: 'account.notice.last_key', kind: 'warning' })
  })

  async function showNew(ctx: Context, problem: string | null, existingName: string | null = null): Promise<void> {
    const visitor = visitorOf(ctx)
    const owner = { id: visitor.userId, organizationId: visitor.organizationId }
    const [organization, phones, computers] = await Promise.all([needs.organizations.find(visitor.organizationId), needs.phones.store.count(storage.read, visitor.userId), needs.phones.computers.store.list(owner)])
    const pairs = computers.flatMap(({ name, pairing }) => (pairing?.fine === true ? [{ computer: name, phone: pairing.phone.name }] : []))
    showNav(ctx)
    ctx.page('account/key-new', {
      problem, existingName, paired: phones > 0 || organization?.settings.methods.phone === true ? { pairs, missing: phones === 0 ? 'phone' : pairs.length === 0 ? 'computer' : null } : null,
    }, { status: problem === null ? 200 : 422 })
  }

  /** Without codes, someone who removes the last key has locked themselves out (S76). */
  async function mustKeepOne(ctx: Context): Promise<boolean> {
    const visitor = visitorOf(ctx)
    const [organization, user] = await Promise.all([needs.organizations.find(visitor.organizationId), needs.users.findById(visitor.userId)])
    return visitor.role !== 'user' || !organization?.settings.methods.emailCode || user?.emailVerified !== true
  }

  async function lastKey(ctx: Context, id: string): Promise<{ last: boolean; locked: boolean }> {
    const keys = (await passkeys.list(storage.read, visitorOf(ctx).userId)).filter((key) => !key.suspended)
    const last = keys.length === 1 && keys[0]?.id === id
    return { last, locked: last && (await mustKeepOne(ctx)) }
  }
}
