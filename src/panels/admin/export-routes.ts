import { Readable } from 'node:stream'
import { exportGroups, exportPeople, type ExportFormat } from '../../directory/csv/index.ts'
import { mayFreshly, type Context, type Routes } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'
import { readPeopleFilter } from './people-filter.ts'
import { queryText } from './people-view.ts'
import { actorOf } from './shell.ts'

/** GET /admin/users/export, /admin/groups/export: what the list shows, all of it, as a file; and a row of the log that says who took it. */
export function mountExport(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/users/export', mayFreshly('users.write', '/admin/users'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const { chosen, question } = await readPeopleFilter(ctx, needs)
    const format = formatOf(ctx)
    await needs.storage.write((tx) => needs.record(tx, ctx, { action: 'user.exported', details: { format, ...Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== '')) } }))
    send(ctx, 'people', format, exportPeople(needs, organizationId, format, question))
  })

  routes.get('/admin/groups/export', mayFreshly('groups.write', '/admin/groups'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const [format, text] = [formatOf(ctx), queryText(ctx, 'text').slice(0, 200)]
    await needs.storage.write((tx) => needs.record(tx, ctx, { action: 'group.exported', details: { format, ...(text === '' ? {} : { text }) } }))
    send(ctx, 'groups', format, exportGroups(needs, organizationId, format, text))
  })

  function send(ctx: Context, what: string, format: ExportFormat, content: AsyncIterable<string>): void {
    ctx.set('Content-Disposition', `attachment; filename="${what}-${new Date(needs.clock.now()).toISOString().slice(0, 10)}.${format}"`)
    ctx.set('Cache-Control', 'no-store')
    ctx.body = Readable.from(content)
    ctx.type = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/json; charset=utf-8'
  }
}

function formatOf(ctx: Context): ExportFormat {
  return ctx.query['format'] === 'json' ? 'json' : 'csv'
}
