import { resolve } from 'node:path'

/** Results go to standard output, explanations to standard error, so that a script can take the first. */
export interface Terminal {
  out(text: string): void
  say(text: string): void
  /** Puts a line in the place of the one it wrote last; only where somebody looks on. An empty one takes it away. */
  readonly rewrite?: (text: string) => void
  readonly environment: Readonly<Record<string, string | undefined>>
}

export const processTerminal: Terminal = {
  out(text) { process.stdout.write(`${text}\n`) },
  say(text) { process.stderr.write(`${text}\n`) },
  ...(process.stderr.isTTY ? { rewrite: (text: string) => { process.stderr.write(`\r\u001b[K${text}`) } } : {}),
  environment: process.env,
}

const throughNpm = (environment: Terminal['environment']): boolean => environment['npm_lifecycle_event'] === 'doorward'

/** How this command line is called here; in a container there is no npm. */
export function program({ environment }: Pick<Terminal, 'environment'>): string {
  return throughNpm(environment) ? 'npm run -s doorward --' : 'node src/cli.ts'
}

/** npm runs scripts in the project's folder; a file is meant from where the operator stands. */
export function fromHere({ environment }: Pick<Terminal, 'environment'>, path: string): string {
  return resolve(throughNpm(environment) ? environment['INIT_CWD'] ?? '.' : '.', path)
}

/** Lines whose columns begin under each other. The last column is not padded, and empty ones at the end leave no blanks. */
export function inColumns(rows: readonly (readonly string[])[], gap = 3): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, column) => { widths[column] = Math.max(widths[column] ?? 0, cell.length) })
  return rows.map((row) => row.map((cell, column) => cell.padEnd((widths[column] ?? 0) + gap)).join('').trimEnd())
}

/** `1 person`, `2 people` */
export function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`
}

/** `2026-11-24 09:00 UTC` */
export function moment(time: number): string {
  return `${new Date(time).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Text that others chose (names, notes, errors of other hosts): nothing in it moves the cursor or turns the direction of a line (SEC-79). */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu, (character) => (character === '\n' ? '\n' : '\ufffd'))
}
