import { describe, expect, it } from 'vitest'
import { hostsOf, readHost } from '../../../src/microsoft365/clouds.ts'
import { isWithin, readDomain, rootsAbove } from '../../../src/microsoft365/domain.ts'
import { mintImmutableId, readImmutableId, readUpn, speaksFor, usualUpn } from '../../../src/microsoft365/identity.ts'

describe('a domain name', () => {
  it.each([
    ['corp.example', 'corp.example'], [' @Corp.Example. ', 'corp.example'], ['bücher.example', 'xn--bcher-kva.example'], ['a.b.c.corp.example', 'a.b.c.corp.example'],
    ['corp', undefined], ['corp..example', undefined], ['-corp.example', undefined], ['corp.example/path', undefined], ['10.0.0.1', undefined], ['', undefined],
    ['contoso.onmicrosoft.com', undefined], ['contoso.partner.onmicrosoft.cn', undefined], ['onmicrosoft.com', undefined],
  ])('%j is read as %j', (text, domain) => { expect(readDomain(text)).toBe(domain) })

  it('lies below its roots, and only at a dot', () => {
    expect(rootsAbove('a.b.corp.example')).toEqual(['a.b.corp.example', 'b.corp.example', 'corp.example'])
    expect(isWithin('a.corp.example', 'corp.example')).toBe(true)
    expect(isWithin('evilcorp.example', 'corp.example')).toBe(false)
  })
})

describe('SEC-31 who speaks for a UPN', () => {
  it.each<[domain: string, upn: string, roots: string[], speaks: boolean]>([
    ['corp.example', 'ann@corp.example', ['corp.example'], true],
    ['corp.example', 'Ann@CORP.example', ['corp.example'], true],
    ['corp.example', 'ann@lab.corp.example', ['corp.example'], true],
    ['corp.example', 'ann@lab.corp.example', ['corp.example', 'lab.corp.example'], false],
    ['corp.example', 'ann@deep.lab.corp.example', ['lab.corp.example'], false],
    ['lab.corp.example', 'ann@lab.corp.example', ['corp.example', 'lab.corp.example'], true],
    ['corp.example', 'ann@other.example', [], false],
    ['corp.example', 'ann@evilcorp.example', [], false],
    ['corp.example', 'ann@corp.example.evil', [], false],
    ['corp.example', 'corp.example@other.example', [], false],
  ])('%s for %s beside %j: %s', (domain, upn, roots, speaks) => { expect(speaksFor(domain, upn, roots)).toBe(speaks) })
})

describe('a UPN', () => {
  it.each([
    ['ann@corp.example', 'ann@corp.example', 'ann@corp.example'], [' Ann.O\'Neil@Corp.EXAMPLE ', 'Ann.O\'Neil@corp.example', 'ann.o\'neil@corp.example'], ['a_b-c@corp.example', 'a_b-c@corp.example', 'a_b-c@corp.example'],
  ])('%j is read as %j', (text, upn, key) => { expect(readUpn(text)).toEqual({ upn, key }) })

  it.each(['ann', 'ann@', '@corp.example', 'ann@corp', 'ann@a@corp.example', 'an n@corp.example', 'ann.@corp.example', '<ann>@corp.example', `${'a'.repeat(65)}@corp.example`, `a@${'b'.repeat(60)}.${'c'.repeat(60)}.example`])('%j is none', (text) => {
    expect(readUpn(text)).toBeUndefined()
  })

  it('is the mail address where its domain is ours', () => {
    expect(usualUpn('ann@corp.example', ['corp.example'])).toBe('ann@corp.example')
    expect(usualUpn('ann@lab.corp.example', ['corp.example'])).toBe('ann@lab.corp.example')
    expect(usualUpn('ann@mail.example', ['corp.example'])).toBeUndefined()
    expect(usualUpn('a+b@corp.example', ['corp.example'])).toBeUndefined()
  })
})

describe('an ImmutableID', () => {
  it('is minted as 32 hex characters, never twice', () => {
    const minted = new Set(Array.from({ length: 100 }, mintImmutableId))
    expect(minted.size).toBe(100)
    for (const id of minted) expect(id).toMatch(/^[0-9a-f]{32}$/)
  })

  it.each([['q83vEjRWeJCrze8SNFZ4kA==', true], ['+/+/AAAAAAAAAAAAAAAAAA==', true], ['9f2c7b1e40d84f0d8a55b7d0c6b1e2aa', true], ['{guid}', true], ['', false], ['a b', false], ['<x>', false], ['a'.repeat(65), false], ['é', false]])('%j is kept as it is: %s', (text, fine) => {
    expect(readImmutableId(text)).toBe(fine ? text : undefined)
  })
})

describe('a cloud', () => {
  it('is a preset, or hosts of its own', () => {
    expect(hostsOf({ cloud: 'public', loginHost: null, graphHost: null })).toMatchObject({ loginHost: 'https://login.microsoftonline.com', graphHost: 'https://graph.microsoft.com' })
    expect(hostsOf({ cloud: 'us-government', loginHost: null, graphHost: null })).toMatchObject({ loginHost: 'https://login.microsoftonline.us', graphHost: 'https://graph.microsoft.us' })
    expect(hostsOf({ cloud: 'china', loginHost: null, graphHost: null }).metadataUrl).toBe('https://nexus.partner.microsoftonline-p.cn/federationmetadata/saml20/federationmetadata.xml')
    expect(hostsOf({ cloud: 'custom', loginHost: 'https://login.sim', graphHost: 'https://graph.sim' })).toEqual({
      loginHost: 'https://login.sim', graphHost: 'https://graph.sim', metadataUrl: 'https://login.sim/federationmetadata/saml20/federationmetadata.xml',
    })
  })

  it.each([['https://login.example/', 'https://login.example'], ['https://login.example:8443', 'https://login.example:8443'], ['http://127.0.0.1:9000', 'http://127.0.0.1:9000'], ['http://login.example', undefined],
    ['https://login.example/path', undefined], ['https://login.example/?a', undefined], ['https://a:b@login.example', undefined], ['login.example', undefined], ['javascript:1', undefined]])('the host %j is read as %j', (text, host) => {
    expect(readHost(text)).toBe(host)
  })
})
