import type { MigrationInterface, QueryRunner } from 'typeorm'

/**
 * The first tables. Text, integer and bigint only, so that one text runs on SQLite, PostgreSQL and its relatives:
 * flags are 0/1 or a nullable time, times are epoch milliseconds, JSON and binary are text.
 */
const tables: readonly string[] = [
  // Ground: facts about this installation (key check, set-up), leases of jobs, attempt limits, things that may happen once.
  `CREATE TABLE installation (
    name text NOT NULL PRIMARY KEY,
    value text NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE TABLE leases (
    name text NOT NULL PRIMARY KEY,
    holder text NOT NULL,
    epoch bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_run_at bigint,
    last_error text
  )`,
  `CREATE TABLE attempt_limits (
    name text NOT NULL PRIMARY KEY,
    attempts integer NOT NULL,
    resets_at bigint NOT NULL
  )`,
  `CREATE INDEX attempt_limits_resets_at ON attempt_limits (resets_at)`,
  `CREATE TABLE replays (
    name text NOT NULL PRIMARY KEY,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX replays_expires_at ON replays (expires_at)`,

  // Directory: who exists.
  `CREATE TABLE organizations (
    id text NOT NULL PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    slug text NOT NULL,
    hue integer,
    logo text,
    logo_type text,
    default_locale text,
    plan text NOT NULL,
    settings text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX organizations_slug ON organizations (slug)`,
  `CREATE TABLE users (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    status text NOT NULL,
    role text NOT NULL,
    email text NOT NULL,
    email_key text,
    email_verified_at bigint,
    given_name text NOT NULL,
    family_name text NOT NULL,
    search_key text NOT NULL,
    phone text,
    phone_verified_at bigint,
    locale text,
    time_zone text,
    managed_by text,
    recovery_codes_seen_at bigint,
    last_sign_in_at bigint,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    suspended_at bigint,
    deleted_at bigint
  )`,
  // email_key is the normalised address, and null for deleted people so that the address can be used again.
  `CREATE UNIQUE INDEX users_email_key ON users (email_key)`,
  `CREATE INDEX users_organization_search ON users (organization_id, search_key, id)`,
  `CREATE INDEX users_organization_status ON users (organization_id, status)`,
  `CREATE TABLE groups (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    name text NOT NULL,
    name_key text NOT NULL,
    description text NOT NULL,
    managed_by text,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX groups_organization_name ON groups (organization_id, name_key)`,
  `CREATE TABLE group_members (
    group_id text NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id text NOT NULL,
    added_at bigint NOT NULL,
    PRIMARY KEY (group_id, user_id)
  )`,
  `CREATE INDEX group_members_user ON group_members (user_id)`,
  `CREATE TABLE invitations (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash text NOT NULL,
    purpose text NOT NULL,
    note text NOT NULL,
    created_by text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    opened_at bigint,
    accepted_at bigint,
    cancelled_at bigint
  )`,
  `CREATE UNIQUE INDEX invitations_token ON invitations (token_hash)`,
  `CREATE INDEX invitations_user ON invitations (user_id)`,

  // Applications: for whom people sign in.
  `CREATE TABLE applications (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    protocol text NOT NULL,
    client_id text NOT NULL,
    name text NOT NULL,
    name_key text NOT NULL,
    description text NOT NULL,
    launch_url text,
    icon text,
    icon_type text,
    access text NOT NULL,
    trusted integer NOT NULL,
    enabled integer NOT NULL,
    required_assurance text,
    settings text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
  )`,
  `CREATE UNIQUE INDEX applications_client ON applications (client_id)`,
  `CREATE INDEX applications_organization_name ON applications (organization_id, name_key, id)`,
  `CREATE TABLE application_secrets (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    secret_hash text NOT NULL,
    sealed text,
    hint text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint
  )`,
  `CREATE INDEX application_secrets_application ON application_secrets (application_id)`,
  `CREATE TABLE application_access (
    application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    principal_kind text NOT NULL,
    principal_id text NOT NULL,
    organization_id text NOT NULL,
    PRIMARY KEY (application_id, principal_kind, principal_id)
  )`,
  `CREATE INDEX application_access_principal ON application_access (principal_kind, principal_id)`,

  // Authentication: what proves a person, and what was proven.
  `CREATE TABLE passkeys (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    credential_id text NOT NULL,
    public_key text NOT NULL,
    algorithm integer NOT NULL,
    counter bigint NOT NULL,
    transports text NOT NULL,
    aaguid text NOT NULL,
    attestation_format text NOT NULL,
    attestation text NOT NULL,
    discoverable integer,
    backup_eligible integer NOT NULL,
    backed_up integer NOT NULL,
    name text NOT NULL,
    created_at bigint NOT NULL,
    last_used_at bigint,
    suspended_at bigint
  )`,
  `CREATE UNIQUE INDEX passkeys_credential ON passkeys (credential_id)`,
  `CREATE INDEX passkeys_user ON passkeys (user_id)`,
  `CREATE TABLE challenges (
    id text NOT NULL PRIMARY KEY,
    ceremony text NOT NULL,
    binding text NOT NULL,
    user_id text,
    challenge text NOT NULL,
    details text NOT NULL,
    expires_at bigint NOT NULL,
    consumed_at bigint
  )`,
  `CREATE INDEX challenges_expires_at ON challenges (expires_at)`,
  `CREATE TABLE one_time_codes (
    id text NOT NULL PRIMARY KEY,
    organization_id text,
    user_id text,
    purpose text NOT NULL,
    channel text NOT NULL,
    destination text NOT NULL,
    binding text NOT NULL,
    code_hash text NOT NULL,
    tries_left integer NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    consumed_at bigint
  )`,
  `CREATE INDEX one_time_codes_binding ON one_time_codes (binding, purpose)`,
  `CREATE INDEX one_time_codes_expires_at ON one_time_codes (expires_at)`,
  `CREATE TABLE recovery_codes (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash text NOT NULL,
    created_at bigint NOT NULL,
    used_at bigint
  )`,
  `CREATE UNIQUE INDEX recovery_codes_hash ON recovery_codes (code_hash)`,
  `CREATE INDEX recovery_codes_user ON recovery_codes (user_id)`,
  `CREATE TABLE sign_ups (
    id text NOT NULL PRIMARY KEY,
    browser text NOT NULL,
    kind text NOT NULL,
    email text NOT NULL,
    given_name text NOT NULL,
    family_name text NOT NULL,
    organization_name text NOT NULL,
    code_id text NOT NULL,
    resend_at bigint NOT NULL,
    code_expires_at bigint NOT NULL,
    verified_at bigint,
    completed_at bigint,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX sign_ups_expires_at ON sign_ups (expires_at)`,
  `CREATE TABLE sign_ins (
    id text NOT NULL PRIMARY KEY,
    organization_id text,
    browser text NOT NULL,
    request text NOT NULL,
    user_id text,
    state text NOT NULL,
    outcome text,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
  )`,
  `CREATE INDEX sign_ins_expires_at ON sign_ins (expires_at)`,
  `CREATE TABLE sessions (
    id text NOT NULL PRIMARY KEY,
    secret_hash text NOT NULL,
    organization_id text NOT NULL,
    user_id text NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    browser text NOT NULL,
    proofs text NOT NULL,
    authenticated_at bigint NOT NULL,
    created_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    idle_expires_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    user_agent text NOT NULL,
    ip text NOT NULL,
    protocol_state text
  )`,
  `CREATE UNIQUE INDEX sessions_secret ON sessions (secret_hash)`,
  `CREATE INDEX sessions_user ON sessions (user_id)`,
  `CREATE INDEX sessions_expires_at ON sessions (expires_at)`,

  // OpenID Connect: the models of the provider. account_id and session_uid let one statement end all of a person's grants.
  `CREATE TABLE oidc_payloads (
    kind text NOT NULL,
    id text NOT NULL,
    payload text NOT NULL,
    grant_id text,
    account_id text,
    client_id text,
    session_id text,
    expires_at bigint,
    consumed_at bigint,
    PRIMARY KEY (kind, id)
  )`,
  `CREATE INDEX oidc_payloads_grant ON oidc_payloads (grant_id)`,
  `CREATE INDEX oidc_payloads_account ON oidc_payloads (account_id)`,
  `CREATE INDEX oidc_payloads_session ON oidc_payloads (session_id, kind)`,
  `CREATE INDEX oidc_payloads_expires_at ON oidc_payloads (expires_at)`,

  // Services: keys, messages on their way, and the record of what happened.
  `CREATE TABLE signing_keys (
    id text NOT NULL PRIMARY KEY,
    purpose text NOT NULL,
    algorithm text NOT NULL,
    state text NOT NULL,
    public_key text NOT NULL,
    sealed_private_key text NOT NULL,
    generation integer NOT NULL,
    created_at bigint NOT NULL,
    activates_at bigint NOT NULL,
    retires_at bigint
  )`,
  // Of several nodes that make the next key at once, one wins.
  `CREATE UNIQUE INDEX signing_keys_generation ON signing_keys (purpose, algorithm, generation)`,
  `CREATE TABLE outbox_messages (
    id text NOT NULL PRIMARY KEY,
    organization_id text,
    channel text NOT NULL,
    recipient text NOT NULL,
    template text NOT NULL,
    sealed_content text NOT NULL,
    priority integer NOT NULL,
    idempotency_key text,
    state text NOT NULL,
    attempts integer NOT NULL,
    created_at bigint NOT NULL,
    next_attempt_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    claimed_until bigint,
    finished_at bigint,
    last_error text
  )`,
  `CREATE UNIQUE INDEX outbox_messages_idempotency ON outbox_messages (idempotency_key)`,
  `CREATE INDEX outbox_messages_due ON outbox_messages (state, next_attempt_at)`,
  `CREATE INDEX outbox_messages_organization ON outbox_messages (organization_id, created_at)`,
  `CREATE TABLE audit_events (
    id text NOT NULL PRIMARY KEY,
    organization_id text NOT NULL,
    occurred_at bigint NOT NULL,
    action text NOT NULL,
    outcome text NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    actor_name text NOT NULL,
    user_id text,
    target_kind text,
    target_id text,
    target_name text,
    application_id text,
    application_name text,
    ip text,
    user_agent text,
    details text NOT NULL,
    search_key text NOT NULL,
    seq bigint,
    hash text
  )`,
  `CREATE UNIQUE INDEX audit_events_seq ON audit_events (organization_id, seq)`,
  `CREATE INDEX audit_events_time ON audit_events (organization_id, occurred_at, id)`,
  `CREATE INDEX audit_events_user ON audit_events (user_id, occurred_at, id)`,
  // The few newest events, until the chain has taken them in.
  `CREATE INDEX audit_events_unchained ON audit_events (organization_id, occurred_at, id) WHERE seq IS NULL`,
  `CREATE TABLE audit_heads (
    organization_id text NOT NULL PRIMARY KEY,
    seq bigint NOT NULL,
    hash text NOT NULL,
    mac text NOT NULL,
    updated_at bigint NOT NULL
  )`,
]

export class CreateFirstTables1764000000000 implements MigrationInterface {
  readonly name = 'CreateFirstTables1764000000000'

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement)
  }

  async down(runner: QueryRunner): Promise<void> {
    const names = tables.flatMap((statement) => /^CREATE TABLE (\w+)/.exec(statement)?.[1] ?? [])
    for (const name of names.reverse()) await runner.query(`DROP TABLE ${name}`)
  }
}
