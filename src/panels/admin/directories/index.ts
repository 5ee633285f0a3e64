/**
 * The pages of directories: connect one, look at what it would do, let it run.
 *
 *   /admin/directories                list; /new and /new/:kind begin one with its servers and account (connection-routes)
 *   …/:id                             how it is doing, its runs, test, preview, switch, removal (directory-routes)
 *   …/:id/connection, /people, /mapping, /rules   the steps of the set-up, one page each
 *   …/:id/runs/:run                   a plan and how far it is; export, approval, rejection (run-routes)
 *   …/:id/conflicts, /adoption        what stands in somebody's way (conflict-routes)
 *
 * Each step ends at the next while a directory is new, and at its page later. What becomes of people is decided in directory/sync.
 */
import type { Routes } from '../../../http/index.ts'
import { mountConflicts } from './conflict-routes.ts'
import { mountConnection } from './connection-routes.ts'
import { mountDirectory } from './directory-routes.ts'
import { mountMapping } from './mapping-routes.ts'
import type { DirectoryPageNeeds } from './needs.ts'
import { mountPeopleForm } from './people-routes.ts'
import { mountRules } from './rules-routes.ts'
import { mountRun } from './run-routes.ts'

export type { DirectoryPageNeeds } from './needs.ts'
export type * from './pages.ts'

export function mountDirectories(routes: Routes, needs: DirectoryPageNeeds): void {
  mountConnection(routes, needs)
  mountPeopleForm(routes, needs)
  mountMapping(routes, needs)
  mountRules(routes, needs)
  mountRun(routes, needs)
  mountConflicts(routes, needs)
  mountDirectory(routes, needs)
}
