import type { User } from './user.ts'

/** `none`: this keeper knows no password of this person. `unavailable`: it cannot be asked now, so nothing is known. */
export type PasswordVerdict = 'right' | 'wrong' | 'unavailable' | 'none'

/** Who is asked about: a directory need not be looked for where nobody manages the account. */
export type PasswordHolder = Pick<User, 'id' | 'managedBy'>

/** Somebody who keeps people's passwords, such as a directory that they come from. */
export interface PasswordKeeper {
  verify(holder: PasswordHolder, password: string): Promise<PasswordVerdict>
}

/** A keeper that has not answered by then is not there: nobody waits longer at a sign-in page. */
const patienceMilliseconds = 5_000

export type Passwords = ReturnType<typeof createPasswords>

/** Asks whoever keeps a password, one after the other: a directory, or this server itself (authentication/methods/password). */
export function createPasswords() {
  const keepers: PasswordKeeper[] = []
  return {
    add(keeper: PasswordKeeper): void { keepers.push(keeper) },

    async verify(holder: PasswordHolder, password: string): Promise<PasswordVerdict> {
      for (const keeper of keepers) {
        const verdict = await inTime(keeper.verify(holder, password))
        if (verdict !== 'none') return verdict
      }
      return 'none'
    },
  }
}

async function inTime(verdict: Promise<PasswordVerdict>): Promise<PasswordVerdict> {
  const { promise: late, resolve } = Promise.withResolvers<PasswordVerdict>()
  const timer = setTimeout(() => { resolve('unavailable') }, patienceMilliseconds)
  try {
    return await Promise.race([verdict, late])
  } finally {
    clearTimeout(timer)
  }
}
