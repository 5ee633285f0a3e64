import { jsonColumn, type GroupId, type OrganizationId, type Sql, type Storage, type Transaction, type UserId } from '../storage/index.ts'
import { defaultSettings, parseSettings, type OrganizationSettings } from './organization.ts'

/** The ways to sign in that a group's people may have although the others do not. */
export const groupMethods = ['password', 'totp', 'accessPass', 'passwordEnrolsFirstKey'] as const
export type GroupMethod = (typeof groupMethods)[number]
export type GroupMethodFlags = Readonly<Record<GroupMethod, boolean>>

/** An organization's settings as they hold for one person, and what any of its people might use: the most that a page for strangers may show. */
export interface PersonalSettings { readonly settings: OrganizationSettings; readonly anybody: GroupMethodFlags }

interface Row { id: OrganizationId; settings: string; method: string | null; mine: number | null }

const readSettings = jsonColumn(parseSettings)
const none: GroupMethodFlags = { password: false, totp: false, accessPass: false, passwordEnrolsFirstKey: false }

export type GroupMethods = ReturnType<typeof createGroupMethods>

/** Methods of groups add to their organization's and to each other's; nothing takes one away. */
export function createGroupMethods(needs: { storage: Storage }) {
  const { storage } = needs
  return {
    async ofGroup(organizationId: OrganizationId, groupId: GroupId, sql: Sql = storage.read): Promise<GroupMethodFlags> {
      const rows = await sql.all<{ method: string }>('SELECT method FROM group_methods WHERE organization_id = ? AND group_id = ?', [organizationId, groupId])
      return flagsOf(rows.map(({ method }) => method))
    },

    async set(tx: Transaction, organizationId: OrganizationId, groupId: GroupId, flags: GroupMethodFlags): Promise<void> {
      await tx.run('DELETE FROM group_methods WHERE organization_id = ? AND group_id = ?', [organizationId, groupId])
      for (const method of groupMethods.filter((one) => flags[one])) {
        await tx.run('INSERT INTO group_methods (group_id, method, organization_id) SELECT g.id, ?, g.organization_id FROM groups g WHERE g.id = ? AND g.organization_id = ?', [method, groupId, organizationId])
      }
    },

    /** One statement. @param userId null for pages that do not know whom they are about, or must not tell */
    async settings(organizationId: OrganizationId, userId: UserId | null): Promise<PersonalSettings> {
      const rows = await storage.read.all<Row>(
        `SELECT o.id, o.settings, g.method, g.mine FROM organizations o LEFT JOIN (
           SELECT gm.method, max(CASE WHEN m.user_id IS NULL THEN 0 ELSE 1 END) AS mine FROM group_methods gm LEFT JOIN group_members m ON m.group_id = gm.group_id AND m.user_id = ?
           WHERE gm.organization_id = ? GROUP BY gm.method) g ON 1 = 1
         WHERE o.id = ?`, [userId ?? '', organizationId, organizationId])
      return merge(rows)
    },

    /** Every organization's, for pages that know none yet. */
    async all(): Promise<PersonalSettings[]> {
      const rows = await storage.read.all<Row>(
        `SELECT o.id, o.settings, g.method, 0 AS mine FROM organizations o LEFT JOIN (SELECT DISTINCT organization_id, method FROM group_methods) g ON g.organization_id = o.id ORDER BY o.created_at, o.id`)
      return [...Map.groupBy(rows, ({ id }) => id).values()].map(merge)
    },
  }
}

function merge(rows: readonly Row[]): PersonalSettings {
  const [first] = rows
  const settings = first ? readSettings(first.settings) : defaultSettings
  const mine = flagsOf(rows.flatMap(({ method, mine: isMine }) => (method !== null && isMine === 1 ? [method] : [])))
  const { methods } = settings
  return { settings: { ...settings, methods: { ...methods, ...union(methods, mine) } }, anybody: union(methods, flagsOf(rows.flatMap(({ method }) => method ?? []))) }
}

function union(one: GroupMethodFlags, other: GroupMethodFlags): GroupMethodFlags {
  return { password: one.password || other.password, totp: one.totp || other.totp, accessPass: one.accessPass || other.accessPass, passwordEnrolsFirstKey: one.passwordEnrolsFirstKey || other.passwordEnrolsFirstKey }
}

function flagsOf(methods: readonly string[]): GroupMethodFlags {
  return { ...none, ...Object.fromEntries(groupMethods.filter((method) => methods.includes(method)).map((method) => [method, true])) }
}
