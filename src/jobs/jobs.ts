import { hostname } from 'node:os'
import type { Log } from '../log.ts'
import { newId, type Clock, type Storage } from '../storage/index.ts'
import { createLeaseStore, leaseMilliseconds, LeaseLost, renewMilliseconds, type Lease, type LeaseState } from './lease.ts'

export interface Task {
  readonly name: string
  readonly everySeconds: number
  /** Must be safe to repeat: a node may die in the middle. The signal aborts when the lease is lost or the process stops. */
  run(signal: AbortSignal, lease: Lease): Promise<unknown>
}

export type RunResult =
  | { readonly outcome: 'done' }
  | { readonly outcome: 'failed'; readonly error: string }
  | { readonly outcome: 'busy' } // another run is on its way, here or on another node
  | { readonly outcome: 'lost' } // another node took over meanwhile
  | { readonly outcome: 'stopped' } // this process is ending

export interface Jobs {
  start(): void
  /** No new runs; aborts those on their way and waits for them. */
  stop(): Promise<void>
  /** Runs a task out of turn, unless it is running somewhere. */
  runNow(name: string): Promise<RunResult>
  /** When each task ran last and how, for `doctor`. */
  states(): Promise<readonly LeaseState[]>
}

const lookMilliseconds = 1_000

/** Runs each task on one node at a time. All of them look every second; a lease row decides who may. */
export function createJobs(needs: { storage: Storage; clock: Clock; log: Log; tasks: readonly Task[]; lookMilliseconds?: number; renewMilliseconds?: number }): Jobs {
  const { clock, log } = needs
  const tasks = new Map(needs.tasks.map((task) => [task.name, task]))
  if (tasks.size !== needs.tasks.length) throw new Error('jobs: two tasks have the same name')
  const leases = createLeaseStore({ ...needs, holder: `${hostname()} ${process.pid} ${newId()}` })
  const running = new Map<string, Promise<RunResult>>()
  const stopping = new AbortController()
  /** A share of the interval by which this node waits longer, so that nodes do not all reach for the lease at once. */
  const delays = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let looking: Promise<void> = Promise.resolve()

  const run = (task: Task, dueBefore: number): Promise<RunResult> => {
    if (stopping.signal.aborted || running.has(task.name)) return Promise.resolve({ outcome: 'busy' })
    const work = hold(task, dueBefore).finally(() => { running.delete(task.name) })
    running.set(task.name, work)
    return work
  }

  const hold = async (task: Task, dueBefore: number): Promise<RunResult> => {
    const startedAt = clock.now()
    let lease: Lease | undefined
    try {
      lease = await leases.take(task.name, dueBefore)
      if (!lease) return { outcome: 'busy' }
      const result = await perform(task, lease)
      if (result.outcome === 'stopped') await leases.giveUp(lease)
      else await leases.release(lease, startedAt, result.outcome === 'failed' ? result.error : null)
      return result
    } catch (error) {
      // The lease itself could not be taken or given back: the database is away. It expires by itself.
      log.error('a task could not be run', { task: task.name, error })
      return { outcome: 'failed', error: textOf(error) }
    }
  }

  const perform = async (task: Task, lease: Lease): Promise<RunResult> => {
    const lost = new AbortController()
    let renewedAt = performance.now()
    const renewal = setInterval(() => {
      const askedAt = performance.now()
      leases.renew(lease).then((held) => {
        if (held) renewedAt = askedAt
        else lost.abort(new LeaseLost(`another node has taken over the task ${task.name}`))
      }, () => undefined)
      // Cut off from the database, a node cannot know who holds the lease now: it must assume the worst.
      if (askedAt - renewedAt > leaseMilliseconds) lost.abort(new LeaseLost(`the lease of the task ${task.name} could not be renewed in time`))
    }, needs.renewMilliseconds ?? renewMilliseconds)
    renewal.unref()
    try {
      await task.run(AbortSignal.any([stopping.signal, lost.signal]), lease)
      return { outcome: 'done' }
    } catch (error) {
      if (error instanceof LeaseLost || lost.signal.aborted) {
        log.warn('a task was left to another node', { task: task.name })
        return { outcome: 'lost' }
      }
      if (stopping.signal.aborted) return { outcome: 'stopped' }
      log.error('a task failed', { task: task.name, error })
      return { outcome: 'failed', error: textOf(error) }
    } finally {
      clearInterval(renewal)
    }
  }

  const look = async (): Promise<void> => {
    try {
      const states = await leases.states()
      for (const task of tasks.values()) {
        const state = states.get(task.name)
        const now = clock.now()
        const due = now - task.everySeconds * 1_000
        const delay = delays.get(task.name) ?? 0
        const waits = state?.expiresAt === 0 && state.lastRunAt !== null && state.lastRunAt > due - delay
        const held = state !== undefined && state.expiresAt > now
        if (waits || held || running.has(task.name)) continue
        delays.set(task.name, Math.random() * Math.min(task.everySeconds * 50, 30_000))
        void run(task, due)
      }
    } catch (error) {
      log.warn('tasks could not be looked up', { error })
    }
  }

  const schedule = (): void => {
    const wait = (needs.lookMilliseconds ?? lookMilliseconds) * (0.8 + Math.random() * 0.4)
    timer = setTimeout(() => { looking = look().finally(() => { if (!stopping.signal.aborted) schedule() }) }, wait).unref()
  }

  return {
    start() {
      if (timer === undefined && !stopping.signal.aborted) schedule()
    },
    async stop() {
      clearTimeout(timer)
      stopping.abort(new Error('the process is stopping'))
      await looking
      await Promise.allSettled(running.values())
    },
    async runNow(name) {
      const task = tasks.get(name)
      if (!task) throw new Error(`there is no task ${name}`)
      return run(task, Number.MAX_SAFE_INTEGER)
    },
    async states() {
      const states = await leases.states()
      return [...tasks.keys()].map((name) => states.get(name) ?? { name, expiresAt: 0, lastRunAt: null, lastError: null })
    },
  }
}

function textOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500)
}
