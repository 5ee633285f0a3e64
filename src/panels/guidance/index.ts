/**
 * What people read before and beside their work: help, downloads, and the list of first steps.
 *
 *   topics.ts        which pages and steps there are, and what makes a step done
 *   help-routes.ts   /help, /downloads: for everybody            start-routes.ts   /start: for whoever is signed in
 *
 * The texts of steps are the organization's where it has its own → ../admin writes them, ../../directory keeps them.
 */
import type { Routes } from '../../http/index.ts'
import { mountHelp } from './help-routes.ts'
import type { GuidanceNeeds } from './needs.ts'
import { mountStart } from './start-routes.ts'

export type { GuidanceNeeds } from './needs.ts'
export type * from './pages.ts'
export { steps } from './topics.ts'

export function mountGuidance(routes: Routes, needs: GuidanceNeeds): void {
  mountHelp(routes, needs)
  mountStart(routes, needs)
}
