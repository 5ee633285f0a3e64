import { generateKeyPairSync, sign } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decisionText, digitsOf, drawNumbers, isSignedBy, readPublicKey, requestText } from '../../../src/phones/phone.ts'

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = publicKey.export({ format: 'jwk' })
const signed = (text: string): string => sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')

describe('what a phone signs', () => {
  const decision = { id: 'a', decision: 'approve', number: 47, nonce: 'n', origin: 'https://id.example', expiresAt: 1_795_000_000_000 }

  it('SEC-45 is another text whenever any part of it is another', () => {
    const texts = [decision, { ...decision, id: 'b' }, { ...decision, decision: 'deny' }, { ...decision, number: 48 }, { ...decision, number: null }, { ...decision, nonce: 'm' }, { ...decision, origin: 'https://evil.example' }, { ...decision, expiresAt: 1 }].map(decisionText)
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts[0]).toBe('doorward-approval-1\na\napprove\n47\nn\nhttps://id.example\n1795000000000')
    expect(requestText('GET', '/phone/api/state', 5, Buffer.alloc(0))).toBe('GET\n/phone/api/state\n5\n47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })

  it('is known by its key, and by no other', () => {
    const key = readPublicKey(JSON.stringify({ ...jwk, extra: 'x', key_ops: ['verify'] })) ?? ''
    expect(JSON.parse(key)).toEqual({ kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y })
    const text = decisionText(decision)
    expect(isSignedBy(key, text, signed(text))).toBe(true)
    expect(isSignedBy(key, `${text} `, signed(text))).toBe(false)
    const other = JSON.stringify(generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ format: 'jwk' }))
    expect(isSignedBy(other, text, signed(text))).toBe(false)
    for (const signature of ['', 'A', 'A'.repeat(86), `${signed(text)}AA`]) expect(isSignedBy(key, text, signature)).toBe(false)
    expect(isSignedBy('no key', text, signed(text))).toBe(false)
  })

  it.each<[string, unknown]>([
    ['nothing', ''], ['no JSON', '{'], ['another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey.export({ format: 'jwk' })], ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' })],
    ['a point off the curve', { kty: 'EC', crv: 'P-256', x: jwk.y, y: jwk.x }], ['half a point', { kty: 'EC', crv: 'P-256', x: jwk.x }], ['a private key and more than fits', { ...privateKey.export({ format: 'jwk' }), pad: 'x'.repeat(2_000) }],
  ])('takes no key that is %s', (_title, value) => {
    expect(readPublicKey(typeof value === 'string' ? value : JSON.stringify(value))).toBeUndefined()
  })
})

describe('the numbers to choose from', () => {
  it('SEC-41 are three of two digits, all different, and each place is the right one as often', () => {
    const places = [0, 0, 0]
    for (let time = 0; time < 3_000; time++) {
      const { number, choices } = drawNumbers()
      expect(new Set(choices).size).toBe(3)
      for (const choice of choices) expect(choice >= 10 && choice <= 99).toBe(true)
      const place = choices.indexOf(number)
      places[place] = (places[place] ?? 0) + 1
    }
    for (const times of places) expect(times).toBeGreaterThan(800)
  })
})

describe('digits to type', () => {
  it.each([['AAAAAA', 6, '000000'], ['AAAAKg', 8, '00000042'], ['_____w', 6, '967295'], ['_____w', 8, '94967295']] as const)('S68 %s gives %i digits: %s', (hash, count, digits) => {
    expect(digitsOf(hash, count)).toBe(digits)
  })
})
