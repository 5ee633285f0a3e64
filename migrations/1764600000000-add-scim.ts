import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What an organization's own directory says by SCIM: with which tokens, about whom. */
const tables: readonly string[] = [
  `CREATE TABLE scim_tokens (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    scope text NOT NULL,
    token_hash text NOT NULL,
    hint text NOT NULL,
    created_by text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_used_at bigint,
    revoked_at bigint
  )`,
  `CREATE UNIQUE INDEX scim_tokens_hash ON scim_tokens (token_hash)`,
  `CREATE INDEX scim_tokens_organization ON scim_tokens (organization_id, created_at)`,
  `CREATE TABLE scim_settings (
    organization_id text NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    take_over integer NOT NULL,
    keep_days integer NOT NULL,
    updated_at bigint NOT NULL
  )`,
  // The id is the person's or the group's own. A person whom SCIM deleted stays as "gone" while the account is kept.
  `CREATE TABLE scim_resources (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    kind text NOT NULL,
    state text NOT NULL,
    external_id text,
    name text NOT NULL,
    name_key text NOT NULL,
    version integer NOT NULL,
    attributes text NOT NULL,
    suspended_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    gone_at bigint
  )`,
  `CREATE UNIQUE INDEX scim_resources_name ON scim_resources (organization_id, kind, name_key)`,
  `CREATE INDEX scim_resources_external ON scim_resources (organization_id, kind, external_id)`,
  `CREATE INDEX scim_resources_created ON scim_resources (organization_id, kind, state, created_at, id)`,
  `CREATE INDEX scim_resources_sorted ON scim_resources (organization_id, kind, state, name_key, id)`,
  `CREATE INDEX scim_resources_gone ON scim_resources (gone_at)`,
  `CREATE TABLE scim_emails (
    resource_id text NOT NULL REFERENCES scim_resources (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    email_key text NOT NULL,
    PRIMARY KEY (resource_id, email_key)
  )`,
  `CREATE INDEX scim_emails_key ON scim_emails (organization_id, email_key)`,
]

export class AddScim1764600000000 implements MigrationInterface {
  readonly name = 'AddScim1764600000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['scim_emails', 'scim_resources', 'scim_settings', 'scim_tokens']) await runner.query(`DROP TABLE ${table}`)
  }
}
