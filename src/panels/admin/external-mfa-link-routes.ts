import { NotFound } from '../../errors.ts'
import { mayFreshly, type Context, type Routes } from '../../http/index.ts'
import { readGuid, type Connection } from '../../protocols/external-mfa/index.ts'
import type { UserId } from '../../storage/index.ts'
import { targetOf } from './application-target.ts'
import type { AdminNeeds } from './needs.ts'
import { judge } from './person-acts.ts'
import { actorOf, showNav } from './shell.ts'

interface Typed { readonly objectId: string; readonly email: string }
interface Errors { readonly object_id: string | null; readonly email: string | null }

/**
 *   GET, POST  /admin/external-mfa/:id/links/new                 this person of Entra is that person here
 *   GET, POST  /admin/external-mfa/:id/links/:object/removal
 *
 * Each asks for a fresh proof: a link decides whose key opens a Microsoft account (SEC-71).
 */
export function mountExternalMfaLinks(routes: Routes, needs: AdminNeeds, find: (ctx: Context) => Promise<Connection>): void {
  const { storage } = needs
  const { links } = needs.externalMfa
  const entraOf = (connection: Connection, objectId: string) => ({ connectionId: connection.id, tenantId: connection.tenantId, objectId })

  routes.get('/admin/external-mfa/:id/links/new', mayFreshly('applications.write'), async (ctx) => { show(ctx, await find(ctx), { objectId: '', email: '' }, { object_id: null, email: null }) })

  routes.post('/admin/external-mfa/:id/links/new', mayFreshly('applications.write'), async (ctx) => {
    const connection = await find(ctx)
    const form = await ctx.form()
    const typed: Typed = { objectId: form.text('object_id'), email: form.text('email') }
    const objectId = readGuid(typed.objectId)
    const address = needs.normaliseEmail(typed.email)
    const found = address && (await needs.users.findByEmailKey(address.key))
    // Somebody of another organization is as unknown as nobody (SEC-73).
    const user = found?.organizationId === connection.organizationId ? found : undefined
    if (objectId === undefined || !user) {
      return show(ctx, connection, typed, { object_id: objectId === undefined ? 'admin.external_mfa.error.guid' : null, email: user ? null : 'admin.external_mfa.error.person' })
    }
    const isNew = await storage.write(async (tx) => {
      if (!(await links.add(tx, entraOf(connection, objectId), user.id, user.email))) return false
      await needs.record(tx, ctx, { action: 'external_mfa.linked', userId: user.id, target: targetOf(connection), details: { person: user.email, tenantId: connection.tenantId, objectId } })
      return true
    })
    if (!isNew) return show(ctx, connection, typed, { object_id: 'admin.external_mfa.error.linked', email: null })
    ctx.redirectTo(`/admin/external-mfa/${connection.id}#links`, { key: 'admin.external_mfa.notice.linked', params: { name: user.name } })
  })

  routes.get('/admin/external-mfa/:id/links/:object/removal', mayFreshly('applications.write'), async (ctx) => {
    const connection = await find(ctx)
    const { email } = await findLink(ctx, connection)
    showNav(ctx)
    ctx.page('admin/act', {
      titleKey: 'admin.external_mfa.unlink.title', name: email, backHref: `/admin/external-mfa/${connection.id}`, backText: connection.name, yesKey: 'admin.external_mfa.unlink.yes', danger: true, items: [],
      points: ['admin.external_mfa.unlink.text', connection.linksAtSignIn ? 'admin.external_mfa.unlink.point_again' : 'admin.external_mfa.unlink.point_by_hand'].map((key) => ({ key, name: email, count: 1 })),
    })
  })

  routes.post('/admin/external-mfa/:id/links/:object/removal', mayFreshly('applications.write'), async (ctx) => {
    const connection = await find(ctx)
    const { objectId, email, userId: linked } = await findLink(ctx, connection)
    const { organizationId, userId: actorId, role } = actorOf(ctx)
    // Who removes an owner's link could link the owner's Microsoft account to their own key (SEC-69).
    const user = await needs.users.find(organizationId, linked)
    if (user) judge({ id: actorId, role }, user, 'edit')
    await storage.write(async (tx) => {
      const userId = await links.remove(tx, entraOf(connection, objectId))
      if (userId === undefined) throw new NotFound()
      await needs.record(tx, ctx, { action: 'external_mfa.unlinked', userId, target: targetOf(connection), details: { person: email, tenantId: connection.tenantId, objectId } })
    })
    ctx.redirectTo(`/admin/external-mfa/${connection.id}#links`, { key: 'admin.external_mfa.notice.unlinked', params: { name: email } })
  })

  async function findLink(ctx: Context, connection: Connection): Promise<{ readonly objectId: string; readonly email: string; readonly userId: UserId }> {
    const objectId = ctx.params['object'] ?? ''
    const link = await links.find(entraOf(connection, objectId))
    if (!link) throw new NotFound()
    return { objectId, email: link.email, userId: link.userId }
  }

  function show(ctx: Context, connection: Connection, typed: Typed, errors: Errors): void {
    const hasErrors = errors.object_id !== null || errors.email !== null
    showNav(ctx)
    ctx.page('admin/external-mfa-link', { id: connection.id, name: connection.name, ...typed, errors, hasErrors }, { status: hasErrors ? 422 : 200 })
  }
}
