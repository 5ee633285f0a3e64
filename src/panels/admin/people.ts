import type { Routes } from '../../http/index.ts'
import { mountBulk } from './bulk-routes.ts'
import { mountDashboard } from './dashboard-routes.ts'
import { mountExport } from './export-routes.ts'
import { mountGroupMembers } from './group-member-routes.ts'
import { mountGroupMethods } from './group-method-routes.ts'
import { mountGroups } from './group-routes.ts'
import { mountImport } from './import-routes.ts'
import type { AdminNeeds } from './needs.ts'
import { createPersonActs } from './person-acts.ts'
import { createPhoneActs } from './phone-acts.ts'
import { mountPhoneAssignments } from './phone-assignment-routes.ts'
import { mountUserActs } from './user-act-routes.ts'
import { mountUserEdit } from './user-edit-routes.ts'
import { mountUserKeys } from './user-key-routes.ts'
import { mountUserList } from './user-list-routes.ts'
import { mountUserNew } from './user-new-routes.ts'
import { mountUser } from './user-routes.ts'
import { mountUserPhones } from './user-phone-routes.ts'
import { mountUserWays } from './user-way-routes.ts'

/** The dashboard, people and groups. Addresses with a word come before those with an id. */
export function mountPeople(routes: Routes, needs: AdminNeeds): void {
  const acts = createPersonActs(needs)
  mountDashboard(routes, needs)
  mountUserList(routes, needs)
  mountUserNew(routes, needs, acts)
  mountBulk(routes, needs, { ...acts, ...createPhoneActs(needs, acts) })
  mountPhoneAssignments(routes, needs)
  mountImport(routes, needs)
  mountExport(routes, needs)
  mountUser(routes, needs)
  mountUserEdit(routes, needs, acts)
  mountUserActs(routes, needs, acts)
  mountUserKeys(routes, needs, acts)
  mountUserPhones(routes, needs, acts)
  mountUserWays(routes, needs, acts)
  mountGroups(routes, needs)
  mountGroupMethods(routes, needs)
  mountGroupMembers(routes, needs, acts)
}
