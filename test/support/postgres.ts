import { randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { migrations } from '../../migrations/index.ts'
import { migrate } from '../../src/storage/index.ts'

/** Why tests on PostgreSQL do not run, or undefined when they can. */
export function postgresMissing(): string | undefined {
  return process.env['DOORWARD_TEST_POSTGRES'] === undefined ? 'PostgreSQL is not installed here' : undefined
}

/** In the run's cluster: every migration has run in it, and nobody connects to it. */
export const migratedTemplate = 'migrated'

/** Makes a server the one of this run, with a migrated database to copy. */
export async function useServer(url: string): Promise<void> {
  process.env['DOORWARD_TEST_POSTGRES'] = url
  // One that somebody keeps for several runs has it already; what is new in it is migrated.
  await onServer(url, `CREATE DATABASE ${migratedTemplate} TEMPLATE template0`).catch((error: unknown) => { if ((error as { code?: string }).code !== '42P04') throw error })
  await migrate({ kind: 'postgres', url: new URL(`/${migratedTemplate}`, url).href, poolSize: 2 }, migrations)
}

/** A database in the run's cluster: empty, or a copy of the migrated one, which costs a tenth of migrating. */
export async function createTestDatabase(template: 'template0' | typeof migratedTemplate = 'template0'): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env['DOORWARD_TEST_POSTGRES']
  if (server === undefined) throw new Error('PostgreSQL is not installed here')
  const name = `test_${randomBytes(8).toString('hex')}`
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE ${template}`)
  const url = new URL(server)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => onServer(server, `DROP DATABASE ${name} WITH (FORCE)`) }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
