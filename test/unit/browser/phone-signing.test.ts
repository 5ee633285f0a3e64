import { createHash, verify, type JsonWebKey, type webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readCode, readTyped } from '../../../src/browser/phone/code.ts'
import { activationText, base64url, decisionText, requestText, sign } from '../../../src/browser/phone/signing.ts'
import * as server from '../../../src/phones/phone.ts'

const origin = 'https://id.engines.example'
const makeKey = (): Promise<webcrypto.CryptoKeyPair> => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
const publicKeyOf = async ({ publicKey }: webcrypto.CryptoKeyPair): Promise<JsonWebKey> => (await crypto.subtle.exportKey('jwk', publicKey)) as JsonWebKey
const decision = { id: 'kSJeUuJST_nsw9C4QlKKtA', decision: 'approve', number: 42, nonce: 'L_bNbyvmb9R6iqrTEn9OZA', origin, expiresAt: 1_795_510_800_000 }

describe('what the phone signs', () => {
  it('SEC-45 verifies with node:crypto, and not after any part of the decision was changed', async () => {
    const pair = await makeKey()
    const key = await publicKeyOf(pair)
    const signature = await sign(pair.privateKey, decisionText(decision))
    const fits = (text: string): boolean => verify('sha256', Buffer.from(text), { key, format: 'jwk', dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
    expect(signature).toMatch(/^[\w-]{86}$/)
    expect(fits(`doorward-approval-1\nkSJeUuJST_nsw9C4QlKKtA\napprove\n42\nL_bNbyvmb9R6iqrTEn9OZA\n${origin}\n1795510800000`)).toBe(true)
    for (const change of [{ id: 'kSJeUuJST_nsw9C4QlKKtB' }, { decision: 'deny' }, { number: 43 }, { number: null }, { nonce: 'x' }, { origin: 'https://evil.example' }, { expiresAt: 1_795_510_800_001 }]) {
      expect(fits(decisionText({ ...decision, ...change })), JSON.stringify(change)).toBe(false)
    }
  })

  it('SEC-45 is spelled as the server spells it', async () => {
    for (const number of [42, null]) expect(decisionText({ ...decision, number })).toBe(server.decisionText({ ...decision, number }))
    expect(activationText('challenge', origin)).toBe(server.activationText('challenge', origin))
    for (const body of ['', '{"decision":"deny"}', '{"name":"Größe ✓ تلفن"}']) {
      for (const method of ['GET', 'POST'] as const) expect(await requestText(method, '/phone/api/state?a=b', 1_795_510_800_000, body)).toBe(server.requestText(method, '/phone/api/state?a=b', 1_795_510_800_000, Buffer.from(body)))
    }
    expect(await requestText('GET', '/phone/api/state', 7, '')).toBe(`GET\n/phone/api/state\n7\n${createHash('sha256').digest('base64url')}`)
  })

  it('SEC-45 is taken by the server, for its own key only', async () => {
    const [mine, other] = [await makeKey(), await makeKey()]
    const signature = await sign(mine.privateKey, decisionText(decision))
    const [key = '', otherKey = ''] = [server.readPublicKey(JSON.stringify(await publicKeyOf(mine))), server.readPublicKey(JSON.stringify(await publicKeyOf(other)))]
    expect(server.isSignedBy(key, server.decisionText(decision), signature)).toBe(true)
    expect(server.isSignedBy(otherKey, server.decisionText(decision), signature)).toBe(false)
    await expect(crypto.subtle.exportKey('jwk', mine.privateKey)).rejects.toThrow()
  })

  it('writes bytes as base64url without padding', () => {
    for (const bytes of [[], [255], [251, 255], [251, 255, 191], Array.from({ length: 64 }, (_, index) => 255 - index)]) expect(base64url(Uint8Array.from(bytes).buffer)).toBe(Buffer.from(bytes).toString('base64url'))
  })
})

describe('a code that the camera sees', () => {
  it.each([
    [`${origin}/phone/scan#kSJe.1.abc`, { kind: 'scan', secret: 'kSJe.1.abc' }],
    [` ${origin}/phone/activate/eW91IGFyZSBhIGN1cmlvdXMgcGVyc29u\n`, { kind: 'activate', path: '/phone/activate/eW91IGFyZSBhIGN1cmlvdXMgcGVyc29u' }],
  ])('SEC-46 of this server is one: %s', (text, code) => {
    expect(readCode(text, origin)).toEqual(code)
  })

  it.each([
    'https://evil.example/phone/scan#kSJe.1.abc', 'http://id.engines.example/phone/scan#kSJe.1.abc', 'https://id.engines.example.evil.example/phone/scan#a', 'https://id.engines.example@evil.example/phone/scan#a', `${origin}/phone/scan`, `${origin}/phone/scan#`,
    `${origin}/logout#a`, `${origin}/phone/activate/short`, `${origin}/phone/activate/eW91IGFyZSBhIGN1cmlvdXMgcGVyc29u/deny`, 'javascript:alert(1)', '482913', '', 'FIDO:/1234',
  ])('SEC-46 of anybody else is none: %s', (text) => {
    expect(readCode(text, origin)).toBeUndefined()
    expect(readTyped(text, origin)).toBeUndefined()
  })

  it('SEC-47 is no row of digits: those are typed from the computer that stands there', () => {
    expect(readCode('48291357', origin)).toBeUndefined()
    for (const typed of ['48291357', '4829 1357', ' 4829-1357 ']) expect(readTyped(typed, origin)).toEqual({ kind: 'scan', secret: '48291357' })
    for (const typed of ['4829135', '482913570', '4829 135x']) expect(readTyped(typed, origin)).toBeUndefined()
  })
})
