import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Phone keys for many people at once: who shall have one, and how far the mails are. */
const tables: readonly string[] = [
  `CREATE TABLE phone_assignments (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    group_id text REFERENCES groups (id) ON DELETE CASCADE,
    note text NOT NULL,
    created_by text NOT NULL,
    created_at bigint NOT NULL,
    state text NOT NULL,
    position text,
    sent integer NOT NULL,
    passed integer NOT NULL,
    waiting_until bigint,
    changed_at bigint NOT NULL
  )`,
  `CREATE INDEX phone_assignments_organization_id ON phone_assignments (organization_id, created_at)`,
  `CREATE INDEX phone_assignments_state ON phone_assignments (state, changed_at)`,
  `CREATE INDEX phone_assignments_group_id ON phone_assignments (group_id)`,
]

export class AddPhoneAssignments1764950000000 implements MigrationInterface {
  readonly name = 'AddPhoneAssignments1764950000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE phone_assignments')
  }
}
