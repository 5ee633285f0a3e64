/** A value that SQLite and PostgreSQL bind alike. Flags are 0/1, times are epoch milliseconds, JSON and binary are text. */
export type SqlValue = string | number | null

/** Plain SQL with `?` placeholders, the same text on both databases. */
export interface Sql {
  all<T>(sql: string, parameters?: readonly SqlValue[]): Promise<T[]>
  /** The first row, if any. */
  one<T>(sql: string, parameters?: readonly SqlValue[]): Promise<T | undefined>
  /** @returns the number of rows that changed. */
  run(sql: string, parameters?: readonly SqlValue[]): Promise<number>
}

/** Counted by tests: the budget of hot paths is a gate (P-19). */
export interface StorageStatistics {
  /** What asks or changes; the statements around a transaction show as its commit. */
  statements: number
  commits: number
}

const numbered = new Map<string, string>()

/** Turns `?` into PostgreSQL's `$1, $2, …`; our SQL has no question mark in any other place. */
export function withNumberedParameters(sql: string): string {
  let text = numbered.get(sql)
  if (text === undefined) {
    let position = 0
    text = sql.replaceAll('?', () => `$${++position}`)
    numbered.set(sql, text)
  }
  return text
}

/** `?, ?, ?` for an `IN (…)` list. An empty list has no SQL form, so callers must answer that case themselves. */
export function placeholders(count: number): string {
  if (count < 1) throw new RangeError('an IN list needs at least one value')
  return Array.from({ length: count }, () => '?').join(', ')
}
