import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getCACertificates } from 'node:tls'
import { OperatorError } from '../errors.ts'
import { normaliseEmail } from './address.ts'
import type { MailContent } from './message.ts'
import type { SendResult, Transport } from './transport.ts'

export interface MailSettings {
  /** smtp://user:password@host:587 or smtps://host:465 */
  readonly url: string
  readonly from: string
  readonly fromName: string
  /** Permits smtp:// without STARTTLS, for servers on this host only. */
  readonly allowPlain: boolean
  /** Certificates trusted beside the usual ones, for a mail server with the organization's own CA. */
  readonly caFile?: string | null
}

/** One connection for each message; TLS always, unless plain text is allowed. */
export function createMailTransport(settings: MailSettings): Transport {
  const url = new URL(settings.url)
  const secure = url.protocol === 'smtps:'
  const ca = settings.caFile ? [...getCACertificates('default'), readCertificates(settings.caFile)] : undefined
  // Five megabytes for those who send mail.
  const { createTransport } = createRequire(import.meta.url)('nodemailer') as typeof import('nodemailer')
  const mailer = createTransport({
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !settings.allowPlain,
    ...(url.username ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } } : {}),
    tls: { minVersion: 'TLSv1.2', ...(ca ? { ca } : {}) },
    connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 5_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = settings.from.split('@').at(-1) ?? 'localhost'

  return {
    async send({ id, recipient, content }, signal) {
      const { subject, text, html } = content as MailContent
      // The library reads texts in an envelope as lists, so nothing but one plain address may get there (SEC-84).
      if (normaliseEmail(recipient)?.email !== recipient) return { outcome: 'failed', error: 'the recipient is not one mail address' }
      try {
        await mailer.sendMail({
          from: { name: oneLine(settings.fromName), address: settings.from },
          to: { name: '', address: recipient },
          envelope: { from: settings.from, to: [recipient] },
          subject: oneLine(subject), text, html,
          // The same id for every try: a server that took the message before a broken line can see the double.
          messageId: `<${id}@${domain}>`,
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          signal,
        })
        return { outcome: 'sent' }
      } catch (error) {
        return judge(error)
      }
    },
  }
}

/**
 * A server's final no to the recipient or the message is final. Its no to us (sign-in, sender, TLS) is a matter of
 * settings: the message waits for the operator.
 */
function judge(error: unknown): SendResult {
  const { code = '', command = '', responseCode = 0, message } = error as Error & { code?: string; command?: string; responseCode?: number }
  const aboutThisMessage = code === 'EMESSAGE' || (code === 'EENVELOPE' && command !== 'MAIL FROM')
  const aboutUs = [421, 530, 535, 538].includes(responseCode)
  const outcome = !aboutThisMessage || aboutUs ? 'unavailable' : responseCode >= 400 && responseCode < 500 ? 'delayed' : 'failed'
  return { outcome, error: message }
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(`smtp: the certificate file ${file} cannot be read: ${(error as Error).message}`)
  }
}
