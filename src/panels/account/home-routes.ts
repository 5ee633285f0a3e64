import { NotFound } from '../../errors.ts'
import { anyone, signedIn, type Routes } from '../../http/index.ts'
import type { Application } from '../../applications/index.ts'
import { plainAddress, type PersonSetUp } from '../../microsoft365/index.ts'
import type { AccountNeeds } from './needs.ts'
import { firstLetter, showNav, toKeyRow, visitorOf } from './shell.ts'
import { stepsLeft } from './start-routes.ts'

/**
 *   GET /             My Apps, or My Security Key for a personal account
 *   GET /apps/:id     opens an application
 *   GET /apps/:id/icon
 */
export function mountHome(routes: Routes, needs: AccountNeeds): void {
  routes.get('/', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    showNav(ctx)
    const [keys, setUp] = await Promise.all([needs.passkeys.list(needs.storage.read, visitor.userId), needs.microsoft365.peopleGuide.setUpOf(visitor.organizationId, visitor.userId)])
    const firstSteps = await stepsLeft(ctx, needs, keys, setUp.state)
    if (visitor.organizationKind === 'personal') {
      const [organization, user] = await Promise.all([needs.organizations.find(visitor.organizationId), needs.users.findById(visitor.userId)])
      return ctx.page('account/my-key', {
        active: keys.some((key) => !key.suspended), plan: organization?.plan ?? '', name: visitor.name, email: visitor.email, keys: keys.map(toKeyRow), lastSignInAt: user?.lastSignInAt ?? null, firstSteps,
      })
    }
    const applications = await needs.access.forUser(visitor.userId)
    ctx.page('account/apps', {
      tiles: applications.filter((application) => needs.startAddress(application) !== null).map((application) => ({
        id: application.id, name: application.name, icon: application.hasIcon ? `/apps/${application.id}/icon?v=${application.updatedAt}` : null, letter: firstLetter(application.name),
      })),
      withoutKey: keys.length === 0, administrator: visitor.role !== 'user', microsoft: applications.some(isMicrosoft) ? microsoftOf(setUp) : null, firstSteps,
    })
  })

  routes.get('/apps/:id', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    const application = await needs.applications.find(visitor.organizationId, ctx.params['id'] ?? '')
    const usual = application && (await needs.access.mayUse(application.id, visitor.userId)) ? needs.startAddress(application) : null
    const address = usual !== null && application?.protocol === 'microsoft365' ? (await needs.microsoft365.address(visitor.userId)) ?? usual : usual
    if (!application || address === null) throw new NotFound()
    if (application.protocol === 'link') {
      await needs.storage.write((tx) => needs.record(tx, ctx, { action: 'application.opened', userId: visitor.userId, target: { kind: 'application', id: application.id, name: application.name } }))
    }
    ctx.redirectTo(address)
  })

  // Public, since sign-in pages may show it too; nobody learns more from it than a picture.
  routes.get('/apps/:id/icon', anyone, async (ctx) => {
    const icon = await needs.applications.icon(ctx.params['id'] ?? '')
    if (!icon) throw new NotFound()
    ctx.set('Cache-Control', 'public, max-age=31536000, immutable')
    ctx.set('Content-Security-Policy', `default-src 'none'; sandbox`)
    ctx.type = icon.type
    ctx.body = icon.bytes
  })
}

function microsoftOf({ state, identified }: PersonSetUp): 'open' | 'there' | null {
  return state === 'open' ? 'open' : state !== 'not_needed' || identified ? 'there' : null
}

/** The tile that every organization begins with counts too: the key can be added there without a federation. */
function isMicrosoft({ protocol, launchUrl }: Application): boolean {
  return protocol === 'microsoft365' || launchUrl === plainAddress
}
