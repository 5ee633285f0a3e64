import { composeParts, type AppParts, type Foundation } from '../../app/index.ts'
import type { Organization } from '../../directory/index.ts'
import type { Directories, Directory } from '../../directory/sync/index.ts'
import { OperatorError } from '../../errors.ts'
import type { Given } from '../command.ts'
import { chooseOrganization, withInstallation } from '../installation.ts'
import { inColumns, program, type Terminal } from '../terminal.ts'

export const directoryArgument = { name: 'directory', text: 'its name, as the list shows it' }

export interface Work {
  readonly foundation: Foundation
  readonly organization: Organization
  readonly directories: Directories
  readonly parts: AppParts
}

/** Opens the installation with every room: whoever is locked out here loses sessions, and applications hear of it. */
export function withDirectories(given: Given, terminal: Terminal, work: (work: Work) => Promise<number>): Promise<number> {
  return withInstallation(terminal, async (foundation) => {
    const organization = await chooseOrganization(foundation, given.text('organization'), terminal)
    const parts = composeParts(foundation)
    try {
      await parts.oidc.refreshKeys()
      return await work({ foundation, organization, directories: parts.directories, parts })
    } finally {
      await parts.directories.stop()
      await parts.oidc.settled()
      await parts.xml.close()
    }
  })
}

/** @throws OperatorError that lists what there is */
export async function findDirectory({ directories, organization }: Work, given: Given, terminal: Terminal): Promise<Directory> {
  const [name = ''] = given.arguments
  const found = await directories.findByName(organization.id, name)
  if (found) return found
  const all = await directories.list(organization.id)
  throw new OperatorError(all.length === 0 ? `${organization.name} has no directory yet. Add one under Administration → Directories.`
    : [`There is no directory ${name}. There ${all.length === 1 ? 'is' : 'are'}:`, ...inColumns(all.map((one) => [`  ${one.name}`, one.kind])), `See: ${program(terminal)} directory list`].join('\n'))
}
