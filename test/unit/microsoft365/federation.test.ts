import { X509Certificate } from 'node:crypto'
import 'reflect-metadata'
import { X509CertificateGenerator } from '@peculiar/x509'
import { describe, expect, it } from 'vitest'
import { parseDomainSettings, type ManagedDomain } from '../../../src/microsoft365/domain.ts'
import { differences } from '../../../src/microsoft365/federation/difference.ts'
import { applyScript, planFederation, planUndo, readConfiguration, requestText, undoScript, validate, verifyScript, wantedConfiguration, type DomainState, type FederationConfiguration } from '../../../src/microsoft365/federation/index.ts'
import { generateKey } from '../../../src/keys/generate.ts'
import { aCertificate } from '../../support/certificate.ts'

const now = Date.UTC(2026, 10, 24, 9)
const day = 86_400_000
const domainWith = (changes: Partial<Pick<ManagedDomain, 'protocol' | 'wsTrust'>> = {}, settings: object = {}) => ({
  domain: 'corp.example', protocol: 'saml' as const, issuer: 'https://id.corp.example/fed/k3y', wsTrust: false, settings: parseDomainSettings(settings), ...changes,
})
const wanted = (changes: Parameters<typeof domainWith>[0] = {}, settings: object = {}, next: string | null = null): FederationConfiguration =>
  wantedConfiguration(domainWith(changes, settings), 'https://id.corp.example', { active: 'MIIActive', next })
const stateOf = (values: object, authenticationType: DomainState['authenticationType'] = 'Federated'): DomainState => ({ authenticationType, configuration: readConfiguration({ id: 'c0nf', ...values }) ?? null })

describe('the wanted configuration', () => {
  it('of a SAML domain', () => {
    expect(wanted()).toEqual({
      displayName: 'corp.example', issuerUri: 'https://id.corp.example/fed/k3y', passiveSignInUri: 'https://id.corp.example/fed/k3y/saml/sso', signOutUri: 'https://id.corp.example/fed/k3y/saml/slo',
      activeSignInUri: null, metadataExchangeUri: null, preferredAuthenticationProtocol: 'saml', promptLoginBehavior: 'nativeSupport', isSignedAuthenticationRequestRequired: false,
      federatedIdpMfaBehavior: 'acceptIfMfaDoneByFederatedIdp', signingCertificate: 'MIIActive', nextSigningCertificate: null,
    })
  })

  it.each<[string, Parameters<typeof domainWith>[0], object, Partial<FederationConfiguration>]>([
    ['WS-Federation has one address', { protocol: 'wsfed' }, {}, { preferredAuthenticationProtocol: 'wsFed', passiveSignInUri: 'https://id.corp.example/fed/k3y/wsfed', signOutUri: 'https://id.corp.example/fed/k3y/wsfed?wa=wsignout1.0', activeSignInUri: null, metadataExchangeUri: null }],
    ['WS-Trust belongs to WS-Federation', { protocol: 'wsfed', wsTrust: true }, {}, { activeSignInUri: 'https://id.corp.example/adfs/services/trust/2005/usernamemixed', metadataExchangeUri: 'https://id.corp.example/adfs/services/trust/mex' }],
    ['and never to SAML', { wsTrust: true }, {}, { activeSignInUri: null, metadataExchangeUri: null }],
    ['signed requests belong to SAML', {}, { signedRequests: true }, { isSignedAuthenticationRequestRequired: true }],
    ['and never to WS-Federation', { protocol: 'wsfed' }, { signedRequests: true }, { isSignedAuthenticationRequestRequired: false }],
    ['the name and the behaviour are the administrator\'s', {}, { displayName: 'Corp', mfaBehavior: 'enforceMfaByFederatedIdp' }, { displayName: 'Corp', federatedIdpMfaBehavior: 'enforceMfaByFederatedIdp' }],
  ])('%s', (_title, changes, settings, expected) => { expect(wanted(changes, settings)).toMatchObject(expected) })

  it('names the next certificate while a roll-over is under way', () => { expect(wanted({}, {}, 'MIINext').nextSigningCertificate).toBe('MIINext') })
})

