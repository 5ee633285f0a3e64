import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { EntitySchema } from 'typeorm'
import type { Storage } from '../../src/storage/index.ts'

/** A column as the database itself tells it. */
export interface ColumnFacts { readonly table: string; readonly name: string; readonly type: string; readonly required: boolean }

const own = ['migrations', 'migration_lock']
/** The search of SQLite is kept by the database itself. */
const isOwn = (table: string): boolean => own.includes(table) || table.startsWith('users_search')

/** The columns of all tables but the migrations' own, in the order of the tables' names. */
export async function columnsOf(storage: Storage): Promise<ColumnFacts[]> {
  const rows = storage.kind === 'sqlite'
    ? await storage.read.all<{ table: string; name: string; type: string; required: number }>(`
        SELECT t.name AS "table", c.name AS name, lower(c.type) AS type, c."notnull" AS required FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' ORDER BY t.name, c.cid`)
    : await storage.read.all<{ table: string; name: string; type: string; required: number }>(`
        SELECT table_name AS "table", column_name AS name, data_type AS type, CASE is_nullable WHEN 'NO' THEN 1 ELSE 0 END AS required FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, ordinal_position`)
  return rows.filter(({ table }) => !isOwn(table)).map((row) => ({ ...row, required: row.required === 1 }))
}

export async function tablesOf(storage: Storage): Promise<string[]> {
  return [...new Set((await columnsOf(storage)).map(({ table }) => table))]
}

/** Everything that makes the schema: columns, keys, references and indexes, one line each. */
export async function describeSchema(storage: Storage): Promise<string[]> {
  if (storage.kind === 'sqlite') {
    const rows = await storage.read.all<{ name: string; sql: string }>(`SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name`)
    return rows.filter(({ name }) => !own.includes(name)).map(({ sql }) => sql)
  }
  const columns = (await columnsOf(storage)).map(({ table, name, type, required }) => `${table}.${name} ${type}${required ? ' NOT NULL' : ''}`)
  const rest = await storage.read.all<{ name: string; line: string }>(`
    SELECT tablename AS name, indexdef AS line FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT conrelid::regclass::text, conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace`)
  return [...columns, ...rest.filter(({ name }) => !own.includes(name)).map(({ line }) => line)].sort()
}

/** Every table that a room under src describes. */
export async function allEntities(): Promise<EntitySchema[]> {
  const source = new URL('../../src/', import.meta.url).pathname
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('schema.ts') && !path.startsWith('config'))
  const modules = await Promise.all(files.map((path) => import(join(source, path)) as Promise<Record<string, unknown>>))
  return modules.flatMap((module) => Object.values(module)).filter((value) => value instanceof EntitySchema)
}
