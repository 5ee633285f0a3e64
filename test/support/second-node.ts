import { createApp, openFoundation, type App } from '../../src/app/index.ts'
import type { TestApp } from './app.ts'
import { freePort } from './port.ts'

export interface Node {
  /** Where this node listens; it answers for the public address, like its siblings. */
  readonly url: string
  readonly app: App
  close(): Promise<void>
}

/** Another process's worth of the same installation: same database, same secret, nothing shared in memory but the clock. */
export async function startSecondNode(first: TestApp): Promise<Node> {
  const { config, log, clock } = first.foundation
  const foundation = await openFoundation(config, log, clock)
  const app = await createApp(foundation)
  const port = await freePort()
  await app.listen('127.0.0.1', port)
  return {
    url: `http://127.0.0.1:${port}`, app,
    async close() {
      await app.stop()
      await foundation.close()
    },
  }
}
