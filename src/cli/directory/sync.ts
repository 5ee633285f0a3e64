import type { Directory, DirectoryRun, PlanItem, RunOrder } from '../../directory/sync/index.ts'
import { UsageError, type Command, type Given } from '../command.ts'
import { operator, organizationOption } from '../installation.ts'
import { counted, inColumns, printable, program, type Terminal } from '../terminal.ts'
import { createProgress } from './progress.ts'
import { countsOf } from './runs.ts'
import { directoryArgument, findDirectory, withDirectories, type Work } from './session.ts'

const shown = 200

export const sync: Command = {
  name: 'directory sync',
  purpose: [
    'Reads a directory now and applies what changed, as the running server does by itself. With --dry-run everything is read and the plan is',
    'shown, and nothing is applied. A plan that would take too many people away, or that comes of an incomplete reading, waits for an',
    'administrator: look at it, then say --approve, which is good for the people that were shown.',
  ],
  arguments: [directoryArgument],
  options: {
    'dry-run': { type: 'boolean', text: 'shows what would be done, person by person' },
    full: { type: 'boolean', text: 'reads everything, not only what changed' },
    approve: { type: 'boolean', text: 'applies the plan that waits' },
    organization: organizationOption,
  },
  examples: ['directory sync Headquarters --dry-run', 'directory sync Headquarters', 'directory sync Headquarters --approve'],
  exits: { 0: 'it was applied, or looked at; perhaps there was nothing to do', 1: 'it could not be read, it waits for an administrator, or another node has it' },

  run: (given, terminal) => withDirectories(given, terminal, async (work) => {
    if (given.flag('dry-run') && given.flag('approve')) throw new UsageError('--dry-run applies nothing, so there is nothing to --approve.')
    const directory = await findDirectory(work, given, terminal)
    if (given.flag('approve')) await approve(work, directory, terminal)
    const progress = createProgress(terminal)
    const run = await work.directories.sync(directory, { order: orderOf(given), actor: operator(terminal), onProgress: progress.show })
    progress.end()
    if (!run) {
      terminal.say(`${directory.name} is being synchronised already, by the server or by another command. Try again when that has ended: ${program(terminal)} directory runs ${directory.name}`)
      return 1
    }
    await showPlan(work, run, terminal)
    return tell(work, directory, run, terminal)
  }),
}

function orderOf(given: Given): RunOrder {
  return given.flag('dry-run') ? 'preview' : given.flag('full') ? 'full' : 'changes'
}

async function approve({ directories, organization, foundation }: Work, directory: Directory, terminal: Terminal): Promise<void> {
  const waiting = (await directories.runs(organization.id, directory.id, { limit: 50 })).find(({ state }) => state === 'waiting')
  if (!waiting) return terminal.say('No plan waits. It is read as usual.')
  const actor = operator(terminal)
  await foundation.storage.write(async (tx) => {
    await directories.approve(tx, organization.id, waiting.id, actor)
    await foundation.audit.record(tx, { organizationId: organization.id, action: 'directory.plan_approved', outcome: 'success', actor, target: { kind: 'directory', id: directory.id, name: directory.name }, details: { ...waiting.counts } })
  })
}

async function showPlan({ directories, organization, foundation }: Work, run: DirectoryRun, terminal: Terminal): Promise<void> {
  const items = await directories.planItems(organization.id, run.id, { limit: shown })
  for (const line of inColumns(items.map((item) => [item.kind.replace('_', ' '), item.name, item.details.email ?? '', detailOf(item, (key) => foundation.views.text('en', key))]))) terminal.out(printable(line))
  const all = Object.values(run.counts).reduce((sum, count) => sum + count, 0)
  if (all > items.length) terminal.say(`… and ${all - items.length} more. All of them are on the run's page, which also writes them as CSV.`)
}

function detailOf({ details: { differences, because, code, detail, added, removed } }: PlanItem, text: (key: string) => string): string {
  if (code !== undefined) return `${detail ?? ''}: ${text(`directory.conflict.${code}`)}`
  if (added !== undefined || removed !== undefined) return `+${added ?? 0} -${removed ?? 0}`
  const changes = (differences ?? []).map(({ field, before, after }) => `${field}: ${before === '' ? '(nothing)' : before} → ${after === '' ? '(nothing)' : after}`).join(', ')
  return [because ?? '', changes].filter((part) => part !== '').join(', ')
}

function tell({ foundation }: Work, directory: Directory, run: DirectoryRun, terminal: Terminal): number {
  const again = `${program(terminal)} directory sync ${directory.name}`
  const seconds = run.finishedAt === null ? '' : ` in ${((run.finishedAt - run.startedAt) / 1_000).toFixed(1)} s, ${run.peoplePerSecond} people a second`
  switch (run.state) {
    case 'failed': {
      const { code = null, parameters = {}, message = '' } = run.error ?? {}
      const told = (part: 'trouble' | 'fix'): string => foundation.views.text('en', part === 'trouble' ? `ldap.trouble.${code ?? ''}` : `ldap.fix.${code ?? ''}`, parameters)
      terminal.say(printable(code === null ? `It could not be read: ${message}` : `${told('trouble')}\n${told('fix')}`))
      terminal.say(`Nothing was changed. To try the connection: ${program(terminal)} directory check ${directory.name}`)
      return 1
    }
    case 'waiting':
      terminal.say(printable(`Nothing was applied: ${run.reasons.map(({ reason, detail }) => `${reason} (${detail})`).join(', ')}. If it is right all the same: ${again} --approve`))
      return 1
    case 'previewed':
      terminal.say(`${countsOf(run) || 'Nothing'} would be done; nothing was. ${directory.enabled ? `To do it: ${again}` : 'The directory is switched off: switch it on under Administration → Directories.'}`)
      return 0
    default:
      terminal.say(`${countsOf(run) || 'Nothing had to be done'}; ${counted(run.readPeople, 'person', 'people')} read${seconds}.`)
      return 0
  }
}
