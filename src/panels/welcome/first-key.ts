import type { Context } from '../../http/index.ts'
import type { OrganizationId, Transaction, UserId } from '../../storage/index.ts'
import type { Proof } from '../../authentication/index.ts'
import { codeProof } from '../../authentication/methods/code/index.ts'
import { networkOf } from '../../authentication/throttle/index.ts'
import type { WelcomeNeeds } from './needs.ts'
import type { FirstKeyPage } from './pages.ts'

/** Someone on the way in, before there is a session: known by a one-time link or a proven address. */
export interface Newcomer {
  readonly id: UserId
  readonly email: string
  readonly name: string
  /** The link or form that the ceremony belongs to. */
  readonly binding: string
  readonly occasion: FirstKeyPage['occasion']
  /** Path below which the ceremony's addresses lie. */
  readonly path: string
  readonly skippable: boolean
  readonly userVerification: 'required' | 'preferred'
}

export interface Entry { readonly id: UserId; readonly organizationId: OrganizationId; readonly email: string }

export type FirstKey = ReturnType<typeof createFirstKey>

/** The step that setting up, accepting an invitation and signing up share: enroll a key and be in. */
export function createFirstKey<Credential>(needs: WelcomeNeeds<Credential>) {
  const { storage, sessions, passkeys } = needs

  function show(ctx: Context, newcomer: Newcomer, refusal: { problem: string; existingName?: string } | null = null): void {
    ctx.page('welcome/first-key', {
      occasion: newcomer.occasion, email: newcomer.email, name: newcomer.name, action: `${newcomer.path}/key`, optionsUrl: `${newcomer.path}/key/options`,
      skipAction: newcomer.skippable ? `${newcomer.path}/skip` : null, problem: refusal?.problem ?? null, existingName: refusal?.existingName ?? null,
    }, { status: refusal ? 422 : 200 })
  }

  /** Opens the session inside the transaction that makes the account usable; the cookie follows after the commit. */
  async function open(tx: Transaction, ctx: Context, entry: Entry, proof: Proof): Promise<string> {
    const organization = await needs.organizations.find(entry.organizationId, tx)
    if (!organization) throw new Error('the organization of a newcomer is not there')
    const { secret } = await sessions.open(tx, {
      userId: entry.id, organizationId: entry.organizationId, browser: ctx.state.browser, proofs: [proof], ip: ctx.state.request.ip,
      userAgent: ctx.state.request.userAgent, ...organization.settings.session,
    })
    await needs.users.recordSignIn(tx, entry.id)
    await needs.record(tx, ctx, { action: 'session.opened', organizationId: entry.organizationId, user: entry, details: { method: proof.method, amr: proof.amr.join(' ') } })
    return secret
  }

  /**
   * Makes the account usable and signs in, in one transaction. Whoever was signed in here before is signed out with it: the
   * next page belongs to the newcomer (SEC-66).
   */
  async function enter(ctx: Context, admit: (tx: Transaction) => Promise<{ entry: Entry; proof: Proof } | undefined>): Promise<'done' | 'over'> {
    const before = await sessions.ofBrowser(ctx)
    const entered = await storage.write(async (tx) => {
      const admitted = await admit(tx)
      return admitted && { ended: before ? await sessions.end(tx, before.userId, before.id) : [], secret: await open(tx, ctx, admitted.entry, admitted.proof) }
    })
    if (!entered) return 'over'
    if (before) await sessions.announce(entered.ended, before.userId)
    sessions.remember(ctx, entered.secret)
    return 'done'
  }

  return {
    show,

    async options(ctx: Context, newcomer: Newcomer): Promise<void> {
      await needs.throttle.admit(needs.limits.triesPerAddress, networkOf(ctx.state.request.ip))
      ctx.set('Cache-Control', 'no-store')
      const { binding, userVerification } = newcomer
      ctx.body = await passkeys.beginRegistration({ binding, user: { id: newcomer.id, email: newcomer.email, name: newcomer.name }, userVerification })
    },

    /**
     * Judges the key and, in one transaction with `admit`, makes the account usable and signs in. `admit` returns undefined
     * when the link was used meanwhile; then nothing is kept.
     */
    async finish(ctx: Context, newcomer: Newcomer, admit: (tx: Transaction) => Promise<Entry | undefined>): Promise<'done' | 'shown' | 'over'> {
      const form = await ctx.form()
      const answer = await passkeys.verifyRegistration({
        binding: newcomer.binding, challengeId: form.text('challenge_id'), response: form.text('response'), transports: form.text('transports'), userId: newcomer.id,
      })
      if (answer.outcome === 'rejected') {
        ctx.state.log.info('key refused', { reason: answer.reason })
        const known = ['expired', 'duplicate', 'policy'].includes(answer.reason) ? answer.reason : 'wrong'
        show(ctx, newcomer, { problem: `welcome.key.problem.${known}`, ...(answer.existingName === undefined ? {} : { existingName: answer.existingName }) })
        return 'shown'
      }
      return enter(ctx, async (tx) => {
        const entry = await admit(tx)
        if (!entry) return undefined
        const key = await passkeys.add(tx, entry, answer.credential, null)
        await needs.record(tx, ctx, { action: 'passkey.added', organizationId: entry.organizationId, user: entry, details: { name: key.name } })
        return { entry, proof: { ...answer.proof, credentialId: key.id } }
      })
    },

    /** Where whoever skipped goes: on to the phone that will be the key, or in. */
    async onward(ctx: Context): Promise<void> {
      if ((await ctx.form()).text('to') === 'phone') ctx.redirectTo('/security/phones/new')
      else ctx.redirectTo('/', { key: 'welcome.notice.skipped' })
    },

    /** In without a key: what the person has proven is that they read this address's mail. */
    skip: (ctx: Context, admit: (tx: Transaction) => Promise<Entry | undefined>) => enter(ctx, async (tx) => {
      const entry = await admit(tx)
      return entry && { entry, proof: codeProof('mail', needs.clock.now()) }
    }),
  }
}
