import type { Sessions } from '../authentication/sessions/index.ts'
import { createLdapSource } from '../directory/sync/ldap/index.ts'
import { createDirectories, type ConflictCode, type Directories, type DirectorySource, type EngineNeeds } from '../directory/sync/index.ts'
import { createJobs, type Lease } from '../jobs/index.ts'
import type { Microsoft365 } from '../microsoft365/index.ts'
import { placeholders, type OrganizationId, type Sql, type UserId } from '../storage/index.ts'
import { ldapNeeds } from './directory-looks.ts'
import type { Foundation } from './foundation.ts'
import type { AccessEnding } from './person-access.ts'

export interface DirectoryParts {
  readonly personAccess: AccessEnding
  readonly sessions: Sessions
  readonly microsoft365: Microsoft365
  /** Another reader than LDAP's. */
  readonly openSource?: EngineNeeds['openSource']
}

/** For the server and for the command line alike. */
export function joinDirectories(foundation: Foundation, parts: DirectoryParts): Directories {
  const { storage, clock, sealer, log, audit, identities, organizations, users } = foundation
  const ldap = { ...ldapNeeds(foundation), clock }
  const { alerts } = parts.microsoft365
  return createDirectories({
    storage, clock, sealer, log,
    openSource: parts.openSource ?? (({ kind, settings }, secret): DirectorySource => createLdapSource(ldap, { kind, settings, secret: secret ?? '' })),
    hold: (name, work) => createJobs({ storage, clock, log, tasks: [{ name, everySeconds: 1, run: (signal: AbortSignal, lease: Lease) => work(signal, lease) }] }).runNow(name),
    record: (tx, entries) => audit.recordAll(tx, entries),

    async endAccess(tx, ids) {
      const ended = new Map<UserId, Awaited<ReturnType<AccessEnding['endIn']>>>()
      for (const id of ids) ended.set(id, await parts.personAccess.endIn(tx, id))
      return {
        sessions: new Map([...ended].map(([id, sessions]) => [id, sessions.length])),
        announce: async () => { for (const [id, sessions] of ended) await parts.sessions.announce(sessions, id) },
      }
    },
    async removePerson(tx, organizationId, id) {
      const ended = await parts.personAccess.removeIn(tx, { organizationId, id })
      return async () => { await parts.sessions.announce(ended, id) }
    },
    belongings: belongingsOf,

    identityConflicts: (sql, organizationId, people) => identities.conflicts(sql, organizationId, people),
    async giveIdentity(tx, organizationId, { userId, upn, immutableId }, actor): Promise<ConflictCode | null> {
      const set = await identities.set(tx, organizationId, userId, { upn, source: 'imported', ...(immutableId === null ? {} : { immutableId }) })
      switch (set.outcome) {
        case 'saved':
          // Whoever gives somebody the ImmutableID of another person makes them that person at Entra: every one stands in the audit log.
          await audit.record(tx, {
            organizationId, action: 'microsoft.identity_set', outcome: 'success', actor, userId, target: { kind: 'user', id: userId, name: upn },
            details: { upn: set.identity.upn, immutableId: set.identity.immutableId, ...(set.before !== null && set.before.upn !== set.identity.upn ? { 'upn.before': set.before.upn } : {}) },
          })
          return null
        case 'unchanged': case 'no_person': return null
        default: return set.outcome
      }
    },
    revokeMicrosoft: (organizationId, ids, signal) => parts.microsoft365.revocation.revoke(organizationId, ids, signal),

    async invite(tx, organizationId, userId) {
      const [organization, user] = [await organizations.find(organizationId, tx), await users.find(organizationId, userId, tx)]
      if (organization && user) await foundation.invite(tx, { organization, user, purpose: 'invitation', note: '', createdBy: null })
    },
    alert: {
      raise: (tx, organizationId, alert) => alerts.raise(tx, organizationId, alert),
      resolve: (tx, organizationId, kind, subject) => alerts.resolve(tx, organizationId, kind, subject),
    },
  })
}

/** Groups that are looked after here, and applications that were given to somebody by name: nobody else might have them. */
async function belongingsOf(sql: Sql, organizationId: OrganizationId, people: readonly string[]): Promise<Map<string, { groups: string[]; applications: string[] }>> {
  const found = new Map<string, { groups: string[]; applications: string[] }>()
  const of = (id: string) => { const own = found.get(id) ?? { groups: [], applications: [] }; found.set(id, own); return own }
  const list = placeholders(people.length)
  for (const row of await sql.all<{ user_id: string; name: string }>(`SELECT m.user_id, g.name FROM group_members m JOIN groups g ON g.id = m.group_id WHERE m.user_id IN (${list}) AND g.organization_id = ? AND g.managed_by IS NULL ORDER BY g.name_key`, [...people, organizationId])) of(row.user_id).groups.push(row.name)
  for (const row of await sql.all<{ user_id: string; name: string }>(
    `SELECT x.principal_id AS user_id, a.name FROM application_access x JOIN applications a ON a.id = x.application_id WHERE x.principal_kind = 'user' AND x.principal_id IN (${list}) AND x.organization_id = ? ORDER BY a.name_key`, [...people, organizationId])) of(row.user_id).applications.push(row.name)
  return found
}

