import { parseFilter, Trouble } from '../../../directory/sync/ldap/index.ts'
import type { Directory, DirectorySettings } from '../../../directory/sync/index.ts'
import { NotFound } from '../../../errors.ts'
import { mayFreshly, type Context, type Form, type Routes } from '../../../http/index.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import type { PeopleForm, TroubleText } from './pages.ts'
import { aboutDirectory, directoryOf, headOf, lookerOf, lookMilliseconds, orTrouble, pathOf, root } from './shared.ts'

type Chosen = DirectorySettings['groups']['chosen'][number] & { readonly dn?: string }
type Typed = Pick<PeopleForm, 'base' | 'groupBase' | 'scope' | 'userFilter' | 'groupFilter' | 'anchor' | 'mode' | 'onlyMembers'>
type Errors = Record<string, string | null>

/** GET, POST …/:id/people: where people and groups are, and who of them. Groups are picked from what the directory itself says. */
export function mountPeopleForm(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs

  routes.get(`${root}/:id/people`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const { base, groupBase, scope, userFilter, groupFilter, anchor, groups } = directory.settings
    show(ctx, directory, { base, groupBase: groupBase ?? '', scope, userFilter, groupFilter, anchor, mode: groups.mode, onlyMembers: groups.onlyMembers }, groups.chosen, {}, {})
  })

  routes.post(`${root}/:id/people`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const form = await ctx.form()
    const { typed, chosen, errors } = readPeople(form)
    if (Object.values(errors).some((error) => error !== null)) return show(ctx, directory, typed, chosen, errors, {})
    const settings: DirectorySettings = {
      ...directory.settings, base: typed.base, groupBase: typed.groupBase === '' ? null : typed.groupBase, scope: typed.scope, userFilter: typed.userFilter, groupFilter: typed.groupFilter, anchor: typed.anchor,
      groups: { mode: typed.mode, chosen: chosen.map(({ anchor, name }) => ({ anchor, name })), onlyMembers: typed.onlyMembers },
    }
    if (form.text('act') === 'search') {
      const search = form.text('search').slice(0, 100)
      const { answer, trouble } = await orTrouble(ctx, async () => (await lookerOf(needs, directory, settings)).groups(search, AbortSignal.timeout(lookMilliseconds)))
      return show(ctx, directory, { ...typed, mode: 'chosen' }, chosen, {}, { search, found: answer, trouble })
    }
    await storage.write(async (tx) => {
      if (!(await directories.update(tx, directory.organizationId, directory.id, { settings }))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'directory.changed', ...aboutDirectory(directory), details: { part: 'people', base: typed.base, filter: typed.userFilter, anchor: typed.anchor, groups: typed.mode === 'chosen' ? chosen.map(({ name }) => name).join(', ') : typed.mode } })
    })
    ctx.redirectTo(directory.settings.base === '' ? pathOf(directory, 'mapping') : pathOf(directory), { key: 'directory.notice.saved' })
  })
}

function readPeople(form: Form): { typed: Typed; chosen: Chosen[]; errors: Errors } {
  const mode = (['all', 'chosen'] as const).find((one) => one === form.text('mode')) ?? 'none'
  const typed: Typed = {
    base: form.text('base'), groupBase: form.text('group_base'), scope: form.text('scope') === 'one' ? 'one' : 'sub', userFilter: form.text('user_filter'), groupFilter: form.text('group_filter'), anchor: form.text('anchor'), mode,
    onlyMembers: form.checked('only_members'),
  }
  const chosen = form.all('group').flatMap((text) => readChosen(text) ?? [])
  const searching = form.text('act') === 'search'
  return {
    typed, chosen, errors: {
      base: typed.base === '' || typed.base.length > 500 ? 'directory.form.error.base' : null, group_base: typed.groupBase.length > 500 ? 'directory.form.error.base' : null, user_filter: filterError(typed.userFilter), group_filter: filterError(typed.groupFilter),
      anchor: /^[A-Za-z][A-Za-z0-9;-]{0,63}$/.test(typed.anchor) ? null : 'directory.form.error.anchor', search: mode === 'chosen' && chosen.length === 0 && !searching ? 'directory.form.error.no_group' : null,
    },
  }
}

/** A group as the page carries it from one step to the next; it is only ever shown and compared. */
const carry = ({ anchor, name }: Chosen): string => JSON.stringify([anchor, name])

function readChosen(text: string): Chosen | undefined {
  try {
    const [anchor, name]: unknown[] = JSON.parse(text) as unknown[]
    return typeof anchor === 'string' && typeof name === 'string' && anchor.length <= 200 && name.length <= 300 ? { anchor, name } : undefined
  } catch {
    return undefined
  }
}

function filterError(text: string): string | null {
  try {
    if (text.length <= 2_000) parseFilter(text)
    return text.length <= 2_000 ? null : 'directory.form.error.filter'
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return 'directory.form.error.filter'
  }
}

function show(ctx: Context, directory: Directory, typed: Typed, chosen: readonly Chosen[], errors: Errors, asked: { search?: string; found?: readonly Chosen[] | null; trouble?: TroubleText | null }): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  const anchors = new Set(chosen.map(({ anchor }) => anchor))
  const groups = [...chosen, ...(asked.found ?? []).filter(({ anchor }) => !anchors.has(anchor))]
  ctx.page('admin/directory-people', {
    ...headOf(directory), ...typed, groups: groups.map((group, index) => ({ id: `group-${index}`, value: carry(group), label: group.name, checked: anchors.has(group.anchor), dn: group.dn ?? '' })),
    search: asked.search ?? '', found: asked.found ? asked.found.length : null, trouble: asked.trouble ?? null, hasErrors, errors: { base: null, group_base: null, user_filter: null, group_filter: null, anchor: null, search: null, ...errors },
  }, { status: hasErrors ? 422 : 200 })
}
