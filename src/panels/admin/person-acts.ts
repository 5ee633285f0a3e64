import type { PasskeyView } from '../../authentication/methods/passkey/index.ts'
import type { Group, OrganizationSettings, User } from '../../directory/index.ts'
import { Conflict, Forbidden, NotFound } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { OrganizationId, SessionId, Transaction } from '../../storage/index.ts'
import type { PanelEvent } from '../needs.ts'
import type { AdminNeeds } from './needs.ts'
import { invitationFor, passRefusal, refusalOf, type PersonAct } from './people-rules.ts'
import { actorOf } from './shell.ts'

const weekMilliseconds = 7 * 86_400_000

/** @throws Forbidden for what nobody of this role may do, Conflict `people.<reason>` for what the page should explain */
export function judge(actor: Pick<User, 'id' | 'role'>, target: User, act: PersonAct): void {
  const refusal = refusalOf(actor, target, act)
  if (refusal === 'forbidden' || refusal === 'above') throw new Forbidden('forbidden', `${act} on ${target.role} by ${actor.role}: ${refusal}`)
  if (refusal !== null) throw new Conflict(`people.${refusal}`)
}

/** @throws Conflict with what the page should explain, for somebody who gets no access pass */
export function refuseWithoutPass(target: User, methods: OrganizationSettings['methods']): void {
  const refusal = passRefusal(target, methods)
  if (refusal === null) return
  if (refusal === 'has_key') throw new Conflict('people.pass_has_key')
  if (refusal === 'administrator') throw new Conflict('people.pass_administrator')
  if (refusal === 'off') throw new Conflict('people.pass_off')
  throw new Conflict('people.status')
}

export type PersonActs = ReturnType<typeof createPersonActs>

