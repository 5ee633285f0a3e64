import { NotFound } from '../../errors.ts'
import { may, roleMay, type Routes } from '../../http/index.ts'
import { approvalLifetimeSeconds, pauseHours, shownLifetimeSeconds } from '../../phones/index.ts'
import { crossDevicePractices, crossDeviceWays } from './cross-device.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

/**
 * GET /admin/settings/cross-device: the written risk assessment that must be there before such ways are offered.
 * @see RFC 10027 §2, §6.1
 */
export function mountCrossDevice(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/settings/cross-device', may('settings.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    const organization = await needs.organizations.find(organizationId)
    if (!organization) throw new NotFound()
    const { methods } = organization.settings
    showNav(ctx)
    ctx.page('admin/cross-device', {
      ways: crossDeviceWays(methods), practices: crossDevicePractices, near: methods.phoneNear, push: needs.pushOffered, mayWrite: roleMay(role, 'settings.write'),
      limits: { seconds: approvalLifetimeSeconds, shown: shownLifetimeSeconds, requests: needs.limits.phoneRequests.attempts, hours: pauseHours },
    })
  })
}
