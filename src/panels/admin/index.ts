/**
 * The administration of one organization: its people, groups, applications, audit log and settings.
 *
 *   /admin                 dashboard with the first steps
 *   /admin/users           people: invite, suspend, reset, delete; their keys, sessions and activity
 *   /admin/directories     directories/: LDAP and Active Directory
 *   /admin/groups          /admin/applications           /admin/audit           /admin/settings
 *   /admin/microsoft365    microsoft365/: the guide, identities, certificates
 *   /admin/directories/scim  tokens of directories that say who exists here
 *   /admin/external-mfa    tenants of Entra that ask us for the second factor
 *
 * Applications over SAML and WS-Federation have a room of their own: federation.
 *
 * Every route names its permission (http/access.ts) and every question its organization: an id of another organization is
 * not found (SEC-69, SEC-73). Rules live in the rooms below; what a person holds everywhere ends through PersonAccess.
 */
import type { Routes } from '../../http/index.ts'
import { mountDirectories } from './directories/index.ts'
import { mountMicrosoft365 } from './microsoft365/index.ts'
import { mountApplications } from './application-routes.ts'
import { mountAudit } from './audit-routes.ts'
import { mountExternalMfa } from './external-mfa-routes.ts'
import type { AdminNeeds } from './needs.ts'
import { mountPeople } from './people.ts'
import { mountScim } from './scim-routes.ts'
import { mountSettings } from './settings-routes.ts'

export type * from './application-pages.ts'
export type * from './audit-pages.ts'
export type * from './external-mfa-pages.ts'
export { metadataChanges } from './federation/index.ts'
export type * from './federation/index.ts'
export type * from './import-pages.ts'
export type * from './scim-pages.ts'
export type * from './settings-pages.ts'
export type * from './directories/index.ts'
export type * from './microsoft365/index.ts'
export type { AdminNeeds } from './needs.ts'

export function mountAdmin(routes: Routes, needs: AdminNeeds): void {
  // Before anything at /admin/directories/:id, which would take its name for an id.
  mountScim(routes, needs)
  mountPeople(routes, needs)
  mountDirectories(routes, needs)
  mountApplications(routes, needs)
  mountExternalMfa(routes, needs)
  mountMicrosoft365(routes, { ...needs, room: needs.microsoft365 })
  mountAudit(routes, needs)
  mountSettings(routes, needs)
}
