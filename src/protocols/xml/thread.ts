import { Worker } from 'node:worker_threads'
import { Unavailable } from '../../errors.ts'
import { XmlRefused } from './refused.ts'
import type { XmlElement } from './tree.ts'
import type { XmlAnswer, XmlTask } from './worker.ts'

export interface Thread {
  run(task: XmlTask): Promise<XmlElement>
  close(): Promise<void>
}

interface Waiting {
  readonly task: XmlTask
  readonly resolve: (tree: XmlElement) => void
  readonly reject: (error: Error) => void
}

/** Loading the modules takes a busy machine seconds; the limit for a document counts from there. */
const startLimit = 15_000
/** Megabytes. A document at every limit at once needs a third of it. */
const memory = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 8 }

/**
 * One worker thread that takes one document at a time, in their order. One that takes too long, or too much memory, is refused
 * with its thread; the next document gets a new one. A document that finds the queue full is not looked at.
 */
export function createThread({ timeLimit, queueLimit }: { timeLimit: number; queueLimit: number }): Thread {
  const queue: Waiting[] = []
  let worker: Worker | undefined
  let current: Waiting | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: memory, execArgv: [], env: {} })
    let online = false
    started.once('online', () => {
      online = true
      if (worker === started && current !== undefined) limit(timeLimit)
    })
    started.on('message', (answer: XmlAnswer) => {
      if (worker === started) finish(answer)
    })
    // Out of memory arrives here, and so would a thread that cannot start at all.
    started.on('error', (error) => {
      if (worker === started) drop(online ? tooCostly('memory') : new Unavailable('unavailable', { cause: error }))
    })
    started.on('exit', () => {
      if (worker === started) drop(tooCostly('memory'))
    })
    return started
  }

  function next(): void {
    if (current !== undefined) return
    current = queue.shift()
    if (current === undefined) {
      // Nothing to wait for: an idle thread does not keep the process alive.
      worker?.unref()
      return
    }
    const fresh = worker === undefined
    worker ??= start()
    worker.ref()
    worker.postMessage(current.task)
    limit(fresh ? startLimit : timeLimit)
  }

  function limit(milliseconds: number): void {
    clearTimeout(timer)
    timer = setTimeout(() => drop(tooCostly('time')), milliseconds)
  }

  function finish(answer: XmlAnswer): void {
    clearTimeout(timer)
    const done = current
    current = undefined
    next()
    if ('tree' in answer) done?.resolve(JSON.parse(answer.tree) as XmlElement)
    else done?.reject(new XmlRefused(answer.fault, answer.message.replace(/^xml: /, '')))
  }

  /** Gives up the thread and what it is at. */
  function drop(error: Error): void {
    clearTimeout(timer)
    const [lost, done] = [worker, current]
    worker = undefined
    current = undefined
    void lost?.terminate()
    done?.reject(error)
    next()
  }

  return {
    run(task) {
      if (closed || queue.length >= queueLimit) return Promise.reject(new Unavailable('unavailable', { message: closed ? 'xml: the reader is closed' : `xml: ${queue.length} documents wait already` }))
      return new Promise((resolve, reject) => {
        queue.push({ task, resolve, reject })
        next()
      })
    },
    async close() {
      closed = true
      for (const { reject } of queue.splice(0)) reject(new Unavailable())
      const last = worker
      if (current !== undefined) drop(new Unavailable())
      worker = undefined
      await last?.terminate()
    },
  }
}

function tooCostly(what: string): XmlRefused {
  return new XmlRefused('too_costly', `it took more ${what} than a document may take`)
}
