import type { Application } from '../../applications/index.ts'
import { NotFound } from '../../errors.ts'
import { mayFreshly, type Context, type Routes } from '../../http/index.ts'
import { targetOf } from './application-target.ts'
import { connectOf } from './application-view.ts'
import { choicesOf } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

const overlapHours = ['24', '0', '1', '168'] as const

/**
 *   GET   /admin/applications/:id/secrets/new           how long the old one goes on
 *   POST  /admin/applications/:id/secrets               the new one, shown in this answer only
 *   GET, POST  /admin/applications/:id/secrets/:secret/removal
 *
 * Each asks for a fresh proof: with a secret, somebody else is the application (SEC-71).
 */
export function mountApplicationSecrets(routes: Routes, needs: AdminNeeds, find: (ctx: Context) => Promise<Application>): void {
  const { storage, applications } = needs

  routes.get('/admin/applications/:id/secrets/new', mayFreshly('applications.write'), async (ctx) => {
    const application = await findWithSecrets(ctx)
    const existing = await liveSecrets(application)
    showNav(ctx)
    ctx.page('admin/application-secret-new', {
      id: application.id, name: application.name, existing: existing.length, overlaps: choicesOf(overlapHours, '24', (hours) => `admin.applications.overlap.${hours}`),
    })
  })

  routes.post('/admin/applications/:id/secrets', mayFreshly('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const application = await findWithSecrets(ctx)
    const connect = connectOf(application, needs.publicUrl)
    if (!connect) throw new NotFound()
    const typed = (await ctx.form()).text('overlap')
    const overlap = Number(overlapHours.find((hours) => hours === typed) ?? '0')
    const secret = await storage.write(async (tx) => {
      const made = await applications.addSecret(tx, organizationId, application.id, { overlapHours: overlap })
      await needs.record(tx, ctx, { action: 'application.secret_made', target: targetOf(application), details: { overlapHours: overlap } })
      return made
    })
    showNav(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.page('admin/application-secret', { id: application.id, name: application.name, isNew: false, secret, connect })
  })

  routes.get('/admin/applications/:id/secrets/:secret/removal', mayFreshly('applications.write'), async (ctx) => {
    const application = await findWithSecrets(ctx)
    const { secret, live } = await findSecret(ctx, application)
    showNav(ctx)
    ctx.page('admin/application-secret-removal', { id: application.id, name: application.name, secretId: secret.id, hint: secret.hint, last: live.length === 1 && live[0]?.id === secret.id })
  })

  routes.post('/admin/applications/:id/secrets/:secret/removal', mayFreshly('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const application = await findWithSecrets(ctx)
    const { secret } = await findSecret(ctx, application)
    await storage.write(async (tx) => {
      if (!(await applications.removeSecret(tx, organizationId, application.id, secret.id))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'application.secret_removed', target: targetOf(application), details: { hint: secret.hint } })
    })
    ctx.redirectTo(`/admin/applications/${application.id}`, { key: 'admin.applications.notice.secret_removed' })
  })

  /** Only applications that prove themselves by a secret have any. */
  async function findWithSecrets(ctx: Context): Promise<Application> {
    const application = await find(ctx)
    if (!application.oidc?.authMethod.startsWith('client_secret')) throw new NotFound()
    return application
  }

  async function liveSecrets(application: Application) {
    const now = needs.clock.now()
    return (await applications.secrets(application.organizationId, application.id)).filter((secret) => secret.expiresAt === null || secret.expiresAt > now)
  }

  async function findSecret(ctx: Context, application: Application) {
    const all = await applications.secrets(application.organizationId, application.id)
    const secret = all.find((one) => one.id === ctx.params['secret'])
    if (!secret) throw new NotFound()
    return { secret, live: await liveSecrets(application) }
  }
}
