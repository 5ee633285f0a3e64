import type { Command } from './command.ts'

export interface Entry {
  readonly name: string
  /** One line of the list. */
  readonly summary: string
  /** Loaded when asked for: help and typing errors need no database driver. */
  readonly load: () => Promise<Command>
}

export const commands: readonly Entry[] = [
  { name: 'check-config', summary: 'reads the configuration and names all problems at once', load: async () => (await import('./check-config.ts')).checkConfig },
  { name: 'migrate', summary: 'brings the database up to date (starting Doorward does so too)', load: async () => (await import('./migrate.ts')).migrateDatabase },
  { name: 'setup-link', summary: 'makes a new set-up link, while nobody owns an organization here', load: async () => (await import('./setup-link.ts')).setupLink },
  { name: 'invite', summary: 'invites a person and prints the link', load: async () => (await import('./invite.ts')).invite },
  { name: 'apply', summary: 'makes the database say what a file says; shows the plan', load: async () => (await import('./apply.ts')).apply },
  { name: 'outbox', summary: 'shows the messages that wait, with their content', load: async () => (await import('./outbox.ts')).outbox },
  { name: 'recover', summary: 'break-glass: a new start for somebody who lost every way in', load: async () => (await import('./recover.ts')).recover },
  { name: 'audit verify', summary: 'recomputes the audit log\'s chains', load: async () => (await import('./audit-verify.ts')).auditVerify },
]
