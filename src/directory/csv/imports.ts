import { Conflict } from '../../errors.ts'
import { newId, type Clock, type OrganizationId, type Storage, type Transaction, type UserId } from '../../storage/index.ts'
import { guessMapping, type ColumnMapping } from './columns.ts'
import { toImport, type ImportChoices, type ImportLine, type ImportRow, type ImportState, type LineVerdict, type PeopleImport } from './people-import.ts'
import { readTable, type TableLine } from './table.ts'

const keptMilliseconds = 86_400_000
const mostLines = 200_000
const together = 250
const columns = 'id, organization_id, created_by, file_name, encoding, separator, columns, mapping, options, state, lines, position, counts, created_at, expires_at'

interface LineRow { line: number; cells: string; verdict: LineVerdict | null; problem: ImportLine['problem']; problem_column: string | null }

export type PeopleImports = ReturnType<typeof createPeopleImports>

/** Uploaded files and their lines; each is seen in its own organization only, and gone after a day. */
export function createPeopleImports(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  const find = async (organizationId: OrganizationId, id: string): Promise<PeopleImport | undefined> => {
    const row = await storage.read.one<ImportRow>(`SELECT ${columns} FROM people_imports WHERE organization_id = ? AND id = ? AND expires_at > ?`, [organizationId, id, clock.now()])
    return row && toImport(row)
  }
  /** @throws Conflict `import.moved_on` when it is in another state meanwhile */
  const move = async (tx: Transaction, id: string, from: readonly ImportState[], to: ImportState, more: Readonly<Record<string, string | number>> = {}): Promise<void> => {
    const sets = Object.keys(more).map((name) => `, ${name} = ?`).join('')
    const changed = await tx.run(`UPDATE people_imports SET state = ?, updated_at = ?${sets} WHERE id = ? AND state IN (${from.map(() => '?').join(', ')})`, [to, clock.now(), ...Object.values(more), id, ...from])
    if (changed !== 1) throw new Conflict('import.moved_on')
  }

  return {
    find, move,

    /**
     * Reads an uploaded file into rows, a part at a time; a file that cannot be read leaves nothing behind.
     * @throws UnreadableTable
     */
    async upload(organizationId: OrganizationId, createdBy: UserId, file: { name: string; bytes: Buffer }): Promise<string> {
      const id = newId()
      const now = clock.now()
      let lines = 0
      await storage.write((tx) => tx.run(
        `INSERT INTO people_imports (id, organization_id, created_by, file_name, encoding, separator, columns, mapping, options, state, lines, position, counts, created_at, updated_at, expires_at)
         VALUES (?, ?, ?, ?, '', '', '[]', '[]', '{}', 'reading', 0, 0, '{}', ?, ?, ?)`, [id, organizationId, createdBy, file.name, now, now, now + keptMilliseconds]))
      try {
        const facts = await readTable(file.bytes, { lines: mostLines, size: together }, async (part) => {
          await storage.write((tx) => insertLines(tx, id, part))
          lines += part.length
        })
        await storage.write((tx) => tx.run(`UPDATE people_imports SET encoding = ?, separator = ?, columns = ?, mapping = ?, lines = ?, state = 'mapping' WHERE id = ?`,
          [facts.encoding, facts.separator, JSON.stringify(facts.columns), JSON.stringify(guessMapping(facts.columns)), lines, id]))
        return id
      } catch (error) {
        await remove(id)
        throw error
      }
    },

    /** The newest uploads of an organization that are still there. */
    async list(organizationId: OrganizationId): Promise<PeopleImport[]> {
      const rows = await storage.read.all<ImportRow>(`SELECT ${columns} FROM people_imports WHERE organization_id = ? AND expires_at > ? AND state <> 'reading' ORDER BY created_at DESC LIMIT 10`, [organizationId, clock.now()])
      return rows.map(toImport)
    },

    /** Lines behind `after`, all or those of one verdict. */
    async lines(id: string, query: { verdict?: LineVerdict; after: number; limit: number }): Promise<ImportLine[]> {
      const rows = await storage.read.all<LineRow>(
        `SELECT line, cells, verdict, problem, problem_column FROM people_import_lines WHERE import_id = ?${query.verdict === undefined ? '' : ' AND verdict = ?'} AND line > ? ORDER BY line LIMIT ?`,
        [id, ...(query.verdict === undefined ? [] : [query.verdict]), query.after, query.limit])
      return rows.map(toLine)
    },

    /** What the columns are and how to go about it; the lines are looked at next. @throws Conflict `import.moved_on` */
    async choose(tx: Transaction, id: string, mapping: ColumnMapping, choices: ImportChoices): Promise<void> {
      await move(tx, id, ['mapping', 'checked', 'stopped'], 'checking', { mapping: JSON.stringify(mapping), options: JSON.stringify(choices), position: 0, counts: '{}' })
    },

    /** By whom it is done from now on: whoever applies answers for it. @throws Conflict `import.moved_on` */
    async apply(tx: Transaction, id: string, by: UserId): Promise<void> {
      await move(tx, id, ['checked'], 'applying', { position: 0, created_by: by, expires_at: clock.now() + keptMilliseconds })
    },

    /** Whose turn it is: those that wait for the work to go on. */
    async waiting(): Promise<PeopleImport[]> {
      return (await storage.read.all<ImportRow>(`SELECT ${columns} FROM people_imports WHERE state IN ('checking', 'applying') ORDER BY updated_at LIMIT 20`)).map(toImport)
    },

    remove,

    /** For a job: what is older than a day goes, in parts so small that nobody waits behind them. */
    async purge(signal?: AbortSignal): Promise<void> {
      const rows = await storage.read.all<{ id: string }>(`SELECT id FROM people_imports WHERE expires_at < ? AND state <> 'applying' LIMIT 20`, [clock.now()])
      for (const { id } of rows) if (!signal?.aborted) await remove(id)
    },
  }

  async function remove(id: string): Promise<void> {
    await storage.write((tx) => tx.run('UPDATE people_imports SET expires_at = 0 WHERE id = ?', [id]))
    for (let gone = together; gone === together;) {
      gone = (await storage.execute(`DELETE FROM people_import_lines WHERE import_id = ? AND line IN (SELECT line FROM people_import_lines WHERE import_id = ? ORDER BY line LIMIT ${together}) RETURNING 1 AS one`, [id, id])).length
    }
    await storage.write((tx) => tx.run('DELETE FROM people_imports WHERE id = ?', [id]))
  }
}

async function insertLines(tx: Transaction, id: string, lines: readonly TableLine[]): Promise<void> {
  await tx.run(`INSERT INTO people_import_lines (import_id, line, cells) VALUES ${lines.map(() => '(?, ?, ?)').join(', ')}`, lines.flatMap(({ line, cells }) => [id, line, JSON.stringify(cells)]))
}

export function toLine(row: LineRow): ImportLine {
  return { line: row.line, cells: JSON.parse(row.cells) as string[], verdict: row.verdict, problem: row.problem, problemColumn: row.problem_column }
}
