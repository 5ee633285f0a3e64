/**
 * `doorward directory …`: what the administration's pages about directories do, at the machine.
 *
 *   session.ts            opens the room for a command, finds the directory that is meant
 *   list.ts, runs.ts      what there is, and how the runs went
 *   check.ts              each step of a connection, with cause and fix
 *   sync.ts, progress.ts  one run now: looked at, or applied
 *   export.ts             people and groups as CSV or JSON
 */
export { check } from './check.ts'
export { exportPeople } from './export.ts'
export { list } from './list.ts'
export { runs } from './runs.ts'
export { sync } from './sync.ts'
