import { joinMicrosoft365, type Foundation } from '../../app/index.ts'
import { OperatorError } from '../../errors.ts'
import type { Organization } from '../../directory/index.ts'
import { createOutbound } from '../../http/outbound/index.ts'
import { createKeys } from '../../keys/index.ts'
import { GraphRefused, readDomain, type ConnectionPurpose, type GraphSession, type ManagedDomain, type Microsoft365, type RecordDomainEvent } from '../../microsoft365/index.ts'
import { UsageError, type Given, type OptionText } from '../command.ts'
import { chooseOrganization, operator, withInstallation } from '../installation.ts'
import { moment, printable, program, type Terminal } from '../terminal.ts'

export const domainArgument = { name: 'domain', text: 'the domain as Entra names it, such as corp.example' }
export const offlineOption: OptionText = { type: 'boolean', text: 'asks Entra nothing, and nobody to sign in' }

export interface Work {
  readonly foundation: Foundation
  readonly organization: Organization
  readonly room: Microsoft365
  /** Into the audit log, as the operator's act. */
  readonly record: RecordDomainEvent
}

/** Opens the installation and the room; a refusal of Graph becomes cause and fix. */
export function withMicrosoft365(given: Given, terminal: Terminal, work: (work: Work) => Promise<number>): Promise<number> {
  return withInstallation(terminal, async (foundation) => {
    const organization = await chooseOrganization(foundation, given.text('organization'), terminal)
    const outbound = createOutbound({ allow: foundation.config.outbound.allow, caFile: foundation.config.outbound.caFile })
    const room = joinMicrosoft365(foundation, { outbound, keys: createKeys(foundation) })
    const record: RecordDomainEvent = (tx, { action, outcome = 'success', target, details }) =>
      foundation.audit.record(tx, { organizationId: organization.id, action, outcome, actor: operator(terminal), target, details })
    try {
      return await work({ foundation, organization, room, record })
    } catch (error) {
      if (!(error instanceof GraphRefused)) throw error
      const say = (part: 'cause' | 'fix'): string => foundation.views.text('en', `microsoft.graph.${error.kind}.${part}`)
      throw new OperatorError(`${say('cause')}\n${say('fix')}\n(${printable(error.message)}${error.requestId === null ? '' : `, request ${printable(error.requestId)}`})`)
    }
  })
}

/** @throws UsageError, OperatorError when the domain was not added yet */
export async function findDomain({ room, organization }: Work, given: Given, terminal: Terminal): Promise<ManagedDomain> {
  const [typed = ''] = given.arguments
  const name = readDomain(typed)
  if (name === undefined) throw new UsageError(`${typed} is not a domain that can be federated, such as corp.example. Names below onmicrosoft.com cannot be.`)
  const domain = await room.domains.findByName(organization.id, name)
  if (!domain) throw new OperatorError(`${name} is not known here yet. Add it first: ${program(terminal)} microsoft365 add ${name} --protocol saml`)
  return domain
}

/** The app registration's session where there is one, else a person signs in with the code that is printed. */
export async function openSession({ room }: Work, domain: ManagedDomain, purpose: ConnectionPurpose, terminal: Terminal): Promise<GraphSession> {
  // An app registration that only guards has no right to write.
  const unattended = purpose === 'read' || domain.settings.autopilot ? await room.unattended.session(domain) : undefined
  if (unattended) return unattended
  return room.signInAtTerminal(domain, purpose, (code) => {
    terminal.say(`To let this command ${purpose === 'write' ? 'change' : 'look at'} ${domain.domain} at Entra, open ${printable(code.verificationUri)}`)
    terminal.say(`and type the code ${printable(code.userCode)}. It is good until ${moment(code.expiresAt)}. What you allow is used now and not kept.`)
  })
}
