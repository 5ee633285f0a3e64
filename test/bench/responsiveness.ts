import { setTimeout as sleep } from 'node:timers/promises'
import type { Contestant } from './contestants.ts'
import { startPeer, type PeerOptions } from './machine.ts'
import { Visitor } from './visitor.ts'
import { Wire } from './wire.ts'

/** P-15: seconds from the start of the process to the first page that it shows. */
export async function startUntilPage(script: string, options: PeerOptions, port: number, page: string): Promise<number> {
  const started = performance.now()
  const peer = startPeer(script, { ...options, roams: true })
  await firstPage(port, page)
  const seconds = (performance.now() - started) / 1_000
  await peer.stop()
  return seconds
}

/** Asks until there is a page; a server that is not there yet refuses connections. */
export async function firstPage(port: number, page: string): Promise<void> {
  for (;;) {
    const wire = new Wire(port)
    const visitor = new Visitor(wire)
    try {
      await visitor.follow(await visitor.get(page), page)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      await sleep(5)
    } finally {
      wire.close()
    }
  }
}

/** P-17: how long a request that does nothing waits while others keep the server busy, in milliseconds, each of them. */
export async function eventLoopDelay(port: number, load: Contestant, seconds: number): Promise<number[]> {
  const wire = new Wire(port)
  const delays: number[] = []
  let over = false
  const probing = (async () => {
    while (!over) {
      const asked = performance.now()
      const { status } = await wire.ask('GET', '/health/live')
      if (status !== 200) throw new Error(`/health/live answered ${status}`)
      delays.push(performance.now() - asked)
      await sleep(20)
    }
  })()
  await load.sample(seconds)
  over = true
  await probing
  wire.close()
  return delays.sort((a, b) => a - b)
}
