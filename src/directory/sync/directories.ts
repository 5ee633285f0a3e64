import type { AuditActor } from '../../audit/index.ts'
import { Conflict, NotFound } from '../../errors.ts'
import type { OrganizationId, Transaction } from '../../storage/index.ts'
import { mayManage, type UserRole } from '../user.ts'
import type { Directory, DirectoryRun, PlanItem } from './directory.ts'
import { createEngine, type EngineNeeds, type SyncOptions } from './engine.ts'
import { conflictsOf, findAdoptable, letAdopt, type EntryConflict } from './conflicts.ts'
import { createDirectoryStore } from './store.ts'
import { createRuns } from './runs.ts'
import { createProfiles } from './profiles.ts'

export type Directories = ReturnType<typeof createDirectories>

/**
 * Everything that pages and commands do with directories. What takes a transaction is written down in the audit log by the caller, in that
 * transaction; runs write down themselves what they do.
 */
export function createDirectories(needs: Omit<EngineNeeds, 'store' | 'runs'>) {
  const { storage } = needs
  const store = createDirectoryStore(needs)
  const runs = createRuns(needs)
  const engine = createEngine({ ...needs, store, runs })

  /** @throws NotFound, Conflict `directory.not_waiting` */
  const waiting = async (tx: Transaction, organizationId: OrganizationId, runId: string): Promise<DirectoryRun> => {
    const run = await runs.find(organizationId, runId, tx)
    if (!run) throw new NotFound()
    if (run.state !== 'waiting') throw new Conflict('directory.not_waiting')
    return run
  }

  return {
    list: store.list, find: store.find, findByName: store.findByName, create: store.create, update: store.update, remove: store.remove, overview: store.overview,
    /** What opens it, for readers of directories only (test button, groups to choose from); never for a page. */
    secret: store.secret,
    /** Whom to ask about a person's password; with the directory's secret, so never for a page either. */
    ofPerson: store.ofPerson,

    runs: runs.list, findRun: runs.find, planItems: runs.items, planMembers: runs.members,
    /** The whole plan, for an export. */
    async *exportPlan(organizationId: OrganizationId, runId: string): AsyncGenerator<PlanItem> {
      for (let after = 0, page: PlanItem[] = []; ; after = page.at(-1)?.seq ?? 0) {
        page = await runs.items(organizationId, runId, { after, limit: 500 })
        yield* page
        if (page.length < 500) return
      }
    },

    /** Reads everything and shows the plan; nothing is applied. Looks like any other run, and ends in `previewed`. */
    preview: (tx: Transaction, organizationId: OrganizationId, id: string, actor: AuditActor) => store.request(tx, organizationId, id, 'preview', actor),
    runNow: (tx: Transaction, organizationId: OrganizationId, id: string, order: 'changes' | 'full', actor: AuditActor) => store.request(tx, organizationId, id, order, actor),

    /**
     * Lets a plan that waits be applied. It is worked out anew before, and waits again if other people than those shown would vanish.
     * @throws NotFound, Conflict `directory.not_waiting`
     */
    async approve(tx: Transaction, organizationId: OrganizationId, runId: string, actor: AuditActor): Promise<void> {
      const run = await waiting(tx, organizationId, runId)
      await tx.run('UPDATE directories SET approved_run_id = ?, replan = 1 WHERE id = ? AND organization_id = ?', [runId, run.directoryId, organizationId])
      await store.request(tx, organizationId, run.directoryId, 'changes', actor)
    },

    /**
     * The plan is not applied. What is different stays so until the directory says something new, or the next reading of everything.
     * @throws NotFound, Conflict `directory.not_waiting`
     */
    async discard(tx: Transaction, organizationId: OrganizationId, runId: string): Promise<void> {
      const run = await waiting(tx, organizationId, runId)
      await runs.change(tx, runId, { state: 'discarded', finishedAt: needs.clock.now() })
      await tx.run('UPDATE directories SET replan = 0 WHERE id = ? AND organization_id = ?', [run.directoryId, organizationId])
      await needs.alert.resolve(tx, organizationId, 'directory.waiting', run.directoryId)
    },

    /** Entries that stand in somebody's way, as they are now; each with its code and what it is about. */
    conflicts: (organizationId: OrganizationId, directoryId: string, page: { readonly after?: string; readonly limit: number }): Promise<EntryConflict[]> => conflictsOf(storage.read, organizationId, directoryId, page),

    /**
     * Gives an account that is there to an entry of the directory, which owns its names and address from the next run on (SEC-65: only ever
     * by somebody's decision). Allowed for `exists_here` and `kept_account`, to whoever may manage that person.
     * @throws NotFound, Conflict `directory.not_adoptable`, Forbidden
     */
    async adopt(tx: Transaction, organizationId: OrganizationId, directoryId: string, anchor: string, actor: AuditActor & { readonly role: UserRole }): Promise<{ readonly userId: string; readonly email: string }> {
      const directory = await store.find(organizationId, directoryId, tx)
      if (!directory) throw new NotFound()
      const found = await findAdoptable(tx, directory, anchor, (role) => mayManage(actor.role, role))
      await letAdopt(tx, directory, anchor, found.userId)
      await store.request(tx, organizationId, directoryId, 'changes', { kind: actor.kind, id: actor.id, name: actor.name })
      return found
    },

    profiles: createProfiles(needs),

    /** The job: begins whatever is due, does not wait for it, and takes away what was removed. One slow directory stops no other. */
    runDue: (signal: AbortSignal): Promise<void> => engine.runDue(signal),
    /** For a command: runs now and waits for the end. @returns undefined while another node runs it */
    sync: (directory: Directory, options: SyncOptions): Promise<DirectoryRun | undefined> => engine.sync(directory, options),
    /** Ends what is running here; it goes on after the next start. */
    stop: (): Promise<void> => engine.stop(),
  }
}
