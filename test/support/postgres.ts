import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** Why tests on PostgreSQL do not run, or undefined when they can. */
export function postgresMissing(): string | undefined {
  return process.env['DOORWARD_TEST_POSTGRES'] === undefined ? 'PostgreSQL is not installed here' : undefined
}

/** In the run's cluster: every migration has run in it, and nobody connects to it. */
export const migratedTemplate = 'migrated'

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

export async function onServer(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}
