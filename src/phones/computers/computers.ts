import type { From } from '../needs.ts'
import type { ApiNeeds } from '../refused.ts'
import { computerSubject, personSubject } from '../watch.ts'
import type { Transaction } from '../../storage/index.ts'
import { createCalls } from './calls.ts'
import type { Computer } from './computer.ts'
import { eventOf } from './events.ts'
import { createFrames } from './frames.ts'
import { createComputerStore } from './store.ts'

export type Computers = ReturnType<typeof createComputers>

/** What both sides of a pairing, and the panels, do with it. */
export function createComputers(needs: ApiNeeds) {
  const store = createComputerStore(needs)
  const frames = createFrames(needs)

  return {
    store, frames, calls: createCalls(needs),

    /** Both sides look at once. */
    announce({ id, pairing }: Pick<Computer, 'id' | 'pairing'>): void {
      needs.watch.changed(computerSubject(id), ...(pairing === null ? [] : [personSubject(pairing.userId)]))
    },

    /** In the transaction that made it active. */
    async paired(tx: Transaction, from: From, computer: Computer): Promise<void> {
      const { pairing, name } = computer
      if (!pairing) return
      await needs.record(tx, from, eventOf(computer, pairing, 'computer.paired', 'success'))
      await needs.computers.tellPaired(tx, from, { organizationId: pairing.organizationId, userId: pairing.userId, name })
    },

    /** Ends it on both sides; an offer that nobody took is forgotten without a word. @returns false for one that is over already */
    async remove(tx: Transaction, from: From, computer: Computer, by: 'computer' | 'phone' | 'suspension'): Promise<boolean> {
      if (!(await store.remove(tx, computer.id))) return false
      if (computer.pairing && computer.state === 'active') await needs.record(tx, from, eventOf(computer, computer.pairing, 'computer.removed', 'success', { by }))
      return true
    },
  }
}
