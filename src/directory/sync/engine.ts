import type { AuditActor } from '../../audit/index.ts'
import { LeaseLost } from '../../jobs/index.ts'
import type { Directory, DirectoryRun, RunOrder } from './directory.ts'
import { dueOrder, isStale } from './due.ts'
import type { EngineNeeds } from './needs.ts'
import { takeAway } from './removal.ts'
import { runOnce } from './run.ts'

export type { EngineNeeds } from './needs.ts'

export interface SyncOptions {
  readonly order: RunOrder
  readonly actor: AuditActor
  readonly signal?: AbortSignal
  /** Told about every step of the run, at most twice a second. */
  readonly onProgress?: (run: DirectoryRun) => void
}

/** So many directories at once on one node: reading waits mostly for the network, writing for one database. */
const mostAtOnce = 3

/** Runs directories, each under a lease of its own: a second runner, here or on another node, waits for its turn. */
export function createEngine(needs: EngineNeeds) {
  const { storage, clock, log, store } = needs
  const running = new Map<string, Promise<unknown>>()
  const stopping = new AbortController()
  /** What was last said about each directory; asked every two seconds, it is rarely news. */
  const told = new Map<string, string>()

  const begin = (directory: Directory, order: RunOrder, actor: AuditActor, options: Partial<SyncOptions> = {}): Promise<DirectoryRun | undefined> => {
    let run: DirectoryRun | undefined
    const work = needs.hold(`sync directory ${directory.id}`, async (signal, lease) => {
      // As it is now that nobody else changes it.
      const fresh = await store.find(directory.organizationId, directory.id)
      if (!fresh || fresh.removal !== null) return
      run = await runOnce(needs, fresh, { order, actor, lease, signal: AbortSignal.any([signal, stopping.signal, ...(options.signal ? [options.signal] : [])]), onProgress: options.onProgress ?? (() => undefined) })
    }).then(() => run)
    running.set(directory.id, work)
    return work.finally(() => { running.delete(directory.id) })
  }

  const raiseStale = async (directory: Directory): Promise<void> => {
    const news = `${isStale(directory, clock.now()) ? 'stale' : 'fine'} ${directory.error?.code ?? ''}`
    if (told.get(directory.id) === news) return
    await storage.write(async (tx) => {
      if (isStale(directory, clock.now())) {
        await needs.alert.raise(tx, directory.organizationId, { kind: 'directory.stale', subject: directory.id, details: { directory: directory.name, minutes: directory.settings.staleMinutes, reason: directory.error?.message ?? '' } })
      } else await needs.alert.resolve(tx, directory.organizationId, 'directory.stale', directory.id)
    })
    told.set(directory.id, news)
  }

  /** What came out is in the history; only a fault of ours is thrown, and goes to the log. */
  const inBackground = (name: string, work: Promise<unknown>): void => {
    work.catch((error: unknown) => { if (!(error instanceof LeaseLost) && !stopping.signal.aborted) log.error('a directory could not be synchronised', { directory: name, error }) })
  }

  return {
    async runDue(signal: AbortSignal): Promise<void> {
      const directories = await store.all()
      for (const directory of directories) {
        if (signal.aborted || stopping.signal.aborted) return
        if (running.has(directory.id) || running.size >= mostAtOnce) continue
        if (directory.removal !== null) {
          const work = needs.hold(`sync directory ${directory.id}`, (held, lease) => takeAway(needs, directory, lease, AbortSignal.any([held, stopping.signal]))).finally(() => { running.delete(directory.id) })
          running.set(directory.id, work)
          inBackground(directory.name, work)
          continue
        }
        const order = dueOrder(directory, clock.now())
        if (order !== undefined) inBackground(directory.name, begin(directory, order, { kind: 'job', id: null, name: directory.name }))
      }
      for (const directory of directories) if (directory.enabled && (isStale(directory, clock.now()) || directory.successAt !== null)) await raiseStale(directory)
    },

    /** @returns undefined when another runner has it */
    sync: (directory: Directory, options: SyncOptions): Promise<DirectoryRun | undefined> => begin(directory, options.order, options.actor, options),

    async stop(): Promise<void> {
      stopping.abort(new Error('the process is stopping'))
      await Promise.allSettled(running.values())
    },
  }
}
