import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { dirname } from 'node:path'
import type { Foundation } from '../app/index.ts'
import { OperatorError } from '../errors.ts'
import { readApplyDocument, reconcile, type ApplyDocument, type ApplyNeeds, type Step } from './apply/index.ts'
import { createMetadataReader } from '../protocols/saml/metadata-import/index.ts'
import { createXmlReader, type XmlReader } from '../protocols/xml/index.ts'
import type { Command } from './command.ts'
import { operator, withInstallation } from './installation.ts'
import { fromHere, inColumns, printable, program, type Terminal } from './terminal.ts'

export const apply: Command = {
  name: 'apply',
  purpose: [
    'Makes the database say what a YAML file says: organizations with their settings, groups, people and applications. Prints',
    'each step of the plan ("+" is new, "~" is changed) and does all of them in one transaction, or none. What the file does not',
    'name stays as it is, and nothing is ever deleted; a second run says "Nothing to do". Every step stands in the audit log.',
    'The whole language is explained in config/example-organization.yaml. Directories that people come from are not part of it: they are',
    'described in the administration, since their secrets belong into no file; the commands for them begin with directory.',
  ],
  arguments: [{ name: 'file', text: 'the YAML file; - reads standard input' }],
  options: { 'dry-run': { type: 'boolean', text: 'prints the plan and changes nothing' } },
  examples: ['apply config/example-organization.yaml --dry-run', 'apply organization.yaml'],
  exits: { 0: 'done, or nothing to do; with --dry-run: the plan was printed, whatever is in it', 1: 'the file has problems, or does not fit to what is there; nothing was changed' },

  run: (given, terminal) => withInstallation(terminal, async (foundation) => {
    const [file = ''] = given.arguments
    const source = file === '-' ? 'standard input' : file
    const path = fromHere(terminal, file)
    const document = readApplyDocument(file === '-' ? await text(process.stdin) : readText(path, file), source)
    const xml = createXmlReader()
    const needs = needsOf(foundation, terminal, file === '-' ? fromHere(terminal, '.') : dirname(path), xml)
    const steps = await run(foundation, needs, document, { source, dryRun: given.flag('dry-run') }).finally(() => xml.close())

    if (steps.length === 0) {
      terminal.out(`Nothing to do: everything is as ${source} says.`)
      return 0
    }
    for (const line of inColumns(steps.map(({ verb, kind, name, details }) => [`${verb === 'change' ? '~' : '+'} ${verb}`, kind, name, details]))) terminal.out(printable(line))
    if (given.flag('dry-run')) terminal.say(`This is the plan: ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}; nothing was changed. To do it: ${program(terminal)} apply ${file}`)
    else report(foundation, terminal, steps)
    await warnOfSecondOrganization(foundation, terminal, steps)
    return 0
  }),
}

/** Takes a dry run's transaction back: the plan is what would be done, found by doing it. */
class Undo extends Error {}

async function run({ storage }: Foundation, needs: ApplyNeeds, document: ApplyDocument, { source, dryRun }: { source: string; dryRun: boolean }): Promise<Step[]> {
  let steps: Step[] = []
  try {
    await storage.write(async (tx) => {
      steps = await reconcile(needs, document, tx)
      if (dryRun) throw new Undo()
    })
  } catch (error) {
    if (error instanceof OperatorError) throw new OperatorError(`${source}: ${error.message}. Nothing was changed.`)
    if (!(error instanceof Undo)) throw error
  }
  return steps
}

function needsOf(foundation: Foundation, terminal: Terminal, folder: string, xml: XmlReader): ApplyNeeds {
  const { organizations, users, groups, applications, access, audit } = foundation
  const actor = operator(terminal)
  return {
    organizations, users, groups, applications, access, folder, environment: terminal.environment,
    metadata: createMetadataReader({ xml, clock: foundation.clock }), sentence: (code) => foundation.views.text('en', `admin.federation.metadata.${code}`),
    async invite(tx, organization, user) {
      await foundation.invite(tx, { organization, user, purpose: 'invitation', note: '', createdBy: null })
    },
    async record(tx, organization, { kind, id, name, action, details }) {
      await audit.record(tx, {
        organizationId: organization.id, action, outcome: 'success', actor, target: { kind, id, name }, details: { by: 'apply', change: details },
        ...(kind === 'user' ? { userId: id as Parameters<typeof users.findById>[0] } : {}), ...(kind === 'application' ? { application: { id, name } } : {}),
      })
    },
  }
}

function readText(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new OperatorError(`The file ${file} cannot be read: ${(error as Error).message}`)
  }
}

function report(foundation: Foundation, terminal: Terminal, steps: readonly Step[]): void {
  terminal.say(`Done: ${steps.length} ${steps.length === 1 ? 'step' : 'steps'}. Running servers follow at once.`)
  for (const { name, newClientId } of steps) if (newClientId !== undefined) terminal.say(`The client id of ${printable(name)} is ${newClientId}.`)
  const invited = steps.filter(({ action }) => action === 'user.invited').length
  if (invited === 0) return
  const where = foundation.config.smtp.url === null ? 'No mail server is set (smtp.url), so the mails wait in the outbox' : 'The mails go out while Doorward runs; until then they are in the outbox'
  terminal.say(`${invited} ${invited === 1 ? 'person is' : 'people are'} invited. ${where}, with the links: ${program(terminal)} outbox`)
}

/** A file whose name or slug is not quite that of the organization which is there founds another one. */
async function warnOfSecondOrganization({ organizations }: Foundation, terminal: Terminal, steps: readonly Step[]): Promise<void> {
  const created = new Set(steps.filter(({ action }) => action === 'organization.created').map(({ id }) => id))
  const others = (await organizations.list()).filter(({ kind, id }) => kind === 'business' && !created.has(id))
  if (created.size === 0 || others.length === 0) return
  terminal.say(`Mind that this is a new organization beside ${others.map(({ name, slug }) => `${printable(name)} (slug: ${slug})`).join(', ')}. If one of these is meant, give its slug in the file.`)
}
