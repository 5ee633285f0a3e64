import { isIP } from 'node:net'
import { isPublicAddress, type AllowList } from './address-rules.ts'
import { OutboundRefused } from './refused.ts'

export interface Address {
  readonly address: string
  readonly family: number
}

/** Every address of a host name, as the system's resolver gives them. */
export type Resolve = (host: string) => Promise<readonly Address[]>

export interface Destination {
  readonly url: URL
  /** Without the brackets of an IPv6 literal. */
  readonly host: string
  /** Checked; the connection is made to one of these and never to a name. */
  readonly addresses: readonly Address[]
}

/** Reads the URL; what can be refused without asking the resolver is refused here. */
export function readUrl(text: string, requireHttps: boolean): URL {
  if (!URL.canParse(text)) throw new OutboundRefused('url', 'the address is not a URL')
  const url = new URL(text)
  if (url.username || url.password) throw new OutboundRefused('url', `${url.host}: a URL with a user name or password is not called`)
  if (url.protocol === 'https:') return url
  if (url.protocol !== 'http:') throw new OutboundRefused('scheme', `${url.protocol} is not called, only https:`)
  if (requireHttps) throw new OutboundRefused('scheme', `${url.host} must be called with https:`)
  // Whether a network of the allow list covers the host is known after resolving; a name outside of it never is.
  return url
}

/**
 * Resolves the host once and checks every address. One forbidden address among many refuses the host: which one the
 * connection would take is a matter of chance (SEC-81).
 */
export async function findDestination(url: URL, allow: AllowList, resolve: Resolve): Promise<Destination> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = await findAddresses(host, allow, resolve)
  const allowedName = allow.hasHost(host)
  if (url.protocol === 'http:' && !addresses.every(({ address }) => allowedName || allow.hasAddress(address))) {
    throw new OutboundRefused('scheme', `${host} must be called with https:; outbound.allow can permit http:`)
  }
  return { url, host, addresses }
}

/** The checked addresses of a host name or literal, whatever is spoken there. */
export async function findAddresses(host: string, allow: AllowList, resolve: Resolve): Promise<readonly Address[]> {
  const family = isIP(host)
  const addresses = family === 0 ? await resolveAll(host, resolve) : [{ address: host, family }]
  const allowedName = allow.hasHost(host)
  for (const { address } of addresses) {
    if (!allowedName && !allow.hasAddress(address) && !isPublicAddress(address)) {
      throw new OutboundRefused('address', `${host} leads to ${address}, which is not a public address; outbound.allow can permit it`)
    }
  }
  return addresses
}

async function resolveAll(host: string, resolve: Resolve): Promise<readonly Address[]> {
  let addresses: readonly Address[]
  try {
    addresses = await resolve(host)
  } catch (error) {
    throw new OutboundRefused('unreachable', `${host} was not found`, error)
  }
  if (addresses.length === 0) throw new OutboundRefused('unreachable', `${host} was not found`)
  return addresses
}
