import type { MessageEntry } from '../../messaging/index.ts'
import type { MessageRow } from './settings-pages.ts'

const known: ReadonlySet<string> = new Set([
  'access-reset', 'activation', 'alert', 'code', 'codes-off', 'directory-alert', 'email-change-code', 'email-changed', 'invitation', 'key-added', 'key-removed', 'microsoft-key', 'phone-changed', 'phone-reported', 'recovery-codes-made', 'recovery-used', 'way-changed',
  'signup-code', 'signup-taken', 'test-mail',
])

/** The text that names a mail in lists; a test compares the list with the templates there are. */
export function templateKey(template: string): string {
  return known.has(template) ? `admin.outbox.template.${template}` : 'admin.outbox.template.other'
}

/** Only what still waits has a content, and only while there is no mail server is it opened here. */
export function toMessageRow(message: MessageEntry, mailConfigured: boolean): MessageRow {
  const { id, recipient, template, channel, state, attempts, createdAt, nextAttemptAt, finishedAt, expiresAt, lastError } = message
  return {
    id, recipient, templateKey: channel === 'sms' ? 'admin.outbox.template.sms' : templateKey(template), state, stateKey: `admin.outbox.state.${state}`, attempts, createdAt,
    at: state === 'waiting' ? (attempts > 0 ? nextAttemptAt : null) : finishedAt ?? expiresAt, lastError, opens: opensHere(message, mailConfigured),
  }
}

export function opensHere({ state, channel }: Pick<MessageEntry, 'state' | 'channel'>, mailConfigured: boolean): boolean {
  return !mailConfigured && channel === 'mail' && state === 'waiting'
}
