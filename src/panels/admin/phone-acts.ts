import type { User } from '../../directory/index.ts'
import { Conflict } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { Computer, StoredPhone } from '../../phones/index.ts'
import type { CredentialId } from '../../storage/index.ts'
import type { AdminNeeds } from './needs.ts'
import type { PersonActs } from './person-acts.ts'
import { actorOf } from './shell.ts'

export type PhoneActs = ReturnType<typeof createPhoneActs>

/** What administrators do to people's phones: the phone and the passkey that unlocks it are one thing to everybody but us. */
export function createPhoneActs(needs: AdminNeeds, acts: PersonActs) {
  const { storage, users, phones, passkeys, personAccess } = needs
  const who = (user: User) => ({ organizationId: user.organizationId, id: user.id })

  async function setSuspended(ctx: Context, user: User, phone: StoredPhone, suspended: boolean): Promise<void> {
    const change = async (tx: Parameters<Parameters<typeof storage.write>[0]>[0], before: User): Promise<void> => {
      await acts.admit(tx, ctx, before, 'keys')
      if (!(await phones.store.setSuspended(tx, who(before), phone.id, suspended))) throw new Conflict('people.status')
      await passkeys.setSuspended(tx, before.organizationId, before.id, phone.credentialId, suspended)
      await needs.record(tx, ctx, { action: suspended ? 'phone.suspended' : 'phone.resumed', userId: before.id, target: { kind: 'phone', id: phone.id, name: phone.name }, details: { person: before.email } })
      await acts.tell(tx, ctx, before, 'way-changed', { whatKey: suspended ? 'mail.way-changed.phone_suspended' : 'mail.way-changed.phone_resumed', way: phone.name })
    }
    if (suspended) await personAccess.signOut(who(user), (tx, _count, before) => change(tx, before))
    else {
      await storage.write(async (tx) => {
        const before = await users.find(user.organizationId, user.id, tx)
        if (!before) throw new Conflict('people.status')
        await change(tx, before)
      })
    }
    phones.changed(user.id)
  }

  return {
    suspendPhone: (ctx: Context, user: User, phone: StoredPhone) => setSuspended(ctx, user, phone, true),
    resumePhone: (ctx: Context, user: User, phone: StoredPhone) => setSuspended(ctx, user, phone, false),

    /** Lost or in wrong hands: whatever it opened is closed with it (SEC-50). */
    async removePhone(ctx: Context, user: User, phone: StoredPhone): Promise<void> {
      await personAccess.signOut(who(user), async (tx, _count, before) => {
        await acts.admit(tx, ctx, before, 'keys')
        if (!(await phones.store.remove(tx, who(before), phone.id))) throw new Conflict('people.status')
        await passkeys.remove(tx, before.organizationId, before.id, phone.credentialId as CredentialId)
        await needs.record(tx, ctx, { action: 'phone.removed', userId: before.id, target: { kind: 'phone', id: phone.id, name: phone.name }, details: { person: before.email, by: 'administrator' } })
        await acts.tell(tx, ctx, before, 'way-changed', { whatKey: 'mail.way-changed.phone_removed', way: phone.name })
      })
      phones.changed(user.id)
    },

    /** The phone stays; this computer may ask it for no key any more. */
    async removeComputer(ctx: Context, user: User, computer: Computer): Promise<void> {
      await storage.write(async (tx) => {
        const before = await users.find(user.organizationId, user.id, tx)
        if (!before) throw new Conflict('people.status')
        await acts.admit(tx, ctx, before, 'keys')
        if (!(await phones.computers.store.remove(tx, computer.id))) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'computer.removed', userId: before.id, target: { kind: 'computer', id: computer.id, name: computer.name }, details: { person: before.email, by: 'administrator', phone: computer.pairing?.phone.name ?? null } })
        await acts.tell(tx, ctx, before, 'way-changed', { whatKey: 'mail.way-changed.computer_removed', way: computer.name })
      })
      phones.computers.announce(computer)
    },

    /** A mail that puts a key on the phone it is opened on; it also lets in whoever was only invited so far (S97, S98). */
    async assignPhone(ctx: Context, user: User, note = ''): Promise<void> {
      const organization = await needs.organizations.find(user.organizationId)
      if (!organization) throw new Conflict('people.status')
      await acts.countInvitation(user.organizationId)
      await storage.write(async (tx) => {
        const before = await users.find(user.organizationId, user.id, tx)
        if (!before) throw new Conflict('people.status')
        const actor = await acts.admit(tx, ctx, before, 'phone')
        const [old] = await phones.store.list(tx, before.id)
        const { token, code, expiresAt } = await phones.activations.create(tx, who(before), { byMail: true, replaces: old?.id ?? null, note, createdBy: actor.id, lifetimeSeconds: organization.settings.invitationDays * 86_400 })
        await needs.record(tx, ctx, { action: 'phone.activation_sent', ...acts.about(before), details: { replaces: old?.name ?? null } })
        await needs.mail(tx, {
          template: 'activation', to: before, expiresAt, urgent: true,
          model: { link: `${needs.publicUrl}/phone/activate/${token}`, code: `${code.slice(0, 3)} ${code.slice(3)}`, codeLink: `${needs.publicUrl}/phone/activate`, note, inviter: actorOf(ctx).name, expiresAt },
        })
      })
    },

    async cancelActivation(ctx: Context, user: User): Promise<void> {
      await storage.write(async (tx) => {
        const before = await users.find(user.organizationId, user.id, tx)
        if (!before) throw new Conflict('people.status')
        await acts.admit(tx, ctx, before, 'phone')
        if ((await phones.activations.cancel(tx, who(before))) === 0) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'phone.activation_cancelled', ...acts.about(before) })
      })
    },

    async resumePrompts(ctx: Context, user: User): Promise<void> {
      await storage.write(async (tx) => {
        const before = await users.find(user.organizationId, user.id, tx)
        if (!before) throw new Conflict('people.status')
        await acts.admit(tx, ctx, before, 'keys')
        if (await phones.resume(tx, who(before))) await needs.record(tx, ctx, { action: 'phone.prompts_resumed', ...acts.about(before) })
      })
    },
  }
}
