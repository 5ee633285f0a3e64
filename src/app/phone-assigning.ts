import type { Throttle } from '../authentication/throttle/index.ts'
import { mayManage } from '../directory/index.ts'
import { roleMay } from '../http/index.ts'
import { createAssignments, type Phones } from '../phones/index.ts'
import type { Foundation } from './foundation.ts'
import { invitationsPerHour } from './inviting.ts'

/** What sends phone keys to a group or to all who lack one: the same mail, limit and rules as for one person. */
export function createPhoneAssigning(foundation: Foundation, { phones, throttle }: { phones: Pick<Phones, 'store' | 'activations'>; throttle: Throttle }) {
  const { storage, clock, users, organizations, audit, letters, config } = foundation
  return createAssignments({
    storage, clock,
    people: ({ organizationId, groupId }, after, limit) => users.idsAfter({ organizationId, withoutPhone: true, status: ['new', 'pending', 'active'], ...(groupId === null ? {} : { groupId }) }, after, limit),
    async assign(tx, { organizationId, note, createdBy }, userId) {
      const [by, user, organization] = [await users.find(organizationId, createdBy, tx), await users.find(organizationId, userId, tx), await organizations.find(organizationId, tx)]
      if (by?.status !== 'active' || !organization || !roleMay(by.role, 'users.invite')) return 'ended'
      if (!user || user.status === 'suspended' || user.status === 'deleted' || user.id === by.id || !mayManage(by.role, user.role)) return 'passed'
      const who = { id: user.id, organizationId }
      if (await phones.activations.latest(who, tx)) return 'passed'
      const [old] = await phones.store.list(tx, user.id)
      if (old && !old.suspended) return 'passed'
      if ((await throttle.count(invitationsPerHour, organizationId, tx)) > 0) return 'not_now'
      const { token, code, expiresAt } = await phones.activations.create(tx, who, { byMail: true, replaces: old?.id ?? null, note, createdBy, lifetimeSeconds: organization.settings.invitationDays * 86_400 })
      await audit.record(tx, {
        organizationId, action: 'phone.activation_sent', outcome: 'success', actor: { kind: 'user', id: by.id, name: by.name }, userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details: { replaces: old?.name ?? null },
      })
      await letters.mail(tx, {
        template: 'activation', to: user, expiresAt,
        model: { link: `${config.publicUrl}/phone/activate/${token}`, code: `${code.slice(0, 3)} ${code.slice(3)}`, codeLink: `${config.publicUrl}/phone/activate`, note, inviter: by.name, expiresAt },
      })
      return 'sent'
    },
  })
}
