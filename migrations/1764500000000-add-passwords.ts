import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Passwords kept here, authenticator apps, access passes from the help desk, and groups whose people may use more than the others. */
const tables: readonly string[] = [
  `CREATE TABLE local_passwords (
    user_id text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    hash text NOT NULL,
    failures integer NOT NULL,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL
  )`,
  // Kept when the password goes: whoever has enrolled a first key with one does not do so again.
  `CREATE TABLE spent_passwords (
    user_id text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    spent_at bigint NOT NULL
  )`,
  `CREATE TABLE totp_authenticators (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name text NOT NULL,
    sealed_seed text NOT NULL,
    last_step bigint NOT NULL,
    failures integer NOT NULL,
    created_at bigint NOT NULL,
    confirmed_at bigint,
    last_used_at bigint
  )`,
  `CREATE INDEX totp_authenticators_user_id ON totp_authenticators (user_id)`,
  `CREATE TABLE access_passes (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash text NOT NULL,
    once integer NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    used_at bigint,
    revoked_at bigint
  )`,
  `CREATE INDEX access_passes_user_id ON access_passes (user_id)`,
  `CREATE INDEX access_passes_expires_at ON access_passes (expires_at)`,
  `CREATE TABLE group_methods (
    group_id text NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    method text NOT NULL,
    organization_id text NOT NULL,
    PRIMARY KEY (group_id, method)
  )`,
  `CREATE INDEX group_methods_organization_id ON group_methods (organization_id)`,
]

export class AddPasswords1764500000000 implements MigrationInterface {
  readonly name = 'AddPasswords1764500000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['group_methods', 'access_passes', 'totp_authenticators', 'spent_passwords', 'local_passwords']) await runner.query(`DROP TABLE ${table}`)
  }
}
