import { Trouble, troubles, troubleTexts, type DirectoryLooker, type TroubleCode } from '../../../directory/sync/ldap/index.ts'
import type { Directory, DirectoryRun, DirectorySettings, RunError, RunState, SourcePerson, SourceProblem } from '../../../directory/sync/index.ts'
import { NotFound } from '../../../errors.ts'
import type { Context } from '../../../http/index.ts'
import type { Alert } from '../../../microsoft365/index.ts'
import type { PanelEvent } from '../../needs.ts'
import type { Tag } from '../people-pages.ts'
import { actorOf, showNav } from '../shell.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import type { AlertText, DirectoryHead, RunRow, SampleRow, TroubleText } from './pages.ts'

export const root = '/admin/directories'
export const pathOf = ({ id }: Pick<Directory, 'id'>, step = ''): string => `${root}/${id}${step === '' ? '' : `/${step}`}`
export const headOf = ({ id, name }: Directory): DirectoryHead => ({ id, name })
/** A server that says nothing must not hold a page for ever. */
export const lookMilliseconds = 45_000

/** The directory of an address; one of another organization is not found (SEC-73). */
export async function directoryOf(ctx: Context, needs: DirectoryPageNeeds): Promise<Directory> {
  const directory = await needs.directories.find(actorOf(ctx).organizationId, ctx.params['id'] ?? '')
  if (!directory) throw new NotFound()
  showNav(ctx)
  return directory
}

export function aboutDirectory({ id, name }: DirectoryHead): Pick<PanelEvent, 'target'> {
  return { target: { kind: 'directory', id, name } }
}

/** Whoever acts, as runs and the log name them. */
export function runActor(ctx: Context) {
  const { userId, email, role } = actorOf(ctx)
  return { kind: 'user' as const, id: userId, name: email, role }
}

/** Asks the directory's servers with these settings; the secret that is kept opens them. */
export async function lookerOf(needs: DirectoryPageNeeds, { id, kind }: Directory, settings: DirectorySettings): Promise<DirectoryLooker> {
  return needs.look({ kind, settings, secret: (await needs.directories.secret(id)) ?? '' })
}

/** What a question to the servers gave, or what kept it from an answer. */
export async function orTrouble<T>(ctx: Context, work: () => Promise<T>): Promise<{ answer: T | null; trouble: TroubleText | null }> {
  try {
    return { answer: await work(), trouble: null }
  } catch (error) {
    if (!(error instanceof Trouble)) throw error
    return { answer: null, trouble: troubleText(ctx, error) }
  }
}

/** Of the reader when it is LDAP's; anything else is a fault of ours, whose words are in the log. */
export function troubleText(ctx: Context, { code, parameters, message }: Pick<RunError, 'code' | 'parameters'> & { message: string }): TroubleText {
  const known = troubles.find((one): one is TroubleCode => one === code)
  if (known === undefined) return { text: ctx.t(message === 'interrupted' ? 'directory.error.interrupted' : 'directory.error.other'), fix: null }
  const texts = troubleTexts(known)
  return { text: ctx.t(texts.detail, parameters), fix: ctx.t(texts.fix, parameters) }
}

const runTones: Readonly<Record<RunState, Tag['tone']>> = { reading: 'plain', planning: 'plain', applying: 'plain', waiting: 'warn', previewed: 'plain', done: 'good', failed: 'bad', discarded: 'plain', superseded: 'plain' }

export const isWorking = ({ state }: Pick<DirectoryRun, 'state'>): boolean => state === 'reading' || state === 'planning' || state === 'applying'

export function runRow(ctx: Context, run: DirectoryRun): RunRow {
  const end = run.finishedAt ?? (run.state === 'waiting' || run.state === 'previewed' ? run.plannedAt : null)
  return {
    id: run.id, at: run.startedAt, modeKey: run.preview ? 'directory.mode.preview' : `directory.mode.${run.mode}`, by: run.startedBy.kind === 'job' ? ctx.t('directory.by_itself') : run.startedBy.name,
    state: { labelKey: `directory.run.${run.state}`, tone: runTones[run.state] }, people: run.readPeople, perSecond: run.peoplePerSecond, seconds: end === null ? null : Math.max(0.1, Math.round((end - run.startedAt) / 100) / 10), changes: run.planned,
  }
}

