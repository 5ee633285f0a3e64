import type { Log } from '../log.ts'
import { createPageTokens, placeholders, type Clock, type Sealer, type Sql, type Storage } from '../storage/index.ts'
import { extendChains } from './chain.ts'
import type { AuditEntry, AuditEvent } from './event.ts'
import { createCheckpoints, type Head } from './link.ts'
import { listEvents, streamEvents, type AuditFilter, type AuditPage } from './query.ts'
import { contentColumns, toContent } from './row.ts'
import { verifyChains, type AuditVerification } from './verify.ts'

export interface Audit {
  /** Writes an event down in the transaction of what it tells about: either both are committed or neither. */
  record(tx: Sql, entry: AuditEntry): Promise<void>
  /** The same for many events, with few statements. */
  recordAll(tx: Sql, entries: readonly AuditEntry[]): Promise<void>
  /** For a job every few seconds: gives new events their place in the chain. @returns how many. */
  chain(limit?: number): Promise<number>
  /** @param anchors checkpoints kept elsewhere, such as the `audit checkpoint` lines of the log. */
  verify(anchors?: readonly Head[]): Promise<AuditVerification>
  /** @throws InvalidRequest when `before` is not a page token of this organization. */
  list(query: AuditFilter & { readonly before?: string | undefined; readonly limit: number }): Promise<AuditPage>
  stream(filter: AuditFilter): AsyncGenerator<AuditEvent>
}

export function createAudit(needs: { storage: Storage; clock: Clock; sealer: Sealer; log: Log }): Audit {
  const { storage, clock, sealer, log } = needs
  const checkpoints = createCheckpoints(sealer)
  const tokens = createPageTokens(sealer)
  const insert = (count: number): string => `INSERT INTO audit_events (${contentColumns.join(', ')}) VALUES ${Array.from({ length: count }, () => `(${placeholders(contentColumns.length)})`).join(', ')}`

  return {
    async record(tx, entry) {
      const content = toContent(entry, clock.now())
      await tx.run(insert(1), contentColumns.map((name) => content[name]))
    },
    async recordAll(tx, entries) {
      const rows = entries.map((entry) => toContent(entry, clock.now()))
      for (let start = 0; start < rows.length;) {
        const part = rows.slice(start, start + (rows.length - start >= 50 ? 50 : 1))
        await tx.run(insert(part.length), part.flatMap((content) => contentColumns.map((name) => content[name])))
        start += part.length
      }
    },
    chain: (limit = 500) => extendChains({ storage, clock, log, checkpoints }, limit),
    verify: (anchors = []) => verifyChains({ storage, checkpoints }, anchors),
    list: (query) => listEvents(storage, tokens, query),
    stream: (filter) => streamEvents(storage, filter),
  }
}
