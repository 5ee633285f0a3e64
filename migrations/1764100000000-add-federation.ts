import type { MigrationInterface, QueryRunner } from 'typeorm'

/** What SAML and WS-Federation keep: requests that wait for a sign-in, who takes part in a session, sign-outs under way. */
const tables: readonly string[] = [
  // browser is null until the first page of ours has been opened: a request that is posted by another site comes without our cookie.
  `CREATE TABLE federation_requests (
    id text NOT NULL PRIMARY KEY,
    protocol text NOT NULL,
    browser text,
    content text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    answered_at bigint
  )`,
  `CREATE INDEX federation_requests_expires_at ON federation_requests (expires_at)`,
  // Not tied to its session by a reference: whoever ends the session still has to read who took part in it.
  `CREATE TABLE federation_participants (
    session_id text NOT NULL,
    application_id text NOT NULL,
    protocol text NOT NULL,
    details text NOT NULL,
    answered_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (session_id, application_id)
  )`,
  `CREATE INDEX federation_participants_expires_at ON federation_participants (expires_at)`,
  `CREATE TABLE sign_outs (
    id text NOT NULL PRIMARY KEY,
    steps text NOT NULL,
    continuation text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX sign_outs_expires_at ON sign_outs (expires_at)`,
]

export class AddFederation1764100000000 implements MigrationInterface {
  readonly name = 'AddFederation1764100000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['sign_outs', 'federation_participants', 'federation_requests']) await runner.query(`DROP TABLE ${table}`)
  }
}
