import { Conflict, OperatorError } from '../../errors.ts'
import { cloudNames, federationProtocols, hostsOf, readDomain, readHost, type CloudName, type DomainSettings } from '../../microsoft365/index.ts'
import { oneOf } from '../arguments.ts'
import { UsageError, type Command, type Given } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { inColumns, moment, printable, program } from '../terminal.ts'
import { domainArgument, withMicrosoft365 } from './session.ts'

export const status: Command = {
  name: 'microsoft365 status',
  purpose: ['Lists the domains that are, or shall be, federated with this server: whether sign-ins are answered, the protocol, the issuer, until', 'when the certificate is good, and every open alert. Asks nobody but the database.'],
  arguments: [],
  options: { organization: organizationOption },
  examples: ['microsoft365 status'],
  exits: { 0: 'no alert is open', 1: 'an alert is open; it was listed' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async ({ foundation, organization, room }) => {
    const domains = await room.domains.list(organization.id)
    const rows = await Promise.all(domains.map(async (domain) => {
      const { active, next } = await room.guide.certificates(domain)
      return [domain.domain, domain.enabled ? 'on' : 'off', domain.protocol, domain.issuer, `certificate until ${moment(active.notAfter)}${next ? ', the next one is published' : ''}`]
    }))
    for (const line of inColumns(rows)) terminal.out(line)
    if (domains.length === 0) terminal.say(`No domain yet. Add one: ${program(terminal)} microsoft365 add <domain> --protocol saml`)
    const alerts = await room.alerts.open(organization.id)
    for (const { kind, details, raisedAt } of alerts) terminal.out(`ALERT  ${moment(raisedAt)}  ${printable(foundation.views.text('en', `alert.${kind}`, { domain: '', fields: '', reason: '', days: '', ...details }))}`)
    return alerts.length === 0 ? 0 : 1
  }),
}

export const add: Command = {
  name: 'microsoft365 add',
  purpose: [
    'Prepares a domain: gives it a key for its addresses, an issuer and a certificate. Nothing is said to Entra, and nobody is sent here by',
    'it; that is what preflight, plan and apply are for. Which protocol: saml lets people sign in at the lock screen of Windows 11 (web',
    'sign-in); wsfed lets them join computers interactively. Browsers, Office and Teams are content with either.',
  ],
  arguments: [domainArgument],
  options: {
    protocol: { type: 'string', value: 'protocol', text: federationProtocols.join(' or ') },
    cloud: { type: 'string', value: 'cloud', text: `${cloudNames.join(', ')}; public, unless given` },
    'login-host': { type: 'string', value: 'address', text: 'the sign-in host of a custom cloud, such as https://login.example' },
    'graph-host': { type: 'string', value: 'address', text: 'its Graph' },
    tenant: { type: 'string', value: 'id', text: 'the tenant ID; without it, that of whoever signs in' },
    client: { type: 'string', value: 'id', text: 'an app registration of yours instead of Microsoft\'s own command line application' },
    organization: organizationOption,
  },
  examples: ['microsoft365 add corp.example --protocol saml', 'microsoft365 add corp.example --protocol wsfed --cloud us-government'],
  exits: { 0: 'the domain is prepared', 1: 'it is here already, in this organization or another' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async ({ foundation, organization, room, record }) => {
    const [typed = ''] = given.arguments
    const name = readDomain(typed)
    if (name === undefined) throw new UsageError(`${typed} is not a domain that can be federated, such as corp.example. Names below onmicrosoft.com cannot be.`)
    const protocol = oneOf(given, 'protocol', federationProtocols)
    if (protocol === undefined) throw new UsageError('--protocol must be given: saml or wsfed.')
    const settings = readSettings(given)
    try {
      const domain = await foundation.storage.write(async (tx) => {
        const created = await room.domains.create(tx, organization.id, { domain: name, protocol, settings })
        await record(tx, { action: 'microsoft.domain_added', target: { kind: 'domain', id: created.id, name }, details: { protocol } })
        return created
      })
      terminal.out(domain.issuer)
      terminal.say(`${name} is prepared (${protocol}, ${hostsOf(domain.settings).loginHost}). Look before you leap: ${program(terminal)} microsoft365 preflight ${name}`)
      return 0
    } catch (error) {
      if (error instanceof Conflict) throw new OperatorError(`${name} is here already. Nothing was changed.`)
      throw error
    }
  }),
}

function readSettings(given: Given): Partial<DomainSettings> {
  const host = (option: string): string | null => {
    const text = given.text(option)
    const read = text === undefined ? null : readHost(text)
    if (read === undefined) throw new UsageError(`--${option} must be an https address without a path, such as https://login.example, but is ${text ?? ''}.`)
    return read
  }
  const [cloud, loginHost, graphHost] = [oneOf(given, 'cloud', cloudNames) ?? ('public' satisfies CloudName), host('login-host'), host('graph-host')]
  if (cloud === 'custom' && (loginHost === null || graphHost === null)) throw new UsageError('--cloud custom needs --login-host and --graph-host.')
  return { cloud, loginHost, graphHost, tenantId: given.text('tenant') ?? null, clientId: given.text('client') ?? null }
}
