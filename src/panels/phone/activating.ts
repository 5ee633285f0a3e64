import { readName, type Organization, type User } from '../../directory/index.ts'
import { Conflict } from '../../errors.ts'
import { networkOf } from '../../authentication/throttle/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import type { Context } from '../../http/index.ts'
import { activationText, isSignedBy, readPublicKey, viewOf, type Activation, type StoredPhone } from '../../phones/index.ts'
import type { CredentialId, Transaction } from '../../storage/index.ts'
import type { PhonePanelNeeds } from './needs.ts'

/** Somebody with a link that still opens. */
export interface Guest { readonly activation: Activation; readonly user: User; readonly organization: Organization; readonly path: string }

const week = 7 * 86_400_000
/** Those that the styles have a swatch for. */
export const phoneHues = [{ hue: 255, name: 'blue' }, { hue: 150, name: 'green' }, { hue: 20, name: 'red' }, { hue: 300, name: 'purple' }, { hue: 70, name: 'amber' }, { hue: 195, name: 'teal' }] as const
/** The link was taken meanwhile; the transaction is undone with it. */
class Taken extends Error {
  override readonly name = 'Taken'
}

/** Puts a key on a phone: its passkey, its approval key, and the account that both belong to, in one transaction. */
export function createActivating(needs: PhonePanelNeeds) {
  const { storage, phones, passkeys, users } = needs
  const { origin } = new URL(needs.publicUrl)
  const bindingOf = ({ id }: Activation): string => `phone activation ${id}`

  function refuse(ctx: Context, status: number, error: string): void {
    ctx.state.log.info('request refused', { refusal: `phone_activation_${error}` })
    ctx.status = status
    ctx.body = { error }
  }

  return {
    /** Whoever got a key since a mail was sent is past it: an old mail must not be a way around the key (SEC-37). */
    async mayUse({ byMail, createdAt }: Activation, user: User): Promise<boolean> {
      if (user.status === 'suspended' || user.status === 'deleted') return false
      return !byMail || (await passkeys.list(storage.read, user.id)).every((key) => key.createdAt <= createdAt)
    },

    async begin(ctx: Context, { activation, user }: Guest): Promise<void> {
      await needs.throttle.admit(needs.limits.triesPerAddress, networkOf(ctx.state.request.ip))
      await phones.activations.markOpened(activation.id)
      ctx.set('Cache-Control', 'no-store')
      ctx.body = await passkeys.beginRegistration({ binding: bindingOf(activation), user: { id: user.id, email: user.email, name: user.name }, userVerification: 'required', inThisDevice: true })
    },

    async finish(ctx: Context, { activation, user }: Guest): Promise<void> {
      const form = await ctx.form()
      ctx.set('Cache-Control', 'no-store')
      const challengeId = form.text('challenge_id')
      const answer = await passkeys.verifyRegistration({ binding: bindingOf(activation), challengeId, response: form.text('response'), transports: form.text('transports'), userId: user.id })
      if (answer.outcome === 'rejected') return refuse(ctx, 422, answer.reason === 'too_many' ? 'too_many' : answer.reason === 'expired' ? 'over' : 'wrong')
      const publicKey = readPublicKey(form.text('public_key'))
      if (publicKey === undefined || !isSignedBy(publicKey, activationText(challengeId, origin), form.text('possession'))) return refuse(ctx, 422, 'wrong')
      const name = readName(form.text('name').slice(0, 100)) ?? ctx.t('phone.default_name')
      const told = { model: plain(form.text('model')), platform: plain(form.text('platform')) }
      let phone: StoredPhone
      try {
        phone = await storage.write(async (tx) => {
          if (!(await phones.activations.decide(tx, activation.id, 'approved'))) throw new Taken()
          await removeReplaced(tx, ctx, activation, user)
          const owner = { id: user.id, organizationId: user.organizationId }
          const existing = await phones.store.list(tx, user.id)
          const key = await passkeys.add(tx, owner, answer.credential, name)
          const added = await phones.store.add(tx, owner, { credentialId: key.id, publicKey, name, ...told, hue: phoneHues.find(({ hue }) => String(hue) === form.text('hue'))?.hue ?? phoneHues[existing.length % phoneHues.length]?.hue ?? 255 })
          await letIn(tx, ctx, activation, user)
          await needs.record(tx, ctx, { action: 'phone.activated', outcome: 'success', organizationId: user.organizationId, user, details: { name, model: told.model, byMail: activation.byMail } })
          await tell(tx, ctx, user, 'mail.way-changed.phone_activated', name)
          return added
        })
      } catch (error) {
        if (error instanceof Taken) return refuse(ctx, 404, 'link_used')
        if (error instanceof Conflict) return refuse(ctx, 422, 'too_many')
        throw error
      }
      phones.changed(user.id)
      ctx.body = { phone: viewOf(phone, needs.pushOffered), account: await needs.account(user.organizationId, user.id) }
    },
  }

  /** The phone that gives its place loses its key, and hears of it when it asks next (S69). */
  async function removeReplaced(tx: Transaction, ctx: Context, { replaces }: Activation, user: User): Promise<void> {
    const owner = { id: user.id, organizationId: user.organizationId }
    const old = replaces === null ? undefined : await phones.store.find(owner, replaces, tx)
    if (!old) return
    await phones.store.remove(tx, owner, old.id)
    await passkeys.remove(tx, owner.organizationId, owner.id, old.credentialId as CredentialId)
    await needs.record(tx, ctx, { action: 'phone.removed', outcome: 'success', organizationId: user.organizationId, user, details: { name: old.name, by: 'activation' } })
    await tell(tx, ctx, user, 'mail.way-changed.phone_moved', old.name)
  }

  /** Who came by a mail of ours reads that address, and is in with it. */
  async function letIn(tx: Transaction, ctx: Context, { byMail }: Activation, user: User): Promise<void> {
    const now = await users.find(user.organizationId, user.id, tx)
    if (!now || now.status === 'suspended' || now.status === 'deleted') throw new Taken()
    if (now.status === 'active' || !byMail) return
    await users.update(tx, user.organizationId, user.id, { status: 'active', emailVerified: true })
    if ((await needs.invitations.cancel(tx, user.organizationId, user.id)) > 0) {
      await needs.record(tx, ctx, { action: 'invitation.accepted', outcome: 'success', organizationId: user.organizationId, user, details: { withKey: true, byPhone: true } })
    }
  }

  async function tell(tx: Transaction, ctx: Context, user: User, whatKey: string, way: string): Promise<void> {
    await needs.mail(tx, {
      template: 'way-changed', to: user, expiresAt: needs.clock.now() + week,
      model: { whatKey, way, by: '', device: describeDevice(ctx.state.request.userAgent) || ctx.t('common.unknown_device'), ip: ctx.state.request.ip, link: `${needs.publicUrl}/security` },
    })
  }
}

/** What a browser says of its phone, shortened and without control characters. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ').trim().slice(0, 100)
}