describe('what must be right before anything is sent', async () => {
  const good = (await generateKey('RS256', { subject: 'x', notBefore: now - day, notAfter: now + 100 * day })).publicJwk.x5c?.[0] ?? ''
  const ended = (await generateKey('RS256', { subject: 'x', notBefore: now - 9 * day, notAfter: now - day })).publicJwk.x5c?.[0] ?? ''
  const weak = await weakCertificate()
  const elliptic = new X509Certificate(aCertificate('x').cert).raw.toString('base64')
  const base = { ...wanted(), signingCertificate: good }

  it('is right', () => { expect(validate(base, now)).toEqual([]) })

  it.each<[string, Partial<FederationConfiguration>, object]>([
    ['a certificate that is none', { signingCertificate: 'AAAA' }, { field: 'signingCertificate', problem: 'certificate_unreadable' }],
    ['a certificate with armour', { signingCertificate: `-----BEGIN CERTIFICATE-----\n${good}\n-----END CERTIFICATE-----` }, { field: 'signingCertificate', problem: 'certificate_unreadable' }],
    ['an empty certificate', { signingCertificate: '' }, { field: 'signingCertificate', problem: 'certificate_unreadable' }],
    ['a certificate that has ended', { signingCertificate: ended }, { field: 'signingCertificate', problem: 'certificate_expired' }],
    ['a short RSA key', { signingCertificate: weak }, { field: 'signingCertificate', problem: 'certificate_weak' }],
    ['another kind of key', { nextSigningCertificate: elliptic }, { field: 'nextSigningCertificate', problem: 'certificate_not_rsa' }],
    ['an issuer that is no URI', { issuerUri: 'corp sign-in' }, { field: 'issuerUri', problem: 'not_a_uri' }],
    ['an address without TLS', { passiveSignInUri: 'http://id.corp.example/sso' }, { field: 'passiveSignInUri', problem: 'not_https' }],
    ['an address that is none', { signOutUri: 'sign-out' }, { field: 'signOutUri', problem: 'not_a_uri' }],
    ['no name', { displayName: ' ' }, { field: 'displayName', problem: 'empty' }],
  ])('refuses %s', (_title, changes, problem) => { expect(validate({ ...base, ...changes }, now)).toEqual([problem]) })
})

describe('differences', () => {
  const actual = (changes: object) => {
    const read = readConfiguration({ id: 'c', ...wanted(), ...changes })
    if (!read) throw new Error('unreadable')
    return read
  }
  it.each<[string, object, [string, boolean][]]>([
    ['none', {}, []],
    ['none in how empty fields are told', { activeSignInUri: '', metadataExchangeUri: undefined, isSignedAuthenticationRequestRequired: null, nextSigningCertificate: '' }, []],
    ['none in the spelling of a certificate', { signingCertificate: '-----BEGIN CERTIFICATE-----\nMIIAct\nive\n-----END CERTIFICATE-----' }, []],
    ['none in a next certificate that is the current one', { nextSigningCertificate: 'MIIActive' }, []],
    ['a name is harmless', { displayName: 'Other' }, [['displayName', false]]],
    ['the behaviour is no alarm by itself', { federatedIdpMfaBehavior: 'rejectMfaByFederatedIdp' }, [['federatedIdpMfaBehavior', false]]],
    ['another issuer is grave', { issuerUri: 'https://evil.example' }, [['issuerUri', true]]],
    ['a foreign certificate is grave', { signingCertificate: 'MIIEvil' }, [['signingCertificate', true]]],
    ['a foreign next certificate is grave', { nextSigningCertificate: 'MIIEvil' }, [['nextSigningCertificate', true]]],
    ['a certificate of ours that is old is not', { signingCertificate: 'MIIOld' }, [['signingCertificate', false]]],
    ['an address added where none belongs is grave', { activeSignInUri: 'https://evil.example/trust' }, [['activeSignInUri', true]]],
  ])('%s', (_title, changes, expected) => {
    expect(differences(wanted(), actual(changes), ['MIIActive', 'MIIOld']).map(({ field, grave }) => [field, grave])).toEqual(expected)
  })
})

