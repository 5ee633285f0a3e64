import type { PasswordKeeper } from '../directory/index.ts'
import type { Directories } from '../directory/sync/index.ts'
import { createDirectoryPasswordKeeper, createLooker, type DirectoryLooker, type LdapDirectory, type LdapNeeds } from '../directory/sync/ldap/index.ts'
import { createLocate, trustedAuthorities } from '../http/outbound/index.ts'
import type { Foundation } from './foundation.ts'

const made = new WeakMap<Foundation, LdapNeeds>()

/** What speaks LDAP needs of this installation. One array of authorities for syncs, tests and passwords: contexts of TLS are kept by it. */
export function ldapNeeds(foundation: Foundation): LdapNeeds {
  const { allow, caFile } = foundation.config.outbound
  const needs = made.get(foundation) ?? { locate: createLocate({ allow }), authorities: trustedAuthorities(caFile) }
  made.set(foundation, needs)
  return needs
}

/** Looks at a directory as its runs would read it, with the same rules of where a connection may go. */
export function createDirectoryLooks(foundation: Foundation): (directory: LdapDirectory) => DirectoryLooker {
  const needs = { ...ldapNeeds(foundation), clock: foundation.clock }
  return (directory) => createLooker(needs, directory)
}

/** Asks the directory that a person comes from; the directory's word is the only one for its people. */
export function createDirectoryPasswords(foundation: Foundation, directories: Pick<Directories, 'ofPerson'>): PasswordKeeper {
  return createDirectoryPasswordKeeper({
    ...ldapNeeds(foundation), clock: foundation.clock, find: (userId) => directories.ofPerson(userId),
    onTrouble: (userId, trouble) => { foundation.log.warn('a directory could not be asked about a password', { user: userId, reason: trouble.code, parameters: trouble.parameters }) },
  })
}
