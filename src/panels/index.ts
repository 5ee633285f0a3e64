/**
 * What people see of Doorward itself.
 *
 *   welcome/   the first start, invitations, signing up
 *   account/   a person's own panel: applications, keys, activity, profile
 *   admin/     people, groups, applications, audit, settings of an organization
 *
 * Panels show and ask; rules live in the rooms below. A panel never imports another one.
 */
export type { LetterLine, PanelEvent, PanelLetter, PersonAccess, RecordEvent, SendLetter, Who } from './needs.ts'
