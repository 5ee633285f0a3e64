import { describe, expect, it } from 'vitest'
import { findingsOf, stops, type PreflightFacts } from '../../../src/microsoft365/federation/index.ts'

const domain = { verified: true, default: false, root: true, authenticationType: 'Managed', otherIssuer: null }
const good: PreflightFacts = {
  domain, entraUsers: [{ upn: 'Ann@corp.example', immutableId: 'a', enabled: true }], ourUsers: [{ upn: 'ann@corp.example', immutableId: 'a' }], withoutIdentity: 0,
  breakGlass: { count: 2, withinDomain: [] }, configuration: [], certificateDaysLeft: 900, clockSkewSeconds: 0, publicHost: { https: true, local: false }, strengths: [], mfaBehavior: 'acceptIfMfaDoneByFederatedIdp',
  protocol: 'saml', subdomains: [],
}
const codes = (facts: Partial<PreflightFacts>) => findingsOf({ ...good, ...facts }).filter(({ severity }) => severity !== 'fine').map(({ code, severity, count, examples }) => [code, severity, count, ...examples])

describe('the preflight', () => {
  it('finds nothing where all is well, and says what it looked at', () => {
    expect(codes({})).toEqual([])
    expect(findingsOf(good).map(({ code }) => code)).toEqual(['domain_verified', 'domain_not_default', 'users_match', 'break_glass_there', 'certificate_good', 'clock_right', 'public_https', 'strengths_none'])
    expect(stops(findingsOf(good))).toBe(false)
  })

  it.each<[string, Partial<PreflightFacts>, unknown[][], boolean]>([
    ['a domain that is not in the tenant', { domain: 'missing' }, [['domain_missing', 'stops', 0]], true],
    ['a domain that is not verified', { domain: { ...domain, verified: false } }, [['domain_unverified', 'stops', 0]], true],
    ['the tenant\'s default domain', { domain: { ...domain, default: true } }, [['domain_default', 'stops', 0]], true],
    ['a subdomain that inherits', { domain: { ...domain, root: false } }, [['domain_not_root', 'stops', 0]], true],
    ['a federation with somebody else', { domain: { ...domain, authenticationType: 'Federated', otherIssuer: 'http://adfs.corp.example/adfs/services/trust' } }, [['domain_federated_elsewhere', 'warns', 1, 'http://adfs.corp.example/adfs/services/trust']], false],
    ['subdomains that will follow', { subdomains: ['lab.corp.example'] }, [['subdomains_follow', 'warns', 1, 'lab.corp.example']], false],
    ['another ImmutableID', { entraUsers: [{ upn: 'ann@corp.example', immutableId: 'b', enabled: true }] }, [['immutable_id_different', 'stops', 1, 'ann@corp.example']], true],
    ['another ImmutableID of somebody who is blocked', { entraUsers: [{ upn: 'ann@corp.example', immutableId: 'b', enabled: false }] }, [], false],
    ['an ImmutableID in another case', { entraUsers: [{ upn: 'ann@corp.example', immutableId: 'A', enabled: true }] }, [['immutable_id_different', 'stops', 1, 'ann@corp.example']], true],
    ['no ImmutableID at Entra', { entraUsers: [{ upn: 'ann@corp.example', immutableId: null, enabled: true }] }, [['immutable_id_missing', 'stops', 1, 'ann@corp.example']], true],
    ['somebody we do not know', { entraUsers: [...good.entraUsers ?? [], { upn: 'bob@corp.example', immutableId: 'b', enabled: true }] }, [['users_unknown_here', 'warns', 1, 'bob@corp.example']], false],
    ['somebody Entra does not know', { ourUsers: [...good.ourUsers, { upn: 'eve@corp.example', immutableId: 'e' }] }, [['users_missing_there', 'warns', 1, 'eve@corp.example']], false],
    ['people without an identity', { withoutIdentity: 7 }, [['people_without_identity', 'warns', 7]], false],
    ['one break-glass account', { breakGlass: { count: 1, withinDomain: ['root@corp.example'] } }, [['break_glass_missing', 'stops', 1, 'root@corp.example']], true],
    ['a bad certificate', { configuration: [{ field: 'signingCertificate', problem: 'certificate_weak' }] }, [['certificate_bad', 'stops', 1, 'certificate_weak']], true],
    ['a certificate that ends soon', { certificateDaysLeft: 30 }, [['certificate_soon', 'warns', 30]], false],
    ['an address that is none', { configuration: [{ field: 'issuerUri', problem: 'not_a_uri' }] }, [['configuration_bad', 'stops', 1, 'issuerUri']], true],
    ['a clock that is a little off', { clockSkewSeconds: -90 }, [['clock_off', 'warns', 90]], false],
    ['a clock that is wrong', { clockSkewSeconds: 300 }, [['clock_off', 'stops', 300]], true],
    ['no TLS', { publicHost: { https: false, local: true }, configuration: [{ field: 'passiveSignInUri', problem: 'not_https' }] }, [['public_not_https', 'stops', 0]], true],
    ['an address that only this network reaches', { publicHost: { https: true, local: true } }, [['public_not_reachable', 'warns', 0]], false],
    ['a strength that federation cannot satisfy', { strengths: ['Admins need phishing-resistant'] }, [['strengths_demanded', 'warns', 1, 'Admins need phishing-resistant']], false],
    ['enforcing with SAML', { mfaBehavior: 'enforceMfaByFederatedIdp' }, [['enforce_with_saml', 'warns', 0]], false],
    ['nothing could be asked', { domain: null, entraUsers: null, breakGlass: null, clockSkewSeconds: null, strengths: null, subdomains: null },
      [['domain_unknown', 'unknown', 0], ['users_unknown', 'unknown', 0], ['break_glass_unknown', 'unknown', 0], ['clock_unknown', 'unknown', 0], ['strengths_unknown', 'unknown', 0]], false],
  ])('finds %s', (_title, facts, expected, stopped) => {
    expect(codes(facts)).toEqual(expected)
    expect(stops(findingsOf({ ...good, ...facts }))).toBe(stopped)
  })

  it('names five people and counts the others', () => {
    const entraUsers = Array.from({ length: 12 }, (_, index) => ({ upn: `p${index}@corp.example`, immutableId: null, enabled: true }))
    const finding = findingsOf({ ...good, entraUsers, ourUsers: entraUsers.map(({ upn }) => ({ upn, immutableId: 'x' })) }).find(({ code }) => code === 'immutable_id_missing')
    expect(finding).toMatchObject({ count: 12 })
    expect(finding?.examples).toHaveLength(5)
  })
})
