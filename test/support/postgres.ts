import { randomBytes } from 'node:crypto'
import pg from 'pg'
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const base = process.env['DOORWARD_TEST_POSTGRES'] ?? 'postgres://lab@127.0.0.1:15999/postgres'
  const name = `t_${randomBytes(6).toString('hex')}`
  const run = async (sql: string) => { const c = new pg.Client(base); await c.connect(); await c.query(sql); await c.end() }
  await run(`CREATE DATABASE ${name}`)
  const url = new URL(base); url.pathname = `/${name}`
  return { url: url.href, drop: () => run(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) }
}
