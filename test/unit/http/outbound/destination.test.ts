import { describe, expect, it } from 'vitest'
import { readAllowList } from '../../../../src/http/outbound/address-rules.ts'
import { findDestination, readUrl, type Address } from '../../../../src/http/outbound/destination.ts'
import { OutboundRefused } from '../../../../src/http/outbound/refused.ts'

const open = readAllowList([])

function resolving(...addresses: readonly string[]) {
  let asked = 0
  const resolve = (): Promise<Address[]> => {
    asked++
    return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
  }
  return { resolve, asked: () => asked }
}

async function outcome(text: string, allow = open, addresses: readonly string[] = ['93.184.216.34'], requireHttps = false): Promise<string> {
  try {
    const url = readUrl(text, requireHttps)
    return (await findDestination(url, allow, resolving(...addresses).resolve)).addresses.map(({ address }) => address).join(' ')
  } catch (error) {
    return error instanceof OutboundRefused ? error.reason : String(error)
  }
}

describe('where a call may go', () => {
  it.each([
    ['https://example.com/keys', '93.184.216.34'], ['https://example.com:8443/', '93.184.216.34'], ['https://1.1.1.1/', '1.1.1.1'],
    ['https://[2606:4700:4700::1111]/', '2606:4700:4700::1111'],
    ['http://example.com/', 'scheme'], ['ftp://example.com/', 'scheme'], ['file:///etc/passwd', 'scheme'], ['data:text/plain,x', 'scheme'],
    ['javascript:alert(1)', 'scheme'], ['gopher://example.com/', 'scheme'], ['not a url', 'url'], ['//example.com/', 'url'], ['https://', 'url'],
    ['https://ada:secret@example.com/', 'url'], ['https://ada@example.com/', 'url'], ['https://example.com:99999/', 'url'],
    ['https://127.0.0.1/', 'address'], ['https://127.1/', 'address'], ['https://2130706433/', 'address'], ['https://0x7f.0.0.1/', 'address'],
    ['https://0177.0.0.1/', 'address'], ['https://0/', 'address'], ['https://[::1]/', 'address'], ['https://[::ffff:127.0.0.1]/', 'address'],
    ['https://[::ffff:7f00:1]/', 'address'], ['https://169.254.169.254/latest/', 'address'], ['https://[fd00::1]/', 'address'],
    ['https://①②⑦.0.0.1/', 'address'],
  ] as const)('SEC-81 %s: %s', async (url, expected) => {
    expect(await outcome(url)).toBe(expected)
  })

  it('SEC-81 refuses a name when one of its addresses is private', async () => {
    expect(await outcome('https://example.com/', open, ['93.184.216.34', '10.0.0.1'])).toBe('address')
    expect(await outcome('https://example.com/', open, ['::1', '93.184.216.34'])).toBe('address')
  })

  it('SEC-81 reaches what the operator allows, by name and by network, also over http', async () => {
    const allow = readAllowList(['gateway.internal', '10.1.0.0/16'])
    expect(await outcome('https://gateway.internal/', allow, ['192.168.1.1'])).toBe('192.168.1.1')
    expect(await outcome('http://gateway.internal/', allow, ['192.168.1.1'])).toBe('192.168.1.1')
    expect(await outcome('http://10.1.2.3/', allow)).toBe('10.1.2.3')
    expect(await outcome('http://other.internal/', allow, ['10.1.2.3'])).toBe('10.1.2.3')
    expect(await outcome('http://other.internal/', allow, ['10.1.2.3', '1.1.1.1'])).toBe('scheme')
    expect(await outcome('https://other.internal/', allow, ['10.2.2.3'])).toBe('address')
  })

  it('SEC-81 holds to https where the caller needs it, allowed or not', async () => {
    expect(await outcome('http://gateway.internal/', readAllowList(['gateway.internal']), ['10.0.0.1'], true)).toBe('scheme')
  })

  it('says that a name without addresses was not found', async () => {
    expect(await outcome('https://nowhere.example/', open, [])).toBe('unreachable')
  })

  it('SEC-81 asks the resolver once', async () => {
    const { resolve, asked } = resolving('93.184.216.34', '93.184.216.35')
    await findDestination(readUrl('https://example.com/', false), open, resolve)
    expect(asked()).toBe(1)
  })
})
