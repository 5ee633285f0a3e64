import type { Passkeys } from '../authentication/methods/passkey/index.ts'
import { describeDevice } from '../authentication/sessions/index.ts'
import { networkOf, type Once, type Throttle } from '../authentication/throttle/index.ts'
import type { Outbound } from '../http/outbound/index.ts'
import { createWebPush } from '../messaging/index.ts'
import type { Microsoft365 } from '../microsoft365/index.ts'
import { createPhones, type PhoneNeeds, type Phones } from '../phones/index.ts'
import type { CredentialId, SignInId } from '../storage/index.ts'
import type { Foundation } from './foundation.ts'

interface Parts { readonly passkeys: Passkeys; readonly throttle: Throttle; readonly once: Once; readonly outbound: Outbound; readonly microsoft365: Microsoft365 }

const failures = { name: 'phone.refused.address', attempts: 300, windowSeconds: 600 } as const
/** A person makes a few in a day; an office behind one address a few more. */
const offers = { name: 'computer.offers.address', attempts: 60, windowSeconds: 600 } as const
const activityRows = 20
const week = 7 * 86_400_000
const mostReaders = 20

/** Whose key a phone carries, as it shows it. */
export function createPhoneAccount({ users, organizations }: Pick<Foundation, 'users' | 'organizations'>, microsoft365: Microsoft365): PhoneNeeds['account'] {
  return async (organizationId, userId) => {
    const [user, organization, setUp] = await Promise.all([users.find(organizationId, userId), organizations.find(organizationId), microsoft365.peopleGuide.setUpOf(organizationId, userId)])
    return user && organization && {
      organization: organization.name, kind: organization.kind, email: user.email, name: user.name, status: user.status === 'active' || user.status === 'suspended' ? user.status : user.status === 'deleted' ? 'suspended' : 'pending',
      microsoft: setUp.state === 'not_needed' ? null : setUp.state === 'open' ? 'open' : 'done',
    }
  }
}

/** Phones, joined with the keys that unlock them, the people they belong to, the audit log and mail. */
export function joinPhones(foundation: Foundation, { passkeys, throttle, once, outbound, microsoft365 }: Parts): Phones {
  const { config, storage, clock, sealer, log, users, audit, letters, groupMethods } = foundation
  const host = new URL(config.publicUrl).hostname

  const account = createPhoneAccount(foundation, microsoft365)

  return createPhones({
    storage, clock, sealer, log, publicUrl: config.publicUrl, account, orders: microsoft365.keys.phoneSide,
    unlock: {
      begin: ({ binding, userId, credentialId }) => passkeys.beginAuthentication({ binding, userId, userVerification: 'required', only: credentialId }),
      async finish({ binding, challengeId, response, userId, credentialId }) {
        const answer = await passkeys.finishAuthentication({ binding: binding as SignInId, challengeId, response, expectedUser: userId })
        return answer.outcome === 'verified' && answer.user === userId && answer.proof.credentialId === credentialId && answer.proof.factors.length === 2
      },
    },
    sameNetwork: (one, other) => networkOf(one) === networkOf(other),
    countFailure: (ip) => throttle.count(failures, networkOf(ip)),
    credentials: async (_organizationId, userId) => (await passkeys.list(storage.read, userId)).map(({ id, name, createdAt, lastUsedAt }) => ({ id: id as string, name, site: host, createdAt, lastUsedAt })),
    async activity(organizationId, userId) {
      const { events } = await audit.list({ organizationId, userId, limit: activityRows })
      return events.map(({ occurredAt, action, application, outcome, userAgent, ip }) => ({ at: occurredAt, action, site: application?.name ?? host, outcome, device: describeDevice(userAgent ?? ''), ip }))
    },
    async record(tx, from, event) {
      const user = await users.find(event.organizationId, event.userId, tx)
      const name = user?.email ?? ''
      // Whoever asks a phone from a sign-in page has proven nothing.
      const asked = event.action === 'phone.asked' && event.phone === null
      await audit.record(tx, {
        organizationId: event.organizationId, action: event.action, outcome: event.outcome, userId: event.userId, ...(event.site ? { application: event.site } : {}), ...(event.target ? { target: event.target } : {}), details: { ...event.details, ...(event.phone ? { phone: event.phone.name } : {}) }, ...from,
        ...(asked ? { actor: { kind: 'anonymous', id: null, name: '' }, target: { kind: 'user', id: event.userId, name } } : { actor: { kind: 'user', id: event.userId, name } }),
      })
    },
    computers: {
      countOffer: (ip) => throttle.count(offers, networkOf(ip)),
      mustBeNear: async (organizationId, userId) => (await groupMethods.settings(organizationId, userId)).settings.methods.phoneNear,
      once: (tx, name, lifetimeSeconds) => once(name, lifetimeSeconds, tx),
      async tellPaired(tx, { ip, userAgent }, { organizationId, userId, name }) {
        const user = await users.find(organizationId, userId, tx)
        if (user) await letters.mail(tx, { template: 'way-changed', to: user, model: { whatKey: 'mail.way-changed.computer_paired', way: name, by: '', device: describeDevice(userAgent), ip, link: `${config.publicUrl}/security` }, expiresAt: clock.now() + week })
      },
    },
    async removed(tx, { organizationId, userId, credentialId, name }) {
      await passkeys.remove(tx, organizationId, userId, credentialId as CredentialId)
      const user = await users.find(organizationId, userId, tx)
      if (user) await letters.mail(tx, { template: 'way-changed', to: user, model: { whatKey: 'mail.way-changed.phone_removed', way: name, by: '', device: '', ip: '', link: `${config.publicUrl}/security` }, expiresAt: clock.now() + week })
    },
    async tellReported(tx, { organizationId, userId, application, browser, ip, until }) {
      const user = await users.find(organizationId, userId, tx)
      if (!user) return
      const model = { email: user.email, application: application ?? '', browser, computer: ip, until, link: `${config.publicUrl}/security` }
      await letters.mail(tx, { template: 'phone-reported', to: user, model: { ...model, forAdministrators: '' }, expiresAt: clock.now() + week, urgent: true })
      for (const role of ['owner', 'administrator'] as const) {
        const { users: readers } = await users.list({ organizationId, role, status: 'active', limit: mostReaders })
        for (const to of readers) await letters.mail(tx, { template: 'phone-reported', to, model: { ...model, forAdministrators: 'yes', link: `${config.publicUrl}/admin/users/${userId}` }, expiresAt: clock.now() + week, urgent: true })
      }
    },
    push: config.phones.webPush ? createWebPush({
      seed: sealer.deriveKey('web push'), contact: config.publicUrl.startsWith('https:') ? config.publicUrl : `mailto:${config.smtp.from}`, fetch: outbound.fetch, now: () => clock.now(),
    }) : undefined,
  })
}
