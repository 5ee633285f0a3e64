import type { Clock } from '../storage/index.ts'
import type { createChanges } from './changes.ts'

/**
 * Who waits for what on this node: pages for a decision, open apps for a question, computers for their phone. What this node does itself is heard at once; what another
 * one does, by one question to the database for all who wait together. Nothing is decided here: whoever is woken looks for themselves.
 */
export interface Watch {
  /** Something about this request or person is not as it was. */
  changed(...subjects: readonly string[]): void
  /** Resolves when one of the subjects changes, after the time, or when the signal ends it. @returns whether something changed */
  wait(subjects: readonly string[], milliseconds: number, signal?: AbortSignal): Promise<boolean>
  stop(): void
}

export const approvalSubject = (id: string): string => `approval ${id}`
export const personSubject = (id: string): string => `person ${id}`
export const computerSubject = (id: string): string => `computer ${id}`

/** A transaction is seen only after its commit, and clocks of nodes differ a little: what is this old is looked at again. */
const lookBackMilliseconds = 3_000

/** News rarely come alone. */
const livelyForMilliseconds = 2_000

/**
 * @param needs.everyMilliseconds how late news of another node may be
 * @param needs.livelyMilliseconds the same for two seconds after other news, so that a talk of several steps between nodes waits once and not at each step
 */
export function createWatch(needs: { changes: ReturnType<typeof createChanges>; clock: Clock; everyMilliseconds: number; livelyMilliseconds: number; onError: (error: unknown) => void }): Watch {
  const waiting = new Map<string, Set<() => void>>()
  let seen = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined
  let busy = false
  let livelyUntil = -Infinity

  function changed(...subjects: readonly string[]): void {
    const wasLively = performance.now() < livelyUntil
    livelyUntil = performance.now() + livelyForMilliseconds
    // Once is enough: news without end must not put off the question for ever.
    if (!wasLively && timer !== undefined) schedule()
    for (const subject of subjects) for (const wake of waiting.get(subject) ?? []) wake()
  }

  function schedule(): void {
    clearTimeout(timer)
    const pause = performance.now() < livelyUntil ? needs.livelyMilliseconds : needs.everyMilliseconds
    timer = setTimeout(() => { void look().finally(() => { if (timer !== undefined) schedule() }) }, pause).unref()
  }

  async function look(): Promise<void> {
    if (busy) return
    busy = true
    try {
      const computers = [...waiting.keys()].filter((subject) => subject.startsWith(computerSubject(''))).map((subject) => subject.slice(computerSubject('').length))
      const { changed: rows, standing } = await needs.changes(needs.clock.now() - lookBackMilliseconds, computers)
      for (const { kind, id, userId, changedAt } of rows) {
        if (seen.get(id) !== changedAt) changed(kind === 'approval' ? approvalSubject(id) : computerSubject(id), ...(userId === null ? [] : [personSubject(userId)]))
      }
      for (const id of computers) if (!standing.has(id)) changed(computerSubject(id))
      seen = new Map(rows.map(({ id, changedAt }) => [id, changedAt]))
    } catch (error) {
      needs.onError(error)
    } finally {
      busy = false
    }
  }

  function beginOrEnd(): void {
    if (waiting.size > 0) {
      if (timer === undefined) schedule()
    } else {
      clearTimeout(timer)
      timer = undefined
    }
  }

  return {
    changed,
    async wait(subjects, milliseconds, signal) {
      if (signal?.aborted) return false
      const { promise, resolve } = Promise.withResolvers<boolean>()
      const wake = (): void => { resolve(true) }
      const end = (): void => { resolve(false) }
      for (const subject of subjects) waiting.set(subject, (waiting.get(subject) ?? new Set()).add(wake))
      beginOrEnd()
      const late = setTimeout(end, milliseconds)
      late.unref()
      signal?.addEventListener('abort', end, { once: true })
      try {
        return await promise
      } finally {
        clearTimeout(late)
        signal?.removeEventListener('abort', end)
        for (const subject of subjects) {
          const set = waiting.get(subject)
          set?.delete(wake)
          if (set?.size === 0) waiting.delete(subject)
        }
        beginOrEnd()
      }
    },
    stop() {
      for (const set of waiting.values()) for (const wake of set) wake()
      clearTimeout(timer)
      timer = undefined
    },
  }
}
