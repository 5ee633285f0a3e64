import type { Application } from '../../applications/index.ts'
import { NotFound } from '../../errors.ts'
import { may, type Context, type Routes } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import { targetOf } from './application-target.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf } from './shell.ts'

interface Pages {
  readonly find: (ctx: Context) => Promise<Application>
  readonly show: (ctx: Context, application: Application, failed: { email: string; error: string }) => Promise<void>
}

/**
 *   POST  /admin/applications/:id/access            everyone, or only who is named
 *   POST  /admin/applications/:id/access/groups     …/people   …/removal
 */
export function mountApplicationAccess(routes: Routes, needs: AdminNeeds, { find, show }: Pages): void {
  const { storage, applications, access } = needs
  const pageOf = (application: Application): string => `/admin/applications/${application.id}#access`

  routes.post('/admin/applications/:id/access', may('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const application = await findWithPeople(ctx)
    const wanted = (await ctx.form()).text('access') === 'everyone' ? 'everyone' : 'assigned'
    if (wanted !== application.access) {
      await storage.write(async (tx) => {
        await applications.update(tx, organizationId, application.id, { access: wanted })
        await needs.record(tx, ctx, { action: 'application.changed', target: targetOf(application), details: { 'access.before': application.access, 'access.after': wanted } })
      })
    }
    ctx.redirectTo(pageOf(application), { key: `admin.applications.notice.access_${wanted}` })
  })

  routes.post('/admin/applications/:id/access/groups', may('applications.write'), async (ctx) => {
    const application = await findWithPeople(ctx)
    const group = await needs.groups.find(application.organizationId, (await ctx.form()).text('group'))
    if (!group) throw new NotFound()
    await assign(ctx, application, { kind: 'group', id: group.id, name: group.name })
  })

  routes.post('/admin/applications/:id/access/people', may('applications.write'), async (ctx) => {
    const application = await findWithPeople(ctx)
    const typed = (await ctx.form()).text('email')
    const address = needs.normaliseEmail(typed)
    const user = address && (await needs.users.findByEmailKey(address.key))
    // Somebody of another organization is as unknown as nobody (SEC-73).
    if (!user || user.organizationId !== application.organizationId) {
      return show(ctx, application, { email: typed, error: address ? 'admin.applications.error.person' : 'admin.applications.error.email' })
    }
    await assign(ctx, application, { kind: 'user', id: user.id, name: user.email })
  })

  routes.post('/admin/applications/:id/access/removal', may('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const application = await findWithPeople(ctx)
    const form = await ctx.form()
    const kind = form.text('kind') === 'group' ? 'group' : 'user'
    const known = (await access.assignments(organizationId, application.id)).find((one) => one.kind === kind && one.id === form.text('id'))
    if (!known) throw new NotFound()
    await storage.write(async (tx) => {
      await access.unassign(tx, organizationId, application.id, known)
      await needs.record(tx, ctx, {
        action: 'application.unassigned', target: targetOf(application), details: { kind, name: known.name }, ...(kind === 'user' ? { userId: known.id as UserId } : {}),
      })
    })
    ctx.redirectTo(pageOf(application), { key: 'admin.applications.notice.unassigned', params: { name: known.name } })
  })

  async function findWithPeople(ctx: Context): Promise<Application> {
    const application = await find(ctx)
    if (application.oidc?.kind === 'service') throw new NotFound()
    return application
  }

  async function assign(ctx: Context, application: Application, principal: { readonly kind: 'user' | 'group'; readonly id: string; readonly name: string }): Promise<void> {
    const { organizationId } = actorOf(ctx)
    await storage.write(async (tx) => {
      // False: named already, which needs no second row in the log.
      if (!(await access.assign(tx, organizationId, application.id, principal))) return
      await needs.record(tx, ctx, {
        action: 'application.assigned', target: targetOf(application), details: { kind: principal.kind, name: principal.name }, ...(principal.kind === 'user' ? { userId: principal.id as UserId } : {}),
      })
    })
    ctx.redirectTo(pageOf(application), { key: 'admin.applications.notice.assigned', params: { name: principal.name } })
  }
}
