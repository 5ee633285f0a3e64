import { placeholders, type Sql, type SqlValue } from '../../storage/index.ts'

/** Few lengths, so that few statements are prepared. */
const lengths = [100, 10, 1]

/**
 * Writes many rows with few statements.
 * @param conflict what follows the values, such as `ON CONFLICT DO NOTHING`
 * @returns how many were written
 */
export async function insertRows(tx: Sql, table: string, columns: readonly string[], rows: readonly (readonly SqlValue[])[], conflict = ''): Promise<number> {
  const one = `(${placeholders(columns.length)})`
  let [start, written] = [0, 0]
  for (const length of lengths) {
    for (; rows.length - start >= length; start += length) {
      written += await tx.run(`INSERT INTO ${table} (${columns.join(', ')}) VALUES ${Array.from({ length }, () => one).join(', ')} ${conflict}`, rows.slice(start, start + length).flat())
    }
  }
  return written
}

/** Rows by a list of values of any length; `statement` gets the placeholders. */
export async function byList<T>(sql: Sql, statement: (list: string) => string, before: readonly SqlValue[], values: readonly SqlValue[], after: readonly SqlValue[] = []): Promise<T[]> {
  const found: T[] = []
  for (const part of parts(values)) found.push(...(await sql.all<T>(statement(placeholders(part.length)), [...before, ...part, ...after])))
  return found
}

export async function changeByList(tx: Sql, statement: (list: string) => string, before: readonly SqlValue[], values: readonly SqlValue[], after: readonly SqlValue[] = []): Promise<number> {
  let changed = 0
  for (const part of parts(values)) changed += await tx.run(statement(placeholders(part.length)), [...before, ...part, ...after])
  return changed
}

/** One length alone for long lists: the last value fills up what is missing. */
function* parts(values: readonly SqlValue[]): Generator<SqlValue[]> {
  const size = values.length <= 10 ? 10 : values.length <= 100 ? 100 : 500
  for (let start = 0; start < values.length; start += size) {
    const part = values.slice(start, start + size)
    const last = part.at(-1) ?? null
    while (part.length < size) part.push(last)
    yield part
  }
}
