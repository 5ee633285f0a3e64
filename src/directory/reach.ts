import type { OrganizationId, Sql, SqlValue } from '../storage/index.ts'
import type { OrganizationSettings } from './organization.ts'

type Methods = OrganizationSettings['methods']

/** How many people of an organization a change of the sign-in rules concerns. */
export interface Reach {
  /** Can sign in today, and could not any more. */
  readonly lockedOut: number
  /** Have a key. */
  readonly keyHolders: number
  /** Have unused recovery codes. */
  readonly recoveryHolders: number
}

const withKey = 'EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id AND p.suspended_at IS NULL)'
const withRecovery = 'EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL)'
// Administrators are never let in by a code or a password, whatever the settings say. Who comes from a directory has a password there.
const otherWay = `((u.role = 'user' AND ((? = 1 AND u.email_verified_at IS NOT NULL) OR (? = 1 AND u.phone_verified_at IS NOT NULL)
  OR (? = 1 AND (EXISTS (SELECT 1 FROM local_passwords l WHERE l.user_id = u.id) OR coalesce(u.managed_by, 'scim') <> 'scim'))
  OR (? = 1 AND EXISTS (SELECT 1 FROM totp_authenticators t WHERE t.user_id = u.id AND t.confirmed_at IS NOT NULL)))) OR (? = 1 AND ${withRecovery}))`

/** Only active people count: who is invited gets a key, or a code, by the rules of that day. */
export async function countReach(sql: Sql, organizationId: OrganizationId, before: Methods, after: Methods): Promise<Reach> {
  const row = await sql.one<{ locked_out: number; key_holders: number; recovery_holders: number }>(
    `SELECT coalesce(sum(CASE WHEN NOT ${withKey} AND ${otherWay} AND NOT ${otherWay} THEN 1 ELSE 0 END), 0) AS locked_out,
       coalesce(sum(CASE WHEN ${withKey} THEN 1 ELSE 0 END), 0) AS key_holders, coalesce(sum(CASE WHEN ${withRecovery} THEN 1 ELSE 0 END), 0) AS recovery_holders
     FROM users u WHERE u.organization_id = ? AND u.status = 'active'`,
    [...flags(before), ...flags(after), organizationId])
  return { lockedOut: Number(row?.locked_out ?? 0), keyHolders: Number(row?.key_holders ?? 0), recoveryHolders: Number(row?.recovery_holders ?? 0) }
}

function flags({ emailCode, smsCode, password, totp, recoveryCodes }: Methods): SqlValue[] {
  return [emailCode, smsCode, password, totp, recoveryCodes].map((on) => (on ? 1 : 0))
}
