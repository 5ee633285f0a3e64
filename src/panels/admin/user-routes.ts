import type { User } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, roleMay, type Context, type Routes } from '../../http/index.ts'
import { withComputers } from '../computer-rows.ts'
import { toMicrosoftKeyRow } from './microsoft-key-view.ts'
import type { AdminNeeds } from './needs.ts'
import type { MicrosoftCard, PersonPage } from './people-pages.ts'
import { invitationFor, passRefusal, refusalOf, type PersonAct } from './people-rules.ts'
import { keeperOf, me, phoneTag, roleKey, statusTag, toEventRow, toKeyView } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

/** The person of an address; somebody of another organization is not found (SEC-73). */
export function createFindUser(needs: AdminNeeds): (ctx: Context) => Promise<User> {
  return async (ctx) => {
    const user = await needs.users.find(actorOf(ctx).organizationId, ctx.params['id'] ?? '')
    if (!user) throw new NotFound()
    return user
  }
}

/** GET /admin/users/:id: all about one person, and what the visitor may do. */
export function mountUser(routes: Routes, needs: AdminNeeds): void {
  const find = createFindUser(needs)

  routes.get('/admin/users/:id', may('users.read'), async (ctx) => {
    const user = await find(ctx)
    const actor = actorOf(ctx)
    const { organizationId } = actor
    showNav(ctx)
    const [phones, activation, pausedUntil, groups, invitation, keys, sessions, recoveryLeft, latest, password, authenticators, accessPass, own] = await Promise.all([
      needs.phones.store.list(needs.storage.read, user.id), needs.phones.activations.latest(user), needs.phones.approvals.pausedUntil(user.id),
      needs.groups.ofUser(organizationId, user.id), needs.invitations.latest(organizationId, user.id), needs.passkeys.list(needs.storage.read, user.id),
      needs.sessions.list(user.id, ''), needs.recoveryCodes.left(user.id), needs.audit.list({ organizationId, userId: user.id, limit: 20 }),
      needs.localPasswords.find(user.id), needs.authenticators.list(needs.storage.read, user.id), needs.accessPasses.current(user), needs.groupMethods.settings(organizationId, user.id),
    ])
    // Without a phone there is no computer to ask for.
    const computers = phones.length === 0 ? [] : await needs.phones.computers.store.list(user)
    const allowed = (act: PersonAct): boolean => refusalOf(me(ctx), user, act) === null
    const mayPass = allowed('keys') && passRefusal(user, own.settings.methods) === null
    const self = user.id === actor.userId
    const microsoft = await microsoftCard(ctx, user, allowed('keys') || (self && roleMay(actor.role, 'users.reset')), phones)
    ctx.page('admin/user', {
      id: user.id, name: user.name, email: user.email, emailVerified: user.emailVerified, phone: user.phone, status: statusTag(user.status), roleKey: roleKey(user.role),
      managedBy: await keeperOf(needs, organizationId, user.managedBy), closedKey: closedBecause(ctx, user), self, mayEdit: allowed('edit'),
      language: user.locale === null ? null : new Intl.DisplayNames([ctx.state.locale], { type: 'language' }).of(user.locale) ?? user.locale,
      createdAt: user.createdAt, lastSignInAt: user.lastSignInAt, groups: groups.map(({ id, name }) => ({ id, name })),
      invitationShown: !self && (invitation !== undefined || invitationFor(user) !== null), invitation: invitation ? { ...invitation, sentAt: invitation.createdAt } : null,
      mayInvite: allowed('invite'), mailConfigured: needs.mailConfigured, outboxHref: roleMay(actor.role, 'settings.read') ? '/admin/settings/outbox' : null,
      keys: keys.map(toKeyView), workingKeys: user.passkeys, recoveryLeft, mayKeys: allowed('keys'),
      phones: withComputers(phones, computers, (id) => (allowed('keys') ? `/admin/users/${user.id}/computers/${id}/removal` : null)), phoneActivation: activation ?? null, phonesPausedUntil: pausedUntil, mayPhone: allowed('phone'), microsoft,
      phoneState: phoneTag(phones.some(({ suspended }) => !suspended) ? 'active' : phones.length > 0 ? 'suspended' : activation ? 'pending' : 'new'),
      password: password ?? null, authenticators, accessPass: accessPass ?? null, mayPass, otherWaysShown: password !== undefined || authenticators.length > 0 || accessPass !== undefined || mayPass,
      sessions: sessions.map(({ device, ...rest }) => ({ ...rest, device: device || ctx.t('common.unknown_device') })), maySessions: allowed('sessions'),
      events: latest.events.map((event) => toEventRow(event, ctx, user)), auditHref: `/admin/audit?person=${user.id}`, acts: actsOn(user, allowed),
    })
  })

  /** Keys at Microsoft on this person's behalf: shown where there are some, or could be. */
  async function microsoftCard(ctx: Context, user: User, may: boolean, phones: readonly { readonly id: string; readonly name: string; readonly suspended: boolean }[]): Promise<MicrosoftCard | null> {
    const { keys } = needs.microsoft365
    const { role } = actorOf(ctx)
    const [orders, place] = await Promise.all([keys.store.ofPerson(user.organizationId, user.id), keys.placeOf(user.organizationId, user.id)])
    if (orders.length === 0 && place.outcome === 'no_app') return null
    const consented = (await keys.settings.find(user.organizationId)).consent !== null
    if (orders.length === 0 && place.outcome === 'no_identity' && !consented) return null
    const working = phones.filter(({ suspended }) => !suspended).map(({ id, name }) => ({ id, name }))
    const open = orders.some(({ state }) => state === 'waiting' || state === 'asked')
    const whyNot = place.outcome !== 'known' ? place.outcome : consented ? null : 'no_consent'
    const maySettings = roleMay(role, 'settings.write')
    const hrefs = { no_identity: `/admin/microsoft365/identities/${user.id}`, no_app: '/admin/microsoft365', no_consent: '/admin/microsoft365/keys/consent' }
    return {
      rows: orders.map((order) => toMicrosoftKeyRow(order, { name: '', may, back: 'person' })), upn: place.outcome === 'known' ? place.upn : null, mayOrder: may && !open && user.status === 'active' && whyNot === null,
      whyNotKey: whyNot === null ? null : `microsoft.key_not.${whyNot}`, whyNotHref: whyNot !== null && maySettings ? hrefs[whyNot] : null, phones: working, severalPhones: working.length > 1,
      mayPass: maySettings && place.outcome === 'known' && refusalOf(me(ctx), user, 'keys') === null,
    }
  }
}

/** Why there are no buttons, for a role that has them elsewhere. */
function closedBecause(ctx: Context, user: User): string | null {
  const refusal = refusalOf(me(ctx), user, 'reset')
  return refusal === 'self' || refusal === 'above' ? `people.closed.${refusal}` : null
}

function actsOn(user: User, allowed: (act: PersonAct) => boolean): PersonPage['acts'] {
  const acts: readonly [PersonAct, string][] = [['resume', 'resumption'], ['suspend', 'suspension'], ['reset', 'reset'], ['delete', 'deletion']]
  return acts.filter(([act]) => allowed(act)).map(([act, page]) => ({
    textKey: `people.${act}.short`, labelKey: `people.${act}.button`, href: `/admin/users/${user.id}/${page}`, danger: act !== 'resume', direct: act === 'resume',
  }))
}
