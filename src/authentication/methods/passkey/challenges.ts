import { randomBytes } from 'node:crypto'
import { newId, type Clock, type Storage, type UserId } from '../../../storage/index.ts'

export type Ceremony = 'registration' | 'authentication'

export interface Challenge {
  readonly challenge: string
  readonly userId: UserId | null
  readonly userVerification: 'required' | 'preferred'
}

export const challengeLifetimeSeconds = 300

/** One-time challenges, bound to a ceremony and to the sign-in, session or link that asked (WebAuthn L3 §13.4.3, SEC-33). */
export function createChallenges(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    async create(ceremony: Ceremony, binding: string, userId: UserId | null, userVerification: 'required' | 'preferred'): Promise<{ id: string; challenge: Uint8Array<ArrayBuffer> }> {
      const id = newId()
      const challenge = new Uint8Array(randomBytes(32))
      await storage.execute('INSERT INTO challenges (id, ceremony, binding, user_id, challenge, details, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
        [id, ceremony, binding, userId, Buffer.from(challenge).toString('base64url'), JSON.stringify({ userVerification }), clock.now() + challengeLifetimeSeconds * 1_000])
      return { id, challenge }
    },

    /** Takes the challenge before anything is verified: a second answer to it, right or wrong, finds none. */
    async take(id: string, ceremony: Ceremony, binding: string): Promise<Challenge | undefined> {
      const now = clock.now()
      const [row] = await storage.execute<{ challenge: string; user_id: UserId | null; details: string }>(
        `UPDATE challenges SET consumed_at = ? WHERE id = ? AND ceremony = ? AND binding = ? AND consumed_at IS NULL AND expires_at > ? RETURNING challenge, user_id, details`,
        [now, id, ceremony, binding, now])
      if (!row) return undefined
      const { userVerification } = JSON.parse(row.details) as Pick<Challenge, 'userVerification'>
      return { challenge: row.challenge, userId: row.user_id, userVerification }
    },
  }
}
