import { mkdirSync } from 'node:fs'
import { migrations } from '../migrations/index.ts'
import { createApp, databaseLocation, keepUpToDate, openFoundation, projectFolder } from './app/index.ts'
import { loadConfig } from './config/index.ts'
import { OperatorError } from './errors.ts'
import { createLog } from './http/index.ts'
import { migrate } from './storage/index.ts'

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
  if (link !== undefined) process.stderr.write(`\n  Doorward is running. Set it up here (the link works once, for 30 minutes):\n\n    ${link}\n\n  A new link: npm run -s doorward -- setup-link\n\n`)
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
}

start().catch((error: unknown) => {
  const known = error instanceof OperatorError ? error.message : explain(error)
  process.stderr.write(known === undefined ? `${(error as Error).stack ?? String(error)}\n` : `\n${known}\n\n`)
  process.exit(1)
})

/** What an operator can mend is said in words. */
function explain(error: unknown): string | undefined {
  const { code, port, address } = error as { code?: string; port?: number; address?: string }
  if (code === 'EADDRINUSE') return `Port ${port ?? '?'} of ${address ?? 'this machine'} is taken. End the other program, or choose another port with DOORWARD_HTTP_PORT (and DOORWARD_PUBLIC_URL to match).`
  if (code === 'EACCES') return `Port ${port ?? '?'} may not be used by this account. Ports below 1024 need more rights; use a higher one behind a reverse proxy.`
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return `The database does not answer (${code}). Look at DOORWARD_DATABASE_URL and whether PostgreSQL is running.`
  return undefined
}
