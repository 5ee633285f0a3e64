import { readFileSync } from 'node:fs'
import { OperatorError } from '../errors.ts'
import type { Command } from './command.ts'
import { withInstallation } from './installation.ts'
import { fromHere, inColumns, moment, printable } from './terminal.ts'

const batch = 200

interface Row { readonly occurred_at: number; readonly actor_name: string; readonly application_name: string | null; readonly details: string }

export const auditIssued: Command = {
  name: 'audit issued',
  purpose: [
    'Says of SAML and WS-Federation assertions that an application has seen whether they were issued here. Whoever steals a signing key can',
    'write assertions without us, but not into our audit log: an id that is not in it was forged. Give a file with one assertion id per',
    'line, such as the application\'s log can be made into; lines that hold no id are skipped.',
  ],
  arguments: [{ name: 'file', text: 'a file with assertion ids, one per line' }],
  options: {},
  examples: ['audit issued seen-by-wiki.txt'],
  exits: { 0: 'every assertion was issued here', 1: 'at least one was not: it is marked NOT ISSUED HERE; or the file cannot be read' },

  run: (given, terminal) => withInstallation(terminal, async ({ storage }) => {
    const ids = readIds(fromHere(terminal, given.arguments[0] ?? ''))
    const rows: string[][] = []
    let forged = 0
    for (let start = 0; start < ids.length; start += batch) {
      for (const id of ids.slice(start, start + batch)) {
        const found = await storage.read.one<Row>(
          `SELECT occurred_at, actor_name, application_name, details FROM audit_events WHERE action = 'application.opened' AND details LIKE ? ESCAPE '\\' ORDER BY occurred_at LIMIT 1`, [`%"issued":"${id.replaceAll('_', '\\_')}"%`])
        if (!found) forged++
        rows.push(found ? [id, 'issued', moment(found.occurred_at), found.application_name ?? '', found.actor_name] : [id, 'NOT ISSUED HERE'])
      }
    }
    for (const line of inColumns(rows)) terminal.out(printable(line))
    terminal.say(forged === 0 ? `All ${ids.length} were issued here.` : `${forged} of ${ids.length} were not issued here. Take the key away from whoever has it: keys --replace saml, or microsoft365 certificate <domain> --compromised.`)
    return forged === 0 ? 0 : 1
  }),
}

function readIds(path: string): string[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new OperatorError(`The file ${path} cannot be read: ${(error as Error).message}`)
  }
  const ids = [...new Set(text.split(/\r?\n/).map((line) => line.trim()).filter((line) => /^[A-Za-z_][\w.-]{0,255}$/.test(line)))]
  if (ids.length === 0) throw new OperatorError(`${path} has no line that is an assertion id.`)
  return ids
}
