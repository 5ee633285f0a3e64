import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Phones that approve: the keys they hold, links that put one there, what they are asked, and pauses after a "not me". */
const tables: readonly string[] = [
  // Without its passkey a phone cannot be unlocked, so it goes with it.
  `CREATE TABLE phones (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id text NOT NULL REFERENCES passkeys (id) ON DELETE CASCADE,
    public_key text NOT NULL,
    name text NOT NULL,
    model text NOT NULL,
    platform text NOT NULL,
    hue integer NOT NULL,
    sealed_push text,
    created_at bigint NOT NULL,
    last_used_at bigint,
    last_ip text,
    suspended_at bigint
  )`,
  `CREATE INDEX phones_user_id ON phones (user_id)`,
  `CREATE UNIQUE INDEX phones_credential_id ON phones (credential_id)`,
  `CREATE TABLE phone_activations (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash text NOT NULL,
    code_hash text NOT NULL,
    code_failures integer NOT NULL,
    by_mail integer NOT NULL,
    replaces text,
    note text NOT NULL,
    created_by text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    opened_at bigint,
    state text NOT NULL,
    decided_at bigint
  )`,
  `CREATE UNIQUE INDEX phone_activations_token_hash ON phone_activations (token_hash)`,
  `CREATE INDEX phone_activations_user_id ON phone_activations (user_id)`,
  `CREATE INDEX phone_activations_expires_at ON phone_activations (expires_at)`,
  `CREATE TABLE phone_approvals (
    id text NOT NULL PRIMARY KEY,
    organization_id text,
    user_id text,
    sign_in_id text NOT NULL,
    kind text NOT NULL,
    number integer NOT NULL,
    choices text NOT NULL,
    application text,
    browser text NOT NULL,
    ip text NOT NULL,
    nonce text NOT NULL,
    manual_hash text NOT NULL,
    nearness text NOT NULL,
    state text NOT NULL,
    tries integer NOT NULL,
    phone_id text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    decided_at bigint,
    consumed_at bigint
  )`,
  `CREATE INDEX phone_approvals_user_id ON phone_approvals (user_id)`,
  `CREATE INDEX phone_approvals_manual_hash ON phone_approvals (manual_hash)`,
  `CREATE INDEX phone_approvals_expires_at ON phone_approvals (expires_at)`,
  `CREATE INDEX phone_approvals_changed_at ON phone_approvals (changed_at)`,
  `CREATE TABLE phone_pauses (
    user_id text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    reported_at bigint NOT NULL,
    until bigint NOT NULL
  )`,
]

export class AddPhones1764800000000 implements MigrationInterface {
  readonly name = 'AddPhones1764800000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['phone_pauses', 'phone_approvals', 'phone_activations', 'phones']) await runner.query(`DROP TABLE ${table}`)
  }
}
