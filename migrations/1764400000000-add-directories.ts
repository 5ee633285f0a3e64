import type { MigrationInterface, QueryRunner } from 'typeorm'

/** Directories that people come from: what each said last, what a run would change, and what is only shown of a person. */
const tables: readonly string[] = [
  `CREATE TABLE directories (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    name_key text NOT NULL,
    kind text NOT NULL,
    enabled integer NOT NULL,
    settings text NOT NULL,
    bind_secret text,
    cursor text,
    cursor_at bigint,
    replan integer NOT NULL,
    rescope integer NOT NULL,
    requested text,
    requested_by text,
    approved_run_id text,
    run_at bigint,
    success_at bigint,
    full_at bigint,
    error text,
    removal text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX directories_organization_name ON directories (organization_id, name_key)`,
  // What the directory said last, and what has become of it here. Rows go in batches, so nothing is deleted by reference.
  `CREATE TABLE directory_entries (
    directory_id text NOT NULL,
    anchor text NOT NULL,
    kind text NOT NULL,
    dn text NOT NULL,
    dn_key text NOT NULL,
    email_key text,
    hash text NOT NULL,
    content text NOT NULL,
    photo text,
    state text NOT NULL,
    gone_at bigint,
    pending integer NOT NULL,
    wanted integer NOT NULL,
    applied_hash text,
    user_id text,
    group_id text,
    suspended_because text,
    left_at bigint,
    conflict text,
    adopts text,
    invited_at bigint,
    PRIMARY KEY (directory_id, anchor)
  )`,
  `CREATE INDEX directory_entries_dn ON directory_entries (directory_id, dn_key)`,
  `CREATE INDEX directory_entries_email ON directory_entries (directory_id, email_key)`,
  `CREATE INDEX directory_entries_user ON directory_entries (user_id)`,
  `CREATE INDEX directory_entries_group ON directory_entries (group_id)`,
  `CREATE INDEX directory_entries_pending ON directory_entries (directory_id, anchor) WHERE pending = 1`,
  `CREATE INDEX directory_entries_left ON directory_entries (directory_id, left_at) WHERE left_at IS NOT NULL`,
  `CREATE INDEX directory_entries_conflict ON directory_entries (directory_id, anchor) WHERE conflict IS NOT NULL`,
  `CREATE INDEX directory_entries_groups ON directory_entries (directory_id, anchor) WHERE kind = 'group'`,
  // Who is directly in which group. The key is the member's name as the group says it; the anchor what that name means.
  `CREATE TABLE directory_memberships (
    directory_id text NOT NULL,
    group_anchor text NOT NULL,
    member_key text NOT NULL,
    member_anchor text,
    PRIMARY KEY (directory_id, group_anchor, member_key)
  )`,
  `CREATE INDEX directory_memberships_anchor ON directory_memberships (directory_id, member_anchor)`,
  `CREATE INDEX directory_memberships_key ON directory_memberships (directory_id, member_key)`,
  // For every group that becomes one here: itself and all groups inside it.
  `CREATE TABLE directory_nesting (
    directory_id text NOT NULL,
    group_anchor text NOT NULL,
    inner_anchor text NOT NULL,
    PRIMARY KEY (directory_id, group_anchor, inner_anchor)
  )`,
  `CREATE INDEX directory_nesting_inner ON directory_nesting (directory_id, inner_anchor, group_anchor)`,
  // One reading, page by page; gone when the run has ended.
  `CREATE TABLE directory_staged (
    run_id text NOT NULL,
    anchor text NOT NULL,
    kind text NOT NULL,
    dn text,
    dn_key text,
    email_key text,
    hash text,
    content text,
    photo text,
    moved_from text,
    PRIMARY KEY (run_id, anchor)
  )`,
  `CREATE TABLE directory_staged_members (
    run_id text NOT NULL,
    group_anchor text NOT NULL,
    member_key text NOT NULL,
    change text NOT NULL,
    PRIMARY KEY (run_id, group_anchor, member_key)
  )`,
  `CREATE TABLE directory_runs (
    id text NOT NULL PRIMARY KEY,
    directory_id text NOT NULL REFERENCES directories (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    mode text NOT NULL,
    preview integer NOT NULL,
    started_by text NOT NULL,
    state text NOT NULL,
    started_at bigint NOT NULL,
    read_at bigint,
    planned_at bigint,
    finished_at bigint,
    read_people integer NOT NULL,
    read_groups integer NOT NULL,
    planned integer NOT NULL,
    applied integer NOT NULL,
    counts text NOT NULL,
    reasons text NOT NULL,
    error text
  )`,
  `CREATE INDEX directory_runs_directory ON directory_runs (directory_id, started_at, id)`,
  `CREATE TABLE directory_plan_items (
    run_id text NOT NULL,
    seq integer NOT NULL,
    kind text NOT NULL,
    anchor text NOT NULL,
    user_id text,
    group_id text,
    name text NOT NULL,
    dn text NOT NULL,
    details text NOT NULL,
    state text NOT NULL,
    PRIMARY KEY (run_id, seq)
  )`,
  `CREATE INDEX directory_plan_items_kind ON directory_plan_items (run_id, kind, seq)`,
  `CREATE INDEX directory_plan_items_anchor ON directory_plan_items (run_id, anchor)`,
  `CREATE TABLE directory_plan_members (
    run_id text NOT NULL,
    group_anchor text NOT NULL,
    anchor text NOT NULL,
    change text NOT NULL,
    PRIMARY KEY (run_id, group_anchor, anchor)
  )`,
  // What is only shown of a person and told to applications. The picture apart: lists do not need it.
  `CREATE TABLE user_profiles (
    user_id text NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    profile text NOT NULL,
    photo text,
    updated_at bigint NOT NULL
  )`,
]

export class AddDirectories1764400000000 implements MigrationInterface {
  readonly name = 'AddDirectories1764400000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['user_profiles', 'directory_plan_members', 'directory_plan_items', 'directory_runs', 'directory_staged_members', 'directory_staged', 'directory_nesting', 'directory_memberships',
      'directory_entries', 'directories']) await runner.query(`DROP TABLE ${table}`)
  }
}
