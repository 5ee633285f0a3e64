import type { AccessPasses } from '../authentication/methods/access-pass/index.ts'
import type { Passkeys } from '../authentication/methods/passkey/index.ts'
import type { LocalPasswords } from '../authentication/methods/password/index.ts'
import type { RecoveryCodes } from '../authentication/methods/recovery-code/index.ts'
import type { Authenticators } from '../authentication/methods/totp/index.ts'
import type { EndedSession, Sessions } from '../authentication/sessions/index.ts'
import type { User, Users } from '../directory/index.ts'
import { NotFound } from '../errors.ts'
import type { PersonAccess, Who } from '../panels/index.ts'
import type { Phones } from '../phones/index.ts'
import type { Storage, Transaction, UserId } from '../storage/index.ts'

interface Needs {
  readonly storage: Storage
  readonly users: Users
  readonly passkeys: Passkeys
  readonly recoveryCodes: RecoveryCodes
  readonly localPasswords: LocalPasswords
  readonly authenticators: Authenticators
  readonly accessPasses: AccessPasses
  readonly phones: Pick<Phones, 'changed'> & { readonly store: Pick<Phones['store'], 'removeAll'> }
  readonly sessions: Sessions
  readonly endAtApplications: (tx: Transaction, id: UserId) => Promise<void>
}

/** For whoever locks out many at once, in a transaction of their own. */
export interface AccessEnding {
  /** Sessions and tokens of one person. @returns the sessions, to be announced after the commit */
  endIn(tx: Transaction, id: UserId): Promise<EndedSession[]>
  /** The account with all that proves it. @returns the sessions, to be announced after the commit */
  removeIn(tx: Transaction, who: Who): Promise<EndedSession[]>
  /** Lets somebody who was suspended back in. @returns the person as before */
  resumeIn(tx: Transaction, who: Who): Promise<User>
}

/** One transaction takes away what a person holds in any room; applications are told after the commit (SEC-68). */
export function createPersonAccess(needs: Needs): PersonAccess & AccessEnding {
  const { storage, users, passkeys, recoveryCodes, sessions } = needs

  async function endEverything(who: Who, alongside: (tx: Transaction, count: number, before: User) => Promise<void>): Promise<number> {
    const ended = await storage.write(async (tx): Promise<EndedSession[]> => {
      const before = await users.find(who.organizationId, who.id, tx)
      if (!before) throw new NotFound()
      const all = await endIn(tx, who.id)
      await alongside(tx, all.length, before)
      return all
    })
    await sessions.announce(ended, who.id)
    needs.phones.changed(who.id)
    return ended.length
  }

  async function endIn(tx: Transaction, id: UserId): Promise<EndedSession[]> {
    const ended = await sessions.endAll(tx, id)
    await needs.endAtApplications(tx, id)
    return ended
  }

  async function resumeIn(tx: Transaction, who: Who): Promise<User> {
    const user = await users.find(who.organizationId, who.id, tx)
    if (!user) throw new NotFound()
    // Somebody who never came in was suspended before that; the invitation is still to be accepted.
    const cameIn = user.passkeys > 0 || user.lastSignInAt !== null
    await users.update(tx, who.organizationId, who.id, { status: cameIn ? 'active' : 'new' })
    return user
  }

  async function removeWays(tx: Transaction, who: Who): Promise<void> {
    await passkeys.removeAll(tx, who.id)
    await recoveryCodes.removeAll(tx, who.id)
    await needs.localPasswords.remove(tx, who.id)
    await needs.authenticators.removeAll(tx, who.id)
    await needs.accessPasses.removeAll(tx, who.id)
    await needs.phones.store.removeAll(tx, who.id)
  }

  return {
    endIn,
    resumeIn,
    async removeIn(tx, who) {
      const ended = await endIn(tx, who.id)
      await removeWays(tx, who)
      await users.remove(tx, who.organizationId, who.id)
      return ended
    },
    async suspend(who, record) {
      await endEverything(who, async (tx, _count, before) => {
        await users.update(tx, who.organizationId, who.id, { status: 'suspended' })
        // A pass is for this hour; what else the person has waits for the day of return.
        await needs.accessPasses.revoke(tx, who)
        await record(tx, before)
      })
    },
    async resume(who, record) {
      await storage.write(async (tx) => { await record(tx, await resumeIn(tx, who)) })
    },
    async reset(who, record) {
      await endEverything(who, async (tx, _count, before) => {
        await removeWays(tx, who)
        await record(tx, before)
      })
    },
    async remove(who, record) {
      await endEverything(who, async (tx, _count, before) => {
        await removeWays(tx, who)
        await users.remove(tx, who.organizationId, who.id)
        await record(tx, before)
      })
    },
    signOut: (who, record) => endEverything(who, record),
  }
}
