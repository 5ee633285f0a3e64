import { describe, expect, it } from 'vitest'
import { aaguid } from '../../../src/browser/authenticator/authenticator-data.ts'
import { answerWebAuthn } from '../../../src/browser/authenticator/webauthn.ts'
import { fido2Missing, runFido2 } from '../../support/fido2.ts'
import { createPocketDevice } from '../../support/pocket-device.ts'
import { skipWithout } from '../../support/skip.ts'

const [origin, rpId, challenges] = ['https://login.site.example', 'site.example', ['Y2hhbGxlbmdlLW9uZQ', 'Y2hhbGxlbmdlLXR3bw']] as const

async function ceremony(alg: number, attestation: string): Promise<{ registration: object; assertion: { response: { signature: string } } }> {
  const device = createPocketDevice()
  const from = { origin, crossOrigin: false }
  const made = await answerWebAuthn({ kind: 'create', options: { challenge: challenges[0], rp: { id: rpId, name: 'Site' }, user: { id: 'AQID', name: 'ada', displayName: 'Ada' }, pubKeyCredParams: [{ alg, type: 'public-key' }], attestation }, ...from }, device)
  const signed = await answerWebAuthn({ kind: 'get', options: { challenge: challenges[1], rpId }, ...from }, device)
  if (made.outcome !== 'answer' || signed.outcome !== 'answer') throw new Error('not answered')
  return { registration: made.response, assertion: signed.response as { response: { signature: string } } }
}

describe('python-fido2, as a site', () => {
  skipWithout(fido2Missing())

  it.each([[-7, 'none', 'none'], [-7, 'direct', 'packed'], [-8, 'direct', 'packed'], [-257, 'none', 'none'], [-257, 'direct', 'packed']])('S111 takes algorithm %i with attestation %s', async (alg, attestation, format) => {
    expect(runFido2('fido2_peer.py', { rpId, origin, challenges, ...await ceremony(alg, attestation) })).toEqual({ format, algorithm: alg, aaguid: aaguid.replaceAll('-', '') })
  })

  it('SEC-48 refuses what was changed, and what was made for another page', async () => {
    const given = { rpId, origin, challenges, ...await ceremony(-7, 'direct') }
    const other = await ceremony(-7, 'direct')
    expect(() => runFido2('fido2_peer.py', { ...given, assertion: other.assertion })).toThrow('Unknown credential ID')
    expect(() => runFido2('fido2_peer.py', { ...given, assertion: { ...given.assertion, response: { ...given.assertion.response, signature: other.assertion.response.signature } } })).toThrow('InvalidSignature')
    expect(() => runFido2('fido2_peer.py', { ...given, origin: 'https://evil.example' })).toThrow('Invalid origin')
    expect(() => runFido2('fido2_peer.py', { ...given, challenges: [challenges[1], challenges[0]] })).toThrow('Wrong challenge')
  })
})
