import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { decode, detectEncoding, type Encoding } from './encoding.ts'

export const separators = [',', ';', '\t', '|'] as const
export type Separator = (typeof separators)[number]

/** What a file is, seen from its beginning. */
export interface TableFacts {
  readonly encoding: Encoding
  readonly separator: Separator
  readonly columns: readonly string[]
}

export interface TableLine { /** Where the record begins, from 1. */ readonly line: number; readonly cells: readonly string[] }

/** The file as a whole cannot be read; `line` where it begins to go wrong. */
export class UnreadableTable extends Error {
  readonly problem: 'empty' | 'no_columns' | 'open_quote' | 'too_long' | 'too_many' | 'not_text'
  readonly line: number
  constructor(problem: UnreadableTable['problem'], line: number) {
    super(problem)
    this.problem = problem
    this.line = line
  }
}

const mostColumns = 100
const longestRecord = 50_000

/**
 * Reads a table as spreadsheets write it, a record at a time: separator and encoding are found out, a first line `sep=;` is obeyed.
 * @param take gets the records in order, in parts of at most `size`; the header is not among them.
 * @throws UnreadableTable
 */
export async function readTable(bytes: Buffer, limits: { lines: number; size: number }, take: (lines: readonly TableLine[], facts: TableFacts) => Promise<void>): Promise<TableFacts> {
  const encoding = detectEncoding(bytes)
  const first = beginning(bytes, encoding)
  if (first.trim() === '') throw new UnreadableTable('empty', 1)
  // A picture or a workbook: no table has such characters in it.
  if (/[^\P{Cc}\s]/u.test(first)) throw new UnreadableTable('not_text', 1)
  const told = /^sep=(.)\r?\n/.exec(first)
  const separator = separators.find((one) => one === told?.[1]) ?? detectSeparator(first)
  let parsedTo = 0
  const parser = parse({
    delimiter: separator, info: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, max_record_size: longestRecord, from_line: told ? 2 : 1, trim: false, record_delimiter: ['\r\n', '\n', '\r'],
    on_record(record: string[], { lines }) {
      // Counted here already: what the stream still holds is lost with an error.
      parsedTo = lines
      return record
    },
  })
  let facts: TableFacts | undefined
  let part: TableLine[] = []
  let count = 0
  let lastLine = 0
  let twice = 0
  const source = Readable.from(decode(bytes, encoding))
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      const breaks = record.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0)
      // The parser takes a line break of two characters inside quotes for two lines.
      twice += record.reduce((sum, cell) => sum + (cell.match(/\r\n/g)?.length ?? 0), 0)
      lastLine = info.lines - twice
      if (!facts) {
        const columns = record.map((cell) => cell.normalize('NFC').replaceAll(/\s+/g, ' ').trim().slice(0, 100))
        if (columns.every((column) => column === '') || columns.length > mostColumns) throw new UnreadableTable('no_columns', 1)
        facts = { encoding, separator, columns }
        continue
      }
      if (record.every((cell) => cell.trim() === '')) continue
      if (++count > limits.lines) throw new UnreadableTable('too_many', lastLine)
      part.push({ line: lastLine - breaks, cells: record })
      if (part.length === limits.size) {
        await take(part, facts)
        part = []
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw new UnreadableTable(error.code === 'CSV_QUOTE_NOT_CLOSED' ? 'open_quote' : 'too_long', parsedTo - twice + 1)
  } finally {
    source.destroy()
    parser.destroy()
  }
  if (!facts || count === 0) throw new UnreadableTable('empty', 1)
  if (part.length > 0) await take(part, facts)
  return facts
}

function beginning(bytes: Buffer, encoding: Encoding): string {
  return new TextDecoder(encoding).decode(bytes.subarray(0, 65_536), { stream: true })
}

/** The mark that stands most often in the first line, outside of quotes; what a line of names is divided by. */
function detectSeparator(text: string): Separator {
  const counts = new Map<string, number>()
  let quoted = false
  for (const character of text) {
    if (character === '"') quoted = !quoted
    else if (!quoted && (character === '\n' || character === '\r')) break
    else if (!quoted) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  const [most] = separators.toSorted((a, b) => (counts.get(b) ?? 0) - (counts.get(a) ?? 0))
  return most ?? ','
}
