import { BlockList, isIP } from 'node:net'

/** Never reached unless the operator allows them: this host, its neighbours, carriers, documentation, multicast (RFC 6890, IANA registries). */
const specialIPv4 = networks([
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24', '192.0.2.0/24',
  '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  // A public-looking address that only answers inside Azure, with metadata.
  '168.63.129.16/32',
])

/** All of today's public IPv6; loopback, unique local, link-local, mapped, NAT64 and multicast lie outside of it. */
const globalIPv6 = networks(['2000::/3'])
/** Inside 2000::/3, yet tunnels to IPv4 (6to4, Teredo) or reserved. */
const specialIPv6 = networks(['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'])

/** True for an address anywhere on the public internet and nowhere else. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !specialIPv4.check(address, 'ipv4')
  return isIP(address) === 6 && !address.includes('%') && globalIPv6.check(address, 'ipv6') && !specialIPv6.check(address, 'ipv6')
}

export interface AllowList {
  hasHost(host: string): boolean
  hasAddress(address: string): boolean
}

/** Reads the operator's `outbound.allow`: host names, `*.` patterns, addresses and networks. */
export function readAllowList(entries: readonly string[]): AllowList {
  const allowed = networks(entries.filter(isNetwork))
  const names = entries.filter((entry) => !isNetwork(entry)).map(plainName)
  return {
    hasHost(host) {
      const name = plainName(host)
      // "*.corp.example" allows every name below corp.example, not corp.example itself.
      return names.some((pattern) => (pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length > pattern.length - 1 : name === pattern))
    },
    hasAddress(address) {
      const family = isIP(address)
      return family !== 0 && !address.includes('%') && allowed.check(address, family === 4 ? 'ipv4' : 'ipv6')
    },
  }
}

function isNetwork(entry: string): boolean {
  return isIP(entry.split('/')[0] ?? '') !== 0
}

function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function networks(entries: readonly string[]): BlockList {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', bits] = entry.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return list
}
