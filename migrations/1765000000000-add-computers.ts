import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Computers that reach a phone's keys: offer, pairing and active computer are one row, and what is sealed for the other side waits for a moment. */
const tables: readonly string[] = [
  `CREATE TABLE paired_computers (
    id text NOT NULL PRIMARY KEY,
    offer_hash text NOT NULL,
    kind text NOT NULL,
    name text NOT NULL,
    version text NOT NULL,
    signing_key text NOT NULL,
    agreement_key text NOT NULL,
    ip text NOT NULL,
    state text NOT NULL,
    phone_id text REFERENCES phones (id) ON DELETE CASCADE,
    organization_id text,
    user_id text,
    phone_agreement_key text,
    hello_proof text,
    phone_proof text,
    computer_proof text,
    window_frames integer NOT NULL,
    window_ends_at bigint NOT NULL,
    created_at bigint NOT NULL,
    changed_at bigint NOT NULL,
    expires_at bigint,
    last_used_at bigint
  )`,
  `CREATE UNIQUE INDEX paired_computers_offer_hash ON paired_computers (offer_hash)`,
  `CREATE INDEX paired_computers_phone_id ON paired_computers (phone_id)`,
  `CREATE INDEX paired_computers_user_id ON paired_computers (user_id)`,
  `CREATE INDEX paired_computers_changed_at ON paired_computers (changed_at)`,
  `CREATE INDEX paired_computers_expires_at ON paired_computers (expires_at)`,
  `CREATE TABLE pairing_frames (
    computer_id text NOT NULL REFERENCES paired_computers (id) ON DELETE CASCADE,
    connection text NOT NULL,
    sender text NOT NULL,
    sequence integer NOT NULL,
    body text NOT NULL,
    ip text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    PRIMARY KEY (computer_id, connection, sender, sequence)
  )`,
  `CREATE INDEX pairing_frames_expires_at ON pairing_frames (expires_at)`,
]

export class AddComputers1765000000000 implements MigrationInterface {
  readonly name = 'AddComputers1765000000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['pairing_frames', 'paired_computers']) await runner.query(`DROP TABLE ${table}`)
  }
}
