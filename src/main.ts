import { mkdirSync } from 'node:fs'
import { beginLaunch, endLaunch } from './launch.ts'

beginLaunch()
const { migrations } = await import('../migrations/index.ts')
const { createApp, databaseLocation, explainFault, keepUpToDate, openFoundation, projectFolder } = await import('./app/index.ts')
const { loadConfig } = await import('./config/index.ts')
const { createLog } = await import('./http/index.ts')
const { migrate } = await import('./storage/index.ts')

/** `npm start`: settings → database → app → listen, and a clean end at SIGTERM. */
async function start(): Promise<void> {
  const config = loadConfig(process.env, projectFolder)
  const log = createLog(config.log.level)
  if (config.database.url === null) mkdirSync(config.dataDir, { recursive: true, mode: 0o700 })
  for (const name of await migrate(databaseLocation(config), migrations)) log.info('migrated', { name })
  const foundation = await openFoundation(config, log)
  const app = await createApp(foundation)
  const server = await app.listen(config.http.host, config.http.port)
  const updates = keepUpToDate(foundation, app.parts.oidc)
  log.info('listening', { publicUrl: config.publicUrl, host: config.http.host, port: config.http.port, database: foundation.storage.kind })

  const link = await foundation.setupLinks.create()
  // In a container there is no npm.
  const commands = process.env['npm_lifecycle_event'] === undefined ? 'node src/cli.ts' : 'npm run -s doorward --'
  if (link !== undefined) process.stderr.write(`\n  Doorward is running. Set it up here (the link works once, for 30 minutes):\n\n    ${link}\n\n  A new link: ${commands} setup-link\n\n`)
  else process.stderr.write(`\n  Doorward is running: ${config.publicUrl}\n\n`)

  let stopping = false
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return
    stopping = true
    log.info('asked to stop', { signal })
    updates.stop()
    await app.stop()
    await foundation.close()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal))
  server.on('error', (error) => { log.error('the server failed', { error }) })
  endLaunch()
}

start().catch((error: unknown) => {
  const known = explainFault(error)
  process.stderr.write(known === undefined ? `${(error as Error).stack ?? String(error)}\n` : `\n${known}\n\n`)
  process.exit(1)
})
