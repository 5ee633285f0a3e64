/**
 * What people read before and beside their work: help, and what to get for signing in. Public, so that whoever cannot sign in reads it too.
 *
 *   topics.ts        the pages of help, as data; their words are in the language files
 *   help-routes.ts   /help, /downloads
 *
 * The list of first steps belongs to a person → ../account.
 */
export type * from './pages.ts'
export { mountHelp } from './help-routes.ts'
export { topicPage, topics } from './topics.ts'
