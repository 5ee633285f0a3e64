import type { PersonIdentity } from './identities.ts'
import { readImmutableId, readUpn } from './identity.ts'

/** A line that says who somebody is at Entra; `email` finds the person here, the UPN where it is missing. */
export interface ImportRow { /** Of the table, from 1; Graph has none. */ readonly line?: number; readonly email: string | null; readonly upn: string; readonly immutableId: string | null }

export interface ImportLine {
  readonly row: ImportRow
  readonly userId: PersonIdentity['userId'] | null
  readonly name: string | null
  /** would_change: another ImmutableID is there already; it is left alone unless somebody says so for this person. */
  readonly verdict: 'new' | 'unchanged' | 'upn_changes' | 'would_change' | 'no_person' | 'twice' | 'bad_upn' | 'bad_immutable_id'
  readonly before: { readonly upn: string; readonly immutableId: string } | null
}

const columns: Readonly<Record<string, keyof ImportRow>> = {
  email: 'email', mail: 'email', 'e-mail': 'email', upn: 'upn', userprincipalname: 'upn', immutableid: 'immutableId', onpremisesimmutableid: 'immutableId',
}
const unnamed: Readonly<Record<number, readonly (keyof ImportRow)[]>> = { 2: ['upn', 'immutableId'], 3: ['email', 'upn', 'immutableId'] }
const mostLines = 20_000

/**
 * Reads a table as pasted or uploaded: comma, semicolon or tab; a first line that names the columns, or UPN and ImmutableID, or
 * mail address, UPN and ImmutableID. An ImmutableID is kept character for character.
 */
export function readImport(text: string): { readonly rows: readonly ImportRow[] } | { readonly problem: 'empty' | 'columns' | 'too_many' } {
  const all = text.replace(/^\ufeff/, '').split(/\r\n|\r|\n/)
  const numbers = all.flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]))
  const lines = all.filter((line) => line.trim() !== '')
  const [first] = lines
  if (first === undefined) return { problem: 'empty' }
  if (lines.length > mostLines) return { problem: 'too_many' }
  const separator = ['\t', ';', ','].find((mark) => first.includes(mark)) ?? ','
  const cells = lines.map((line) => cellsOf(line, separator))
  const named = (cells[0] ?? []).map((cell) => columns[cell.toLowerCase()])
  const hasNames = named.includes('upn')
  const order: readonly (keyof ImportRow | undefined)[] | undefined = hasNames ? named : unnamed[cells[0]?.length ?? 0]
  if (!order) return { problem: 'columns' }
  const at = (row: readonly string[], column: keyof ImportRow): string | null => { const value = row[order.indexOf(column)]?.trim() ?? ''; return value === '' ? null : value }
  const begin = hasNames ? 1 : 0
  return { rows: cells.slice(begin).map((row, index) => ({ line: numbers[index + begin] ?? 0, email: at(row, 'email'), upn: at(row, 'upn') ?? '', immutableId: at(row, 'immutableId') })) }
}

/** What an import would do, person by person, before anything is done. */
export function planImport(rows: readonly ImportRow[], people: readonly PersonIdentity[]): ImportLine[] {
  const byAddress = new Map(people.map((person) => [person.email.toLowerCase(), person]))
  const byUpn = new Map(people.flatMap((person) => (person.identity ? [[person.identity.upn.toLowerCase(), person] as const] : [])))
  const met = new Set<string>()
  return rows.map((row): ImportLine => {
    const person = row.email === null ? byUpn.get(row.upn.toLowerCase()) ?? byAddress.get(row.upn.toLowerCase()) : byAddress.get(row.email.toLowerCase())
    const before = person?.identity ? { upn: person.identity.upn, immutableId: person.identity.immutableId } : null
    const line = (verdict: ImportLine['verdict']): ImportLine => ({ row, userId: person?.userId ?? null, name: person?.name ?? null, verdict, before })
    const upn = readUpn(row.upn)
    if (!upn) return line('bad_upn')
    if (row.immutableId !== null && readImmutableId(row.immutableId) === undefined) return line('bad_immutable_id')
    if (!person) return line('no_person')
    if (met.has(person.userId)) return line('twice')
    met.add(person.userId)
    if (!before) return line('new')
    if (row.immutableId !== null && row.immutableId !== before.immutableId) return line('would_change')
    return line(upn.upn === before.upn ? 'unchanged' : 'upn_changes')
  })
}

/** One line of a table; a cell in quotes may hold the separator, and a doubled quote is a quote. */
function cellsOf(line: string, separator: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? ''
    if (quoted && character === '"' && line[at + 1] === '"') { cell += '"'; at++ }
    else if (character === '"' && (quoted || cell.trim() === '')) { quoted = !quoted; if (quoted) cell = '' }
    else if (!quoted && character === separator) { cells.push(cell.trim()); cell = '' }
    else cell += character
  }
  return [...cells, cell.trim()]
}
