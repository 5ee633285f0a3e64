import { parseFilter, Trouble } from '../../../directory/sync/ldap/index.ts'
import { mappedFields, type Directory, type DirectorySettings, type MappedField, type Mapping } from '../../../directory/sync/index.ts'
import { NotFound } from '../../../errors.ts'
import { mayFreshly, type Context, type Routes } from '../../../http/index.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import type { SampleRow, TroubleText } from './pages.ts'
import { aboutDirectory, directoryOf, headOf, lookerOf, lookMilliseconds, orTrouble, pathOf, root, sampleRow } from './shared.ts'

/** GET, POST …/:id/mapping: what each field is read from, tried on people of the directory before it is saved. */
export function mountMapping(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs

  routes.get(`${root}/:id/mapping`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    show(ctx, directory, textsOf(directory.settings.mapping), {}, '', null, null)
  })

  routes.post(`${root}/:id/mapping`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const form = await ctx.form()
    const texts = Object.fromEntries(mappedFields.map((field) => [field, form.text(field)])) as Record<MappedField, string>
    const filter = form.text('filter').slice(0, 500)
    const mapping = Object.fromEntries(mappedFields.map((field) => [field, texts[field].split(/[\s,]+/).filter((one) => one !== '')])) as Record<MappedField, string[]>
    const errors = Object.fromEntries(mappedFields.map((field) => [field, mapping[field].length > 5 || mapping[field].some((one) => !/^[A-Za-z][A-Za-z0-9;-]{0,63}$/.test(one)) ? 'directory.form.error.attributes' : null])) as Record<string, string | null>
    if (mapping.email.length === 0) errors['email'] = 'directory.form.error.email_mapping'
    if (!isFilter(filter)) errors['filter'] = 'directory.form.error.filter'
    if (Object.values(errors).some((error) => error !== null)) return show(ctx, directory, texts, errors, filter, null, null)
    const settings: DirectorySettings = { ...directory.settings, mapping }
    if (form.text('act') === 'preview') {
      const { answer, trouble } = await orTrouble(ctx, async () => (await lookerOf(needs, directory, settings)).sample(filter, AbortSignal.timeout(lookMilliseconds)))
      return show(ctx, directory, texts, {}, filter, answer?.map(sampleRow) ?? null, trouble)
    }
    await storage.write(async (tx) => {
      if (!(await directories.update(tx, directory.organizationId, directory.id, { settings }))) throw new NotFound()
      const changed = mappedFields.filter((field) => directory.settings.mapping[field].join(' ') !== mapping[field].join(' '))
      await needs.record(tx, ctx, { action: 'directory.changed', ...aboutDirectory(directory), details: { part: 'mapping', fields: changed.map((field) => `${field}: ${mapping[field].join(' ')}`).join('; ').slice(0, 500) } })
    })
    ctx.redirectTo(directory.runAt === null ? pathOf(directory, 'rules') : pathOf(directory), { key: 'directory.notice.saved' })
  })
}

function textsOf(mapping: Mapping): Record<MappedField, string> {
  return Object.fromEntries(mappedFields.map((field) => [field, mapping[field].join(', ')])) as Record<MappedField, string>
}

function isFilter(text: string): boolean {
  if (text === '') return true
  try {
    parseFilter(text)
    return true
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return false
  }
}

function show(ctx: Context, directory: Directory, texts: Readonly<Record<MappedField, string>>, errors: Readonly<Record<string, string | null>>, filter: string, sample: readonly SampleRow[] | null, trouble: TroubleText | null): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  ctx.page('admin/directory-mapping', {
    ...headOf(directory), fields: mappedFields.map((field) => ({ name: field, labelKey: `directory.field.${field}`, value: texts[field], error: errors[field] ?? null })), filter, sample: sample ?? [], looked: sample !== null, trouble,
    hasErrors, errors: { filter: null, ...errors },
  }, { status: hasErrors ? 422 : 200 })
}