/** How far the newest run is, in a line; '' when none is on its way. */
export function progressText(ctx: Context, [run]: readonly DirectoryRun[]): string {
  if (!run || !isWorking(run)) return ''
  const shown = (count: number): string => new Intl.NumberFormat(ctx.state.locale).format(count)
  const read = `${ctx.t(`directory.run.${run.state}`)} · ${ctx.t('directory.people', { count: run.readPeople })} · ${ctx.t('directory.per_second', { rate: shown(run.peoplePerSecond) })}`
  return run.planned === 0 ? read : `${read} · ${ctx.t('directory.applied_of', { applied: shown(run.applied), planned: shown(run.planned) })}`
}

/** How a directory is doing, in one tag. */
export function stateOf(directory: Directory, alerts: readonly Alert[]): Tag {
  const has = (kind: string): boolean => alerts.some((alert) => alert.kind === kind && alert.subject === directory.id)
  const tag = (state: string, tone: Tag['tone']): Tag => ({ labelKey: `directory.state.${state}`, tone })
  if (directory.removal !== null) return tag('removing', 'warn')
  if (has('directory.waiting')) return tag('waiting', 'warn')
  if (directory.error !== null) return tag('failing', 'bad')
  if (has('directory.stale')) return tag('stale', 'bad')
  if (!directory.enabled) return tag('off', 'plain')
  return directory.successAt === null ? tag('new', 'plain') : tag('good', 'good')
}

/** When it is read next; null while it is off. */
export function nextOf(directory: Directory, now: number): number | null {
  if (directory.removal !== null || (!directory.enabled && directory.requested === null)) return null
  if (directory.requested !== null || directory.runAt === null) return now
  return Math.max(now, directory.runAt + directory.settings.everySeconds * 1_000)
}

/** @param own the page of one directory, whose own link would lead nowhere */
export function alertTexts(ctx: Context, alerts: readonly Alert[], own = false): AlertText[] {
  return alerts.filter(({ kind }) => kind.startsWith('directory.')).map(({ kind, subject, details, raisedAt }) => ({
    text: ctx.t(`alert.${kind}`, { domain: String(details['directory'] ?? ''), days: String(details['minutes'] ?? '') }), at: raisedAt, href: own ? null : `${root}/${subject}`,
  }))
}

/** What stands in a guard's detail: how many of how many, or what was missing. */
export function reasonText(ctx: Context, { reason, detail }: DirectoryRun['reasons'][number]): string {
  const [count = '', all = ''] = detail.split('/')
  if (reason === 'incomplete') return `${ctx.t('directory.reason.incomplete')} ${/^[a-z]+$/.test(detail) ? ctx.t(`ldap.gap.${detail}`) : detail}`
  return ctx.t(`directory.reason.${reason}`, { count, all })
}

/** A person or a problem for the preview of a mapping. */
export function sampleRow(one: SourcePerson | SourceProblem): SampleRow {
  if (one.kind === 'problem') return { dn: one.dn, name: one.dn, state: { labelKey: 'directory.sample.not_usable', tone: 'bad' }, problem: `directory.conflict.${one.problem}`, facts: [{ labelKey: 'directory.sample.found', value: one.detail }] }
  const { profile } = one
  const facts: [string, string | null | undefined][] = [
    ['email', one.email], ['givenName', one.givenName], ['familyName', one.familyName], ['displayName', profile.displayName], ['phone', one.phone], ['locale', one.locale], ['upn', one.upn], ['otherEmails', profile.otherEmails?.join(', ')],
    ['title', profile.title], ['department', profile.department], ['company', profile.company], ['employeeNumber', profile.employeeNumber], ['office', profile.office], ['managerDn', profile.managerDn], ['units', profile.units?.join(' / ')], ['anchor', one.anchor],
  ]
  return {
    dn: one.dn, name: `${one.givenName} ${one.familyName}`.trim() || one.email, problem: null,
    state: one.disabledBecause === null ? { labelKey: 'directory.sample.in', tone: 'good' } : { labelKey: `directory.because.${one.disabledBecause}`, tone: 'warn' },
    facts: facts.flatMap(([field, value]) => (value ? [{ labelKey: `directory.field.${field}`, value }] : [])),
  }
}
