/**
 * The composition root: opens the ground, builds every room, hands each what it needs, and joins them by callbacks.
 *
 *   foundation.ts   database, secrets and stores, shared with the command line
 *   app.ts          the server: authentication, protocols, panels, jobs
 *   explain.ts      faults that an operator can mend, in words
 *   the others      small joints: who may enter, mails, audit rows, brands, tasks
 */
export { createApp, type App, type AppParts } from './app.ts'
export { explainFault } from './explain.ts'
export { databaseLocation, openFoundation, projectFolder, type Foundation } from './foundation.ts'
export type { Invite } from './inviting.ts'
export { createLetters, type Letters } from './letters.ts'
export { keepUpToDate } from './tasks.ts'
