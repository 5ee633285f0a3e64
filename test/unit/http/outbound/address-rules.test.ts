import { describe, expect, it } from 'vitest'
import { isPublicAddress, readAllowList } from '../../../../src/http/outbound/address-rules.ts'

const refused: readonly (readonly [string, string])[] = [
  ['0.0.0.0', 'unspecified'], ['0.1.2.3', 'this network'], ['10.0.0.1', 'private'], ['10.255.255.255', 'private, last'],
  ['100.64.0.1', 'carrier NAT'], ['100.100.100.200', 'metadata of a cloud, inside carrier NAT'], ['100.127.255.255', 'carrier NAT, last'],
  ['127.0.0.1', 'loopback'], ['127.255.255.254', 'loopback, far end'], ['169.254.0.1', 'link-local'], ['169.254.169.254', 'metadata'],
  ['172.16.0.1', 'private'], ['172.31.255.255', 'private, last'], ['192.0.0.192', 'protocol assignments, metadata of a cloud'],
  ['192.0.2.1', 'documentation'], ['192.88.99.1', '6to4 relay'], ['192.168.0.1', 'private'], ['198.18.0.1', 'benchmarking'],
  ['198.19.255.255', 'benchmarking, last'], ['198.51.100.7', 'documentation'], ['203.0.113.9', 'documentation'], ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'], ['240.0.0.1', 'reserved'], ['255.255.255.255', 'broadcast'], ['168.63.129.16', 'metadata of a cloud'],
  ['::', 'unspecified'], ['::1', 'loopback'], ['::ffff:127.0.0.1', 'mapped loopback'], ['::ffff:8.8.8.8', 'mapped, even a public one'],
  ['::ffff:7f00:1', 'mapped, in hexadecimal'], ['::127.0.0.1', 'compatible'], ['64:ff9b::a00:1', 'NAT64'], ['64:ff9b:1::1', 'local NAT64'],
  ['100::1', 'discard'], ['2001::1', 'Teredo'], ['2001:db8::1', 'documentation'], ['2002:7f00:1::', '6to4'], ['3fff::1', 'documentation'],
  ['fc00::1', 'unique local'], ['fd00:ec2::254', 'metadata, unique local'], ['fe80::1', 'link-local'], ['fe80::1%eth0', 'link-local with a zone'],
  ['fec0::1', 'site-local'], ['ff02::1', 'multicast'], ['5f00::1', 'segment routing'], ['not an address', 'no address'], ['', 'nothing'],
]

const reached = [
  '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.1', '169.253.255.255', '169.255.0.0',
  '172.15.255.255', '172.32.0.0', '192.0.1.1', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '223.255.255.255',
  '2606:4700:4700::1111', '2001:4860:4860::8888', '2a00:1450:4001::200e', '2003::1',
]

describe('which addresses are public', () => {
  it.each(refused)('SEC-81 does not take %s for a public address (%s)', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })
  it.each(reached)('SEC-81 takes %s for a public address', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })
})

describe('what the operator allows', () => {
  const allow = readAllowList(['gateway.internal', '*.corp.example', '10.1.0.0/16', '192.168.5.5', 'fd00:1::/32'])
  it.each([
    ['gateway.internal', true], ['GATEWAY.internal', true], ['gateway.internal.', true], ['a.corp.example', true], ['a.b.corp.example', true],
    ['corp.example', false], ['evilcorp.example', false], ['.corp.example', false], ['gateway.internal.evil.example', false], ['xgateway.internal', false],
  ] as const)('SEC-81 host %s: %s', (host, allowed) => {
    expect(allow.hasHost(host)).toBe(allowed)
  })
  it.each([
    ['10.1.0.1', true], ['10.1.255.255', true], ['10.2.0.0', false], ['::ffff:10.1.0.1', true], ['::ffff:10.2.0.1', false],
    ['192.168.5.5', true], ['192.168.5.6', false], ['fd00:1::9', true], ['fd00:2::9', false], ['fe80::1%eth0', false], ['nonsense', false],
  ] as const)('SEC-81 address %s: %s', (address, allowed) => {
    expect(allow.hasAddress(address)).toBe(allowed)
  })
})
