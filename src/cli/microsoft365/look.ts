import { stops } from '../../microsoft365/index.ts'
import type { Command } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { program } from '../terminal.ts'
import { domainArgument, findDomain, offlineOption, openSession, withMicrosoft365 } from './session.ts'
import { showDifferences, showFindings } from './show.ts'

export const preflight: Command = {
  name: 'microsoft365 preflight',
  purpose: [
    'Looks at everything that could lock people out when a domain is federated: the domain and its people at Entra, their ImmutableIDs,',
    'break-glass accounts, Conditional Access, our certificate, clock and address. Prints a table of findings with what to do about each,',
    'and changes nothing. Reading rights are asked for with a code; nothing of them is kept.',
  ],
  arguments: [domainArgument],
  options: { offline: offlineOption, organization: organizationOption },
  examples: ['microsoft365 preflight corp.example', 'microsoft365 preflight corp.example --offline'],
  exits: { 0: 'nothing stands in the way', 1: 'something does (STOP), or Entra could not be asked' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async (work) => {
    const domain = await findDomain(work, given, terminal)
    const session = given.flag('offline') ? null : await openSession(work, domain, 'read', terminal)
    const findings = await work.room.guide.preflight(session, domain)
    showFindings(terminal, work.foundation, findings)
    const stopped = stops(findings)
    terminal.say(stopped ? 'Mend what says STOP first.' : `Nothing stands in the way. Next: ${program(terminal)} microsoft365 plan ${domain.domain}`)
    return stopped ? 1 : 0
  }),
}

export const guard: Command = {
  name: 'microsoft365 guard',
  purpose: [
    'Compares what Entra says about a domain with what it should say, field by field. ALARM means that somebody could sign in as anybody of',
    'the domain without this server. A difference raises an alert and stands in the audit log. The running server does the same by itself',
    'every quarter of an hour, for domains whose app registration has a certificate of ours.',
  ],
  arguments: [domainArgument],
  options: { organization: organizationOption },
  examples: ['microsoft365 guard corp.example'],
  exits: { 0: 'all is as it should be', 1: 'it is not: the differences were listed; or Entra could not be asked' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async (work) => {
    const domain = await findDomain(work, given, terminal)
    const result = await work.room.guard.check(await openSession(work, domain, 'read', terminal), domain)
    switch (result.outcome) {
      case 'clean':
        terminal.say(`Entra says about ${domain.domain} what it should.`)
        return 0
      case 'not_federated':
        terminal.say(`${domain.domain} is not federated at Entra.`)
        return 1
      case 'differs':
        showDifferences(terminal, result.differences)
        terminal.say(work.foundation.views.text('en', 'microsoft.check.who'))
        terminal.say(`To make it right: ${program(terminal)} microsoft365 apply ${domain.domain}`)
        return 1
    }
  }),
}
