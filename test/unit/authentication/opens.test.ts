import { describe, expect, it } from 'vitest'
import { amrOf, assuranceOf, type Proof } from '../../../src/authentication/index.ts'
import { codeProof } from '../../../src/authentication/methods/code/code.ts'
import { passwordProof } from '../../../src/authentication/methods/password/index.ts'
import { isFresh, opensOf, type Opens } from '../../../src/authentication/sessions/index.ts'
import { nextStep, type Step } from '../../../src/authentication/signin/next-step.ts'
import type { StoredRequest } from '../../../src/authentication/signin/sign-in.ts'
import type { OrganizationId, UserId } from '../../../src/storage/index.ts'

const now = 1_764_000_000_000
const minutes = (count: number): number => count * 60_000
const weak = { factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false } as const
const app = (at = now): Proof => ({ method: 'totp', at, credentialId: 't1', ...weak })
const pass = (at = now): Proof => ({ method: 'access-pass', at, credentialId: 'p1', ...weak, onlyFor: 'first_key' })
const recovery: Proof = { method: 'recovery-code', at: now, credentialId: 'r1', ...weak }
const key = (at = now): Proof => ({ method: 'passkey', at, credentialId: 'k1', factors: ['possession', 'inherence'], amr: ['hwk', 'mfa'], phishingResistant: true, deviceBound: true })
const password = passwordProof(now)
const onlyKey = passwordProof(now, 'first_key')

describe('what a session opens', () => {
  it.each<[string, readonly Proof[], { passkeys: number; authenticators: number }, Opens]>([
    ['a password', [password], { passkeys: 0, authenticators: 0 }, 'everything'], ['a password, with an app set up', [password], { passkeys: 0, authenticators: 1 }, 'second_step'],
    ['a password and the app', [password, app()], { passkeys: 0, authenticators: 1 }, 'everything'], ['the app alone', [app()], { passkeys: 0, authenticators: 1 }, 'everything'],
    ['a password and a recovery code', [password, recovery], { passkeys: 0, authenticators: 1 }, 'everything'], ['a password and a pass, with an app', [password, pass()], { passkeys: 0, authenticators: 1 }, 'second_step'],
    ['a pass', [pass()], { passkeys: 0, authenticators: 0 }, 'first_key'], ['two passes and a password that may only enroll', [pass(), onlyKey], { passkeys: 0, authenticators: 0 }, 'first_key'],
    ['a pass and then the key', [key(), pass()], { passkeys: 1, authenticators: 0 }, 'everything'], ['a code beside a pass', [codeProof('mail', now), pass()], { passkeys: 0, authenticators: 0 }, 'everything'],
  ])('SEC-61 with %s', (_what, proofs, user, opens) => {
    expect(opensOf({ proofs, user })).toBe(opens)
  })
})

describe('how strongly someone is signed in', () => {
  it.each<[string, readonly Proof[], string, string[]]>([
    ['a password', [password], 'urn:doorward:acr:code', ['pwd']], ['an app', [app()], 'urn:doorward:acr:code', ['otp']], ['a password and an app', [password, app()], 'urn:doorward:acr:multi', ['pwd', 'otp', 'mfa']],
    ['a password and a mailed code', [password, codeProof('mail', now)], 'urn:doorward:acr:code', ['pwd', 'otp']], ['an app and a mailed code', [app(), codeProof('mail', now)], 'urn:doorward:acr:code', ['otp']],
    ['a pass and a password', [pass(), password], 'urn:doorward:acr:code', ['otp', 'pwd']], ['an app and a password that may only enroll', [app(), onlyKey], 'urn:doorward:acr:code', ['otp', 'pwd']],
  ])('SEC-19 SEC-31 with %s', (_what, proofs, assurance, amr) => {
    expect([assuranceOf(proofs), amrOf(proofs)]).toEqual([assurance, amr])
  })
})

describe('a fresh proof', () => {
  it.each<[string, readonly Proof[], { passkeys: number; authenticators: number }, boolean]>([
    ['a password is one for somebody who has nothing else', [password], { passkeys: 0, authenticators: 0 }, true], ['a password is none for somebody with an app', [password], { passkeys: 0, authenticators: 1 }, false],
    ['a mailed code is none for somebody with an app', [codeProof('mail', now)], { passkeys: 0, authenticators: 1 }, false], ['an app is one', [app()], { passkeys: 0, authenticators: 1 }, true], ['an old app is none', [app(now - minutes(6)), password], { passkeys: 0, authenticators: 1 }, false],
    ['an app is none for somebody with a key', [app(), password], { passkeys: 1, authenticators: 1 }, false], ['a recovery code is one', [recovery], { passkeys: 0, authenticators: 1 }, true],
    ['a pass is one where it opens only the first key', [pass()], { passkeys: 0, authenticators: 1 }, true], ['a pass is none beside an older code', [pass(), codeProof('mail', now - minutes(6))], { passkeys: 0, authenticators: 0 }, false],
    ['a pass is none once there is a key', [pass()], { passkeys: 1, authenticators: 0 }, false], ['an old pass is none', [pass(now - minutes(6))], { passkeys: 0, authenticators: 0 }, false],
  ])('SEC-35 SEC-37 %s', (_what, proofs, user, fresh) => {
    expect(isFresh({ proofs, user }, now)).toBe(fresh)
  })
})

describe('the next step', () => {
  const [ada, engines] = ['ada' as UserId, 'engines' as OrganizationId]
  const step = (proofs: readonly Proof[], authenticators: number, change: Partial<StoredRequest> = {}): Step => nextStep(
    { application: null, assurance: null, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/', stepUp: false, ...change },
    { userId: ada, organizationId: engines, authenticatedAt: now, proofs, user: { passkeys: proofs.some(({ method }) => method === 'passkey') ? 1 : 0, authenticators } }, now)

  it.each<[string, readonly Proof[], number, Partial<StoredRequest>, Step]>([
    ['of a pass is the first key, whoever asks', [pass()], 0, {}, { kind: 'enroll' }], ['of a pass is the first key, whatever strength is asked for', [pass()], 0, { assurance: 'urn:doorward:acr:code', maxAgeSeconds: 0 }, { kind: 'enroll' }],
    ['of a pass that confirms is done', [pass()], 0, { stepUp: true }, { kind: 'done' }], ['of an old pass is another proof', [pass(now - minutes(6))], 0, { stepUp: true }, { kind: 'confirm', because: 'step_up' }],
    ['of a pass with a key is done', [key(), pass()], 0, {}, { kind: 'done' }], ['of a password is the app', [password], 1, {}, { kind: 'confirm', because: 'second_step' }],
    ['of a password is the app at a confirmation too', [password], 1, { stepUp: true }, { kind: 'confirm', because: 'second_step' }], ['of both is done', [password, app()], 1, { assurance: 'urn:doorward:acr:multi' }, { kind: 'done' }],
    ['of an app where two factors are asked for is a password', [app()], 1, { assurance: 'urn:doorward:acr:multi' }, { kind: 'confirm', because: 'too_weak' }], ['of an app where a key is asked for is the end', [app()], 1, { assurance: 'phr' }, { kind: 'refuse', reason: 'unmet_authentication_requirements' }],
    ['of a password alone where two factors are asked for is the end', [password], 0, { assurance: 'urn:doorward:acr:multi' }, { kind: 'refuse', reason: 'unmet_authentication_requirements' }],
  ])('SEC-61 SEC-19 %s', (_what, proofs, authenticators, change, expected) => {
    expect(step(proofs, authenticators, change)).toEqual(expected)
  })
})
