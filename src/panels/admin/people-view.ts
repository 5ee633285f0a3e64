import type { AuditEvent } from '../../audit/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import { modelName, type PasskeyView } from '../../authentication/methods/passkey/index.ts'
import type { GroupChoice, User, UserStatus } from '../../directory/index.ts'
import { AppError } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { PhoneStanding } from '../../phones/index.ts'
import type { OrganizationId } from '../../storage/index.ts'
import { actionKey } from '../actions.ts'
import { choicesOf, type Choice } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import type { Check, EventRow, KeyView, Pager, Tag } from './people-pages.ts'
import { actorOf } from './shell.ts'

const tones: Readonly<Record<UserStatus, Tag['tone']>> = { new: 'plain', pending: 'warn', active: 'good', suspended: 'bad', deleted: 'plain' }
const phoneTones: Readonly<Record<PhoneStanding, Tag['tone']>> = { new: 'plain', pending: 'warn', active: 'good', suspended: 'bad' }

/** What keeps somebody's names and address, by the name that people know; null when they are edited here. */
export async function keeperOf(needs: Pick<AdminNeeds, 'directories'>, organizationId: OrganizationId, managedBy: string | null): Promise<string | null> {
  if (managedBy === null || managedBy === 'scim') return managedBy === null ? null : 'SCIM'
  return (await needs.directories.find(organizationId, managedBy))?.name ?? managedBy
}

/** The visitor as the rules of people see one. */
export function me(ctx: Context): Pick<User, 'id' | 'role'> {
  const { userId, role } = actorOf(ctx)
  return { id: userId, role }
}

export function statusTag(status: UserStatus): Tag {
  return { labelKey: `people.status.${status}`, tone: tones[status] }
}

/** New → Pending → Active, with what the colour says in words too (S102). */
export function phoneTag(standing: PhoneStanding = 'new'): Tag {
  return { labelKey: `people.phone.${standing}`, tone: phoneTones[standing] }
}

export function roleKey(role: User['role']): string {
  return `people.role.${role}`
}

/** The options of a filter, of which the first leaves everything in. */
export function filterChoices(values: readonly string[], chosen: string, keyOf: (value: string) => string): Choice[] {
  return choicesOf(['', ...values], chosen, (value) => (value === '' ? 'common.all' : keyOf(value)))
}

export function groupChoices(groups: readonly GroupChoice[], chosen: string): Choice[] {
  return groups.map((group) => ({ value: group.id, text: group.name, labelKey: null, selected: group.id === chosen }))
}

/** Groups that are kept here; those of a directory are changed there. */
export function groupChecks(groups: readonly GroupChoice[], chosen: ReadonlySet<string>): Check[] {
  return groups.filter((group) => group.managedBy === null).map((group) => ({ id: `group-${group.id}`, value: group.id, label: group.name, checked: chosen.has(group.id) }))
}

export function toKeyView(key: PasskeyView): KeyView {
  return {
    id: key.id, name: key.name, kindKey: `account.key.kind.${key.kind}`, model: modelName(key.aaguid) ?? null, createdAt: key.createdAt, lastUsedAt: key.lastUsedAt, suspended: key.suspended,
  }
}

/** An event for a short list. @param own the person whose page it is: what is theirs anyway is not said again. */
export function toEventRow(event: AuditEvent, ctx: Context, own?: Pick<User, 'id' | 'email'>): EventRow {
  const target = event.target && event.target.id !== own?.id && event.target.id !== event.actor.id ? event.target.name : event.application?.name ?? null
  return {
    at: event.occurredAt, actionKey: actionKey(event.action), actor: event.actor.name === '' ? ctx.t(`people.actor.${event.actor.kind}`) : event.actor.name,
    target, outcome: event.outcome, device: event.userAgent ? describeDevice(event.userAgent) || ctx.t('common.unknown_device') : '', ip: event.ip,
  }
}

/** A query parameter as typed, '' when absent or repeated. */
export function queryText(ctx: Context, name: string): string {
  const value = ctx.query[name]
  return typeof value === 'string' ? value.trim().slice(0, 1_000) : ''
}

/** Where a list goes on, with what was asked for kept. */
export function pagerOf(path: string, kept: Readonly<Record<string, string>>, after: string, next: string | undefined): Pager {
  const address = (more: Readonly<Record<string, string>>): string => {
    const query = new URLSearchParams(Object.entries({ ...kept, ...more }).filter(([, value]) => value !== '')).toString()
    return query === '' ? path : `${path}?${query}`
  }
  return { first: after === '' ? null : address({}), next: next === undefined ? null : address({ after: next }) }
}

/** The same list as a file of either kind. */
export function exportsOf(path: string, kept: Readonly<Record<string, string>>): { csv: string; json: string } {
  const address = (format: string): string => `${path}?${new URLSearchParams([['format', format], ...Object.entries(kept).filter(([, value]) => value !== '')]).toString()}`
  return { csv: address('csv'), json: address('json') }
}

/** Does what may be refused for a reason that the visitor should read on the page they came from. */
export async function orSayWhy(ctx: Context, page: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof AppError) || !error.code.startsWith('people.')) throw error
    ctx.state.log.info('act refused', { reason: error.code })
    ctx.redirectTo(page, { key: error.code.replace('people.', 'people.refused.'), kind: 'warning' })
  }
}
