/**
 * Reads people and groups from a directory over LDAP, tells what is wrong with a connection, and asks whether a password is right.
 *
 *   connect.ts      name → TCP → TLS → bind, server by server     wire.ts, ber.ts   one socket, one question at a time
 *   search.ts       pages, limits, referrals                      entry.ts, dn.ts, values.ts   what entries are made of
 *   map.ts          an entry → a person, a group, or a problem    source.ts, reading.ts        everything, as `DirectorySource`
 *   changes.ts, content-sync.ts   what changed in OpenLDAP and others     domain-changes.ts, dirsync.ts   … in Active Directory
 *   check.ts        each step of a connection, for the Test button   bind.ts                   passwords
 *   trouble.ts      what went wrong; views/locales has the texts (`ldap.trouble.…`, `ldap.fix.…`)
 *
 * ldapts writes the questions and reads filters. Its client is not used: it connects anew in the plain after a StartTLS
 * connection was cut (SEC-62), hides the cookies of empty pages, and fills the memory over a value that is longer than its message.
 * All groups are told, whichever are chosen: which of them count, nested ones included, the plan decides. Members are names;
 * a group does not change when a member gets a new name, so whoever keeps memberships keeps them by anchor.
 */
export { createDirectoryPasswordKeeper, type PasswordKeeperNeeds } from './bind.ts'
export { checkSteps, createLooker, stepText, type CheckLine, type CheckReport, type CheckStep, type DirectoryLooker, type Told } from './check.ts'
export { readAddress, type LdapNeeds } from './connect.ts'
export { parseFilter } from './search.ts'
export { createLdapSource, gapText, type LdapDirectory, type LdapGap } from './source.ts'
export { Trouble, troubles, troubleTexts, type TroubleCode } from './trouble.ts'
