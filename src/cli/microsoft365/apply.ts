import { OperatorError } from '../../errors.ts'
import { applyScript, hostsOf, requestText, stops, undoScript, verifyScript, type GraphSession, type ManagedDomain, type Plan } from '../../microsoft365/index.ts'
import type { Command, Given, OptionText } from '../command.ts'
import { organizationOption } from '../installation.ts'
import { moment, program, type Terminal } from '../terminal.ts'
import { domainArgument, findDomain, offlineOption, openSession, withMicrosoft365, type Work } from './session.ts'
import { showDifferences, showFindings, showProblems } from './show.ts'

const powershell: OptionText = { type: 'boolean', text: 'prints the script for PowerShell instead, and asks nobody to sign in' }
const dryRun: OptionText = { type: 'boolean', text: 'shows what would be sent, and sends nothing' }

export const plan: Command = {
  name: 'microsoft365 plan',
  purpose: ['Shows what apply would send to Entra: the requests as they are, and with --powershell the same as a script, with a second one that reads', 'back and compares. Nothing is changed.'],
  arguments: [domainArgument],
  options: { powershell, offline: { ...offlineOption, text: 'asks Entra nothing: the plan for a domain without a federation' }, organization: organizationOption },
  examples: ['microsoft365 plan corp.example', 'microsoft365 plan corp.example --powershell'],
  exits: { 0: 'the plan was printed', 1: 'it cannot be applied: the problems were listed; or Entra could not be asked' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async (work) => {
    const domain = await findDomain(work, given, terminal)
    const offline = given.flag('offline') || given.flag('powershell')
    return showPlan(work, domain, offline ? null : await openSession(work, domain, 'read', terminal), given, terminal)
  }),
}

export const apply: Command = {
  name: 'microsoft365 apply',
  purpose: [
    'Federates the domain, or brings it up to date. Looks first (preflight) and stops where people would be locked out; saves what Entra',
    'says now, so that undo leads back; sends what plan shows; reads it back and compares. Sign-ins may fail for up to two hours, so choose',
    'a quiet one. Not every hop can be tried without a real tenant: begin with one domain and one person.',
  ],
  arguments: [domainArgument],
  options: { 'dry-run': dryRun, powershell, anyway: { type: 'boolean', text: 'applies although the preflight says STOP about people or break-glass accounts' }, organization: organizationOption },
  examples: ['microsoft365 apply corp.example --dry-run', 'microsoft365 apply corp.example', 'microsoft365 apply corp.example --powershell'],
  exits: { 0: 'Entra says what it should; with --dry-run or --powershell: it was printed', 1: 'it does not; the message says why' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async (work) => {
    const { room, foundation, record } = work
    const domain = await findDomain(work, given, terminal)
    if (given.flag('powershell')) return showPlan(work, domain, null, given, terminal)
    const session = await openSession(work, domain, given.flag('dry-run') ? 'read' : 'write', terminal)
    if (given.flag('dry-run')) return showPlan(work, domain, session, given, terminal)
    const findings = await room.guide.preflight(session, domain)
    if (stops(findings) && !given.flag('anyway')) {
      showFindings(terminal, foundation, findings.filter(({ severity }) => severity === 'stops'))
      throw new OperatorError(`Nothing was changed. Mend this first, or, if you know better: ${program(terminal)} microsoft365 apply ${domain.domain} --anyway`)
    }
    const result = await room.guide.apply(session, domain, record)
    switch (result.outcome) {
      case 'invalid':
        showProblems(terminal, foundation, result.problems)
        return 1
      case 'not_possible': throw new OperatorError(`${foundation.views.text('en', `microsoft.not_possible.${result.reason}`)} Nothing was changed.`)
      case 'applied':
        showDifferences(terminal, result.differences)
        terminal.say(result.plan.kind === 'nothing' ? `${domain.domain} was as it should be already.` : `${domain.domain} is federated with this server. Try it: ${domain.loginHost}/?whr=${domain.domain}`)
        terminal.say(`The way back: ${program(terminal)} microsoft365 undo ${domain.domain}`)
        return result.differences.length === 0 ? 0 : 1
    }
  }),
}

export const undo: Command = {
  name: 'microsoft365 undo',
  purpose: [
    'Goes back to what Entra said before the first apply: its own sign-in, or the federation that was there. People who never had a password',
    'at Entra need one, or a Temporary Access Pass, before they can sign in there. It takes up to two hours. Keep the script of --powershell',
    'at hand: it also works on the day when this server does not.',
  ],
  arguments: [domainArgument],
  options: { 'dry-run': dryRun, powershell, organization: organizationOption },
  examples: ['microsoft365 undo corp.example', 'microsoft365 undo corp.example --powershell'],
  exits: { 0: 'done; with --dry-run or --powershell: it was printed', 1: 'nothing was changed; the message says why' },

  run: (given, terminal) => withMicrosoft365(given, terminal, async (work) => {
    const domain = await findDomain(work, given, terminal)
    const session = given.flag('powershell') ? null : await openSession(work, domain, given.flag('dry-run') ? 'read' : 'write', terminal)
    if (session === null || given.flag('dry-run')) {
      const { plan: back, backup } = await work.room.guide.planUndo(session, domain)
      if (given.flag('powershell')) terminal.out(undoScript(domain.domain, back, domain.settings.cloud))
      else showRequests(domain, back, terminal)
      if (backup) terminal.say(`This is the state that was saved on ${moment(backup.createdAt)}.`)
      return 0
    }
    const result = await work.room.guide.undo(session, domain, work.record)
    switch (result.outcome) {
      case 'nothing_saved': throw new OperatorError('Nothing was saved that could be gone back to, or it was gone back to already. Nothing was changed.')
      case 'missing': throw new OperatorError(`${domain.domain} is not in the tenant. Nothing was changed.`)
      case 'undone':
        terminal.say(result.plan.kind === 'managed' ? `${domain.domain} is back at Entra's own sign-in. It may take up to two hours.` : `${domain.domain} is back at what was saved on ${moment(result.backup.createdAt)}.`)
        return 0
    }
  }),
}

async function showPlan(work: Work, domain: ManagedDomain, session: GraphSession | null, given: Given, terminal: Terminal): Promise<number> {
  const { plan: made, problems, configuration } = await work.room.guide.plan(session, domain)
  showProblems(terminal, work.foundation, problems)
  if (given.flag('powershell')) terminal.out(`${applyScript(domain.domain, made, domain.settings.cloud)}\n\n# Afterwards: read back and compare.\n${verifyScript(domain.domain, configuration, domain.settings.cloud)}`)
  else showRequests(domain, made, terminal)
  if (session === null) terminal.say('Nobody signed in at Entra, so this is the plan for a domain without a federation.')
  return problems.length === 0 ? 0 : 1
}

function showRequests(domain: ManagedDomain, { kind, requests, differences }: Plan, terminal: Terminal): void {
  if (kind === 'nothing') terminal.say('Nothing to do: Entra says what it should.')
  showDifferences(terminal, differences)
  for (const request of requests) terminal.out(`${requestText(hostsOf(domain.settings).graphHost, request)}\n`)
}
