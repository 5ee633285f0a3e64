import { describe, expect, it } from 'vitest'
import { clouds, discoveryOf, issuerOf, readGuid, redirectUriOf } from '../../../../src/protocols/external-mfa/cloud.ts'
import { judgeHint, type HintExpectations, type HintRefusal } from '../../../../src/protocols/external-mfa/hint.ts'

const tenantId = '11111111-2222-4333-8444-555555555555'
const expected: HintExpectations = { cloud: 'public', loginOrigin: null, tenantId, appId: '99999999-8888-4777-8666-555555555555' }
const now = Date.UTC(2026, 10, 25, 12)
const seconds = now / 1_000
const right = {
  iss: `https://login.microsoftonline.com/${tenantId}/v2.0`, aud: expected.appId, iat: seconds, nbf: seconds, exp: seconds - 300, ver: '2.0', tid: tenantId, oid: 'AAAAAAAA-bbbb-4ccc-8ddd-000000000001',
  preferred_username: 'ada@engines.example', sub: 'pairwise', name: 'Ada',
}

describe('a hint whose signature is right', () => {
  it('names the person, although it has expired', () => {
    expect(judgeHint(right, expected, now)).toEqual({ kind: 'accepted', person: { tenantId, objectId: 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001', subject: 'pairwise', names: ['ada@engines.example'] } })
    expect(judgeHint({ ...right, upn: 'ada@engines.onmicrosoft.example', preferred_username: 'ada@engines.example' }, expected, now)).toMatchObject({ person: { names: ['ada@engines.example', 'ada@engines.onmicrosoft.example'] } })
    for (const preferred of [undefined, 5, '', 'x'.repeat(321)]) expect(judgeHint({ ...right, preferred_username: preferred }, expected, now)).toMatchObject({ kind: 'accepted', person: { names: [] } })
    for (const iat of [seconds - 600, seconds + 600]) expect(judgeHint({ ...right, iat }, expected, now)).toMatchObject({ kind: 'accepted' })
  })

  it.each<[HintRefusal, Readonly<Record<string, unknown>>]>([
    ['hint_version', { ver: '1.0' }], ['hint_version', { ver: 2 }], ['hint_tenant', { tid: undefined }], ['hint_tenant', { tid: 'common' }], ['hint_tenant', { tid: '21111111-2222-4333-8444-555555555555' }],
    ['hint_tenant', { tid: '21111111-2222-4333-8444-555555555555', iss: 'https://login.microsoftonline.com/21111111-2222-4333-8444-555555555555/v2.0' }], ['hint_issuer', { iss: `https://login.microsoftonline.us/${tenantId}/v2.0` }],
    ['hint_issuer', { iss: `https://sts.windows.net/${tenantId}/` }], ['hint_issuer', { iss: `${right.iss}/` }], ['hint_issuer', { iss: [right.iss] }], ['hint_audience', { aud: '89999999-8888-4777-8666-555555555555' }], ['hint_audience', { aud: [expected.appId] }],
    ['hint_audience', { aud: undefined }], ['hint_time', { iat: seconds - 601 }], ['hint_time', { iat: seconds + 601 }], ['hint_time', { iat: String(seconds) }], ['hint_time', { iat: undefined }], ['hint_time', { iat: Number.POSITIVE_INFINITY }],
    ['hint_subject', { oid: undefined }], ['hint_subject', { oid: 'ada@engines.example' }], ['hint_subject', { sub: '' }], ['hint_subject', { sub: undefined }], ['hint_subject', { sub: 'x'.repeat(513) }],
  ])('SEC-10 is refused as %s: %j', (reason, change) => {
    expect(judgeHint({ ...right, ...change }, expected, now)).toEqual({ kind: 'refused', reason })
  })

  it.each([[null], [[]], ['text'], [5]])('is no hint where it is %j', (claims) => {
    expect(judgeHint(claims, expected, now)).toEqual({ kind: 'refused', reason: 'hint_malformed' })
  })
})

it('each cloud has one address for answers, which no other has', () => {
  const places = clouds.map((cloud) => ({ cloud, loginOrigin: cloud === 'custom' ? 'https://login.engines.example' : null }))
  expect(places.map(redirectUriOf)).toEqual([
    'https://login.microsoftonline.com/common/federation/externalauthprovider', 'https://login.microsoftonline.us/common/federation/externalauthprovider',
    'https://login.partner.microsoftonline.cn/common/federation/externalauthprovider', 'https://login.engines.example/common/federation/externalauthprovider',
  ])
  expect(places.map((place) => issuerOf(place, 'x'))).toEqual(['https://login.microsoftonline.com/x/v2.0', 'https://login.microsoftonline.us/x/v2.0', 'https://login.partner.microsoftonline.cn/x/v2.0', 'https://login.engines.example/x/v2.0'])
  expect(discoveryOf({ cloud: 'public', loginOrigin: null })).toBe('https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration')
  expect([readGuid(tenantId.toUpperCase()), readGuid('11111111222243338444555555555555'), readGuid(` ${tenantId}`)]).toEqual([tenantId, undefined, undefined])
})