describe('the plan', () => {
  it('creates where nothing is', () => {
    const plan = planFederation('corp.example', wanted(), { authenticationType: 'Managed', configuration: null }, [])
    expect(plan.kind).toBe('create')
    expect(plan.requests).toEqual([{ method: 'POST', path: '/v1.0/domains/corp.example/federationConfiguration', body: {
      '@odata.type': '#microsoft.graph.internalDomainFederation', displayName: 'corp.example', issuerUri: 'https://id.corp.example/fed/k3y', passiveSignInUri: 'https://id.corp.example/fed/k3y/saml/sso',
      signOutUri: 'https://id.corp.example/fed/k3y/saml/slo', preferredAuthenticationProtocol: 'saml', promptLoginBehavior: 'nativeSupport', isSignedAuthenticationRequestRequired: false,
      federatedIdpMfaBehavior: 'acceptIfMfaDoneByFederatedIdp', signingCertificate: 'MIIActive',
    } }])
  })

  it('replaces what a managed domain kept', () => {
    const plan = planFederation('corp.example', wanted(), stateOf(wanted(), 'Managed'), [])
    expect(plan.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['DELETE /v1.0/domains/corp.example/federationConfiguration/c0nf', 'POST /v1.0/domains/corp.example/federationConfiguration'])
  })

  it('sends only what differs', () => {
    const plan = planFederation('corp.example', wanted(), stateOf({ ...wanted(), displayName: 'Old', signingCertificate: 'MIIOld' }), [])
    expect(plan.requests).toEqual([{ method: 'PATCH', path: '/v1.0/domains/corp.example/federationConfiguration/c0nf', body: { '@odata.type': '#microsoft.graph.internalDomainFederation', displayName: 'corp.example', signingCertificate: 'MIIActive' } }])
  })

  it('does nothing where all is said', () => { expect(planFederation('corp.example', wanted(), stateOf(wanted()), [])).toMatchObject({ kind: 'nothing', requests: [] }) })

  it('S115 leads back: to Entra\'s own sign-in, or to what was there before', () => {
    const managed: DomainState = { authenticationType: 'Managed', configuration: null }
    expect(planUndo('corp.example', managed, stateOf(wanted())).requests).toEqual([{ method: 'PATCH', path: '/v1.0/domains/corp.example', body: { authenticationType: 'Managed' } }])
    expect(planUndo('corp.example', managed, managed)).toMatchObject({ kind: 'nothing' })
    const before = stateOf({ ...wanted(), issuerUri: 'https://old.example', signingCertificate: 'MIIOld' })
    expect(planUndo('corp.example', before, stateOf(wanted())).requests[0]?.body).toEqual({ '@odata.type': '#microsoft.graph.internalDomainFederation', issuerUri: 'https://old.example', signingCertificate: 'MIIOld' })
    expect(planUndo('corp.example', before, managed).requests[0]).toMatchObject({ method: 'POST', body: { issuerUri: 'https://old.example' } })
    expect(planUndo('corp.example', before, before)).toMatchObject({ kind: 'nothing' })
  })

  it('writes names into a path so that they stay names', () => {
    expect(planUndo('a/b', { authenticationType: 'Managed', configuration: null }, stateOf({})).requests[0]?.path).toBe('/v1.0/domains/a%2Fb')
  })
})

describe('the texts', () => {
  const create = planFederation('corp.example', wanted({}, { displayName: 'O\'Brien & Co' }), { authenticationType: 'Managed', configuration: null }, [])
  it('show the request that would be sent', () => {
    const [request] = create.requests
    if (!request) throw new Error('no request')
    const text = requestText('https://graph.microsoft.com', request)
    expect(text.split('\n')[0]).toBe('POST https://graph.microsoft.com/v1.0/domains/corp.example/federationConfiguration')
    expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual(request.body)
  })

  it('say the same in PowerShell, with quotes that stay quotes', () => {
    const script = applyScript('corp.example', create)
    expect(script).toContain('New-MgDomainFederationConfiguration -DomainId \'corp.example\' @parameters')
    expect(script).toContain('  DisplayName = \'O\'\'Brien & Co\'')
    expect(script).toContain('  IsSignedAuthenticationRequestRequired = $false')
    expect(script).not.toContain('odata')
    expect(applyScript('corp.example', planFederation('corp.example', wanted(), stateOf({ ...wanted(), displayName: 'x' }), []), 'china')).toMatch(/Connect-MgGraph -Environment China [\s\S]*Update-MgDomainFederationConfiguration -DomainId 'corp\.example' -InternalDomainFederationId 'c0nf' @parameters/)
    expect(applyScript('corp.example', planFederation('corp.example', wanted(), stateOf(wanted(), 'Managed'), []))).toMatch(/Remove-MgDomainFederationConfiguration -DomainId 'corp\.example' -InternalDomainFederationId 'c0nf'\n/)
  })

  it.each([['a\'b', '\'a\'\'b\''], ['a\u2019; rm', '\'a\u2019\u2019; rm\''], ['a\nWrite-Host b', '\'a Write-Host b\''], ['$(x) `n', '\'$(x) `n\'']])('cannot be left by the value %j', (value, quoted) => {
    expect(applyScript('corp.example', planFederation('corp.example', wanted({}, { displayName: value }), { authenticationType: 'Managed', configuration: null }, []))).toContain(`DisplayName = ${quoted}`)
  })

  it('check and undo', () => {
    expect(verifyScript('corp.example', wanted())).toContain('  SigningCertificate = \'MIIActive\'')
    expect(undoScript('corp.example', planUndo('corp.example', { authenticationType: 'Managed', configuration: null }, stateOf({})))).toContain('Update-MgDomain -DomainId \'corp.example\' -AuthenticationType \'Managed\'')
  })
})

async function weakCertificate(): Promise<string> {
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 1_024, publicExponent: new Uint8Array([1, 0, 1]) }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await X509CertificateGenerator.createSelfSigned({ name: 'CN=weak', notBefore: new Date(now - day), notAfter: new Date(now + day), signingAlgorithm: algorithm, keys })
  return Buffer.from(made.rawData).toString('base64')
}
