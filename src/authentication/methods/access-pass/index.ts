/**
 * Access passes: what the help desk gives to somebody who has no way in, read out once and good for ten minutes to eight hours.
 *
 * A pass is only for enrolling a first key: its session opens the page for that and nothing else, no application and no other part
 * of the account, until there is a key (../../sessions). It is never for people who hold a working key, who would be the easier
 * to take over by a telephone call: an administrator resets or suspends that key first, and both tell the person (SEC-37,
 * SEC-60). Administrators get none; theirs is the link of a reset.
 */
export { createAccessPasses, passMinutes, type AccessPasses, type AccessPassView } from './access-passes.ts'
export { AccessPassTable } from './schema.ts'
