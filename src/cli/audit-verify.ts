import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import type { Head } from '../audit/index.ts'
import { OperatorError } from '../errors.ts'
import type { OrganizationId } from '../storage/index.ts'
import type { Command } from './command.ts'
import { withInstallation } from './installation.ts'
import { fromHere, inColumns, printable, program } from './terminal.ts'

export const auditVerify: Command = {
  name: 'audit verify',
  purpose: [
    'Recomputes the audit log: each organization\'s events form a chain whose head is signed with the secret key, which is not in',
    'the database. Prints how many events each chain has and its head, and names every event that was changed, moved or removed.',
    'A database that was put back to an older state as a whole shows against checkpoints kept elsewhere: Doorward writes each one',
    'to its log ("audit checkpoint"), and --anchors compares with such a log file.',
  ],
  arguments: [],
  options: { anchors: { type: 'string', value: 'file', text: 'a log file of Doorward, best one from another machine; other lines in it are skipped' } },
  examples: ['audit verify', 'audit verify --anchors /var/log/doorward.log'],
  exits: { 0: 'nothing is wrong', 1: 'something is: the problems were listed; or it could not be verified' },

  run: (given, terminal) => withInstallation(terminal, async ({ audit, organizations }) => {
    const file = given.text('anchors')
    const anchors = file === undefined ? [] : await readAnchors(fromHere(terminal, file))
    const { chains, unchained, problems } = await audit.verify(anchors)
    const names = new Map((await organizations.list()).map(({ id, slug, name }) => [id, { slug, name }]))
    const nameOf = (id: OrganizationId): string => (id === '*' as OrganizationId ? '(all)' : names.get(id)?.slug ?? id)
    const rows = chains.map(({ organizationId, events, head }) => [nameOf(organizationId), `${events} events`, head === null ? 'no head' : `head ${head.seq} ${head.hash}`, names.get(organizationId)?.name ?? ''])
    for (const line of inColumns(rows)) terminal.out(printable(line))
    for (const line of inColumns(problems.map(({ kind, organizationId, seq, text }) => ['PROBLEM', nameOf(organizationId), seq === null ? '-' : `event ${seq}`, kind, text]))) terminal.out(printable(line))
    if (unchained > 0) terminal.say(`${unchained} newest ${unchained === 1 ? 'event is' : 'events are'} in no chain yet; that takes seconds while Doorward runs.`)
    if (anchors.length > 0) terminal.say(`Compared with ${anchors.length} checkpoints from ${file ?? ''}.`)
    if (problems.length === 0) {
      terminal.say(chains.length === 0 ? 'There is nothing to verify yet.' : `Nothing is wrong.${file === undefined ? ' Checkpoints from another machine make it sure: --anchors <file>.' : ''}`)
      return 0
    }
    terminal.say(`${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}: the audit log is not what Doorward wrote. Keep a copy of the database as it is, find out who could write to it,`)
    terminal.say(`and compare with your backups. Where it began: the lowest event above. See: ${program(terminal)} audit verify --help`)
    return 1
  }),
}

/** Reads the file line by line: logs are long. */
async function readAnchors(path: string): Promise<Head[]> {
  const anchors: Head[] = []
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })) {
      const anchor = line.includes('audit checkpoint') ? readAnchor(line.slice(line.indexOf('{'))) : undefined
      if (anchor) anchors.push(anchor)
    }
  } catch (error) {
    throw new OperatorError(`The file ${path} cannot be read: ${(error as Error).message}`)
  }
  if (anchors.length === 0) throw new OperatorError(`${path} has no line with an audit checkpoint. Is it a log of Doorward, written with log.level info or debug?`)
  return anchors
}

/** A line of ours, whatever a collector put in front of it or around it (Docker keeps each line as the text `log` of an object). */
function readAnchor(json: string): Head | undefined {
  try {
    const line = JSON.parse(json) as Record<string, unknown>
    if (typeof line['log'] === 'string') return readAnchor(line['log'])
    const { msg, organizationId, seq, hash } = line
    if (msg !== 'audit checkpoint' || typeof organizationId !== 'string' || typeof seq !== 'number' || typeof hash !== 'string') return undefined
    return { organizationId: organizationId as OrganizationId, seq, hash }
  } catch {
    return undefined
  }
}
