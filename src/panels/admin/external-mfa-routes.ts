import { NotFound } from '../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import type { Connection } from '../../protocols/external-mfa/index.ts'
import type { Sql } from '../../storage/index.ts'
import { targetOf } from './application-target.ts'
import { changesBetween } from './changes.ts'
import { readExternalMfaForm, type ReadExternalMfa } from './external-mfa-form.ts'
import { mountExternalMfaLinks } from './external-mfa-link-routes.ts'
import { cloudKey, factsOf, graphCallOf, maxAgeKey, toExternalMfaForm } from './external-mfa-view.ts'
import type { AdminNeeds } from './needs.ts'
import { queryText } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

const pageSize = 50

/**
 *   GET        /admin/external-mfa             the tenants of Entra that ask us for the second factor
 *   GET, POST  /admin/external-mfa/new
 *   GET        /admin/external-mfa/:id         how to connect it, and who is linked
 *   GET, POST  /admin/external-mfa/:id/edit    GET, POST …/removal; links: external-mfa-link-routes.ts
 */
export function mountExternalMfa(routes: Routes, needs: AdminNeeds): void {
  const { storage } = needs
  const { connections, links } = needs.externalMfa
  const insecure = !needs.publicUrl.startsWith('https:')

  routes.get('/admin/external-mfa', may('applications.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    const rows = await Promise.all((await connections.list(organizationId)).map(async ({ id, name, tenantId, cloud, enabled }) => ({ id, name, tenantId, cloudKey: cloudKey(cloud), enabled, links: await links.count(id) })))
    showNav(ctx)
    ctx.page('admin/external-mfa', { rows, mayWrite: roleMay(role, 'applications.write'), insecure })
  })

  routes.get('/admin/external-mfa/new', may('applications.write'), (ctx) => { showForm(ctx, undefined, undefined) })

  routes.post('/admin/external-mfa/new', may('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const read = readExternalMfaForm(await ctx.form())
    const { connection } = read
    if (!connection) return showForm(ctx, undefined, read)
    const id = await storage.write(async (tx) => {
      const made = await connections.create(tx, organizationId, connection)
      await needs.record(tx, ctx, { action: 'external_mfa.created', target: targetOf({ id: made, name: connection.name }), details: { cloud: connection.cloud, tenantId: connection.tenantId, appId: connection.appId } })
      return made
    })
    ctx.redirectTo(`/admin/external-mfa/${id}`, { key: 'admin.external_mfa.notice.created' })
  })

  routes.get('/admin/external-mfa/:id', may('applications.read'), async (ctx) => {
    const connection = await find(ctx)
    const after = queryText(ctx, 'after')
    const [rows, linkCount] = await Promise.all([links.list(connection.organizationId, connection.id, { after, limit: pageSize + 1 }), links.count(connection.id)])
    const shown = rows.slice(0, pageSize)
    const path = `/admin/external-mfa/${connection.id}`
    showNav(ctx)
    ctx.page('admin/external-mfa-connection', {
      id: connection.id, name: connection.name, enabled: connection.enabled, mayWrite: roleMay(actorOf(ctx).role, 'applications.write'), insecure,
      ...factsOf(connection, needs.publicUrl), ...graphCallOf(connection, needs.publicUrl),
      settings: {
        cloudKey: cloudKey(connection.cloud), tenantId: connection.tenantId, appId: connection.appId, maxAgeKey: maxAgeKey(String(connection.maxAgeSeconds)),
        linkingKey: connection.linksAtSignIn ? 'admin.external_mfa.linking.at_sign_in' : 'admin.external_mfa.linking.by_hand',
      },
      links: shown, linkCount, pager: { first: after === '' ? null : `${path}#links`, next: rows.length > pageSize ? `${path}?after=${shown.at(-1)?.objectId ?? ''}#links` : null },
    })
  })

  routes.get('/admin/external-mfa/:id/edit', mayFreshly('applications.write'), async (ctx) => { showForm(ctx, await find(ctx), undefined) })

  routes.post('/admin/external-mfa/:id/edit', mayFreshly('applications.write'), async (ctx) => {
    const shown = await find(ctx)
    const read = readExternalMfaForm(await ctx.form(), shown)
    const { connection: changed } = read
    if (!changed) return showForm(ctx, shown, read)
    await storage.write(async (tx) => {
      const before = await find(ctx, tx)
      if (!(await connections.update(tx, before.organizationId, before.id, changed))) throw new NotFound()
      const facts = ({ name, cloud, loginOrigin, appId, enabled, linksAtSignIn, maxAgeSeconds }: typeof changed) => ({ name, cloud, loginOrigin, appId, enabled, linksAtSignIn, maxAgeSeconds })
      const details = changesBetween(facts(before), facts(changed))
      if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'external_mfa.changed', target: targetOf({ id: before.id, name: changed.name }), details })
    })
    ctx.redirectTo(`/admin/external-mfa/${shown.id}`, { key: 'admin.external_mfa.notice.saved' })
  })

  routes.get('/admin/external-mfa/:id/removal', mayFreshly('applications.write'), async (ctx) => {
    const { id, name } = await find(ctx)
    const count = await links.count(id)
    showNav(ctx)
    ctx.page('admin/act', {
      titleKey: 'admin.external_mfa.removal.title', name, backHref: `/admin/external-mfa/${id}`, backText: name, yesKey: 'admin.external_mfa.removal.yes', danger: true, items: [],
      points: ['admin.external_mfa.removal.text', 'admin.external_mfa.removal.point_entra', 'admin.external_mfa.removal.point_links'].map((key) => ({ key, name, count })),
    })
  })

  routes.post('/admin/external-mfa/:id/removal', mayFreshly('applications.write'), async (ctx) => {
    const connection = await find(ctx)
    const count = await links.count(connection.id)
    await storage.write(async (tx) => {
      if (!(await connections.remove(tx, connection.organizationId, connection.id))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'external_mfa.deleted', target: targetOf(connection), details: { tenantId: connection.tenantId, links: count } })
    })
    ctx.redirectTo('/admin/external-mfa', { key: 'admin.external_mfa.notice.removed', params: { name: connection.name } })
  })

  mountExternalMfaLinks(routes, needs, find)

  /** One of another organization is not found (SEC-73). */
  async function find(ctx: Context, sql?: Sql): Promise<Connection> {
    const connection = await connections.find(actorOf(ctx).organizationId, ctx.params['id'] ?? '', sql)
    if (!connection) throw new NotFound()
    return connection
  }

  function showForm(ctx: Context, connection: Connection | undefined, read: ReadExternalMfa | undefined): void {
    showNav(ctx)
    ctx.page('admin/external-mfa-form', toExternalMfaForm(connection, read), { status: read ? 422 : 200 })
  }
}
