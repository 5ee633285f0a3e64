/**
 * Passwords: knowledge, for organizations that still want them; off until an administrator switches them on.
 *
 *   password.ts          what a password may be, and what it proves
 *   hashing.ts           Argon2id, a few at a time beside the main loop
 *   local-passwords.ts   those that are kept here, one keeper beside directories (directory/passwords.ts)
 *
 * A password never signs in an administrator, nor whoever has a key (../../policy). Where it may only enroll the first key, its
 * session opens nothing else (../../sessions), and once that is done it is spent, wherever it is kept. Nobody sets somebody
 * else's password: the help desk has access passes for that.
 */
export { createHashing, type Hashing } from './hashing.ts'
export { createLocalPasswords, type LocalPassword, type LocalPasswords } from './local-passwords.ts'
export { longest, passwordCredential, passwordProof, readPassword, shortest, weaknessOf, type Weakness } from './password.ts'
export { LocalPasswordTable, SpentPasswordTable } from './schema.ts'
