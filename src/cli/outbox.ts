import type { Foundation } from '../app/index.ts'
import { OperatorError } from '../errors.ts'
import type { MailContent, MessageEntry, SmsContent } from '../messaging/index.ts'
import type { Command, Given } from './command.ts'
import { withInstallation } from './installation.ts'
import { moment, printable, program, type Terminal } from './terminal.ts'

export const outbox: Command = {
  name: 'outbox',
  purpose: [
    'Shows the messages that wait to be sent, newest first, with everything in them: the operator at the machine can hand codes',
    'and links over where no mail server is set. The content of a message is wiped once it was sent, failed or expired.',
  ],
  arguments: [],
  options: {
    json: { type: 'boolean', text: 'an array of objects: id, channel, recipient, template, state, createdAt, expiresAt, subject, text' },
    all: { type: 'boolean', text: 'also those that were sent, failed or expired in the last 30 days' },
    id: { type: 'string', value: 'id', text: 'only this message, whatever its state' },
  },
  examples: ['outbox', 'outbox --json | jq -r \'.[0].text\''],
  exits: { 0: 'the messages were listed; perhaps there are none', 1: 'there is no message with that id, or the database is not ready' },

  run: (given, terminal) => withInstallation(terminal, async (foundation) => {
    const messages = await find(foundation, given.text('id'), given.flag('all'))
    if (given.flag('json')) terminal.out(JSON.stringify(messages.map(toJson), null, 2))
    else for (const message of messages) terminal.out(`${describe(message)}\n`)
    explain(foundation, messages, given, terminal)
    return 0
  }),
}

function explain({ config }: Foundation, messages: readonly Message[], given: Given, terminal: Terminal): void {
  terminal.say(messages.length === 0 ? `No message ${given.flag('all') ? 'is kept' : 'waits'}.` : `${messages.length} ${messages.length === 1 ? 'message' : 'messages'}.`)
  const waiting = new Set(messages.filter(({ state }) => state === 'waiting').map(({ channel }) => channel))
  const missing = [...(waiting.has('mail') && config.smtp.url === null ? ['no mail server (smtp.url)'] : []), ...(waiting.has('sms') && config.sms.url === null ? ['no SMS gateway (sms.url)'] : [])]
  if (waiting.size > 0) terminal.say(missing.length === 0 ? 'They go out while Doorward runs.' : `There is ${missing.join(' and ')}: such messages wait here until there is one, or until they expire.`)
  if (!given.flag('all') && given.text('id') === undefined) terminal.say(`Those that ended as well: ${program(terminal)} outbox --all`)
}

type Message = MessageEntry & { readonly subject: string | null; readonly text: string | null }

async function find({ outbox: box }: Foundation, id: string | undefined, all: boolean): Promise<Message[]> {
  const read = async (wanted: string): Promise<Message | undefined> => {
    const message = await box.read(wanted)
    if (!message) return undefined
    const { content, ...entry } = message
    return { ...entry, subject: (content as Partial<MailContent> | null)?.subject ?? null, text: (content as SmsContent | null)?.text ?? null }
  }
  if (id !== undefined) {
    const message = await read(id)
    if (!message) throw new OperatorError(`There is no message ${id}. Messages that ended are removed after 30 days.`)
    return [message]
  }
  const messages: Message[] = []
  for (let before: string | null | undefined; before !== null;) {
    const page = await box.list({ limit: 200, ...(all ? {} : { state: 'waiting' }), ...(before === undefined ? {} : { before }) })
    for (const entry of page.messages) {
      const message = await read(entry.id)
      if (message) messages.push(message)
    }
    before = page.next
  }
  return messages
}

function toJson({ id, channel, recipient, template, state, createdAt, expiresAt, subject, text }: Message) {
  return { id, channel, recipient, template, state, createdAt: new Date(createdAt).toISOString(), expiresAt: new Date(expiresAt).toISOString(), subject, text }
}

function describe(message: Message): string {
  const { id, channel, recipient, template, state, createdAt, expiresAt, attempts, lastError, subject, text } = message
  const tried = attempts === 0 ? '' : `, ${attempts} ${attempts === 1 ? 'try' : 'tries'}${lastError === null ? '' : `, last: ${lastError}`}`
  const content = [...(subject === null ? [] : [`Subject: ${subject}`, '']), ...(text ?? 'The content was wiped when the message ended.').trimEnd().split('\n')]
  return printable([`${id}   ${channel} to ${recipient}`, `  ${template}, ${state}, from ${moment(createdAt)}, until ${moment(expiresAt)}${tried}`, ...content.map((line) => `  | ${line}`.trimEnd())].join('\n'))
}
