import type { Context } from '../../http/index.ts'
import type { OrganizationId, UserId } from '../../storage/index.ts'
import type { Passkeys } from '../../authentication/methods/passkey/index.ts'
import type { KeyRow } from './pages.ts'

/** The visitor of a page that only signed-in people reach. */
export function visitorOf(ctx: Context) {
  const { visitor } = ctx.state
  if (!visitor) throw new Error('an account page without a visitor')
  return { ...visitor, userId: visitor.userId as UserId, organizationId: visitor.organizationId as OrganizationId }
}

const business = [
  { href: '/', label: 'nav.apps', icon: 'apps' }, { href: '/security', label: 'nav.security', icon: 'shield' },
  { href: '/activity', label: 'nav.activity', icon: 'activity' }, { href: '/profile', label: 'nav.profile', icon: 'user' },
]
const personal = [
  { href: '/', label: 'nav.my_key', icon: 'key' }, { href: '/activity', label: 'nav.activity_logs', icon: 'activity' }, { href: '/settings', label: 'nav.settings', icon: 'settings' },
]

/** The side menu of both faces (S57, SC6). */
export function showNav(ctx: Context): void {
  const items = visitorOf(ctx).organizationKind === 'personal' ? personal : business
  ctx.state.navLabel = 'nav.account'
  ctx.state.nav = items.map((item) => ({ ...item, current: item.href === '/' ? ctx.path === '/' : ctx.path === item.href || ctx.path.startsWith(`${item.href}/`) }))
}

export function toKeyRow(key: Awaited<ReturnType<Passkeys['list']>>[number]): KeyRow {
  return { id: key.id, name: key.name, kindKey: `account.key.kind.${key.kind}`, createdAt: key.createdAt, lastUsedAt: key.lastUsedAt, suspended: key.suspended }
}

/** A letter for tiles without a picture. */
export function firstLetter(name: string): string {
  return [...new Intl.Segmenter().segment(name.trim())][0]?.segment.toLocaleUpperCase() ?? '?'
}
