import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Files of people on their way in: what was uploaded, what each line means, and how far the work is. */
const imports: readonly string[] = [
  `CREATE TABLE people_imports (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    created_by text NOT NULL,
    file_name text NOT NULL,
    encoding text NOT NULL,
    separator text NOT NULL,
    columns text NOT NULL,
    mapping text NOT NULL,
    options text NOT NULL,
    state text NOT NULL,
    lines integer NOT NULL,
    position integer NOT NULL,
    counts text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX people_imports_organization_id ON people_imports (organization_id, created_at)`,
  `CREATE INDEX people_imports_state ON people_imports (state, updated_at)`,
  `CREATE INDEX people_imports_expires_at ON people_imports (expires_at)`,
  `CREATE TABLE people_import_lines (
    import_id text NOT NULL REFERENCES people_imports (id) ON DELETE CASCADE,
    line integer NOT NULL,
    cells text NOT NULL,
    email_key text,
    verdict text,
    problem text,
    problem_column text,
    PRIMARY KEY (import_id, line)
  )`,
  `CREATE INDEX people_import_lines_email_key ON people_import_lines (import_id, email_key, line)`,
  `CREATE INDEX people_import_lines_verdict ON people_import_lines (import_id, verdict, line)`,
]

// All that the filters of the list look at stands in the index, so that a page reads no row that it does not show.
const order = 'CREATE INDEX users_organization_list ON users (organization_id, search_key, id, status, role)'

/** Three letters at a time, in which a part of a name is found without reading them all. The numbers stay when SQLite packs its file anew; hidden ones would not. */
const searchOnSqlite: readonly string[] = [
  `CREATE TABLE users_search_rows (number integer PRIMARY KEY, user_id text NOT NULL UNIQUE)`,
  `CREATE VIRTUAL TABLE users_search USING fts5(search_key, content='', contentless_delete=1, tokenize='trigram case_sensitive 1', detail=none)`,
  `INSERT INTO users_search_rows (user_id) SELECT id FROM users`,
  `INSERT INTO users_search (rowid, search_key) SELECT r.number, u.search_key FROM users_search_rows r JOIN users u ON u.id = r.user_id`,
  `CREATE TRIGGER users_search_insert AFTER INSERT ON users BEGIN
    INSERT INTO users_search_rows (user_id) VALUES (NEW.id);
    INSERT INTO users_search (rowid, search_key) SELECT number, NEW.search_key FROM users_search_rows WHERE user_id = NEW.id;
  END`,
  `CREATE TRIGGER users_search_update AFTER UPDATE OF search_key ON users WHEN OLD.search_key <> NEW.search_key BEGIN
    INSERT OR REPLACE INTO users_search (rowid, search_key) SELECT number, NEW.search_key FROM users_search_rows WHERE user_id = NEW.id;
  END`,
  `CREATE TRIGGER users_search_delete AFTER DELETE ON users BEGIN
    DELETE FROM users_search WHERE rowid = (SELECT number FROM users_search_rows WHERE user_id = OLD.id);
    DELETE FROM users_search_rows WHERE user_id = OLD.id;
  END`,
]

/** What long lists stand on: an order with everything that filters, a search by parts of words, and tables for files of people. */
export class AddPeopleLists1764700000000 implements MigrationInterface {
  readonly name = 'AddPeopleLists1764700000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of imports) await runner.query(statement)
    await runner.query(order)
    await runner.query('DROP INDEX users_organization_search')
    await runner.query('DROP INDEX users_organization_status')
    if (runner.connection.options.type === 'postgres') await this.#searchOnPostgres(runner)
    else for (const statement of searchOnSqlite) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    if (runner.connection.options.type === 'postgres') await runner.query('DROP INDEX IF EXISTS users_search_trigrams')
    else {
      for (const trigger of ['insert', 'update', 'delete']) await runner.query(`DROP TRIGGER users_search_${trigger}`)
      for (const table of ['users_search', 'users_search_rows']) await runner.query(`DROP TABLE ${table}`)
    }
    await runner.query('CREATE INDEX users_organization_search ON users (organization_id, search_key, id)')
    await runner.query('CREATE INDEX users_organization_status ON users (organization_id, status)')
    await runner.query('DROP INDEX users_organization_list')
    for (const table of ['people_import_lines', 'people_imports']) await runner.query(`DROP TABLE ${table}`)
  }

  /** Without the extension, or the right to create it, a search reads the index of the list instead: slower, and nothing else changes. */
  async #searchOnPostgres(runner: QueryRunner): Promise<void> {
    await runner.query('SAVEPOINT trigrams')
    try {
      await runner.query('CREATE EXTENSION IF NOT EXISTS pg_trgm')
      await runner.query('CREATE INDEX users_search_trigrams ON users USING gin (search_key gin_trgm_ops)')
    } catch (error) {
      if (!notToBeHad.has(codeOf(error))) throw error
      await runner.query('ROLLBACK TO SAVEPOINT trigrams')
    }
    await runner.query('RELEASE SAVEPOINT trigrams')
  }
}

/** Not permitted, not installed, not known to this relative of PostgreSQL, or installed where this role does not look. */
const notToBeHad: ReadonlySet<string> = new Set(['42501', '58P01', '0A000', '42704', '42601'])

function codeOf(error: unknown): string {
  const fault = error as { code?: unknown; driverError?: { code?: unknown } }
  return String(fault.driverError?.code ?? fault.code)
}
