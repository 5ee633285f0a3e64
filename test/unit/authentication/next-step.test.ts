import { describe, expect, it } from 'vitest'
import type { Proof } from '../../../src/authentication/index.ts'
import { codeProof } from '../../../src/authentication/methods/code/code.ts'
import { addProofs, isFresh } from '../../../src/authentication/sessions/index.ts'
import { nextStep, type Step } from '../../../src/authentication/signin/next-step.ts'
import type { StoredRequest } from '../../../src/authentication/signin/sign-in.ts'
import type { ApplicationId, OrganizationId, UserId } from '../../../src/storage/index.ts'

const now = 1_764_000_000_000
const minutes = (count: number): number => count * 60_000
const [ada, grace] = ['ada' as UserId, 'grace' as UserId]
const [engines, navy] = ['engines' as OrganizationId, 'navy' as OrganizationId]
const payroll = { id: 'payroll' as ApplicationId, organizationId: engines, name: 'Payroll' }

const request = (change: Partial<StoredRequest> = {}): StoredRequest => ({ application: payroll, assurance: null, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/', stepUp: false, ...change })
const key = (at: number, change: Partial<Proof> = {}): Proof => ({
  method: 'passkey', at, credentialId: 'blue', factors: ['possession', 'inherence'], amr: ['hwk', 'user', 'mfa'], phishingResistant: true, deviceBound: true, ...change,
})
const recovery = (at: number): Proof => ({ method: 'recovery-code', at, credentialId: 'r1', factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false })
type Session = NonNullable<Parameters<typeof nextStep>[1]>
const session = (proofs: readonly Proof[], change: Partial<Session> = {}): Session => ({
  userId: ada, organizationId: engines, authenticatedAt: Math.max(...proofs.map(({ at }) => at)), proofs, user: { passkeys: proofs.some(({ method }) => method === 'passkey') ? 1 : 0, authenticators: 0 }, ...change,
})
const identify = (because: 'nobody' | 'other_person' | 'other_organization'): Step => ({ kind: 'identify', because })
const confirm = (because: 'too_old' | 'too_weak' | 'step_up'): Step => ({ kind: 'confirm', because })
const done: Step = { kind: 'done' }
const refused: Step = { kind: 'refuse', reason: 'unmet_authentication_requirements' }

describe('the next step of a sign-in', () => {
  it.each<[string, Partial<StoredRequest>, Session | undefined, Step]>([
    ['nobody is known', {}, undefined, identify('nobody')], ['nobody is known and a person is asked for', { userId: ada }, undefined, identify('nobody')], ['nobody is known and the act is a step-up', { stepUp: true, userId: ada }, undefined, identify('nobody')],
    ['somebody is signed in', {}, session([key(now)]), done], ['somebody signed in with a code', {}, session([codeProof('mail', now)]), done], ['somebody signed in long ago', {}, session([key(now - minutes(600))]), done],
    ['the panels are asked for', { application: null }, session([codeProof('mail', now - minutes(30))]), done], ['the panels are asked for from another organization', { application: null }, session([key(now)], { organizationId: navy }), done],
    ['the right person is signed in', { userId: ada }, session([key(now)]), done], ['another person is signed in', { userId: grace }, session([key(now)]), identify('other_person')],
    ['a person of another organization is signed in', {}, session([key(now)], { organizationId: navy }), identify('other_organization')], ['another person of another organization is signed in', { userId: grace }, session([key(now)], { organizationId: navy }), identify('other_person')],
    ['a person of another organization is strong enough', { assurance: 'phr' }, session([key(now)], { organizationId: navy }), identify('other_organization')],
    ['a sign-in of now is asked for', { maxAgeSeconds: 0 }, session([key(now - 1)]), confirm('too_old')], ['a sign-in of now was given', { maxAgeSeconds: 0 }, session([key(now)]), done], ['a sign-in of the last minute is asked for', { maxAgeSeconds: 60 }, session([key(now - 59_999)]), done],
    ['the last minute is over', { maxAgeSeconds: 60 }, session([key(now - 60_001)]), confirm('too_old')], ['the last minute is just not over', { maxAgeSeconds: 60 }, session([key(now - 60_000)]), done],
    ['it is too old and too weak', { maxAgeSeconds: 60, assurance: 'phr' }, session([codeProof('mail', now - minutes(5))], { user: { passkeys: 1, authenticators: 0 } }), confirm('too_old')],
    ['a key is asked for and was used', { assurance: 'phr' }, session([key(now)]), done], ['a key is asked for and a code was used', { assurance: 'phr' }, session([codeProof('mail', now)], { user: { passkeys: 1, authenticators: 0 } }), confirm('too_weak')],
    ['a key is asked for by someone who has none', { assurance: 'phr' }, session([codeProof('mail', now)]), refused], ['a key that cannot be copied is asked for', { assurance: 'phrh' }, session([key(now, { deviceBound: false })]), confirm('too_weak')],
    ['a key that cannot be copied was used', { assurance: 'phrh' }, session([key(now)]), done], ['more than a code is asked for', { assurance: 'urn:doorward:acr:multi' }, session([codeProof('mail', now), codeProof('sms', now)]), refused],
    ['a code is enough', { assurance: 'urn:doorward:acr:code' }, session([codeProof('sms', now)]), done], ['an older key makes up for a newer code', { assurance: 'phr' }, session([codeProof('mail', now), key(now - minutes(60))]), done],
    ['a fresh key is asked for and only the code is fresh', { assurance: 'phr', maxAgeSeconds: 60 }, session([codeProof('mail', now), key(now - minutes(60))]), confirm('too_weak')],
    ['a fresh key is asked for and given beside an old code', { assurance: 'phr', maxAgeSeconds: 60 }, session([key(now), codeProof('mail', now - minutes(60))]), done],
    ['a key is asked for and only touched', { assurance: 'phr' }, session([key(now, { factors: ['possession'] })]), confirm('too_weak')],
    ['an act needs a fresh proof', { stepUp: true }, session([key(now - minutes(6))]), confirm('step_up')], ['an act has a fresh proof', { stepUp: true }, session([key(now - minutes(4))]), done],
    ['an act has a fresh code of someone with a key', { stepUp: true }, session([codeProof('mail', now)], { user: { passkeys: 1, authenticators: 0 } }), confirm('step_up')], ['an act has a fresh code of someone without', { stepUp: true }, session([codeProof('mail', now)]), done],
    ['an act has a fresh recovery code of someone with a key', { stepUp: true }, session([recovery(now)], { user: { passkeys: 1, authenticators: 0 } }), done], ['an act of another person is confirmed', { stepUp: true, userId: grace }, session([key(now)]), identify('other_person')],
    ['an act is confirmed by a fresh code beside an old key', { stepUp: true }, session([codeProof('mail', now), key(now - minutes(60))]), confirm('step_up')],
  ])('SEC-19 SEC-61 when %s', (_when, asked, found, step) => {
    expect(nextStep(request(asked), found, now)).toEqual(step)
  })

  it('SEC-19 counts the age from when it was asked, so that nobody has to confirm twice', () => {
    const asked = now - minutes(10)
    expect(nextStep(request({ maxAgeSeconds: 0 }), session([key(asked)]), now, asked)).toEqual(done)
    expect(nextStep(request({ maxAgeSeconds: 0 }), session([key(asked - 1)]), now, asked)).toEqual(confirm('too_old'))
  })

  it('SEC-61 looks at nothing but what is proven: the same facts always lead to the same step', () => {
    const facts = session([codeProof('mail', now)], { user: { passkeys: 1, authenticators: 0 } })
    const asked = request({ assurance: 'phr' })
    const frozen = JSON.stringify([asked, facts])
    for (let time = 0; time < 5; time++) expect(nextStep(asked, facts, now)).toEqual(confirm('too_weak'))
    expect(JSON.stringify([asked, facts])).toBe(frozen)
  })
})

describe('a fresh proof', () => {
  it.each<[string, readonly Proof[], number, boolean]>([
    ['a key of now', [key(now)], 1, true], ['a key of five minutes ago', [key(now - minutes(5))], 1, false], ['a key of a moment less', [key(now - minutes(5) + 1)], 1, true], ['a code with a key in the drawer', [codeProof('mail', now)], 1, false],
    ['a code without a key', [codeProof('mail', now)], 0, true], ['an old code without a key', [codeProof('mail', now - minutes(6))], 0, false], ['a recovery code', [recovery(now)], 2, true], ['nothing', [], 0, false],
    ['an old key and a new code', [codeProof('mail', now), key(now - minutes(9))], 1, false], ['a key beside an old code', [codeProof('mail', now - minutes(90)), key(now)], 1, true],
  ])('SEC-35 is %s', (_what, proofs, passkeys, fresh) => {
    expect(isFresh({ proofs, user: { passkeys, authenticators: 0 } }, now)).toBe(fresh)
  })
})

describe('the proofs of a session', () => {
  it('are one for each credential, the newest, and newest first', () => {
    const proofs = addProofs([key(1), codeProof('mail', 2)], [codeProof('mail', 5), key(3, { credentialId: 'laptop' })])
    expect(proofs.map(({ method, credentialId, at }) => [method, credentialId, at])).toEqual([['code', 'mail', 5], ['passkey', 'laptop', 3], ['passkey', 'blue', 1]])
  })

  it('are not set back by an older one', () => {
    expect(addProofs([key(9)], [key(4)])).toEqual([key(9)])
  })

  it('are ten at most', () => {
    const many = addProofs([], Array.from({ length: 25 }, (_value, index) => key(index, { credentialId: `k${index}` })))
    expect(many).toHaveLength(10)
    expect(many[0]?.at).toBe(24)
  })
})
