import { EqualityFilter } from 'ldapts'
import type { Clock, UserId } from '../../../storage/index.ts'
import type { PasswordKeeper, PasswordVerdict } from '../../passwords.ts'
import { authenticate, connect, reach, type LdapNeeds } from './connect.ts'
import { textOf, type Entry } from './entry.ts'
import { disabledBecause } from './map.ts'
import { searchFew } from './search.ts'
import type { LdapDirectory } from './source.ts'
import { Trouble, type TroubleCode } from './trouble.ts'
import { anchorValue, windowsTime } from './values.ts'
import type { Wire } from './wire.ts'

export interface PasswordKeeperNeeds extends LdapNeeds {
  readonly clock: Clock
  /** The directory a person comes from, and what it knows the person by; undefined for everybody else. */
  find(userId: UserId): Promise<(LdapDirectory & { readonly anchor: string }) | undefined>
  /** Why a directory could not be asked, for the log. */
  onTrouble?(userId: UserId, trouble: Trouble): void
  /** For everything together; after it the answer is `unavailable`. */
  readonly verifyMilliseconds?: number
}

/**
 * Asks a directory whether a password is right, by binding with it; nothing of it is kept. The entry is found by its anchor
 * with the service account, never by what somebody typed, so there is nothing to inject into (SEC-63). Limits of attempts
 * are the caller's, and come before.
 */
export function createDirectoryPasswordKeeper(needs: PasswordKeeperNeeds): PasswordKeeper {
  return {
    async verify({ id: userId, managedBy }, password) {
      if (managedBy === null) return 'none'
      const person = await needs.find(userId)
      if (person === undefined) return 'none'
      // An empty one would prove nothing and be welcomed by many servers (SEC-64).
      if (password === '' || password.includes('\0') || Buffer.byteLength(password) > 1_000) return 'wrong'
      const signal = AbortSignal.timeout(needs.verifyMilliseconds ?? 5_000)
      try {
        return await verifyAt(needs, person, password, signal)
      } catch (error) {
        if (!(error instanceof Trouble)) throw error
        needs.onTrouble?.(userId, error)
        return 'unavailable'
      }
    },
  }
}

/** What a server says of a password that is not right, or that may not be used now. Each is a no, and none says more to who asks. */
const refusals: ReadonlySet<TroubleCode> = new Set([
  'credentials', 'unknown_account', 'wrong_password', 'not_now', 'not_here', 'password_expired', 'account_disabled', 'account_expired', 'password_must_change', 'account_locked', 'base', 'method',
])

async function verifyAt(needs: PasswordKeeperNeeds, person: LdapDirectory & { readonly anchor: string }, password: string, signal: AbortSignal): Promise<PasswordVerdict> {
  const { settings, kind } = person
  const account = await connect(needs, person, signal)
  let entry: Entry | undefined
  try {
    entry = await findByAnchor(account, person)
  } finally {
    account.close()
  }
  if (entry === undefined || entry.dn === '' || !mayUsePassword(entry, kind, needs.clock.now())) return 'wrong'
  // The server that knew the entry a moment ago is the one to ask; its wire has the account's rights, so a new one is opened.
  const own = { settings: { ...settings, bind: { method: 'simple', name: entry.dn, certificate: null } }, secret: password } as const
  for (const { url } of settings.servers) {
    let wire: Wire
    try {
      wire = await reach(needs, own, url, signal)
    } catch (error) {
      if (signal.aborted || url === settings.servers.at(-1)?.url) throw error
      continue
    }
    try {
      await authenticate(wire, { name: entry.dn, password })
      return 'right'
    } catch (error) {
      if (error instanceof Trouble && refusals.has(error.code)) return 'wrong'
      throw error
    } finally {
      wire.close()
    }
  }
  return 'unavailable'
}

async function findByAnchor(wire: Wire, { kind, settings, anchor }: LdapDirectory & { readonly anchor: string }): Promise<Entry | undefined> {
  const state = kind === 'active-directory' ? ['userAccountControl', 'msDS-User-Account-Control-Computed', 'accountExpires', 'lockoutTime', 'pwdLastSet'] : ['pwdAccountLockedTime', 'nsAccountLock', 'loginDisabled', 'pwdReset']
  const filter = new EqualityFilter({ attribute: settings.anchor, value: anchorValue(settings.anchor, anchor) })
  const found = await searchFew(wire, { base: settings.base, scope: 'sub', filter, attributes: state, limit: 2 })
  return found.length === 1 ? found[0] : undefined
}

/**
 * Whether the account's state lets a password through. A domain controller refuses these itself; this is for one that has
 * not heard of it yet, and for servers that leave it to who asks (SEC-64).
 */
export function mayUsePassword(entry: Entry, kind: LdapDirectory['kind'], now: number): boolean {
  if (disabledBecause(entry, kind, now) !== null) return false
  if (kind !== 'active-directory') return textOf(entry, 'pwdReset')?.toLowerCase() !== 'true'
  const control = Number(textOf(entry, 'userAccountControl') ?? '0')
  const computed = Number(textOf(entry, 'msDS-User-Account-Control-Computed') ?? '0')
  // Locked out (0x10) and password expired (0x800000) are in the computed bits, which know the policies of the domain.
  if ((computed & 0x10) !== 0 || (computed & 0x80_0000) !== 0) return false
  if (computed === 0 && textOf(entry, 'msDS-User-Account-Control-Computed') === undefined && windowsTime(textOf(entry, 'lockoutTime')) !== undefined) return false
  // 0: has to be changed at the next sign-in; unless it never expires.
  return textOf(entry, 'pwdLastSet') !== '0' || (control & 0x1_0000) !== 0
}
