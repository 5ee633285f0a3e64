import { appendFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { OperatorError } from '../errors.ts'
import type { Clock } from '../storage/index.ts'
import type { SmsContent } from './message.ts'
import { fillTemplate, writingFor, type Writing } from './template.ts'
import type { SendResult, Transport } from './transport.ts'

export interface SmsSettings {
  /** The gateway's address, with placeholders where it wants them; or file:///path for trying out. */
  readonly url: string
  readonly method: 'POST' | 'GET' | 'PUT'
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
  readonly contentType: string
}

/** The outbound client, as far as a gateway needs it. */
export type GatewayFetch = (
  url: string,
  request: { method: string; headers: Readonly<Record<string, string>>; body: string | undefined; timeoutMilliseconds: number; maxBytes: number; signal: AbortSignal },
) => Promise<{ readonly status: number }>

/** Any gateway that takes one HTTP request for a message. Its answer counts by status alone and is never kept: it may repeat the code. */
export function createSmsTransport(settings: SmsSettings, needs: { fetch: GatewayFetch; clock: Clock }): Transport {
  if (settings.url.startsWith('file:')) return createFileTransport(settings.url, needs.clock)
  const writing = writingFor(settings.contentType)
  checkBody(settings, writing)

  return {
    async send({ recipient, content }, signal) {
      const values = { to: recipient, text: (content as SmsContent).text }
      const body = settings.method === 'GET' || settings.body === null ? undefined : fillTemplate(settings.body, values, writing)
      const { status } = await needs.fetch(fillTemplate(settings.url, values, 'url'), {
        method: settings.method,
        headers: { ...(body === undefined ? {} : { 'content-type': settings.contentType }), ...settings.headers },
        body, timeoutMilliseconds: 15_000, maxBytes: 65_536, signal,
      })
      return judge(status)
    },
  }
}

/** 400 and 422 speak of this number or text. Everything else is the gateway's state or our settings, which may change. */
function judge(status: number): SendResult {
  if (status >= 200 && status < 300) return { outcome: 'sent' }
  return { outcome: status === 400 || status === 422 ? 'failed' : 'unavailable', error: `the SMS gateway answered with status ${status}` }
}

/** Appends a JSON line for each message; for trying out without a gateway. */
function createFileTransport(url: string, clock: Clock): Transport {
  const path = resolve(decodeURIComponent(url.replace(/^file:(\/\/)?/, '')))
  return {
    async send({ id, recipient, content }) {
      const line = JSON.stringify({ id, at: new Date(clock.now()).toISOString(), to: recipient, text: (content as SmsContent).text })
      await appendFile(path, `${line}\n`, { mode: 0o600 })
      return { outcome: 'sent' }
    },
  }
}

/** A wrong template should be found at start, not by the first person who waits for a code. */
function checkBody({ url, method, body }: SmsSettings, writing: Writing): void {
  const everything = url + (method === 'GET' ? '' : body ?? '')
  for (const name of ['{to}', '{text}']) {
    if (!everything.includes(name)) throw new OperatorError(`sms: neither the URL nor the body has a place for ${name}`)
  }
  if (method === 'GET' || body === null || writing !== 'json') return
  try {
    JSON.parse(fillTemplate(body, { to: '+491511234567', text: 'a "quoted"\ntext' }, writing))
  } catch (error) {
    throw new OperatorError(`sms.body must be JSON with {to} and {text} inside of quotes: ${(error as Error).message}`)
  }
}
