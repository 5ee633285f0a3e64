/**
 * The composition root: opens the ground, builds every room, hands each what it needs, and joins them by callbacks.
 *
 *   foundation.ts   database, secrets and stores, shared with the command line
 *   parts.ts        authentication, protocols, jobs: every room above the foundation
 *   app.ts          the server: what requests run through, routes, panels, start and stop
 *   explain.ts      faults that an operator can mend, in words
 *   the others      small joints: who may enter, mails, audit rows, brands, tasks
 */
export { createApp, type App } from './app.ts'
export { explainFault } from './explain.ts'
export { joinDirectories } from './directories.ts'
export { noteKeyChanges } from './key-changes.ts'
export { databaseLocation, openFoundation, projectFolder, type Foundation } from './foundation.ts'
export type { Invite } from './inviting.ts'
export { createLetters, type Letters } from './letters.ts'
export { joinMicrosoft365 } from './microsoft365.ts'
export { createDirectoryLooks } from './directory-looks.ts'
export { composeParts, type AppParts } from './parts.ts'
export { keepUpToDate } from './tasks.ts'
