import { Worker } from 'node:worker_threads'
import { Unavailable } from '../../errors.ts'
import { XmlRefused } from './refused.ts'
import type { XmlElement } from './tree.ts'
import type { XmlAnswer, XmlTask } from './worker.ts'

export interface ThreadOptions {
  /** For one document, in milliseconds. */
  readonly timeLimit: number
  /** How many documents may wait. */
  readonly queueLimit: number
  /** After that without a document the thread ends and gives 30 MB back; a new one starts in 70 ms. In milliseconds. */
  readonly idleLimit?: number
}

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
/** Megabytes. The dearest document that may be read needs half of it. */
const memory = { maxOldGenerationSizeMb: 48, maxYoungGenerationSizeMb: 8 }

/**
 * One worker thread that takes one document at a time, in their order. One that takes too long, or too much memory, is refused
 * with its thread; the next document gets a new one. A document that finds the queue full is not looked at.
 */
export function createThread({ timeLimit, queueLimit, idleLimit = 60_000 }: ThreadOptions): Thread {
  const queue: Waiting[] = []
  let worker: Worker | undefined
  let current: Waiting | undefined
  let timer: NodeJS.Timeout | undefined
  let closed = false

  function start(): Worker {
    const started = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: memory, execArgv: [], env: {} })
    let ready = false
    started.on('message', (answer: XmlAnswer) => {
      if (worker !== started) return
      if (answer !== 'ready') return finish(answer)
      ready = true
      limit(timeLimit, tooCostly('time'))
    })
    // Out of memory arrives here, and so would a thread that cannot start at all.
    started.on('error', (error) => {
      if (worker === started) drop(ready ? tooCostly('memory') : new Unavailable('unavailable', { cause: error }))
    })
    started.on('exit', (code) => {
      if (worker === started) drop(new Unavailable('unavailable', { message: `xml: the thread ended with ${code}` }))
    })
    return started
  }

  function next(): void {
    if (current !== undefined) return
    current = queue.shift()
    if (current === undefined) {
      // Nothing to wait for: an idle thread does not keep the process alive.
      worker?.unref()
      clearTimeout(timer)
      timer = setTimeout(letGo, idleLimit).unref()
      return
    }
    const fresh = worker === undefined
    worker ??= start()
    worker.ref()
    worker.postMessage(current.task)
    if (fresh) limit(startLimit, new Unavailable('unavailable', { message: 'xml: the thread did not start' }))
    else limit(timeLimit, tooCostly('time'))
  }

  function limit(milliseconds: number, error: Error): void {
    clearTimeout(timer)
    const judged = current
    timer = setTimeout(() => {
      // When it was this thread that stood still, the answer lies here unread, and is read before this.
      setImmediate(() => {
        if (current === judged && judged !== undefined) drop(error)
      })
    }, milliseconds)
  }

  function finish(answer: Exclude<XmlAnswer, 'ready'>): void {
    const done = current
    current = undefined
    next()
    if ('tree' in answer) done?.resolve(JSON.parse(answer.tree) as XmlElement)
    else done?.reject(new XmlRefused(answer.fault, answer.message))
  }

  /** Gives up the thread and what it is at. */
  function drop(error: Error): void {
    const done = current
    current = undefined
    void letGo()
    done?.reject(error)
    next()
  }

  async function letGo(): Promise<void> {
    clearTimeout(timer)
    const last = worker
    worker = undefined
    await last?.terminate()
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
      current?.reject(new Unavailable())
      current = undefined
      await letGo()
    },
  }
}

function tooCostly(what: string): XmlRefused {
  return new XmlRefused('too_costly', `it took more ${what} than a document may take`)
}
