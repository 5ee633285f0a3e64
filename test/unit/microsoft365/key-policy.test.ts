import { describe, expect, it } from 'vitest'
import { keySitesOf } from '../../../src/microsoft365/clouds.ts'
import { displayNameOf, reasonOf } from '../../../src/microsoft365/keys/order.ts'
import { policyFindings } from '../../../src/microsoft365/keys/policy.ts'
import { GraphRefused } from '../../../src/microsoft365/graph/index.ts'

const ours = 'b5f0c3e2-6d1a-4a87-9c44-2f7be01d83a6'
const other = 'aaaaaaaa-0000-4000-8000-000000000000'
const everybody = [{ targetType: 'group', id: 'all_users' }]
const usual = { state: 'enabled', isSelfServiceRegistrationAllowed: true, isAttestationEnforced: false, keyRestrictions: { isEnforced: false, enforcementType: 'block', aaGuids: [] }, includeTargets: everybody, excludeTargets: [] }
const open = { name: 'Open', attestationEnforcement: 'disabled', passkeyTypes: 'deviceBound,synced', keyRestrictions: null }
const profiles = (...passkeyProfiles: object[]) => ({ ...usual, isAttestationEnforced: true, passkeyProfiles })

describe('the policy of a tenant for keys', () => {
  it.each<[string, object, string[]]>([
    ['lets our phones in as it usually is', usual, ['policy_good fine']],
    ['is off', { ...usual, state: 'disabled' }, ['method_off stops']],
    ['allows no self-service', { ...usual, isSelfServiceRegistrationAllowed: false }, ['self_service_off stops']],
    ['enforces attestation', { ...usual, isAttestationEnforced: true }, ['attestation_enforced stops']],
    ['allows other models', { ...usual, keyRestrictions: { isEnforced: true, enforcementType: 'allow', aaGuids: [other] } }, ['model_not_allowed stops']],
    ['allows our model, however it is spelled', { ...usual, keyRestrictions: { isEnforced: true, enforcementType: 'allow', aaGuids: [other, ours.toUpperCase()] } }, ['policy_good fine']],
    ['blocks our model', { ...usual, keyRestrictions: { isEnforced: true, enforcementType: 'block', aaGuids: [ours] } }, ['model_blocked stops']],
    ['blocks other models', { ...usual, keyRestrictions: { isEnforced: true, enforcementType: 'block', aaGuids: [other] } }, ['policy_good fine']],
    ['names models without enforcing them', { ...usual, keyRestrictions: { isEnforced: false, enforcementType: 'allow', aaGuids: [other] } }, ['policy_good fine']],
    ['is for groups', { ...usual, includeTargets: [{ targetType: 'group', id: 'g' }] }, ['groups_only warns']],
    ['is for nobody', { ...usual, includeTargets: [] }, ['nobody stops']],
    ['excludes a group', { ...usual, excludeTargets: [{ targetType: 'group', id: 'g' }] }, ['groups_excluded warns']],
    ['has a profile that lets them in', profiles(open), ['policy_good fine']],
    ['has one profile of two that does not', profiles(open, { ...open, name: 'Strict', attestationEnforcement: 'registrationOnly' }), ['some_profiles warns']],
    ['has profiles of which none does', profiles({ ...open, attestationEnforcement: 'registrationOnly' }, { ...open, passkeyTypes: 'synced' }), ['attestation_enforced stops', 'device_bound_off stops']],
    ['has a shape that we do not know', { state: 7 }, ['policy_unreadable unknown']],
  ])('%s', (_what, configuration, expected) => {
    expect(policyFindings(configuration, ours).map(({ code, severity }) => `${code} ${severity}`)).toEqual(expected)
  })
})

describe('an order for a key', () => {
  it('is made for sites of Microsoft in the domain’s own cloud only', () => {
    const own = { loginHost: null, graphHost: null }
    expect(keySitesOf({ cloud: 'public', ...own })).toEqual(['login.microsoft.com', 'login.microsoftonline.com'])
    expect(keySitesOf({ cloud: 'china', ...own })).toEqual(['login.partner.microsoftonline.cn'])
    expect(keySitesOf({ cloud: 'custom', loginHost: 'https://login.entra.example', graphHost: null })).toEqual(['login.entra.example'])
  })

  it('names the key in thirty characters at most, never half a letter', () => {
    expect(displayNameOf('Pixel')).toBe('Doorward Pixel')
    expect(displayNameOf('📱'.repeat(30))).toBe(`Doorward ${'📱'.repeat(10)}`)
    expect(displayNameOf('x'.repeat(50))).toHaveLength(30)
  })

  it.each<[number, ConstructorParameters<typeof GraphRefused>[0], string]>([
    [400, 'other', 'rejected'], [400, 'not_verified', 'rejected'], [400, 'unauthorized', 'unauthorized'], [401, 'unauthorized', 'unauthorized'], [403, 'denied', 'denied'], [404, 'not_found', 'not_found'], [429, 'throttled', 'throttled'],
    [503, 'throttled', 'throttled'], [500, 'stuck', 'unavailable'], [500, 'other', 'unavailable'], [0, 'unreachable', 'unreachable'],
  ])('that Graph refuses with %i (%s) says %s', (status, kind, expected) => {
    expect(reasonOf(new GraphRefused(kind, '', { status }))).toBe(expected)
  })
})
