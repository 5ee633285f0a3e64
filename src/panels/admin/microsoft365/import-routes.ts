import { mayFreshly, type Context, type Routes } from '../../../http/index.ts'
import { planImport, readImport, type ImportLine, type ImportRow } from '../../../microsoft365/index.ts'
import { refusalOf } from '../people-rules.ts'
import { actorOf, showNav } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import type { Tone } from './pages.ts'
import { domainOf, identityEvent, pathOf, root, withSession } from './shared.ts'

const mostPeople = 20_000
const shown = 500
const verdicts: Readonly<Record<ImportLine['verdict'], Tone>> = { new: 'good', unchanged: 'plain', upn_changes: 'warn', would_change: 'bad', no_person: 'plain', twice: 'warn', bad_upn: 'bad', bad_immutable_id: 'bad' }

/**
 * GET, POST …/identities/import: a table, first as a plan; POST …/identities/import/done does it.
 * GET …/:id/import, POST …/:id/import: the same with what Entra says.
 */
export function mountImport(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { room, storage } = needs

  routes.get(`${root}/identities/import`, mayFreshly('settings.write'), (ctx) => { showForm(ctx, '', null) })

  routes.post(`${root}/identities/import`, mayFreshly('settings.write'), async (ctx) => {
    const form = await ctx.form()
    const table = form.file('file')?.bytes.toString('utf8') ?? form.text('table')
    const read = readImport(table)
    if ('problem' in read) return showForm(ctx, table, `microsoft.error.import_${read.problem}`)
    await showPlan(ctx, read.rows, table, null, `${root}/identities/import/done`)
  })

  routes.post(`${root}/identities/import/done`, mayFreshly('settings.write', `${root}/identities/import`), async (ctx) => {
    const form = await ctx.form()
    const read = readImport(form.text('table'))
    if ('problem' in read) return showForm(ctx, form.text('table'), `microsoft.error.import_${read.problem}`)
    await take(ctx, read.rows, 'imported', form.all('change'))
  })

  routes.get(`${root}/:id/import`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    await withSession(ctx, needs, domain, 'import', 'read', async (session) => {
      await showPlan(ctx, await room.readPeople(session, domain), '', domain.domain, pathOf(domain, 'import'))
    })
  })

  // Asked anew instead of trusting what the page carried: a form could say anything.
  routes.post(`${root}/:id/import`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const changes = (await ctx.form()).all('change')
    await withSession(ctx, needs, domain, 'import', 'read', async (session) => { await take(ctx, await room.readPeople(session, domain), 'graph', changes) })
  })

  const planOf = async (ctx: Context, rows: readonly ImportRow[]): Promise<ImportLine[]> => planImport(rows, await room.identities.people(actorOf(ctx).organizationId, { limit: mostPeople }))

  async function showPlan(ctx: Context, rows: readonly ImportRow[], table: string, from: string | null, action: string): Promise<void> {
    const lines = await planOf(ctx, rows)
    showNav(ctx)
    ctx.page('admin/microsoft-import-plan', {
      table, from, action, nothing: !lines.some(({ verdict }) => ['new', 'upn_changes', 'would_change'].includes(verdict)),
      counts: (Object.keys(verdicts) as ImportLine['verdict'][]).map((verdict) => ({ labelKey: `microsoft.verdict.${verdict}`, value: lines.filter((line) => line.verdict === verdict).length })).filter(({ value }) => value > 0),
      lines: lines.filter(({ verdict }) => verdict !== 'unchanged').slice(0, shown).map(({ row, userId, name, verdict, before }) => ({
        line: row.line ?? null, name, upn: row.upn === '' ? row.email ?? '' : row.upn, immutableId: row.immutableId, before: before?.immutableId ?? null, verdictKey: `microsoft.verdict.${verdict}`, tone: verdicts[verdict], changeId: verdict === 'would_change' ? userId : null,
      })),
    })
  }

  async function take(ctx: Context, rows: readonly ImportRow[], source: 'imported' | 'graph', changes: readonly string[]): Promise<void> {
    const { organizationId, userId: actorId, role } = actorOf(ctx)
    const lines = await planOf(ctx, rows)
    const count = await storage.write(async (tx) => {
      let saved = 0
      for (const { row, userId, verdict } of lines) {
        const change = verdict === 'would_change'
        if (userId === null || (change ? !changes.includes(userId) : verdict !== 'new' && verdict !== 'upn_changes')) continue
        // As on the page of one person: what somebody higher has is theirs (SEC-69).
        if (verdict !== 'new') {
          const user = await needs.users.find(organizationId, userId, tx)
          if (!user || refusalOf({ id: actorId, role }, user, 'edit') !== null) continue
        }
        const set = await room.identities.set(tx, organizationId, userId, { upn: row.upn, source, ...(row.immutableId === null ? {} : { immutableId: row.immutableId }), ...(change ? { change: true } : {}) })
        if (set.outcome !== 'saved') continue
        saved++
        await needs.record(tx, ctx, identityEvent({ id: userId, name: row.email ?? row.upn }, set))
      }
      await needs.record(tx, ctx, { action: 'microsoft.identities_imported', details: { people: saved, from: source } })
      return saved
    })
    ctx.redirectTo(`${root}/identities`, { key: 'microsoft.notice.imported', params: { count } })
  }

  function showForm(ctx: Context, table: string, error: string | null): void {
    showNav(ctx)
    ctx.page('admin/microsoft-import', { table, errors: { table: error }, hasErrors: error !== null }, { status: error === null ? 200 : 422 })
  }
}
