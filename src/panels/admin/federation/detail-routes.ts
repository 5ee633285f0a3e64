import type { Application } from '../../../applications/index.ts'
import { NotFound } from '../../../errors.ts'
import { may, roleMay, type Context, type Routes } from '../../../http/index.ts'
import { targetOf } from '../application-target.ts'
import type { AdminNeeds } from '../needs.ts'
import { actorOf } from '../shell.ts'
import { metadataChanges } from './comparable.ts'
import { federationOf } from './connect.ts'
import type { FederationPart, Preview } from '../federation-part.ts'
import { previewOf } from './preview.ts'

/**
 *   POST  /admin/applications/:id/metadata      reads a service provider's metadata again
 *   GET   /admin/applications/:id?person=…      what that person's attributes would be, on the page itself
 */
export function mountFederationDetails(routes: Routes, needs: AdminNeeds, find: (ctx: Context) => Promise<Application>) {
  // No fresh proof: the address was chosen with one, and the job reads it daily anyway.
  routes.post('/admin/applications/:id/metadata', may('applications.write'), async (ctx) => {
    const application = await find(ctx)
    if (!application.saml?.metadataUrl) throw new NotFound()
    const refreshed = await needs.metadata.refresh(application.organizationId, application.id, (tx, before, after) =>
      needs.record(tx, ctx, { action: 'application.changed', target: targetOf(after), details: metadataChanges(before, after) }))
    if (refreshed.outcome === 'gone') throw new NotFound()
    // What failed stands on the page itself.
    if (refreshed.outcome === 'failed') return ctx.redirectTo(`/admin/applications/${application.id}#metadata`)
    ctx.redirectTo(`/admin/applications/${application.id}`, { key: `admin.federation.notice.${refreshed.outcome}` })
  })

  return async function partOf(ctx: Context, application: Application): Promise<FederationPart | null> {
    if (application.protocol !== 'saml' && application.protocol !== 'wsfed') return null
    const certificates = await needs.certificates(application.protocol)
    return federationOf(application, { publicUrl: needs.publicUrl, certificates, now: needs.clock.now(), preview: await preview(ctx, application) })
  }

  async function preview(ctx: Context, application: Application): Promise<Preview | null> {
    const { role, organizationId } = actorOf(ctx)
    if (!roleMay(role, 'users.read')) return null
    const person = typeof ctx.query['person'] === 'string' ? ctx.query['person'].trim().slice(0, 254) : ''
    if (person === '') return { person, errors: { person: null }, result: null }
    const address = needs.normaliseEmail(person)
    const user = address && (await needs.users.findByEmailKey(address.key))
    const facts = user?.organizationId === organizationId ? await needs.attributeFacts(user.id) : undefined
    return facts ? { person, errors: { person: null }, result: previewOf(application, facts) } : { person, errors: { person: 'admin.federation.error.person' }, result: null }
  }
}
