import { userInfo, hostname } from 'node:os'
import { migrations } from '../../migrations/index.ts'
import { databaseLocation, openFoundation, projectFolder, type Foundation } from '../app/index.ts'
import type { AuditActor } from '../audit/index.ts'
import { loadConfig } from '../config/index.ts'
import { OperatorError } from '../errors.ts'
import { createLog } from '../http/index.ts'
import type { Organization } from '../directory/index.ts'
import { pendingMigrations } from '../storage/index.ts'
import type { OptionText } from './command.ts'
import { inColumns, program, type Terminal } from './terminal.ts'

/**
 * Opens the installation for one command; the server may be running on the same database. What rooms log goes to standard
 * error from warnings on, since standard output belongs to the command's result.
 */
export async function withInstallation<T>(terminal: Terminal, work: (foundation: Foundation) => Promise<T>): Promise<T> {
  const config = loadConfig(terminal.environment, projectFolder)
  const pending = await pendingMigrations(databaseLocation(config), migrations)
  if (pending.length > 0) {
    const where = config.database.url === null ? `in ${config.dataDir}` : 'at DOORWARD_DATABASE_URL'
    throw new OperatorError([
      pending.length === migrations.length ? `There is no database of Doorward ${where} yet.` : `The database ${where} is older than this Doorward (${pending.length} of ${migrations.length} migrations have not run).`,
      `Bring it up to date first: ${program(terminal)} migrate, or start Doorward.`,
    ].join('\n'))
  }
  const foundation = await openFoundation(config, createLog(config.log.level === 'error' ? 'error' : 'warn', { write: (line) => { process.stderr.write(line) } }))
  try {
    return await work(foundation)
  } finally {
    await foundation.close()
  }
}

/** Who acts, for the audit log: the account at this machine, behind sudo the person who used it. */
export function operator({ environment }: Pick<Terminal, 'environment'>): AuditActor {
  let account: string
  try {
    account = environment['SUDO_USER'] ?? userInfo().username
  } catch {
    // A container's numeric user has no name.
    account = `account ${process.getuid?.() ?? '?'}`
  }
  return { kind: 'cli', id: null, name: `${account} on ${hostname()}` }
}

export const organizationOption: OptionText = { type: 'string', value: 'slug', text: 'the organization by its short name; needed when there are several' }

/** The organization that the operator means; the only one where there is one. @throws OperatorError that lists them */
export async function chooseOrganization(foundation: Foundation, slug: string | undefined, terminal: Terminal): Promise<Organization> {
  const all = (await foundation.organizations.list()).filter(({ kind }) => kind === 'business')
  const list = (): string => inColumns(all.map((organization) => [`  ${organization.slug}`, organization.name])).join('\n')
  if (all.length === 0) throw new OperatorError(`There is no organization yet. Set Doorward up first: ${program(terminal)} setup-link`)
  if (slug === undefined) {
    if (all.length === 1 && all[0]) return all[0]
    throw new OperatorError(`There are ${all.length} organizations. Say which one with --organization <slug>:\n${list()}`)
  }
  const found = all.find((organization) => organization.slug === slug)
  if (!found) throw new OperatorError(`There is no organization with the slug ${slug}. There ${all.length === 1 ? 'is' : 'are'}:\n${list()}`)
  return found
}

/** Whether the mail that was just written leaves the house. */
export function aboutMail(foundation: Foundation, terminal: Terminal): string {
  return foundation.config.smtp.url === null
    ? `No mail server is set (smtp.url), so the mail waits in the outbox: ${program(terminal)} outbox. Hand the link over yourself.`
    : 'The same link goes out by mail, within seconds while Doorward runs.'
}
