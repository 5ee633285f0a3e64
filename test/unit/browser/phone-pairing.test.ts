import { afterEach, expect, it, vi } from 'vitest'
import { agree, type Agreement } from '../../../src/browser/pairing/agreement.ts'
import { randomBytes } from '../../../src/browser/pairing/bytes.ts'
import { makeAgreementKey, makeSigningKey, publicPoint } from '../../../src/browser/pairing/party.ts'
import { browserModule, idOf, openPhonePage } from '../../support/phone-page.ts'

afterEach(() => { vi.unstubAllGlobals() })

it('SEC-46 a pairing is kept only once the person has said on the phone that the digits are the same, whatever server and computer say', async () => {
  const page = openPhonePage()
  const [own, theirs, signing] = [await makeAgreementKey(), await makeAgreementKey(), await makeSigningKey()]
  const [ownPoint, theirPoint, point] = [await publicPoint(own.publicKey), await publicPoint(theirs.publicKey), await publicPoint(signing.publicKey)]
  const facts = { origin: 'https://id.engines.example', computerId: idOf('laptop'), computerAgreementKey: theirPoint, computerSigningKey: point, phoneId: idOf('work'), phoneAgreementKey: ownPoint, phoneSigningKey: point }
  const agreement = await agree({ secret: randomBytes(16), own: own.privateKey, theirs: theirPoint, facts })
  const computerProof = await agreement.confirmation('computer')
  const { progress } = await browserModule<{ progress(begun: object): Promise<string> }>('phone/pairing.ts')
  const begun = (agreed: Agreement, confirmed: boolean) => ({ held: { id: idOf('work'), key: signing.privateKey }, computer: { id: idOf('laptop') }, agreement: agreed, confirmed })
  const states: [object, boolean, string][] = [
    [{ state: 'active', computerProof }, false, 'forged'], [{ state: 'active', computerProof }, true, 'active'], [{ state: 'active', computerProof: null }, true, 'forged'],
    [{ state: 'taken', computerProof }, false, 'taken'], [{ state: 'taken', computerProof: await agreement.confirmation('phone') }, false, 'forged'], [{ state: 'taken', computerProof: null }, false, 'taken'],
  ]
  for (const [answer, confirmed, became] of states) {
    page.answer = () => answer
    expect(await progress(begun(agreement, confirmed)), JSON.stringify([answer, confirmed])).toBe(became)
  }
})
