import type { Directory, DirectorySettings } from '../../../directory/sync/index.ts'
import { NotFound } from '../../../errors.ts'
import { mayFreshly, type Context, type Form, type Routes } from '../../../http/index.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import { aboutDirectory, directoryOf, headOf, pathOf, root } from './shared.ts'

const numbers = {
  every_seconds: { least: 30, most: 86_400 }, full_every_hours: { least: 1, most: 168 }, stale_minutes: { least: 5, most: 10_080 }, guard_percent: { least: 0, most: 100 }, guard_people: { least: 0, most: 1_000_000 }, keep_days: { least: 0, most: 3_650 },
  invite_per_day: { least: 1, most: 10_000 },
} as const
type NumberField = keyof typeof numbers
const fields = Object.keys(numbers) as NumberField[]
type Values = Record<NumberField | 'invite_units', string>
interface Typed { readonly values: Values; readonly revokesMicrosoft: boolean; readonly invites: boolean; readonly groups: ReadonlySet<string> }

/** GET, POST …/:id/rules: how often, what is not done without an administrator, what becomes of leavers, who is invited. */
export function mountRules(routes: Routes, needs: DirectoryPageNeeds): void {
  const { storage, directories } = needs

  routes.get(`${root}/:id/rules`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const { settings } = directory
    show(ctx, directory, {
      values: {
        every_seconds: String(settings.everySeconds), full_every_hours: String(settings.fullEveryHours), stale_minutes: String(settings.staleMinutes), guard_percent: String(settings.guard.percent), guard_people: String(settings.guard.people),
        keep_days: String(settings.keepDays), invite_per_day: String(settings.invite.perDay), invite_units: settings.invite.units.join('\n'),
      },
      revokesMicrosoft: settings.revokesMicrosoft, invites: settings.invite.on, groups: new Set(settings.invite.groups.map(({ anchor }) => anchor)),
    }, {})
  })

  routes.post(`${root}/:id/rules`, mayFreshly('settings.write'), async (ctx) => {
    const directory = await directoryOf(ctx, needs)
    const typed = readRules(await ctx.form())
    const errors = Object.fromEntries(fields.map((field) => [field, isWithin(field, typed.values[field]) ? null : `directory.form.error.${field}`])) as Record<string, string | null>
    const units = typed.values.invite_units.split(/\r?\n/).map((unit) => unit.trim()).filter((unit) => unit !== '')
    if (units.length > 100 || units.some((unit) => unit.length > 500)) errors['invite_units'] = 'directory.form.error.invite_units'
    if (Object.values(errors).some((error) => error !== null)) return show(ctx, directory, typed, errors)
    const value = (field: NumberField): number => Number(typed.values[field])
    const settings: DirectorySettings = {
      ...directory.settings, everySeconds: value('every_seconds'), fullEveryHours: value('full_every_hours'), staleMinutes: value('stale_minutes'), guard: { percent: value('guard_percent'), people: value('guard_people') }, keepDays: value('keep_days'),
      revokesMicrosoft: typed.revokesMicrosoft, invite: { on: typed.invites, perDay: value('invite_per_day'), units, groups: directory.settings.groups.chosen.filter(({ anchor }) => typed.groups.has(anchor)) },
    }
    await storage.write(async (tx) => {
      if (!(await directories.update(tx, directory.organizationId, directory.id, { settings }))) throw new NotFound()
      await needs.record(tx, ctx, { action: 'directory.changed', ...aboutDirectory(directory), details: { part: 'rules', ...Object.fromEntries(fields.map((field) => [field, value(field)])), invites: typed.invites, revokesMicrosoft: typed.revokesMicrosoft } })
    })
    ctx.redirectTo(pathOf(directory), { key: directory.runAt === null ? 'directory.notice.ready' : 'directory.notice.saved' })
  })
}

function readRules(form: Form): Typed {
  return {
    values: Object.fromEntries([...fields, 'invite_units'].map((field) => [field, form.text(field)])) as Values, revokesMicrosoft: form.checked('revokes_microsoft'), invites: form.checked('invites'), groups: new Set(form.all('invite_group')),
  }
}

function isWithin(field: NumberField, text: string): boolean {
  return /^\d{1,7}$/.test(text) && Number(text) >= numbers[field].least && Number(text) <= numbers[field].most
}

function show(ctx: Context, directory: Directory, typed: Typed, errors: Readonly<Record<string, string | null>>): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  ctx.page('admin/directory-rules', {
    ...headOf(directory), values: typed.values, revokesMicrosoft: typed.revokesMicrosoft, invites: typed.invites,
    groups: directory.settings.groups.chosen.map(({ anchor, name }, index) => ({ id: `invite-${index}`, value: anchor, label: name, checked: typed.groups.has(anchor) })),
    hasErrors, errors: { ...Object.fromEntries([...fields, 'invite_units'].map((field) => [field, null])), ...errors },
  }, { status: hasErrors ? 422 : 200 })
}
