import { importFields, lineVerdicts, mappingProblem, sampleFile, UnreadableTable, type ColumnMapping, type ImportField, type ImportState, type LineVerdict, type PeopleImport } from '../../directory/csv/index.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { may, mayFreshly, type Context, type Routes } from '../../http/index.ts'
import { choicesOf } from './choices.ts'
import { fileFacts, problemLines, progressOf, tagOf } from './import-view.ts'
import type { AdminNeeds } from './needs.ts'
import type { Tag } from './people-pages.ts'
import { queryText } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

const root = '/admin/users/import'
const pageSize = 50
const stateTones: Readonly<Record<ImportState, Tag['tone']>> = { reading: 'plain', mapping: 'warn', checking: 'plain', checked: 'warn', applying: 'plain', done: 'good', stopped: 'bad' }

/**
 *   GET, POST /admin/users/import          the file; …/sample: one to begin with
 *   GET, POST …/:id/columns                what its columns are, and how to go about it
 *   GET …/:id                              what would happen line by line, then how far it is; …/:id/problems: the lines to correct, as a file
 *   POST …/:id/application, …/:id/removal  do it, or forget it (S122)
 */
export function mountImport(routes: Routes, needs: AdminNeeds): void {
  const { imports, storage } = needs
  const find = async (ctx: Context): Promise<PeopleImport> => {
    const found = await imports.find(actorOf(ctx).organizationId, ctx.params['id'] ?? '')
    if (!found || found.state === 'reading') throw new NotFound()
    return found
  }

  routes.get(root, may('users.write'), async (ctx) => { await showUpload(ctx, null, 0) })

  routes.post(root, may('users.write'), async (ctx) => {
    const { organizationId, userId } = actorOf(ctx)
    const file = (await ctx.form()).file('file')
    if (!file) return showUpload(ctx, 'import.error.no_file', 0)
    try {
      const id = await imports.upload(organizationId, userId, { name: file.name.replaceAll(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '').slice(0, 100) || 'table.csv', bytes: file.bytes })
      ctx.redirectTo(`${root}/${id}/columns`)
    } catch (error) {
      if (!(error instanceof UnreadableTable)) throw error
      await showUpload(ctx, `import.error.${error.problem}`, error.problem === 'empty' || error.problem === 'not_text' ? 0 : error.line)
    }
  })

  routes.get(`${root}/sample`, may('users.write'), (ctx) => { sendFile(ctx, 'sample.csv', `\ufeff${sampleFile}`) })

  routes.get(`${root}/:id/columns`, may('users.write'), async (ctx) => {
    const found = await find(ctx)
    if (!['mapping', 'checked', 'stopped'].includes(found.state)) return ctx.redirectTo(`${root}/${found.id}`)
    await showColumns(ctx, found, found.mapping, found.choices, null)
  })

  routes.post(`${root}/:id/columns`, may('users.write'), async (ctx) => {
    const found = await find(ctx)
    const form = await ctx.form()
    const mapping: ColumnMapping = found.columns.map((_column, index) => importFields.find((field) => field === form.text(`column_${index}`)) ?? '')
    const choices = { existing: form.text('existing') === 'skip', invite: form.text('invite') === 'now', createGroups: form.checked('create_groups') }
    const chosen: PeopleImport['choices'] = { existing: choices.existing ? 'skip' : 'update', invite: choices.invite ? 'now' : 'later', createGroups: choices.createGroups }
    const problem = mappingProblem(mapping)
    if (problem !== null) return showColumns(ctx, found, mapping, chosen, `import.error.${problem}`)
    await orMovedOn(ctx, found, () => storage.write((tx) => imports.choose(tx, found.id, mapping, chosen)))
  })

  routes.get(`${root}/:id`, may('users.write'), async (ctx) => {
    const found = await find(ctx)
    if (found.state === 'mapping') return ctx.redirectTo(`${root}/${found.id}/columns`)
    const verdicts = found.numbers.verdicts
    const verdict = lineVerdicts.find((one) => one === queryText(ctx, 'verdict')) ?? lineVerdicts.toReversed().find((one) => (verdicts[one] ?? 0) > 0)
    const after = Math.max(0, Number.parseInt(queryText(ctx, 'after'), 10) || 0)
    const working = found.state === 'checking' || found.state === 'applying'
    const lines = working || verdict === undefined ? [] : await imports.lines(found.id, { verdict, after, limit: pageSize + 1 })
    const address = (one: LineVerdict, more = ''): string => `${root}/${found.id}?verdict=${one}${more}`
    const { created, updated, invited, waiting, left, groups } = found.numbers
    showNav(ctx)
    ctx.page('admin/import-run', {
      id: found.id, file: fileFacts(found), state: found.state, working, refresh: working ? 2 : null, progressText: progressOf(ctx, found).text, done: progressOf(ctx, found).done,
      counts: lineVerdicts.filter((one) => (verdicts[one] ?? 0) > 0).map((one) => ({ tag: tagOf(one), value: verdicts[one] ?? 0, href: address(one), current: one === verdict })),
      numbers: Object.entries({ created, updated, invited, waiting, left, groups }).filter(([, value]) => value > 0).map(([name, value]) => ({ labelKey: `import.number.${name}`, value })),
      rows: lines.slice(0, pageSize).map((line) => ({
        line: line.line, tag: tagOf(line.verdict ?? 'problem'), text: line.cells.map((cell) => cell.trim()).filter((cell) => cell !== '').join(' · ').slice(0, 300),
        problemKey: line.problem === null ? null : `import.problem.${line.problem}`, column: line.problemColumn,
      })),
      problems: (verdicts['problem'] ?? 0) > 0, people: (verdicts['create'] ?? 0) + (verdicts['update'] ?? 0), invites: found.choices.invite === 'now',
      pager: { first: after === 0 || verdict === undefined ? null : address(verdict), next: lines.length > pageSize && verdict !== undefined ? address(verdict, `&after=${lines[pageSize - 1]?.line ?? 0}`) : null },
    })
  })

  routes.get(`${root}/:id/progress`, may('users.write'), async (ctx) => {
    ctx.set('Cache-Control', 'no-store')
    ctx.body = progressOf(ctx, await find(ctx))
  })

  routes.get(`${root}/:id/problems`, may('users.write'), async (ctx) => {
    const found = await find(ctx)
    sendFile(ctx, `to-correct-${found.fileName.replaceAll(/[^\w.-]/g, '_')}`, problemLines(ctx, imports, found))
  })

  routes.post(`${root}/:id/application`, mayFreshly('users.write'), async (ctx) => {
    const found = await find(ctx)
    await orMovedOn(ctx, found, () => storage.write((tx) => imports.apply(tx, found.id, actorOf(ctx).userId)))
  })

  routes.post(`${root}/:id/removal`, may('users.write'), async (ctx) => {
    const found = await find(ctx)
    if (found.state === 'applying') return ctx.redirectTo(`${root}/${found.id}`, { key: 'import.notice.moved_on', kind: 'warning' })
    await imports.remove(found.id)
    ctx.redirectTo(root, { key: 'import.notice.removed' })
  })

  /** Two people at once: the second sees where it is by now. */
  async function orMovedOn(ctx: Context, { id }: PeopleImport, work: () => Promise<void>): Promise<void> {
    try {
      await work()
      ctx.redirectTo(`${root}/${id}`)
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      ctx.redirectTo(`${root}/${id}`, { key: 'import.notice.moved_on', kind: 'warning' })
    }
  }

  async function showUpload(ctx: Context, error: string | null, line: number): Promise<void> {
    const recent = await imports.list(actorOf(ctx).organizationId)
    showNav(ctx)
    ctx.page('admin/import', {
      recent: recent.map(({ id, fileName, lines, createdAt, state }) => ({ id, fileName, lines, at: createdAt, state: { labelKey: `import.state.${state}`, tone: stateTones[state] } })),
      errors: { file: error }, hasErrors: error !== null, line,
    }, { status: error === null ? 200 : 422 })
  }

  async function showColumns(ctx: Context, found: PeopleImport, mapping: ColumnMapping, { existing, invite, createGroups }: PeopleImport['choices'], error: string | null): Promise<void> {
    const samples = await imports.lines(found.id, { after: 0, limit: 3 })
    const label = (field: string): string => (field === '' ? 'import.field.none' : `import.field.${field as ImportField}`)
    showNav(ctx)
    ctx.page('admin/import-columns', {
      id: found.id, file: fileFacts(found), existing, invite, createGroups, mailConfigured: needs.mailConfigured, errors: { columns: error }, hasErrors: error !== null,
      columns: found.columns.map((column, index) => ({
        name: `column_${index}`, label: column === '' ? ctx.t('import.column', { number: index + 1 }) : column, options: choicesOf(['', ...importFields], mapping[index] ?? '', label),
        samples: samples.map(({ cells }) => cells[index]?.trim().slice(0, 60) ?? '').filter((cell) => cell !== '').join(' · '),
      })),
    }, { status: error === null ? 200 : 422 })
  }
}

function sendFile(ctx: Context, name: string, body: string | NodeJS.ReadableStream): void {
  ctx.set('Content-Disposition', `attachment; filename="${name}"`)
  ctx.set('Cache-Control', 'no-store')
  ctx.body = body
  ctx.type = 'text/csv; charset=utf-8'
}
