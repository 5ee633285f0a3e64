import { OperatorError } from '../../errors.ts'
import type { CertificateStep } from '../../microsoft365/index.ts'
import type { Command } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { moment } from '../terminal.ts'
import { domainArgument, findDomain, openSession, withMicrosoft365 } from './session.ts'

export const certificate: Command = {
  name: 'microsoft365 certificate',
  purpose: [
    'Shows the certificates of a domain, and takes the roll-over as far as it can go now: publish the next one, tell Entra, see it there, wait a',
    'day, switch, make it the current one. Entra knows both all the way. Run it again where it says that it waits; the running server does',
    'so by itself where the autopilot is on. --simulate shows the whole way with its days and does nothing.',
  ],
  arguments: [domainArgument],
  options: {
    simulate: { type: 'boolean', text: 'shows the steps and their days, does nothing, and asks nobody to sign in' },
    now: { type: 'boolean', text: 'replaces the certificate without waiting for its end: a drill, or a doubt' },
    compromised: { type: 'boolean', text: 'others may know the key: replaces it at once, and sign-ins fail until Entra has taken up the new certificate' },
    organization: organizationOption,
  },
  examples: ['microsoft365 certificate corp.example --simulate', 'microsoft365 certificate corp.example --now'],
  exits: { 0: 'nothing is left to do now, or the steps were shown', 1: 'Entra trusts a certificate that is not ours, knows nothing of us, or could not be asked' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async (work) => {
    const { room, record, foundation } = work
    const domain = await findDomain(work, given, terminal)
    const say = (step: CertificateStep['step']): string => foundation.views.text('en', `microsoft.certificate_step.${step}`)
    const { set } = await room.guide.certificates(domain)
    for (const { state, fingerprint, notAfter } of set.published) terminal.out(`${state.padEnd(10)}${fingerprint}   until ${moment(notAfter)}`)
    if (given.flag('simulate')) {
      const steps = await room.autopilot.simulate(null, domain, given.flag('now'))
      for (const { step, at } of steps) terminal.out(`${moment(at)}   ${say(step)}`)
      return 0
    }
    const session = await openSession(work, domain, 'write', terminal)
    if (given.flag('compromised')) {
      if (!(await room.autopilot.replaceAtOnce(session, domain, record))) throw new OperatorError(`The key is replaced, but Entra has no federation for ${domain.domain}.`)
      terminal.say('The key is replaced, and Entra trusts only the new certificate.')
      return 0
    }
    if (given.flag('now')) await room.autopilot.hurry(domain)
    const result = await room.autopilot.run(session, domain, record)
    if ('missing' in result) throw new OperatorError(`Entra has no federation for ${domain.domain}. Nothing was changed.`)
    for (const step of result.did) terminal.out(`done      ${say(step)}`)
    terminal.say(result.step.step === 'wait' ? `Waits until ${moment(result.step.until)}; run this again then.` : foundation.views.text('en', `microsoft.notice.certificate_${result.step.step}`))
    return result.step.step === 'foreign' ? 1 : 0
  }),
}
