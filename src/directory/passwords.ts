import type { UserId } from '../storage/index.ts'

/** `none`: this keeper knows no password of this person. `unavailable`: it cannot be asked now, so nothing is known. */
export type PasswordVerdict = 'right' | 'wrong' | 'unavailable' | 'none'

/** Somebody who keeps people's passwords, such as a directory that they come from. */
export interface PasswordKeeper {
  verify(userId: UserId, password: string): Promise<PasswordVerdict>
}

export type Passwords = ReturnType<typeof createPasswords>

/** Doorward keeps no password itself: it asks those who do, and with nobody to ask nobody has one. */
export function createPasswords() {
  const keepers: PasswordKeeper[] = []
  return {
    add(keeper: PasswordKeeper): void { keepers.push(keeper) },

    async verify(userId: UserId, password: string): Promise<PasswordVerdict> {
      for (const keeper of keepers) {
        const verdict = await keeper.verify(userId, password)
        if (verdict !== 'none') return verdict
      }
      return 'none'
    },
  }
}
