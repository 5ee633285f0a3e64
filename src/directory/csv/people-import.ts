import { z } from 'zod'
import type { OrganizationId, UserId } from '../../storage/index.ts'
import type { LineProblem } from './check.ts'
import { importFields, type ColumnMapping } from './columns.ts'
import type { Encoding } from './encoding.ts'
import type { Separator } from './table.ts'

/**
 * reading: on its way in · mapping: uploaded, nobody has said yet what the columns are · checking: each line is looked at · checked: it can be looked at
 * and applied · applying: people are made · done · stopped: whoever began it may not do it any more.
 */
export type ImportState = 'reading' | 'mapping' | 'checking' | 'checked' | 'applying' | 'done' | 'stopped'

/** What becomes of a line. above: the person stands higher than whoever imports; exists: here already, and to be left alone. */
export type LineVerdict = 'create' | 'update' | 'unchanged' | 'exists' | 'managed' | 'above' | 'problem'
export const lineVerdicts: readonly LineVerdict[] = ['create', 'update', 'unchanged', 'exists', 'managed', 'above', 'problem']

const choices = z.object({ existing: z.enum(['update', 'skip']).default('update'), invite: z.enum(['now', 'later']).default('later'), createGroups: z.boolean().default(false) })
export type ImportChoices = z.infer<typeof choices>

const numbers = z.object({
  /** By verdict, once the lines are checked. */
  verdicts: z.record(z.string(), z.number()).default({}),
  created: z.number().default(0), updated: z.number().default(0), invited: z.number().default(0), waiting: z.number().default(0), left: z.number().default(0), groups: z.number().default(0),
})
/** waiting: no invitation yet, since as many were sent as may be within an hour. left: changed meanwhile, so that nothing was done. */
export type ImportNumbers = z.infer<typeof numbers>

export interface PeopleImport {
  readonly id: string
  readonly organizationId: OrganizationId
  readonly createdBy: UserId
  readonly fileName: string
  readonly encoding: Encoding
  readonly separator: Separator
  readonly columns: readonly string[]
  readonly mapping: ColumnMapping
  readonly choices: ImportChoices
  readonly state: ImportState
  readonly lines: number
  /** How many lines the work at hand has behind it. */
  readonly position: number
  readonly numbers: ImportNumbers
  readonly createdAt: number
  readonly expiresAt: number
}

export interface ImportLine {
  readonly line: number
  readonly cells: readonly string[]
  readonly verdict: LineVerdict | null
  readonly problem: LineProblem | null
  /** The name of the column that it is about. */
  readonly problemColumn: string | null
}

export interface ImportRow {
  id: string; organization_id: OrganizationId; created_by: UserId; file_name: string; encoding: Encoding; separator: Separator; columns: string; mapping: string; options: string
  state: ImportState; lines: number; position: number; counts: string; created_at: number; expires_at: number
}

const mapping = z.array(z.enum(['', ...importFields]))

export function toImport(row: ImportRow): PeopleImport {
  return {
    id: row.id, organizationId: row.organization_id, createdBy: row.created_by, fileName: row.file_name, encoding: row.encoding, separator: row.separator, columns: z.array(z.string()).parse(JSON.parse(row.columns)),
    mapping: mapping.parse(JSON.parse(row.mapping)), choices: choices.parse(JSON.parse(row.options)), state: row.state, lines: row.lines, position: row.position, numbers: numbers.parse(JSON.parse(row.counts)),
    createdAt: row.created_at, expiresAt: row.expires_at,
  }
}

/** What is wrong with a choice of columns; null when it can be used. */
export function mappingProblem(chosen: ColumnMapping): 'no_email' | 'twice' | null {
  const used = chosen.filter((field) => field !== '')
  if (!used.includes('email')) return 'no_email'
  return new Set(used).size === used.length ? null : 'twice'
}
