import { may, roleMay, type Permission, type Routes } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import { toEventRow } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

/** GET /admin: how many of what, what to do first, and what happened last. */
export function mountDashboard(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin', may('panel.open'), async (ctx) => {
    const actor = actorOf(ctx)
    const { organizationId } = actor
    showNav(ctx)
    const [people, applications, keys, organization, ownKeys, ownCodes, latest] = await Promise.all([
      needs.users.countByStatus(organizationId), needs.applications.list(organizationId), needs.passkeys.countInOrganization(organizationId), needs.organizations.find(organizationId),
      needs.passkeys.count(needs.storage.read, actor.userId), needs.recoveryCodes.left(actor.userId), needs.audit.list({ organizationId, limit: 8 }),
    ])
    const step = (name: string, href: string, done: boolean, permission: Permission = 'panel.open') => ({
      titleKey: `people.step.${name}`, textKey: `people.step.${name}_text`, linkKey: `people.step.${name}_link`, href, done, permission,
    })
    const steps = [
      step('spare', ownKeys > 0 && organization?.settings.methods.recoveryCodes ? '/security' : '/security/keys/new', ownKeys > 1 || ownCodes > 0),
      step('mail', '/admin/settings/mail', needs.mailConfigured, 'settings.write'),
      step('invite', '/admin/users/new', people.new + people.pending + people.active + people.suspended > 1, 'users.invite'),
      // One tile is there from the start.
      step('application', '/admin/applications/new', applications.length > 1 || applications.some(({ protocol }) => protocol === 'oidc'), 'applications.write'),
      step('brand', '/admin/settings/organization', organization?.hue != null || organization?.hasLogo === true, 'settings.write'),
    ].filter(({ permission }) => roleMay(actor.role, permission)).map(({ permission: _permission, ...rest }) => rest)

    const alerts = roleMay(actor.role, 'settings.read') ? await needs.microsoft365.alerts.open(organizationId) : []
    ctx.page('admin/dashboard', {
      numbers: [
        { href: '/admin/users?status=active', labelKey: 'people.number.active', value: people.active },
        { href: '/admin/users?status=invited', labelKey: 'people.number.invited', value: people.new + people.pending },
        { href: '/admin/users?status=suspended', labelKey: 'people.number.suspended', value: people.suspended },
        { href: '/admin/applications', labelKey: 'people.number.applications', value: applications.length },
        { href: '/admin/users', labelKey: 'people.number.keys', value: keys },
      ],
      alerts: alerts.filter(({ kind }) => kind.startsWith('microsoft.')).length, directoryAlerts: alerts.filter(({ kind }) => kind.startsWith('directory.')).length,
      steps: steps.every(({ done }) => done) ? [] : steps,
      events: latest.events.map((event) => toEventRow(event, ctx)),
    })
  })
}