/** What administrators do to people: each act with its rules, its record and its mail in one transaction. */
export function createPersonActs(needs: AdminNeeds) {
  const { storage, users, invitations, passkeys, sessions, personAccess } = needs
  const who = (user: User) => ({ organizationId: user.organizationId, id: user.id })
  const about = (user: User): Pick<PanelEvent, 'userId' | 'target'> => ({ userId: user.id, target: { kind: 'user', id: user.id, name: user.email } })

  /**
   * Judges on what this very transaction sees, so that a role changed a moment ago counts.
   * @returns the actor as found in it
   */
  async function admit(tx: Transaction, ctx: Context, target: User, act: PersonAct): Promise<User> {
    const { organizationId, userId } = actorOf(ctx)
    const actor = await users.find(organizationId, userId, tx)
    if (actor?.status !== 'active') throw new Forbidden()
    judge(actor, target, act)
    return actor
  }

  async function keepAnOwner(tx: Transaction, before: User): Promise<void> {
    if (before.role === 'owner' && (await users.owners(tx, before.organizationId)) === 0) throw new Conflict('people.last_owner')
  }

  async function organizationOf(tx: Transaction, id: OrganizationId) {
    const organization = await needs.organizations.find(id, tx)
    if (!organization) throw new Error('a person without an organization')
    return organization
  }

  async function invite(tx: Transaction, ctx: Context, user: User, purpose: 'invitation' | 'reset', note = ''): Promise<void> {
    const actor = actorOf(ctx)
    await needs.invite(tx, { organization: await organizationOf(tx, user.organizationId), user, purpose, note, createdBy: { id: actor.userId, name: actor.name } })
  }

  /** Tells the person by mail what an administrator did, without the administrator's address. */
  async function tell(tx: Transaction, ctx: Context, user: User, template: 'key-removed' | 'email-changed' | 'way-changed', model: Readonly<Record<string, string>>): Promise<void> {
    await needs.mail(tx, {
      template, to: { organizationId: user.organizationId, email: user.email, givenName: user.givenName, locale: user.locale }, expiresAt: needs.clock.now() + weekMilliseconds,
      model: { by: actorOf(ctx).name, ip: '', device: '', link: `${needs.publicUrl}/security`, ...model },
    })
  }

  /** @returns false when nothing had to change */
  async function setMember(tx: Transaction, ctx: Context, user: User, group: Pick<Group, 'id' | 'name'>, member: boolean): Promise<boolean> {
    const changed = await (member ? needs.groups.addMember(tx, user.organizationId, group.id, user.id) : needs.groups.removeMember(tx, user.organizationId, group.id, user.id))
    if (changed) {
      await needs.record(tx, ctx, {
        action: member ? 'group.member_added' : 'group.member_removed', userId: user.id, target: { kind: 'group', id: group.id, name: group.name }, details: { person: user.email },
      })
    }
    return changed
  }

  return {
    admit, keepAnOwner, invite, tell, about, setMember,

    /** Counted before each invitation mail; outside of transactions, which may be run again. */
    async countInvitation(organizationId: OrganizationId): Promise<void> {
      if ((await needs.throttle.count(needs.limits.invitationsPerHour, organizationId)) > 0) throw new Conflict('people.too_many_invitations')
    },

    join: (ctx: Context, user: User, group: Group) => changeMembership(ctx, user, group, true),
    leave: (ctx: Context, user: User, group: Group) => changeMembership(ctx, user, group, false),

    async suspend(ctx: Context, user: User): Promise<void> {
      await personAccess.suspend(who(user), async (tx, before) => {
        await admit(tx, ctx, before, 'suspend')
        await keepAnOwner(tx, before)
        await needs.record(tx, ctx, { action: 'user.suspended', ...about(before) })
      })
    },

    async resume(ctx: Context, user: User): Promise<void> {
      await personAccess.resume(who(user), async (tx, before) => {
        await admit(tx, ctx, before, 'resume')
        await needs.record(tx, ctx, { action: 'user.resumed', ...about(before) })
      })
    },

    /** A suspended person gets no link, since it would open nothing; the next invitation follows after resuming. */
    async reset(ctx: Context, user: User): Promise<void> {
      await personAccess.reset(who(user), async (tx, before) => {
        await admit(tx, ctx, before, 'reset')
        if (before.status === 'active') await invite(tx, ctx, before, 'reset')
        else await invitations.cancel(tx, before.organizationId, before.id)
        await needs.record(tx, ctx, { action: 'user.reset', ...about(before), details: { keys: before.passkeys } })
      })
    },

    async remove(ctx: Context, user: User): Promise<void> {
      await personAccess.remove(who(user), async (tx, before) => {
        await admit(tx, ctx, before, 'delete')
        await keepAnOwner(tx, before)
        await needs.record(tx, ctx, { action: 'user.deleted', ...about(before), details: { name: before.name, role: before.role } })
      })
    },

    async reinvite(ctx: Context, user: User): Promise<void> {
      await storage.write(async (tx) => {
        const before = await here(tx, user)
        await admit(tx, ctx, before, 'invite')
        const purpose = invitationFor(before)
        if (purpose === null) throw new Conflict('people.status')
        await invite(tx, ctx, before, purpose, (await invitations.latest(before.organizationId, before.id, tx))?.note)
        await needs.record(tx, ctx, { action: 'user.reinvited', ...about(before), details: { purpose } })
      })
    },

    async cancelInvitation(ctx: Context, user: User): Promise<void> {
      await storage.write(async (tx) => {
        const before = await here(tx, user)
        await admit(tx, ctx, before, 'cancel')
        if ((await invitations.cancel(tx, before.organizationId, before.id)) === 0) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'user.invitation_cancelled', ...about(before) })
      })
    },

    /** A key is taken away because it is lost or in wrong hands: whatever it opened is closed with it. */
    async removeKey(ctx: Context, user: User, key: PasskeyView): Promise<void> {
      await personAccess.signOut(who(user), async (tx, _count, before) => {
        await admit(tx, ctx, before, 'keys')
        if (!(await passkeys.remove(tx, before.organizationId, before.id, key.id))) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'passkey.removed', userId: before.id, target: { kind: 'passkey', id: key.id, name: key.name }, details: { person: before.email } })
        await tell(tx, ctx, before, 'key-removed', { key: key.name })
      })
    },

    /** Gone because somebody may know it; the person can set another one. */
    async removePassword(ctx: Context, user: User): Promise<void> {
      await personAccess.signOut(who(user), async (tx, _count, before) => {
        await admit(tx, ctx, before, 'keys')
        if (!(await needs.localPasswords.remove(tx, before.id))) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'password.removed', ...about(before), details: {} })
        await tell(tx, ctx, before, 'way-changed', { whatKey: 'mail.way-changed.password_removed', way: '' })
      })
    },

    async removeAuthenticator(ctx: Context, user: User, app: { id: string; name: string }): Promise<void> {
      await personAccess.signOut(who(user), async (tx, _count, before) => {
        await admit(tx, ctx, before, 'keys')
        if (!(await needs.authenticators.remove(tx, before, app.id))) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'authenticator.removed', ...about(before), details: { name: app.name } })
        await tell(tx, ctx, before, 'way-changed', { whatKey: 'mail.way-changed.authenticator_removed', way: app.name })
      })
    },

    /** @throws Conflict `people.pass_…` where this person gets none */
    async issuePass(ctx: Context, user: User, order: { once: boolean; minutes: number }): Promise<{ code: string; expiresAt: number }> {
      const { settings } = await needs.groupMethods.settings(user.organizationId, user.id)
      return storage.write(async (tx) => {
        const before = await here(tx, user)
        const actor = await admit(tx, ctx, before, 'keys')
        refuseWithoutPass(before, settings.methods)
        const issued = await needs.accessPasses.issue(tx, before, { ...order, createdBy: actor.name })
        await needs.record(tx, ctx, { action: 'access_pass.issued', ...about(before), details: { once: order.once, minutes: order.minutes } })
        await tell(tx, ctx, before, 'way-changed', { whatKey: 'mail.way-changed.pass_issued', way: '' })
        return issued
      })
    },

    async revokePass(ctx: Context, user: User): Promise<void> {
      await storage.write(async (tx) => {
        const before = await here(tx, user)
        await admit(tx, ctx, before, 'keys')
        if (!(await needs.accessPasses.revoke(tx, before))) throw new Conflict('people.status')
        await needs.record(tx, ctx, { action: 'access_pass.revoked', ...about(before), details: {} })
      })
    },

    async suspendKey(ctx: Context, user: User, key: PasskeyView): Promise<void> {
      await personAccess.signOut(who(user), async (tx, _count, before) => {
        await admit(tx, ctx, before, 'keys')
        await passkeys.setSuspended(tx, before.organizationId, before.id, key.id, true)
        await needs.record(tx, ctx, { action: 'passkey.suspended', userId: before.id, target: { kind: 'passkey', id: key.id, name: key.name }, details: { person: before.email } })
      })
    },

    async resumeKey(ctx: Context, user: User, key: PasskeyView): Promise<void> {
      await storage.write(async (tx) => {
        const before = await here(tx, user)
        await admit(tx, ctx, before, 'keys')
        await passkeys.setSuspended(tx, before.organizationId, before.id, key.id, false)
        await needs.record(tx, ctx, { action: 'passkey.resumed', userId: before.id, target: { kind: 'passkey', id: key.id, name: key.name }, details: { person: before.email } })
      })
    },

    async endSession(ctx: Context, user: User, id: SessionId): Promise<boolean> {
      const ended = await storage.write(async (tx) => {
        const before = await here(tx, user)
        await admit(tx, ctx, before, 'sessions')
        const one = await sessions.end(tx, before.id, id)
        if (one.length > 0) await needs.record(tx, ctx, { action: 'session.ended', ...about(before), details: { by: 'administrator', count: 1 } })
        return one
      })
      await sessions.announce(ended, user.id)
      return ended.length > 0
    },

    async endSessions(ctx: Context, user: User): Promise<void> {
      await personAccess.signOut(who(user), async (tx, count, before) => {
        await admit(tx, ctx, before, 'sessions')
        await needs.record(tx, ctx, { action: 'session.ended', ...about(before), details: { by: 'administrator', count } })
      })
    },
  }

  async function changeMembership(ctx: Context, user: User, group: Group, member: boolean): Promise<boolean> {
    return storage.write(async (tx) => {
      const before = await here(tx, user)
      await admit(tx, ctx, before, 'groups')
      return setMember(tx, ctx, before, group, member)
    })
  }

  async function here(tx: Transaction, user: User): Promise<User> {
    const before = await users.find(user.organizationId, user.id, tx)
    if (!before) throw new NotFound()
    return before
  }
}
