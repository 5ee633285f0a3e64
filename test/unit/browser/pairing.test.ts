import { createECDH, createHash, createHmac, hkdfSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { agree, type PairingFacts } from '../../../src/browser/pairing/agreement.ts'
import { base64url, concat, fromBase64url, lengthPrefixed, utf8 } from '../../../src/browser/pairing/bytes.ts'
import { makeOffer, offerIdOf, readOffer } from '../../../src/browser/pairing/offer.ts'
import { makeAgreementKey, makeSigningKey, pointOfJwk, publicPoint, type Key, type KeyPair } from '../../../src/browser/pairing/party.ts'

const server = 'https://id.engines.example'

async function twoParties(): Promise<{ computer: KeyPair; phone: KeyPair; facts: PairingFacts; secret: ReturnType<typeof utf8> }> {
  const [computer, phone] = [await makeAgreementKey(), await makeAgreementKey()]
  const facts = {
    origin: server, computerId: 'kSJeUuJST_nsw9C4QlKKtA', computerAgreementKey: await publicPoint(computer.publicKey), computerSigningKey: await publicPoint((await makeSigningKey()).publicKey),
    phoneId: 'L_bNbyvmb9R6iqrTEn9OZA', phoneAgreementKey: await publicPoint(phone.publicKey), phoneSigningKey: await publicPoint((await makeSigningKey()).publicKey),
  }
  return { computer, phone, facts, secret: crypto.getRandomValues(new Uint8Array(16)) }
}

describe('bytes', () => {
  it('are written and read as base64url, each text for other bytes', () => {
    for (const bytes of [[], [255], [251, 255], [251, 255, 191], Array.from({ length: 40_000 }, (_, index) => index % 256)]) {
      expect(base64url(Uint8Array.from(bytes))).toBe(Buffer.from(bytes).toString('base64url'))
      expect([...fromBase64url(Buffer.from(bytes).toString('base64url'))]).toEqual(bytes)
    }
    for (const text of ['A', 'AA==', 'AB', 'AAB', 'A A', 'A+/A', 'AAAA\n', 'ä', 'AAAAA']) expect(() => fromBase64url(text), text).toThrow(RangeError)
  })

  it('are joined so that no two lists give the same', () => {
    expect(Buffer.from(lengthPrefixed('ab', Uint8Array.of(7))).toString('hex')).toBe('0000000261620000000107')
    const joined = [['ab', 'c'], ['a', 'bc'], ['abc'], ['abc', ''], ['', 'abc']].map((parts) => base64url(lengthPrefixed(...parts)))
    expect(new Set(joined).size).toBe(joined.length)
  })
})

describe('an offer', () => {
  it('SEC-46 is read from the picture of the server that the phone is activated at, with a new secret of 128 bits each time', async () => {
    const key = await publicPoint((await makeAgreementKey()).publicKey)
    const [made, another] = [await makeOffer(server, key), await makeOffer(server, key)]
    expect(made.address).toMatch(/^https:\/\/id\.engines\.example\/phone\/pair#1\.[\w-]{22}\.[\w-]{87}$/)
    expect(await readOffer(made.address, server)).toEqual({ id: made.id, secret: made.secret, agreementKey: key })
    expect(made.id).toBe(createHash('sha256').update('doorward-pairing-offer-1').update(made.secret).digest('base64url'))
    expect(made.id).not.toContain(base64url(made.secret))
    expect(another.id).not.toBe(made.id)
  })

  it('SEC-46 is none of another server, nor one that anything is missing or wrong in', async () => {
    const key = await publicPoint((await makeAgreementKey()).publicKey)
    const { address } = await makeOffer(server, key)
    const [start = '', secret = '', point = ''] = address.split('.').length > 3 ? [address.slice(0, address.indexOf('#1.') + 3), ...address.slice(address.indexOf('#1.') + 3).split('.')] : []
    expect(await readOffer(` ${start}${secret}.${point}\n`, server)).toBeDefined()
    for (const wrong of [
      '', 'https://evil.example', address.replace('id.', 'evil.'), address.replace('https', 'http'), address.replace('#1.', '#2.'), address.replace('/pair', '/scan'), address.replace('https://', 'https://x@'),
      `${start}${secret}`, `${start}${secret}.`, `${start}.${point}`, `${start}${secret.slice(1)}.${point}`, `${start}${secret}A.${point}`, `${start}${secret}.${point}.`, `${start}${secret}.${point}A`, `${start}${secret}.${point.slice(0, 43)}`,
      `${start}${secret}.C${point.slice(1)}`, `${start}${secret}.${point}?x`,
    ]) expect(await readOffer(wrong, server), wrong).toBeUndefined()
  })
})

describe('an agreement', () => {
  it('SEC-46 is the same on both sides: root, digits and proofs', async () => {
    const { computer, phone, facts, secret } = await twoParties()
    const here = await agree({ secret, own: computer.privateKey, theirs: facts.phoneAgreementKey, facts })
    const there = await agree({ secret, own: phone.privateKey, theirs: facts.computerAgreementKey, facts })
    expect(here.digits).toMatch(/^\d{6}$/)
    expect(there.digits).toBe(here.digits)
    for (const label of ['hello', 'phone', 'computer'] as const) expect(await here.isConfirmation(label, await there.confirmation(label))).toBe(true)
    expect(await here.isConfirmation('phone', await there.confirmation('computer'))).toBe(false)
    for (const wrong of ['', 'AAAA', '###', await there.confirmation('hello').then((proof) => `${proof.startsWith('A') ? 'B' : 'A'}${proof.slice(1)}`)]) expect(await here.isConfirmation('hello', wrong)).toBe(false)
  })

  it('SEC-46 gives other digits and no hello to a wrong secret, a wrong transcript and another phone', async () => {
    const { computer, phone, facts, secret } = await twoParties()
    const here = await agree({ secret, own: computer.privateKey, theirs: facts.phoneAgreementKey, facts })
    const stranger = await makeAgreementKey()
    const point = await publicPoint(stranger.publicKey)
    const theirs = facts.computerAgreementKey
    const others = [
      { secret: crypto.getRandomValues(new Uint8Array(16)), own: phone.privateKey, theirs, facts },
      { secret, own: stranger.privateKey, theirs, facts },
      { secret, own: stranger.privateKey, theirs, facts: { ...facts, phoneAgreementKey: point } },
      { secret, own: phone.privateKey, theirs: point, facts: { ...facts, computerAgreementKey: point } },
      ...[{ origin: 'https://evil.example' }, { computerId: 'x' }, { phoneId: 'x' }, { computerSigningKey: point }, { phoneSigningKey: point }].map((change) => ({ secret, own: phone.privateKey, theirs, facts: { ...facts, ...change } })),
      // Two names that only together read the same.
      { secret, own: phone.privateKey, theirs, facts: { ...facts, origin: `${facts.origin}k`, computerId: facts.computerId.slice(1) } },
    ]
    for (const [index, other] of others.entries()) {
      const there = await agree(other)
      expect(await here.isConfirmation('hello', await there.confirmation('hello')), String(index)).toBe(false)
      expect(there.digits, String(index)).not.toBe(here.digits)
    }
  })

  it('refuses a key that is not of this pairing, and what is no point on the curve', async () => {
    const { computer, facts, secret } = await twoParties()
    const strange = await publicPoint((await makeAgreementKey()).publicKey)
    await expect(agree({ secret, own: computer.privateKey, theirs: strange, facts })).rejects.toThrow(RangeError)
    const off = base64url(Uint8Array.of(4, ...new Uint8Array(63), 1))
    for (const wrong of ['', 'AAAA', off, base64url(Uint8Array.of(2, ...fromBase64url(facts.phoneAgreementKey).subarray(1, 33))), base64url(new Uint8Array(65))]) {
      await expect(agree({ secret, own: computer.privateKey, theirs: wrong, facts: { ...facts, phoneAgreementKey: wrong } }), wrong).rejects.toThrow()
    }
  })

  it('SEC-48 keeps its keys to itself: neither private keys nor the root can be read out', async () => {
    const { computer, facts, secret } = await twoParties()
    const { root } = await agree({ secret, own: computer.privateKey, theirs: facts.phoneAgreementKey, facts })
    for (const key of [computer.privateKey, (await makeSigningKey()).privateKey, root] as Key[]) {
      expect(key.extractable).toBe(false)
      for (const format of ['pkcs8', 'raw'] as const) await expect(crypto.subtle.exportKey(format, key)).rejects.toThrow()
      await expect(crypto.subtle.exportKey('jwk', key)).rejects.toThrow()
    }
  })

  it('SEC-46 is derived as written down: node:crypto comes to the same', async () => {
    const [computer, phone, signers] = [createECDH('prime256v1'), createECDH('prime256v1'), createECDH('prime256v1')]
    // Keys that never change, so that a change of the derivation shows: paired devices would not understand each other any more.
    computer.setPrivateKey(Buffer.alloc(32, 1))
    phone.setPrivateKey(Buffer.alloc(32, 2))
    signers.setPrivateKey(Buffer.alloc(32, 3))
    const [c, p, s] = [computer.getPublicKey(), phone.getPublicKey(), signers.getPublicKey()]
    const secret = Buffer.alloc(16, 9)
    const facts = {
      origin: server, computerId: 'computer', computerAgreementKey: c.toString('base64url'), computerSigningKey: s.toString('base64url'),
      phoneId: 'phone', phoneAgreementKey: p.toString('base64url'), phoneSigningKey: s.toString('base64url'),
    }
    const jwk = { kty: 'EC', crv: 'P-256', d: Buffer.alloc(32, 1).toString('base64url'), x: c.subarray(1, 33).toString('base64url'), y: c.subarray(33).toString('base64url') }
    const own = await crypto.subtle.importKey('jwk', jwk, { name: 'ECDH', namedCurve: 'P-256' }, false, ['deriveBits'])
    const agreement = await agree({ secret: Uint8Array.from(secret), own, theirs: facts.phoneAgreementKey, facts })

    const prefixed = (parts: readonly (string | Buffer)[]): Buffer => Buffer.concat(parts.flatMap((part) => {
      const bytes = Buffer.from(part)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }))
    const transcript = createHash('sha256').update(prefixed(['doorward-pairing-1', server, 'computer', c, s, 'phone', p, s])).digest()
    const root = Buffer.from(hkdfSync('sha256', phone.computeSecret(c), secret, transcript, 32))
    const proofKey = Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), 'doorward-pairing-1 confirmation', 32))
    expect(await agreement.confirmation('hello')).toBe(createHmac('sha256', proofKey).update('hello').digest('base64url'))
    const digits = Buffer.from(hkdfSync('sha256', root, Buffer.alloc(0), 'doorward-pairing-1 digits', 8)).readBigUInt64BE() % 1_000_000n
    expect(agreement.digits).toBe(String(digits).padStart(6, '0'))
  })

  it('takes points from the keys that the server keeps', async () => {
    const { publicKey } = await makeSigningKey()
    const jwk = await crypto.subtle.exportKey('jwk', publicKey) as { kty: string; crv: string; x: string; y: string }
    expect(pointOfJwk(jwk)).toBe(await publicPoint(publicKey))
    for (const change of [{ kty: 'OKP' }, { crv: 'P-384' }, { x: 'AAAA' }, { y: '' }]) expect(() => pointOfJwk({ ...jwk, ...change })).toThrow(RangeError)
    expect(await offerIdOf(concat(utf8('0123456789abcdef')))).toMatch(/^[\w-]{43}$/)
  })
})
