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
  { name: 'audit issued', summary: 'says which assertions were not issued here', load: async () => (await import('./audit-issued.ts')).auditIssued },
  { name: 'keys', summary: 'lists the signing keys; takes a protocol to the next one', load: async () => (await import('./keys.ts')).keys },
  { name: 'directory list', summary: 'lists the directories that people come from', load: async () => (await import('./directory/index.ts')).list },
  { name: 'directory check', summary: 'tries each step of a connection, with cause and fix', load: async () => (await import('./directory/index.ts')).check },
  { name: 'directory sync', summary: 'reads a directory now and applies what changed, or only shows it', load: async () => (await import('./directory/index.ts')).sync },
  { name: 'directory runs', summary: 'lists the newest runs of a directory', load: async () => (await import('./directory/index.ts')).runs },
  { name: 'directory export', summary: 'writes all people or groups as CSV or JSON', load: async () => (await import('./directory/index.ts')).exportPeople },
  { name: 'extension', summary: 'writes the browser extension into a folder', load: async () => (await import('./extension.ts')).extension },
  { name: 'microsoft365 status', summary: 'lists federated domains, certificates and alerts', load: async () => (await import('./microsoft365/index.ts')).status },
  { name: 'microsoft365 add', summary: 'prepares a domain for Microsoft 365', load: async () => (await import('./microsoft365/index.ts')).add },
  { name: 'microsoft365 preflight', summary: 'looks what would lock people out', load: async () => (await import('./microsoft365/index.ts')).preflight },
  { name: 'microsoft365 plan', summary: 'shows what would be sent to Entra', load: async () => (await import('./microsoft365/index.ts')).plan },
  { name: 'microsoft365 apply', summary: 'federates a domain, or brings it up to date', load: async () => (await import('./microsoft365/index.ts')).apply },
  { name: 'microsoft365 undo', summary: 'goes back to what Entra said before', load: async () => (await import('./microsoft365/index.ts')).undo },
  { name: 'microsoft365 certificate', summary: 'takes a domain to its next certificate', load: async () => (await import('./microsoft365/index.ts')).certificate },
  { name: 'microsoft365 guard', summary: 'compares Entra with what it should say', load: async () => (await import('./microsoft365/index.ts')).guard },
  { name: 'microsoft365 explain', summary: 'says what an error code of Entra means', load: async () => (await import('./microsoft365/index.ts')).explainCode },
]
