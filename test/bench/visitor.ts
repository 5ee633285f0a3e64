import { createHash, randomBytes } from 'node:crypto'
import type { SecurityKey } from '../support/security-key.ts'
import { headerOf, headersOf, type Reply, type Wire } from './wire.ts'

export interface Application { readonly clientId: string; readonly secret: string; readonly redirectUri: string; readonly scope: string }

/** Where a server keeps its endpoints. */
export interface Endpoints { readonly authorization: string; readonly token: string }

const userAgent = 'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36\r\nAccept-Language: en\r\n'

/** A browser as far as servers notice: it keeps cookies, posts forms with their token, and stops at other hosts. */
export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly wire: Wire
  #csrf = ''

  constructor(wire: Wire) {
    this.wire = wire
  }

  async get(path: string, accept = 'text/html'): Promise<Reply> {
    return this.#keep(await this.wire.ask('GET', path, `${userAgent}Accept: ${accept}\r\nAccept-Encoding: gzip, deflate, br\r\n${this.#cookieHeader()}`))
  }

  async post(path: string, fields: Readonly<Record<string, string>>, accept = 'text/html'): Promise<Reply> {
    const body = new URLSearchParams({ csrf: this.#csrf, ...fields }).toString()
    return this.#keep(await this.wire.ask('POST', path, `${userAgent}Accept: ${accept}\r\nContent-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n${this.#cookieHeader()}`, body))
  }

  /** Goes where answers lead. @returns the first page, or the address of another host, and the path it came from */
  async follow(answer: Reply, path: string): Promise<{ readonly page: string; readonly path: string; readonly away: URL | undefined }> {
    let [reply, here] = [answer, path]
    for (let step = 0; step < 10; step++) {
      if (reply.status === 200) return { page: reply.body.toString(), path: here, away: undefined }
      const location = headerOf(reply.head, 'location')
      if (reply.status < 300 || reply.status > 303 || location === undefined) throw new Error(`${here} answered ${reply.status}: ${reply.head}\n${reply.body.toString().slice(0, 600)}`)
      const target = new URL(location, 'http://localhost')
      if (target.hostname !== 'localhost') return { page: '', path: here, away: target }
      here = target.pathname + target.search
      reply = await this.get(here)
    }
    throw new Error(`${here} leads in circles`)
  }

  #cookieHeader(): string {
    return this.cookies.size === 0 ? '' : `Cookie: ${[...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')}\r\n`
  }

  #keep(reply: Reply): Reply {
    for (const line of headersOf(reply.head, 'set-cookie')) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    if (reply.status === 200) this.#csrf = /name="csrf" value="([^"]*)"/.exec(reply.body.toString('latin1'))?.[1] ?? this.#csrf
    return reply
  }
}

/** Asks for a code as an application's redirect does. @returns the page that wants something, or the code */
export async function authorize(visitor: Visitor, endpoints: Endpoints, application: Application, verifier: string, more: Readonly<Record<string, string>> = {}) {
  const query = new URLSearchParams({
    client_id: application.clientId, redirect_uri: application.redirectUri, response_type: 'code', scope: application.scope, state: 'a-state-of-the-application',
    nonce: 'a-nonce-of-the-application', code_challenge: createHash('sha256').update(verifier).digest('base64url'), code_challenge_method: 'S256', ...more,
  })
  const path = `${endpoints.authorization}?${query}`
  const arrived = await visitor.follow(await visitor.get(path), path)
  return { ...arrived, code: codeOf(arrived.away) }
}

/** Touches the key at the sign-in page that was reached. @returns where it led */
export async function touchKey(visitor: Visitor, path: string, key: SecurityKey) {
  const asked = await visitor.post(`${path}/passkey/options`, {}, 'application/json')
  if (asked.status !== 200) throw new Error(`${path}/passkey/options answered ${asked.status}: ${asked.body.toString().slice(0, 300)}`)
  const { challengeId, options } = JSON.parse(asked.body.toString()) as { challengeId: string; options: unknown }
  const answer = await visitor.post(`${path}/passkey`, { challenge_id: challengeId, response: key.sign(options), transports: 'usb' })
  return visitor.follow(answer, `${path}/passkey`)
}

export const newVerifier = (): string => randomBytes(32).toString('base64url')

export function codeOf(away: URL | undefined): string | undefined {
  if (away?.searchParams.has('error')) throw new Error(`the application was told ${away.search}`)
  return away?.searchParams.get('code') ?? undefined
}

/** A whole sign-in with a new browser: authorize, page, challenge, answer, code. */
export async function signIn(wire: Wire, endpoints: Endpoints, application: Application, key: SecurityKey): Promise<Visitor> {
  const visitor = new Visitor(wire)
  const shown = await authorize(visitor, endpoints, application, newVerifier())
  const { away, path } = await touchKey(visitor, shown.path, key)
  if (codeOf(away) === undefined) throw new Error(`the sign-in ended at ${path} and not at the application`)
  return visitor
}

interface Tokens { readonly access_token: string; readonly id_token?: string; readonly refresh_token?: string }

/** A request to the token endpoint by an application with a secret. */
export async function requestTokens(wire: Wire, endpoints: Endpoints, application: Application, fields: Readonly<Record<string, string>>): Promise<Tokens> {
  const credentials = Buffer.from(`${encodeURIComponent(application.clientId)}:${encodeURIComponent(application.secret)}`).toString('base64')
  const reply = await wire.ask('POST', endpoints.token, `Authorization: Basic ${credentials}\r\nAccept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\n`, new URLSearchParams(fields).toString())
  if (reply.status !== 200) throw new Error(`${endpoints.token} answered ${reply.status}: ${reply.body.toString()}`)
  return JSON.parse(reply.body.toString()) as Tokens
}

export async function redeem(wire: Wire, endpoints: Endpoints, application: Application, code: string, verifier: string): Promise<Tokens> {
  const tokens = await requestTokens(wire, endpoints, application, { grant_type: 'authorization_code', code, redirect_uri: application.redirectUri, code_verifier: verifier })
  if (tokens.id_token === undefined) throw new Error('no ID token was issued')
  return tokens
}
