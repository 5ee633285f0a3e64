/** What an administrator may be allowed to do. A route names exactly one; no name, no entry. */
export type Permission =
  | 'panel.open'
  | 'users.read' | 'users.invite' | 'users.write' | 'users.reset' | 'users.delete' | 'users.grant'
  | 'groups.read' | 'groups.write'
  | 'applications.read' | 'applications.write'
  | 'audit.read' | 'audit.export'
  | 'settings.read' | 'settings.write'

export type Role = 'owner' | 'administrator' | 'helpdesk' | 'user'

const helpdesk: readonly Permission[] = ['panel.open', 'users.read', 'users.invite', 'users.reset', 'groups.read', 'applications.read', 'audit.read']
const administrator: readonly Permission[] = [
  ...helpdesk, 'users.write', 'users.delete', 'users.grant', 'groups.write', 'applications.write', 'audit.export', 'settings.read', 'settings.write',
]
const permissions: Readonly<Record<Role, readonly Permission[]>> = { user: [], helpdesk, administrator, owner: administrator }

export function roleMay(role: Role, permission: Permission): boolean {
  return permissions[role].includes(permission)
}

/**
 * Who may come in; every route declares one, and a test walks all routes with all roles (SEC-69).
 * `fresh` asks for a proof of the strongest way the person has, at most five minutes old (SEC-35, SEC-71). `from` is the page to
 * come back to after that where the route itself shows none: a file that is only downloaded would leave the confirmation standing.
 */
export type Access =
  | { readonly public: true }
  | { readonly session: true; readonly fresh?: true }
  | { readonly permission: Permission; readonly fresh?: true; readonly from?: string }

export const anyone: Access = { public: true }
export const signedIn: Access = { session: true }
export const freshlySignedIn: Access = { session: true, fresh: true }
export const may = (permission: Permission): Access => ({ permission })
export const mayFreshly = (permission: Permission, from?: string): Access => ({ permission, fresh: true, ...(from === undefined ? {} : { from }) })
