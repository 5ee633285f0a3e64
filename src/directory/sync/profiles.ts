import type { OrganizationId, Sql, Storage } from '../../storage/index.ts'
import type { PersonProfile } from './source.ts'

/** What is shown of a person beside names and address. The picture's fingerprint stands in the profile. */
export type StoredProfile = Omit<PersonProfile, 'photo'> & { readonly photo?: string }

export type Profiles = ReturnType<typeof createProfiles>

export function createProfiles(needs: { storage: Storage }) {
  const { storage } = needs
  return {
    async find(organizationId: OrganizationId, userId: string, sql: Sql = storage.read): Promise<StoredProfile | undefined> {
      const row = await sql.one<{ profile: string }>('SELECT profile FROM user_profiles WHERE organization_id = ? AND user_id = ?', [organizationId, userId])
      return row && JSON.parse(row.profile) as StoredProfile
    },
    /** JPEG or PNG. */
    async photo(organizationId: OrganizationId, userId: string): Promise<Buffer | undefined> {
      const row = await storage.read.one<{ photo: string | null }>('SELECT photo FROM user_profiles WHERE organization_id = ? AND user_id = ?', [organizationId, userId])
      return row?.photo === null || row === undefined ? undefined : Buffer.from(row.photo, 'base64')
    },
    /** Where a person stands in the directory and who the manager is, if that is somebody here. */
    async place(organizationId: OrganizationId, userId: string): Promise<{ readonly directoryId: string; readonly directory: string; readonly dn: string; readonly leftAt: number | null; readonly manager: { readonly id: string; readonly name: string } | null } | undefined> {
      const row = await storage.read.one<{ directory_id: string; directory: string; dn: string; left_at: number | null; content: string }>(
        `SELECT e.directory_id, d.name AS directory, e.dn, e.left_at, e.content FROM directory_entries e JOIN directories d ON d.id = e.directory_id WHERE d.organization_id = ? AND e.user_id = ?`, [organizationId, userId])
      if (!row) return undefined
      const { managerDn } = (JSON.parse(row.content) as { profile?: PersonProfile }).profile ?? {}
      const manager = managerDn === undefined ? undefined : await storage.read.one<{ id: string; name: string }>(
        `SELECT u.id, u.given_name || ' ' || u.family_name AS name FROM directory_entries e JOIN users u ON u.id = e.user_id WHERE e.directory_id = ? AND e.dn_key = ? AND u.organization_id = ? AND u.status <> 'deleted'`,
        [row.directory_id, managerDn, organizationId])
      return { directoryId: row.directory_id, directory: row.directory, dn: row.dn, leftAt: row.left_at, manager: manager ?? null }
    },
  }
}
