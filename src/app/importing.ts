import { createImportWork } from '../directory/csv/index.ts'
import type { Throttle } from '../authentication/throttle/index.ts'
import type { Foundation } from './foundation.ts'
import { invitationsPerHour } from './inviting.ts'

/** What makes people of an uploaded file, with invitations as from the panel and within the same limit. */
export function createImporting(foundation: Foundation, { throttle }: { throttle: Throttle }) {
  const { storage, clock, users, groups, organizations, audit, peopleImports, views } = foundation
  return createImportWork({
    storage, clock, users, groups, audit, imports: peopleImports, locales: views.locales,
    mayInvite: async (tx, organizationId) => (await throttle.count(invitationsPerHour, organizationId, tx)) === 0,
    async invite(tx, user, by) {
      const organization = await organizations.find(user.organizationId, tx)
      if (!organization) throw new Error('a person without an organization')
      await foundation.invite(tx, { organization, user, purpose: 'invitation', note: '', createdBy: by })
      await audit.record(tx, {
        organizationId: user.organizationId, action: 'user.invited', outcome: 'success', actor: { kind: 'user', id: by.id, name: by.name }, userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details: { role: user.role },
      })
    },
  })
}
