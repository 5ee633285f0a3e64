import { normaliseEmail, normalisePhone } from '../../messaging/index.ts'
import { foldText, mayGrant, readName, type UserRole } from '../user.ts'
import { readGroups, readRole, type ColumnMapping, type ImportField } from './columns.ts'

/** What a line says about one person. */
export interface LinePerson {
  readonly email: { readonly email: string; readonly key: string }
  readonly givenName: string
  readonly familyName: string
  /** null where the file says nothing. */
  readonly phone: string | null
  readonly locale: string | null
  readonly role: UserRole | null
  readonly groups: readonly string[]
}

export type LineProblem =
  | 'email_missing' | 'email_bad' | 'email_twice' | 'email_elsewhere' | 'given_name' | 'family_name' | 'phone' | 'locale' | 'role_unknown' | 'role_not_yours' | 'group_name' | 'group_unknown' | 'group_managed' | 'more_cells'

export type ReadLine = { readonly person: LinePerson } | { readonly problem: LineProblem; readonly field: ImportField | '' }

export interface LineRules {
  readonly mapping: ColumnMapping
  readonly locales: readonly string[]
  readonly actorRole: UserRole
  /** By folded name; null is kept by a directory. */
  readonly groups: ReadonlyMap<string, string | null>
  readonly createGroups: boolean
}

/** What a line means, or the first thing that keeps it from meaning anything. Knows nothing of who is here already. */
export function readLine(cells: readonly string[], rules: LineRules): ReadLine {
  const refuse = (problem: LineProblem, field: ImportField | '' = ''): ReadLine => ({ problem, field })
  const cell = (field: ImportField): string => { const at = rules.mapping.indexOf(field); return at === -1 ? '' : plainCell(cells[at] ?? '') }
  // One separator too many moves every value behind it into the wrong column.
  if (cells.slice(rules.mapping.length).some((one) => one.trim() !== '')) return refuse('more_cells')
  if (cell('email') === '') return refuse('email_missing', 'email')
  const email = normaliseEmail(cell('email'))
  if (!email) return refuse('email_bad', 'email')
  const givenName = cell('given_name') === '' ? '' : readName(cell('given_name'))
  if (givenName === undefined) return refuse('given_name', 'given_name')
  const familyName = cell('family_name') === '' ? '' : readName(cell('family_name'))
  if (familyName === undefined) return refuse('family_name', 'family_name')
  const phone = cell('phone') === '' ? null : normalisePhone(cell('phone'))
  if (phone === undefined) return refuse('phone', 'phone')
  const locale = cell('locale') === '' ? null : rules.locales.find((one) => one === foldText(cell('locale')).split(/[-_]/)[0])
  if (locale === undefined) return refuse('locale', 'locale')
  const role = cell('role') === '' ? null : readRole(cell('role'))
  if (role === undefined) return refuse('role_unknown', 'role')
  if (role !== null && role !== 'user' && !mayGrant(rules.actorRole, 'user', role)) return refuse('role_not_yours', 'role')
  const groups = readGroups(cell('groups'))
  for (const name of groups) {
    const key = foldText(name)
    if (readName(name) === undefined) return refuse('group_name', 'groups')
    if (rules.groups.get(key) === null) return refuse('group_managed', 'groups')
    if (!rules.groups.has(key) && !rules.createGroups) return refuse('group_unknown', 'groups')
  }
  return { person: { email, givenName, familyName, phone, locale, role, groups } }
}

/** As our own export writes it: an apostrophe in front keeps a spreadsheet from running the cell. */
function plainCell(text: string): string {
  return text.trim().replace(/^'(?=[=+\-@＝＋－＠])/, '').replaceAll('\0', '')
}
