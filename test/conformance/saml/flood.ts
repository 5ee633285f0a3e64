import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Flood {
  readonly sent: number
  /** How late this process's event loop was meanwhile, in milliseconds. */
  readonly lag: { readonly p50: number; readonly p99: number; readonly longest: number }
}

/**
 * Sends the messages round and round at a steady rate, whether or not the answers keep up, and watches the event loop.
 * The one who sends decides how: to a reader in this process, or over HTTP.
 */
export async function flood<T>(messages: readonly T[], send: (message: T) => Promise<unknown>, { perSecond, seconds }: { perSecond: number; seconds: number }): Promise<Flood> {
  const total = perSecond * seconds
  const delay = monitorEventLoopDelay({ resolution: 1 })
  const answers: Promise<unknown>[] = []
  delay.enable()
  const started = performance.now()
  for (let sent = 0; sent < total; sent++) {
    // Spread over all of them, also when there are more messages than turns.
    const message = messages[Math.floor(sent * Math.max(1, messages.length / total)) % messages.length]
    if (message !== undefined) answers.push(send(message))
    await sleep(Math.max(0, started + (sent + 1) * 1_000 / perSecond - performance.now()))
  }
  await Promise.all(answers)
  delay.disable()
  return { sent: total, lag: { p50: delay.percentile(50) / 1e6, p99: delay.percentile(99) / 1e6, longest: delay.max / 1e6 } }
}
