import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Entra tenants that ask us for the second factor, and which of their users is who here. */
const tables: readonly string[] = [
  `CREATE TABLE external_mfa_connections (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    cloud text NOT NULL,
    login_origin text,
    tenant_id text NOT NULL,
    app_id text NOT NULL,
    client_id text NOT NULL,
    enabled integer NOT NULL,
    links_at_sign_in integer NOT NULL,
    max_age_seconds integer NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX external_mfa_connections_client_id ON external_mfa_connections (client_id)`,
  `CREATE INDEX external_mfa_connections_organization ON external_mfa_connections (organization_id)`,
  // The tenant stands in the key although a connection has one: an object id alone says nothing.
  `CREATE TABLE external_mfa_links (
    connection_id text NOT NULL REFERENCES external_mfa_connections (id) ON DELETE CASCADE,
    tenant_id text NOT NULL,
    object_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint,
    PRIMARY KEY (connection_id, tenant_id, object_id)
  )`,
  `CREATE INDEX external_mfa_links_user ON external_mfa_links (user_id)`,
]

export class AddExternalMfa1764200000000 implements MigrationInterface {
  readonly name = 'AddExternalMfa1764200000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['external_mfa_links', 'external_mfa_connections']) await runner.query(`DROP TABLE ${table}`)
  }
}
