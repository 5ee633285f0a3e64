import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { createSecureContext, getCACertificates } from 'node:tls'
import { OperatorError } from '../../errors.ts'
import { readAllowList } from './address-rules.ts'
import { findAddresses, findDestination, readUrl, type Address, type Resolve } from './destination.ts'
import { exchange } from './exchange.ts'
import { OutboundRefused } from './refused.ts'
import type { Outbound } from './request.ts'
import { wrapAsFetch } from './web-fetch.ts'

const methods = /^[A-Z]{1,16}$/

export function createOutbound(needs: { allow: readonly string[]; caFile: string | null; resolve?: Resolve }): Outbound {
  const allow = readAllowList(needs.allow)
  const ca = trustedAuthorities(needs.caFile)
  // Made once: reading some 150 certificates for each call would cost more than the call.
  const secureContext = createSecureContext({ ca: [...ca], minVersion: 'TLSv1.2' })
  const resolve = needs.resolve ?? systemResolve

  const call: Outbound['fetch'] = async (text, request = {}) => {
    const { method = 'GET', headers = {}, body, timeoutMilliseconds = 5_000, maxBytes = 1_048_576, requireHttps = false } = request
    const url = readUrl(text, requireHttps)
    if (!methods.test(method) || method === 'CONNECT') throw new OutboundRefused('header', `${url.host}: ${JSON.stringify(method)} is not a method`)
    const deadline = AbortSignal.timeout(timeoutMilliseconds)
    const signal = request.signal ? AbortSignal.any([deadline, request.signal]) : deadline
    const destination = await until(signal, url.host, findDestination(url, allow, resolve))
    return until(signal, url.host, exchange(destination, { method, headers, body, maxBytes, secureContext, signal }))
  }
  return { fetch: call, toFetch: (limits = {}) => wrapAsFetch(call, limits) }
}

/** For what does not speak HTTP: where a connection to a host may go, by the same rules. */
export type Locate = (host: string) => Promise<readonly Address[]>

export function createLocate(needs: { allow: readonly string[]; resolve?: Resolve }): Locate {
  const allow = readAllowList(needs.allow)
  return (host) => findAddresses(host, allow, needs.resolve ?? systemResolve)
}

/** The certificates of everybody whom this installation trusts, in PEM. */
export function trustedAuthorities(caFile: string | null): readonly string[] {
  return [...getCACertificates('default'), ...(caFile === null ? [] : [readCertificates(caFile)])]
}

const systemResolve: Resolve = (host) => lookup(host, { all: true, verbatim: true })

function readCertificates(file: string): string {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(`outbound.caFile: ${file} cannot be read: ${(error as Error).message}`)
  }
  if (!content.includes('-----BEGIN CERTIFICATE-----')) throw new OperatorError(`outbound.caFile: ${file} holds no certificate in PEM form`)
  return content
}

/** The system's resolver cannot be interrupted, so the deadline is raced against it. */
function until<T>(signal: AbortSignal, host: string, work: Promise<T>): Promise<T> {
  return new Promise((done, refuse) => {
    const stop = (): void => { refuse(new OutboundRefused('timeout', `${host} did not answer in time`)) }
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(done, refuse).finally(() => { signal.removeEventListener('abort', stop) })
  })
}
