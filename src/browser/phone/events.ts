import { authorization } from './api.ts'
import type { HeldKey } from './keys.ts'

const pauses = [1_000, 2_000, 5_000, 10_000, 20_000]
/** The server breathes every twenty seconds; a line that is silent for longer is dead. */
const silence = 45_000
const path = '/phone/api/events'

/** Hears from the server whenever there is something to look at, as long as the app is open. @returns how to stop */
export function listen(held: HeldKey, look: () => void): () => void {
  const stopping = new AbortController()
  void run()
  return () => { stopping.abort() }

  async function run(): Promise<void> {
    for (let failures = 0; !stopping.signal.aborted;) {
      const started = Date.now()
      await hear().catch(() => undefined)
      failures = Date.now() - started > 30_000 ? 0 : failures + 1
      // A server that starts again is not met by all phones at the same moment.
      await pause((pauses[Math.min(failures, pauses.length - 1)] ?? 1_000) * (0.75 + Math.random() / 2))
    }
  }

  async function hear(): Promise<void> {
    const ending = new AbortController()
    const end = (): void => { ending.abort() }
    stopping.signal.addEventListener('abort', end)
    let timer = setTimeout(end, silence)
    try {
      const response = await fetch(path, { headers: { Authorization: await authorization(held, 'GET', path, '') }, signal: ending.signal })
      // Whoever is not let in finds out by looking.
      if (!response.ok || response.body === null) return look()
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
      let line = ''
      for (;;) {
        const { done, value } = await reader.read()
        if (done) return
        clearTimeout(timer)
        timer = setTimeout(end, silence)
        line += value
        const lines = line.split('\n')
        line = lines.pop() ?? ''
        if (lines.includes('event: look')) look()
      }
    } finally {
      clearTimeout(timer)
      stopping.signal.removeEventListener('abort', end)
    }
  }

  /** Cut short when the network or the person comes back. */
  function pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const waking = new AbortController()
      const wake = (): void => {
        clearTimeout(timer)
        waking.abort()
        resolve()
      }
      const timer = setTimeout(wake, milliseconds)
      const { signal } = waking
      stopping.signal.addEventListener('abort', wake, { signal })
      window.addEventListener('online', wake, { signal })
      document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') wake() }, { signal })
    })
  }
}
