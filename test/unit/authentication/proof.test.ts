import { describe, expect, it } from 'vitest'
import { amrOf, assuranceOf, assurances, atLeast, type Assurance, type Proof } from '../../../src/authentication/index.ts'
import { codeProof } from '../../../src/authentication/methods/code/code.ts'

const key = (change: Partial<Proof> = {}): Proof => ({
  method: 'passkey', at: 1, credentialId: 'blue', factors: ['possession', 'inherence'], amr: ['hwk', 'user', 'mfa'], phishingResistant: true, deviceBound: true, ...change,
})
const synced = key({ credentialId: 'phone', amr: ['swk', 'user', 'mfa'], deviceBound: false })
const touched = key({ credentialId: 'touch', factors: ['possession'], amr: ['hwk'] })
const recovery: Proof = { method: 'recovery-code', at: 1, credentialId: 'r1', factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }
const [mail, sms] = [codeProof('mail', 1), codeProof('sms', 1)]
const knowledge: Proof = { ...recovery, credentialId: 'k', factors: ['knowledge'], amr: ['kba'] }

describe('how strongly someone is signed in', () => {
  it.each<[string, readonly Proof[], Assurance]>([
    ['nothing', [], 'urn:doorward:acr:code'], ['a code by mail', [mail], 'urn:doorward:acr:code'], ['a code by SMS', [sms], 'urn:doorward:acr:code'], ['both codes', [mail, sms], 'urn:doorward:acr:code'], ['ten codes', Array.from({ length: 10 }, () => mail), 'urn:doorward:acr:code'],
    ['a recovery code', [recovery], 'urn:doorward:acr:code'], ['a recovery code and a code', [recovery, mail], 'urn:doorward:acr:code'], ['two recovery codes', [recovery, { ...recovery, credentialId: 'r2' }], 'urn:doorward:acr:code'],
    ['something known and a code', [knowledge, mail], 'urn:doorward:acr:code'], ['something known and something had', [knowledge, recovery], 'urn:doorward:acr:multi'],
    ['a key that was only touched', [touched], 'urn:doorward:acr:code'], ['a touched key and a code', [touched, mail], 'urn:doorward:acr:code'], ['a touched key and something known', [touched, knowledge], 'urn:doorward:acr:multi'],
    ['a key in an account', [synced], 'phr'], ['a key in an account and a code', [synced, mail], 'phr'], ['a key in an account and a touched one', [synced, touched], 'phr'], ['a key that cannot be copied', [key()], 'phrh'], ['both kinds of key', [synced, key()], 'phrh'],
    ['a key that a look-alike could relay', [key({ phishingResistant: false })], 'urn:doorward:acr:multi'],
  ])('SEC-19 SEC-59 %s', (_what, proofs, assurance) => {
    expect(assuranceOf(proofs)).toBe(assurance)
    expect(assuranceOf(proofs.toReversed())).toBe(assurance)
  })

  it('SEC-19 is ordered, and each is at least itself', () => {
    expect(assurances).toEqual(['urn:doorward:acr:code', 'urn:doorward:acr:multi', 'phr', 'phrh'])
    for (const [here, actual] of assurances.entries()) for (const [there, required] of assurances.entries()) expect(atLeast(actual, required), `${actual} for ${required}`).toBe(here >= there)
  })

  it('SEC-19 never falls when a proof is added', () => {
    const all = [mail, sms, recovery, knowledge, touched, synced, key()]
    for (const one of all) for (const other of all) for (const third of all) expect(atLeast(assuranceOf([one, other, third]), assuranceOf([one, other]))).toBe(true)
  })

  it('SEC-19 says by which means, each once, and nothing that did not happen', () => {
    expect(amrOf([])).toEqual([])
    expect(amrOf([mail])).toEqual(['otp'])
    expect(amrOf([mail, sms, recovery])).toEqual(['otp', 'sms'])
    expect(amrOf([key(), mail])).toEqual(['hwk', 'user', 'mfa', 'otp'])
    expect(amrOf([mail, sms])).not.toContain('mfa')
  })
})
