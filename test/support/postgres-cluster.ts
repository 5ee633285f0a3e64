import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './port.ts'

export interface Cluster {
  readonly url: string
  stop(): void
}

/** The folder with initdb and pg_ctl of the newest PostgreSQL here, if any. */
export function postgresBinaries(): string | undefined {
  const base = '/usr/lib/postgresql'
  const versions = existsSync(base) ? readdirSync(base).filter((name) => existsSync(join(base, name, 'bin/initdb'))) : []
  const newest = versions.sort((a, b) => Number(b) - Number(a))[0]
  return newest === undefined ? undefined : join(base, newest, 'bin')
}

const memory = '/dev/shm'

/**
 * Every database is a thousand files, and making and dropping hundreds of them keeps a disk's file system searching: half of the
 * server's time. In memory they cost nothing, where there is plenty of it (a container often has 64 MB).
 */
function placeInMemory(): string {
  if (!existsSync(memory)) return tmpdir()
  const { bavail, bsize } = statfsSync(memory)
  return bavail * bsize > 4 * 2 ** 30 ? memory : tmpdir()
}

/** A throw-away cluster on loopback: no durability, gone after `stop`. */
export async function startCluster(place: 'disk' | 'memory' = 'disk'): Promise<Cluster | undefined> {
  const binaries = postgresBinaries()
  if (!binaries) return undefined
  const folder = mkdtempSync(join(place === 'memory' ? placeInMemory() : tmpdir(), 'doorward-pg-'))
  const asRoot = process.getuid?.() === 0
  const run = (program: string, ...args: string[]): void => {
    const [command, ...rest] = asRoot ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--clear-groups', join(binaries, program), ...args] : [join(binaries, program), ...args]
    const result = spawnSync(command ?? '', rest, { encoding: 'utf8', cwd: folder })
    if (result.status !== 0) throw new Error(`${program} failed: ${result.stderr}${result.stdout}`)
  }
  if (asRoot) spawnSync('chown', ['postgres:postgres', folder])
  chmodSync(folder, 0o700)
  const data = join(folder, 'data')
  const port = await freePort()
  try {
    run('initdb', '-D', data, '-U', 'doorward', '-A', 'trust', '-E', 'UTF8', '--no-sync', '--locale=C.UTF-8')
    run('pg_ctl', '-D', data, '-l', join(folder, 'log'), '-w', '-o', `-c listen_addresses=127.0.0.1 -p ${port} -k ${folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_wal_size=256MB -c max_connections=200`, 'start')
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  let stopped = false
  const stop = (): void => {
    if (stopped) return
    stopped = true
    process.off('exit', stop)
    try {
      run('pg_ctl', '-D', data, '-m', 'immediate', '-w', 'stop')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
  // A run that is broken off must not leave a server behind.
  process.on('exit', stop)
  return { url: `postgres://doorward@127.0.0.1:${port}/postgres`, stop }
}
