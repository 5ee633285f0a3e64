import { request as requestHttp, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { SecureContext } from 'node:tls'
import type { Destination } from './destination.ts'
import { OutboundRefused } from './refused.ts'

export interface Exchange {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array | undefined
  readonly maxBytes: number
  readonly secureContext: SecureContext
  readonly signal: AbortSignal
}

export interface OutboundResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** What the client itself decides; a caller's word on these would bend the request. */
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'expect', 'accept-encoding', 'te', 'trailer'])

/** One request, one answer; redirects are answers like any other. No connection is kept, no proxy of the environment is used. */
export function exchange(destination: Destination, options: Exchange): Promise<OutboundResponse> {
  const { url, host } = destination
  return new Promise((done, refuse) => {
    const fail = (error: unknown): void => { refuse(error instanceof OutboundRefused ? error : describe(host, error, options.signal)) }
    let request: ClientRequest
    try {
      request = (url.protocol === 'https:' ? requestHttps : requestHttp)({
        protocol: url.protocol, host, port: url.port, path: url.pathname + url.search, method: options.method,
        headers: headersFor(url, options), agent: false, lookup: lookupOf(destination), signal: options.signal,
        ...(url.protocol === 'https:' ? { secureContext: options.secureContext, rejectUnauthorized: true } : {}),
      })
    } catch (error) {
      fail(new OutboundRefused('header', `${host}: the request has a header or method that cannot be sent`, error))
      return
    }
    request.on('error', fail)
    request.on('response', (response) => { read(response, host, options.maxBytes).then(done, fail).finally(() => request.destroy()) })
    request.end(options.body)
  })
}

/** The resolver has been asked already: the connection gets the checked addresses and nothing newer (DNS rebinding). */
function lookupOf({ addresses }: Destination): LookupFunction {
  return (_host, options, answer) => {
    const [first] = addresses
    if (options.all) answer(null, addresses.map((address) => ({ ...address })))
    else answer(null, first?.address ?? '', first?.family ?? 4)
  }
}

function headersFor(url: URL, { headers, body }: Exchange): OutgoingHttpHeaders {
  const given = Object.entries(headers).filter(([name, value]) => value !== '' && !ownHeaders.has(name.toLowerCase()))
  return {
    'user-agent': 'Doorward', accept: '*/*',
    ...Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value])),
    host: url.host,
    // Nothing compressed: a small answer cannot unfold into a large one.
    'accept-encoding': 'identity',
    ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
  }
}

async function read(response: IncomingMessage, host: string, maxBytes: number): Promise<OutboundResponse> {
  const tooLarge = (): OutboundRefused => new OutboundRefused('too_large', `${host} answered with more than ${maxBytes} bytes`)
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw tooLarge()
    chunks.push(chunk)
  }
  const headers = Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value ?? ''] as const)
  return { status: response.statusCode ?? 0, headers: Object.fromEntries(headers), body: Buffer.concat(chunks) }
}

function describe(host: string, error: unknown, signal: AbortSignal): OutboundRefused {
  if (signal.aborted) return new OutboundRefused('timeout', `${host} did not answer in time`, error)
  const code = (error as NodeJS.ErrnoException).code
  return new OutboundRefused('unreachable', `${host} could not be called: ${code ?? (error as Error).message}`, error)
}
