import { describe, expect, it } from 'vitest'
import { codeProof } from '../../../../src/authentication/methods/code/index.ts'
import { passkeyProof } from '../../../../src/authentication/methods/passkey/passkey.ts'
import type { Proof } from '../../../../src/authentication/index.ts'
import { acceptableWays, chooseAnswer, freshProofs } from '../../../../src/protocols/external-mfa/answer.ts'
import type { CredentialId } from '../../../../src/storage/index.ts'

const key = passkeyProof({ id: 'blue' as CredentialId, backupEligible: false }, true, 1_000)
const synced = passkeyProof({ id: 'phone' as CredentialId, backupEligible: true }, true, 1_000)
const touched = passkeyProof({ id: 'touch' as CredentialId, backupEligible: false }, false, 1_000)
const [mail, sms] = [codeProof('mail', 1_000), codeProof('sms', 1_000)]
const recovery: Proof = { method: 'recovery-code', at: 1_000, credentialId: 'r1', factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }

const everyAmr = ['face', 'fido', 'fpt', 'hwk', 'iris', 'otp', 'pop', 'retina', 'sc', 'sms', 'swk', 'tel', 'vbm']
const everyAcr = ['possessionorinherence', 'knowledgeorpossession', 'knowledgeorinherence', 'knowledgeorpossessionorinherence', 'knowledge', 'possession', 'inherence']
const without = (...left: string[]): string[] => everyAmr.filter((value) => !left.includes(value))

describe('what Entra is told of a proof', () => {
  it.each<[string, readonly Proof[], string | undefined]>([
    ['a key', [key], 'fido'], ['a key in an account', [synced], 'fido'], ['a key that was only touched', [touched], 'fido'], ['a code by SMS', [sms], 'sms'], ['a key and a code', [sms, key], 'fido'],
    ['a code by mail', [mail], undefined], ['a recovery code', [recovery], undefined], ['both', [mail, recovery], undefined], ['nothing', [], undefined],
  ])('SEC-19 %s, of all that there is', (_what, proofs, amr) => {
    expect(chooseAnswer({ acr: ['possessionorinherence'], amr: everyAmr }, proofs)).toEqual(amr === undefined ? undefined : { acr: 'possessionorinherence', amr })
  })

  it.each<[string, readonly string[], readonly Proof[], string | undefined]>([
    ['the hardware key where fido is not asked for', without('fido'), [key], 'hwk'], ['the key in an account', without('fido'), [synced], 'swk'], ['never hardware of a key that is copied', ['hwk'], [synced], undefined], ['never software of one that is not', ['swk'], [key], undefined],
    ['possession of a key', ['pop'], [key], 'pop'], ['no finger or face of a key, which may have taken a PIN', ['face', 'fpt', 'iris', 'retina', 'vbm'], [key], undefined], ['no smart card', ['sc'], [key], undefined],
    ['no app of a code by SMS', without('sms'), [sms], undefined], ['a code where the key does not fit', ['sms'], [key, sms], 'sms'], ['nothing of nothing', [], [key], undefined],
  ])('SEC-19 %s', (_what, amr, proofs, expected) => {
    expect(chooseAnswer({ acr: ['possession'], amr }, proofs)?.amr).toBe(expected)
  })

  it.each([['possessionorinherence', true], ['knowledgeorpossession', true], ['knowledgeorpossessionorinherence', true], ['possession', true], ['knowledgeorinherence', false], ['knowledge', false], ['inherence', false], ['Possession', false], ['phr', false]])(
    'SEC-19 something that one has is %s: %s', (acr, fits) => {
      expect(chooseAnswer({ acr: [acr], amr: everyAmr }, [key])).toEqual(fits ? { acr, amr: 'fido' } : undefined)
    })

  it('is one class of those that are asked for, the first that is true', () => {
    expect(chooseAnswer({ acr: ['inherence', 'knowledgeorpossession', 'possession'], amr: everyAmr }, [key])?.acr).toBe('knowledgeorpossession')
    for (const acr of everyAcr) for (const amr of everyAmr) {
      const answer = chooseAnswer({ acr: [acr], amr: [amr] }, [key, synced, sms, mail, recovery])
      if (answer) expect(answer).toEqual({ acr, amr })
    }
  })

  it('is known beforehand, as far as a way could help at all', () => {
    expect(acceptableWays({ acr: ['possession'], amr: everyAmr })).toEqual({ key: true, sms: true })
    expect(acceptableWays({ acr: ['possession'], amr: without('sms') })).toEqual({ key: true, sms: false })
    for (const amr of ['fido', 'hwk', 'swk', 'pop']) expect(acceptableWays({ acr: ['possession'], amr: [amr] })).toEqual({ key: true, sms: false })
    expect(acceptableWays({ acr: ['inherence'], amr: everyAmr })).toEqual({ key: false, sms: false })
    expect(acceptableWays({ acr: ['possession'], amr: ['otp', 'face'] })).toEqual({ key: false, sms: false })
  })
})

it.each([[0, 10_000, ['now', 'later']], [0, 10_001, ['later']], [5, 10_000, ['old', 'now', 'later']], [5, 10_001, ['now', 'later']]])(
  'SEC-19 with %i seconds allowed, what was asked at %i is answered by %j', (maxAgeSeconds, askedAt, expected) => {
    const proofs = [['old', 5_000], ['now', 10_000], ['later', 11_000]].map(([id, at]) => ({ ...key, credentialId: id as string, at: at as number }))
    expect(freshProofs(proofs, askedAt, maxAgeSeconds).map(({ credentialId }) => credentialId)).toEqual(expected)
  })
