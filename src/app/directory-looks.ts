import { createLooker, type DirectoryLooker, type LdapDirectory } from '../directory/sync/ldap/index.ts'
import { createLocate, trustedAuthorities } from '../http/outbound/index.ts'
import type { Foundation } from './foundation.ts'

/** Looks at a directory as its runs would read it, with the same rules of where a connection may go. */
export function createDirectoryLooks({ config, clock }: Foundation): (directory: LdapDirectory) => DirectoryLooker {
  const needs = { locate: createLocate({ allow: config.outbound.allow }), authorities: trustedAuthorities(config.outbound.caFile), clock }
  return (directory) => createLooker(needs, directory)
}
