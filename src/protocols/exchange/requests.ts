import { newId, sha256, type Clock, type Sql, type Storage } from '../../storage/index.ts'

/** As long as a sign-in may take. */
export const requestLifetimeSeconds = 1_800

/** A question of an application that waits for its person to sign in. */
export interface WaitingRequest<Content> {
  readonly id: string
  readonly content: Content
  readonly createdAt: number
}

export type WaitingRequests<Content> = ReturnType<typeof createWaitingRequests<Content>>

/** @param protocol keeps the requests of protocols apart: an id of one is none of another */
export function createWaitingRequests<Content>(needs: { storage: Storage; clock: Clock }, protocol: string) {
  const { storage, clock } = needs
  return {
    async keep(content: Content): Promise<string> {
      const id = newId()
      const now = clock.now()
      await storage.execute('INSERT INTO federation_requests (id, protocol, content, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
        [id, protocol, JSON.stringify(content), now, now + requestLifetimeSeconds * 1_000])
      return id
    },

    /** The first browser that opens a request owns it; for any other one, and once it is answered, there is none (SEC-66). */
    async open(id: string, browser: string): Promise<WaitingRequest<Content> | undefined> {
      if (browser === '') return undefined
      const owner = sha256(browser)
      const [row] = await storage.execute<{ content: string; created_at: number }>(
        `UPDATE federation_requests SET browser = ? WHERE id = ? AND protocol = ? AND (browser IS NULL OR browser = ?) AND answered_at IS NULL AND expires_at > ?
         RETURNING content, created_at`, [owner, id, protocol, owner, clock.now()])
      return row && { id, content: JSON.parse(row.content) as Content, createdAt: row.created_at }
    },

    /** Whoever has the id, in any browser, answered or not; for ids that stand in a message to an application. */
    async peek(id: string): Promise<(WaitingRequest<Content> & { readonly answered: boolean }) | undefined> {
      const row = await storage.read.one<{ content: string; created_at: number; answered_at: number | null }>(
        'SELECT content, created_at, answered_at FROM federation_requests WHERE id = ? AND protocol = ? AND expires_at > ?', [id, protocol, clock.now()])
      return row && { id, content: JSON.parse(row.content) as Content, createdAt: row.created_at, answered: row.answered_at !== null }
    },

    /** @returns false where it has been answered already: one question gets one answer */
    async answer(sql: Sql, id: string): Promise<boolean> {
      const rows = await sql.all('UPDATE federation_requests SET answered_at = ? WHERE id = ? AND protocol = ? AND answered_at IS NULL RETURNING id', [clock.now(), id, protocol])
      return rows.length === 1
    },
  }
}
