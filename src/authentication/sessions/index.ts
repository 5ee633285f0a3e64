/**
 * The browser's single sign-on session: opened by a finished sign-in, looked up by every request, ended by sign-out,
 * suspension or time. The cookie holds a 256-bit secret; the database keeps only its hash.
 *
 * One statement loads session, person and organization together, so whoever is suspended is a stranger at once.
 * A session that still waits for a second step or a first key (`opens`) is none to protocols: `current` does not find it, and only
 * the pages on the way to the missing proof ask for `ofBrowser`.
 *
 * How someone gets a session → ../signin; what applications are told when it ends → protocols, through `onEnd`.
 */
export { describeDevice } from './device.ts'
export { SessionTable } from './schema.ts'
export { addProofs, freshMilliseconds, isFresh, opensOf, toSignedIn, type EndedSession, type LiveSession, type Opens, type Proven, type SessionView, type SignedIn, type SignOutStep } from './session.ts'
export { createSessions, type Sessions } from './sessions.ts'
