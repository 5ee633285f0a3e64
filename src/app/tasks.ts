import type { Scim } from '../directory/scim/index.ts'
import type { Delivery } from '../messaging/index.ts'
import type { Keys } from '../keys/index.ts'
import type { Task } from '../jobs/index.ts'
import type { Microsoft365 } from '../microsoft365/index.ts'
import type { Oidc } from '../protocols/oidc/index.ts'
import type { MetadataImport } from '../protocols/saml/metadata-import/index.ts'
import type { Directories } from '../directory/sync/index.ts'
import type { Foundation } from './foundation.ts'
import { noteKeyChanges } from './key-changes.ts'
import type { Records } from './records.ts'
import { sweepExpired } from './sweep.ts'

/** What runs by itself, on one node at a time. */
export function createTasks(foundation: Foundation, parts: { delivery: Delivery; keys: Keys; oidc: Oidc; metadata: MetadataImport; records: Records; microsoft365: Microsoft365; scim: Scim; directories: Directories; importWork: Task['run']; assignPhones: Task['run'] }): Task[] {
  const { audit, outbox, storage, clock } = foundation
  return [
    { name: 'deliver messages', everySeconds: 1, run: (signal) => parts.delivery.deliverDue(signal) },
    { name: 'chain audit events', everySeconds: 5, run: () => audit.chain() },
    { name: 'rotate signing keys', everySeconds: 3_600, run: async () => { await noteKeyChanges(foundation, await parts.keys.advance(), { kind: 'job', id: null, name: 'rotate signing keys' }) } },
    { name: 'read metadata', everySeconds: 86_400, run: (signal) => parts.metadata.refreshAll((tx, before, after) => parts.records.metadata(tx, before, after), signal) },
    { name: 'import people from files', everySeconds: 2, run: parts.importWork },
    { name: 'assign phone keys', everySeconds: 2, run: parts.assignPhones },
    { name: 'remove old files of people', everySeconds: 3_600, run: (signal) => foundation.peopleImports.purge(signal) },
    { name: 'sweep expired rows', everySeconds: 600, run: (signal) => sweepExpired({ storage, clock }, signal) },
    { name: 'remove people whom SCIM deleted', everySeconds: 3_600, run: async (signal) => { await parts.scim.removeKept(signal) } },
    // Before the guard, so that a roll-over of ours is not a difference.
    { name: 'advance certificates of Microsoft 365', everySeconds: 3_600, run: (signal) => parts.microsoft365.autopilot.runAll(signal) },
    { name: 'guard Microsoft 365', everySeconds: 900, run: (signal) => parts.microsoft365.guard.checkAll(signal) },
    { name: 'look after keys at Microsoft', everySeconds: 10, run: (signal) => parts.microsoft365.keys.upkeep.run(signal) },
    // Begins what is due and comes back; each directory has a lease of its own.
    { name: 'sync directories', everySeconds: 2, run: (signal) => parts.directories.runDue(signal) },
    { name: 'purge outbox', everySeconds: 3_600, run: () => outbox.purge() },
  ]
}

const everyNodeMilliseconds = 5_000

/** What each node does for itself: follow the database's clock, take up new keys and names. */
export function keepUpToDate(foundation: Foundation, oidc: Oidc): { stop(): void } {
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    Promise.all([foundation.clock.calibrate(), oidc.refreshKeys(), foundation.brands.refresh()])
      .catch((error: unknown) => { foundation.log.warn('this node could not look for changes', { error }) })
      .finally(() => { busy = false })
  }, everyNodeMilliseconds)
  timer.unref()
  return { stop: () => { clearInterval(timer) } }
}
