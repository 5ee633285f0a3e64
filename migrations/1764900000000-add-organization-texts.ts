import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Texts that an organization puts in place of ours, such as the first steps of its people. */
export class AddOrganizationTexts1764900000000 implements MigrationInterface {
  readonly name = 'AddOrganizationTexts1764900000000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE organization_texts (
      organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
      name text NOT NULL,
      content text NOT NULL,
      changed_at bigint NOT NULL,
      PRIMARY KEY (organization_id, name)
    )`)
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE organization_texts')
  }
}
