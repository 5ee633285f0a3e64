import { roleMay, type Context, type Permission } from '../../http/index.ts'
import type { OrganizationId, UserId } from '../../storage/index.ts'

/** Who acts; only behind a route with a permission. */
export function actorOf(ctx: Context) {
  const { visitor } = ctx.state
  if (!visitor || visitor.role === 'user') throw new Error('an administration page without an administrator')
  return { ...visitor, userId: visitor.userId as UserId, organizationId: visitor.organizationId as OrganizationId }
}

const items: readonly { readonly href: string; readonly label: string; readonly icon: string; readonly permission: Permission }[] = [
  { href: '/admin', label: 'nav.dashboard', icon: 'home', permission: 'panel.open' }, { href: '/admin/users', label: 'nav.users', icon: 'users', permission: 'users.read' },
  { href: '/admin/groups', label: 'nav.groups', icon: 'group', permission: 'groups.read' },
  { href: '/admin/directories', label: 'nav.directories', icon: 'building', permission: 'settings.read' }, { href: '/admin/applications', label: 'nav.applications', icon: 'apps', permission: 'applications.read' },
  { href: '/admin/external-mfa', label: 'nav.external_mfa', icon: 'shield', permission: 'applications.read' },
  { href: '/admin/microsoft365', label: 'nav.microsoft', icon: 'globe', permission: 'settings.read' },
  { href: '/admin/audit', label: 'nav.audit', icon: 'activity', permission: 'audit.read' }, { href: '/admin/settings', label: 'nav.settings', icon: 'settings', permission: 'settings.read' },
]

/** The side menu: only what the role may open. */
export function showNav(ctx: Context): void {
  const { role } = actorOf(ctx)
  ctx.state.navLabel = 'nav.admin'
  ctx.state.nav = items.filter((item) => roleMay(role, item.permission)).map(({ permission: _permission, ...item }) => ({
    ...item, current: item.href === '/admin' ? ctx.path === '/admin' : ctx.path === item.href || ctx.path.startsWith(`${item.href}/`),
  }))
}
