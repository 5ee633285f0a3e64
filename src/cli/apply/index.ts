/**
 * `doorward apply`: organizations, people, groups and applications from a file that can live in version control.
 *
 *   read.ts, document.ts, application-rules.ts     what may stand in the file; problems with their lines
 *   federated-document.ts                          the same for SAML and WS-Federation; federated.ts brings the database to it
 *   reconcile.ts, users.ts, applications.ts        brings the database to it, step by step, in one transaction
 */
export type { ApplyDocument } from './document.ts'
export { readApplyDocument } from './read.ts'
export { reconcile } from './reconcile.ts'
export type { ApplyNeeds, Step } from './step.ts'
