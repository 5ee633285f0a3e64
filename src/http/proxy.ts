import { BlockList, isIP } from 'node:net'
import type { IncomingMessage } from 'node:http'

/**
 * Decides once per request who the client is, and makes the request say so.
 *
 * Host and scheme are always the configured public URL's: no link, cookie or discovery answer follows what a client wrote
 * into its headers (SEC-59). The client's address is taken from X-Forwarded-For only when the peer is a trusted proxy.
 */
export function createClientAddress(publicUrl: string, trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  const { host, protocol } = new URL(publicUrl)
  const trusted = new BlockList()
  for (const network of trustedProxies) {
    const [address = '', bits] = network.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    trusted.addSubnet(address, bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits), family)
  }
  const isTrusted = (address: string): boolean => isIP(address) !== 0 && trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')

  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? '')
    let client = peer
    if (isTrusted(peer)) {
      // The nearest proxy appends on the right: walk leftward past proxies of ours to the first address that is not.
      const chain = String(request.headers['x-forwarded-for'] ?? '').split(',').map((part) => plain(part.trim()))
      for (const address of chain.reverse()) {
        if (isIP(address) === 0) break
        client = address
        if (!isTrusted(address)) break
      }
    }
    for (const name of Object.keys(request.headers)) {
      if (name.startsWith('x-forwarded-') || name === 'forwarded') delete request.headers[name]
    }
    request.headers.host = host
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    request.headers['x-forwarded-for'] = client
    return client
  }
}

/** `::ffff:10.0.0.1` is 10.0.0.1. */
function plain(address: string): string {
  return address.startsWith('::ffff:') && isIP(address.slice(7)) === 4 ? address.slice(7) : address
}
