import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Domains of Entra that trust us, who a person is there, what a domain said before we changed it, what an administrator must look at. */
const tables: readonly string[] = [
  // No reference to applications: a tile that is deleted must not take along what Entra still believes about the domain.
  `CREATE TABLE entra_domains (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    application_id text NOT NULL,
    path_key text NOT NULL,
    domain text NOT NULL,
    protocol text NOT NULL,
    enabled integer NOT NULL,
    settings text NOT NULL,
    rollover text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX entra_domains_path_key ON entra_domains (path_key)`,
  `CREATE UNIQUE INDEX entra_domains_domain ON entra_domains (domain)`,
  `CREATE INDEX entra_domains_organization_id ON entra_domains (organization_id)`,
  // The row outlives the person: an immutable ID that was used once is never given to somebody else.
  `CREATE TABLE entra_identities (
    user_id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    upn text NOT NULL,
    upn_key text,
    immutable_id text NOT NULL,
    source text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX entra_identities_upn_key ON entra_identities (upn_key)`,
  `CREATE UNIQUE INDEX entra_identities_immutable_id ON entra_identities (organization_id, immutable_id)`,
  `CREATE TABLE entra_backups (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    domain_id text NOT NULL,
    content text NOT NULL,
    created_at bigint NOT NULL,
    restored_at bigint
  )`,
  `CREATE INDEX entra_backups_domain_id ON entra_backups (domain_id, created_at)`,
  `CREATE TABLE entra_operations (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id text NOT NULL,
    domain_id text NOT NULL,
    sealed text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX entra_operations_expires_at ON entra_operations (expires_at)`,
  `CREATE TABLE entra_guides (
    organization_id text NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    requirement text NOT NULL,
    texts text NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE TABLE entra_set_ups (
    user_id text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    done_by text NOT NULL,
    done_at bigint NOT NULL
  )`,
  `CREATE TABLE alerts (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind text NOT NULL,
    subject text NOT NULL,
    details text NOT NULL,
    raised_at bigint NOT NULL,
    resolved_at bigint
  )`,
  // One open alert for one trouble, however often it is looked for.
  `CREATE UNIQUE INDEX alerts_open ON alerts (organization_id, kind, subject) WHERE resolved_at IS NULL`,
  `CREATE INDEX alerts_raised_at ON alerts (organization_id, raised_at)`,
]

export class AddMicrosoft3651764300000000 implements MigrationInterface {
  readonly name = 'AddMicrosoft3651764300000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['alerts', 'entra_set_ups', 'entra_guides', 'entra_operations', 'entra_backups', 'entra_identities', 'entra_domains']) await runner.query(`DROP TABLE ${table}`)
  }
}
