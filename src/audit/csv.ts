import type { AuditEvent } from './event.ts'

type Cell = string | number | null

/**
 * A line of CSV (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe in front: names in the log
 * are chosen by strangers.
 */
export function csvLine(cells: readonly Cell[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

function csvCell(cell: Cell): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  // Full-width forms too: some programs turn them into their plain twins.
  const harmless = /^[=+\-@\t\r\n＝＋－＠]/.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const header = [
  'time', 'organization', 'action', 'outcome', 'actor_kind', 'actor_id', 'actor', 'user_id', 'target_kind', 'target_id', 'target', 'application_id', 'application',
  'ip', 'user_agent', 'details', 'seq', 'id',
]

/** An export as CSV, with the mark by which spreadsheets know UTF-8. */
export async function* toCsv(events: AsyncIterable<AuditEvent>): AsyncGenerator<string> {
  yield `\ufeff${csvLine(header)}`
  for await (const event of events) {
    const { actor, target, application } = event
    yield csvLine([
      new Date(event.occurredAt).toISOString(), event.organizationId, event.action, event.outcome, actor.kind, actor.id, actor.name, event.userId,
      target?.kind ?? null, target?.id ?? null, target?.name ?? null, application?.id ?? null, application?.name ?? null,
      event.ip, event.userAgent, JSON.stringify(event.details), event.seq, event.id,
    ])
  }
}

/** An export as JSON, one event in a line. */
export async function* toJsonLines(events: AsyncIterable<AuditEvent>): AsyncGenerator<string> {
  for await (const event of events) yield `${JSON.stringify({ ...event, occurredAt: new Date(event.occurredAt).toISOString() })}\n`
}
