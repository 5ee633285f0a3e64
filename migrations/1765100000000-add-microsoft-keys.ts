import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Keys of phones that an administrator wants to be known at Microsoft, what became of each, and who in the organization agreed to it. */
const tables: readonly string[] = [
  `CREATE TABLE microsoft_keys (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    domain_id text NOT NULL,
    upn text NOT NULL,
    phone_id text,
    phone_name text,
    state text NOT NULL,
    reason text,
    created_by text,
    created_by_name text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    decided_at bigint,
    method_id text,
    credential_id text,
    aaguid text,
    display_name text,
    attempts integer NOT NULL,
    retry_at bigint,
    challenge_hash text,
    challenge_host text,
    challenge_expires_at bigint,
    removal_asked_at bigint
  )`,
  `CREATE INDEX microsoft_keys_organization_id ON microsoft_keys (organization_id, created_at)`,
  `CREATE INDEX microsoft_keys_user_id ON microsoft_keys (user_id)`,
  `CREATE INDEX microsoft_keys_state ON microsoft_keys (state, expires_at)`,
  `CREATE TABLE microsoft_key_settings (
    organization_id text NOT NULL PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    consent_version integer,
    consented_by text,
    consented_by_name text,
    consented_at bigint,
    on_activation integer NOT NULL,
    changed_at bigint NOT NULL
  )`,
]

export class AddMicrosoftKeys1765100000000 implements MigrationInterface {
  readonly name = 'AddMicrosoftKeys1765100000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['microsoft_key_settings', 'microsoft_keys']) await runner.query(`DROP TABLE ${table}`)
  }
}
