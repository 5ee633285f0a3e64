import { newId, type Clock, type Storage } from '../../storage/index.ts'
import type { SignOutStep } from '../sessions/index.ts'

const lifetimeSeconds = 600

export type SignOuts = ReturnType<typeof createSignOuts>

/** Sign-outs that only the browser can finish: it visits each application, then goes on to where it was wanted. */
export function createSignOuts(needs: { storage: Storage; clock: Clock }) {
  const { storage, clock } = needs
  return {
    /** @returns where the browser goes now: on at once when there is nobody to tell */
    async begin(steps: readonly SignOutStep[], continuation: string | null): Promise<string> {
      if (steps.length === 0) return continuation ?? '/signed-out'
      const id = newId()
      const now = clock.now()
      await storage.execute('INSERT INTO sign_outs (id, steps, continuation, created_at, expires_at) VALUES (?, ?, ?, ?, ?)',
        [id, JSON.stringify(steps), continuation, now, now + lifetimeSeconds * 1_000])
      return `/signed-out/${id}`
    },

    async find(id: string): Promise<{ readonly steps: readonly SignOutStep[]; readonly continuation: string | null } | undefined> {
      const row = await storage.read.one<{ steps: string; continuation: string | null }>('SELECT steps, continuation FROM sign_outs WHERE id = ? AND expires_at > ?', [id, clock.now()])
      return row && { steps: JSON.parse(row.steps) as SignOutStep[], continuation: row.continuation }
    },
  }
}
