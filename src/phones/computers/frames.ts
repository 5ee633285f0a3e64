import type { Clock, Sql, Storage, UserId } from '../../storage/index.ts'
import { frameSeconds, mostBytesPerConnection, mostFramesPerConnection, mostFramesPerMinute, mostOpenConnections } from './computer.ts'
import { bump, fine } from './store.ts'

export interface Frame { readonly connection: string; readonly sequence: number; readonly body: string }
export interface FrameForPhone extends Frame { readonly computer: string; readonly ip: string; readonly createdAt: number }

/** `opened`: the first of a connection, which wakes the phone. `removed`, `limit`, `over` and `invalid` keep nothing. */
export type Posted = 'kept' | 'opened' | 'removed' | 'limit' | 'far' | 'over' | 'invalid'
type Sender = 'computer' | 'phone' | 'far'

interface Usage { connection: string; sender: Sender; frames: number; bytes: number; ip: string | null }

const minute = 60_000

export type Frames = ReturnType<typeof createFrames>

/** Sealed messages between a computer and its phone. They are read by nobody here, and kept for as long as a request waits. */
export function createFrames(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs

  /** One after the other for each computer, since the row is held until the end; only for a pairing that counts. @returns whether there is one, and whether it said too much */
  async function enter(tx: Sql, id: string, ip: string | null): Promise<'in' | 'removed' | 'limit'> {
    const now = clock.now()
    const heard = ip === null ? '' : 'ip = ?, last_used_at = ?,'
    const [row] = await tx.all<{ window_frames: number }>(
      `UPDATE paired_computers SET ${heard} window_frames = CASE WHEN window_ends_at <= ? THEN 1 ELSE window_frames + 1 END, window_ends_at = CASE WHEN window_ends_at <= ? THEN ? ELSE window_ends_at END, ${bump}
       WHERE id = ? AND state = 'active' AND EXISTS (SELECT 1 FROM phones p JOIN users u ON u.id = p.user_id WHERE p.id = paired_computers.phone_id AND ${fine}) RETURNING window_frames`,
      [...(ip === null ? [] : [ip, now]), now, now, now + minute, now, now, id])
    if (!row) return 'removed'
    return row.window_frames > mostFramesPerMinute ? 'limit' : 'in'
  }

  async function usage(tx: Sql, id: string): Promise<Usage[]> {
    return tx.all<Usage>(
      `SELECT connection, sender, count(*) AS frames, sum(length(body)) AS bytes, max(CASE WHEN sequence = 0 THEN ip END) AS ip FROM pairing_frames WHERE computer_id = ? AND expires_at > ? GROUP BY connection, sender`, [id, clock.now()])
  }

  /** What was sent twice because its answer was lost is kept once; anything else in its place is refused. */
  async function keep(tx: Sql, id: string, sender: Sender, { connection, sequence, body }: Frame, ip: string): Promise<boolean> {
    const now = clock.now()
    const kept = await tx.all(
      'INSERT INTO pairing_frames (computer_id, connection, sender, sequence, body, ip, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING sequence',
      [id, connection, sender, sequence, body, ip, now, now + frameSeconds * 1_000])
    if (kept.length === 1) return true
    const there = await tx.one<{ body: string }>('SELECT body FROM pairing_frames WHERE computer_id = ? AND connection = ? AND sender = ? AND sequence = ?', [id, connection, sender, sequence])
    return there?.body === body
  }

  const isFull = (mine: readonly Usage[], body: string): boolean =>
    mine.reduce((sum, { frames }) => sum + frames, 0) >= mostFramesPerConnection || mine.reduce((sum, { bytes }) => sum + bytes, body.length) > mostBytesPerConnection

  return {
    async fromComputer(tx: Sql, id: string, frame: Frame, ip: string): Promise<Posted> {
      const entered = await enter(tx, id, ip)
      if (entered !== 'in') return entered
      const all = await usage(tx, id)
      const mine = all.filter(({ connection }) => connection === frame.connection)
      if (mine.some(({ sender }) => sender === 'far')) return 'far'
      const isOpen = mine.some(({ sender }) => sender === 'computer')
      if (!isOpen && frame.sequence !== 0) return 'invalid'
      if (isFull(mine, frame.body) || (!isOpen && all.filter(({ sender }) => sender === 'computer').length >= mostOpenConnections)) return 'limit'
      if (!(await keep(tx, id, 'computer', frame, ip))) return 'invalid'
      return isOpen ? 'kept' : 'opened'
    },

    /** @param isNear judges the network that the connection was opened from, where the phone must be near */
    async fromPhone(tx: Sql, id: string, frame: Frame, ip: string, isNear: (ip: string) => boolean): Promise<Posted> {
      const entered = await enter(tx, id, null)
      if (entered !== 'in') return entered
      const mine = (await usage(tx, id)).filter(({ connection }) => connection === frame.connection)
      if (mine.some(({ sender }) => sender === 'far')) return 'far'
      const opening = mine.find(({ sender }) => sender === 'computer')
      const isOpen = mine.some(({ sender }) => sender === 'phone')
      if (!opening) return 'over'
      if (!isOpen) {
        if (frame.sequence !== 0) return 'invalid'
        if (opening.ip === null) return 'over'
        if (!isNear(opening.ip)) {
          await keep(tx, id, 'far', { connection: frame.connection, sequence: 0, body: '' }, ip)
          return 'far'
        }
      }
      if (isFull(mine, frame.body)) return 'limit'
      return (await keep(tx, id, 'phone', frame, ip)) ? 'kept' : 'invalid'
    },

    /** `over`: the phone has ended the connection; what it said before comes along. */
    async forComputer(id: string, connection: string, after: number): Promise<{ readonly frames: readonly Frame[]; readonly refused: 'far' | 'over' | null }> {
      const rows = await storage.read.all<{ sender: Sender; sequence: number; body: string }>(
        `SELECT sender, sequence, CASE WHEN sender = 'phone' THEN body ELSE '' END AS body FROM pairing_frames WHERE computer_id = ? AND connection = ? AND expires_at > ? ORDER BY sequence`, [id, connection, clock.now()])
      const has = (wanted: Sender): boolean => rows.some(({ sender }) => sender === wanted)
      return {
        frames: rows.filter(({ sender, sequence }) => sender === 'phone' && sequence > after).map(({ sequence, body }) => ({ connection, sequence, body })),
        refused: has('far') ? 'far' : has('phone') && !has('computer') ? 'over' : null,
      }
    },

    async forPhone(phone: { readonly id: string; readonly userId: UserId }): Promise<FrameForPhone[]> {
      const rows = await storage.read.all<{ computer_id: string; connection: string; sequence: number; body: string; ip: string; created_at: number }>(
        `SELECT f.computer_id, f.connection, f.sequence, f.body, f.ip, f.created_at FROM pairing_frames f JOIN paired_computers c ON c.id = f.computer_id
         WHERE c.phone_id = ? AND c.user_id = ? AND c.state = 'active' AND f.sender = 'computer' AND f.expires_at > ? ORDER BY f.created_at, f.sequence`, [phone.id, phone.userId, clock.now()])
      return rows.map((row) => ({ computer: row.computer_id, connection: row.connection, sequence: row.sequence, body: row.body, ip: row.ip, createdAt: row.created_at }))
    },

    /** Nothing of a connection is kept, but what the phone's last words were until the computer has read them. */
    async end(tx: Sql, id: string, connection: string, by: 'computer' | 'phone'): Promise<void> {
      const now = clock.now()
      const unread = by === 'phone' ? `AND sender = 'computer'` : ''
      await tx.run(`DELETE FROM pairing_frames WHERE computer_id = ? AND connection = ? ${unread}`, [id, connection])
      await tx.run(`UPDATE paired_computers SET ${bump} WHERE id = ?`, [now, now, id])
    },
  }
}
