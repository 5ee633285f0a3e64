import { randomBytes } from 'node:crypto'
import { Client } from 'pg'

/** Why tests on PostgreSQL do not run, or undefined when they can. */
export function postgresMissing(): string | undefined {
  return process.env['DOORWARD_TEST_POSTGRES'] === undefined ? 'PostgreSQL is not installed here' : undefined
}

/** An empty database in the run's cluster. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const server = process.env['DOORWARD_TEST_POSTGRES']
  if (server === undefined) throw new Error('PostgreSQL is not installed here')
  const name = `test_${randomBytes(8).toString('hex')}`
  await onServer(server, `CREATE DATABASE ${name} TEMPLATE template0`)
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
