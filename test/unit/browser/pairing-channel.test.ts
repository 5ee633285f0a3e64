import { createDecipheriv, createECDH, createHash, createHmac, hkdfSync, webcrypto } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { agree } from '../../../src/browser/pairing/agreement.ts'
import { Tampered, type Channel } from '../../../src/browser/pairing/channel.ts'
import { acceptConnection, openConnection, type Pair } from '../../../src/browser/pairing/connection.ts'
import { makeAgreementKey, makeSigningKey, publicPoint, type KeyPair } from '../../../src/browser/pairing/party.ts'

async function aPairing(change: { computer?: KeyPair; phone?: KeyPair; secret?: number } = {}): Promise<{ computer: Pair; phone: Pair }> {
  const [computer, phone, signer] = [change.computer ?? await makeAgreementKey(), change.phone ?? await makeAgreementKey(), await publicPoint((await makeSigningKey()).publicKey)]
  const [c, p] = [await publicPoint(computer.publicKey), await publicPoint(phone.publicKey)]
  const facts = { origin: 'https://id.engines.example', computerId: 'computer', computerAgreementKey: c, computerSigningKey: signer, phoneId: 'phone', phoneAgreementKey: p, phoneSigningKey: signer }
  const secret = new Uint8Array(16).fill(change.secret ?? 1)
  const { root } = await agree({ secret, own: computer.privateKey, theirs: p, facts })
  const ids = { computerId: 'computer', phoneId: 'phone' }
  return { computer: { root, own: computer.privateKey, theirs: p, ...ids }, phone: { root: (await agree({ secret, own: phone.privateKey, theirs: c, facts })).root, own: phone.privateKey, theirs: c, ...ids } }
}

async function connect({ computer, phone }: { computer: Pair; phone: Pair }): Promise<{ here: Channel; there: Channel; frames: readonly [string, string] }> {
  const opened = await openConnection(computer)
  const accepted = await acceptConnection(phone, opened.connection, opened.body)
  return { here: await opened.accepted(accepted.body), there: accepted.channel, frames: [opened.body, accepted.body] }
}

/** Another first byte behind the same length. */
const flip = (body: string, at: number): string => {
  const bytes = Buffer.from(body, 'base64url')
  bytes[at] = (bytes[at] ?? 0) ^ 1
  return bytes.toString('base64url')
}

describe('a connection', () => {
  it('SEC-48 carries what both sides say, in both directions and in order', async () => {
    const { here, there } = await connect(await aPairing())
    const messages = [{ kind: 'create', origin: 'https://site.example' }, { text: 'Größe ✓ تلفن' }, 'x'.repeat(70_000), null]
    for (const [index, message] of messages.entries()) {
      const [question, answer] = [await here.seal(message), await there.seal(message)]
      expect(question.sequence).toBe(index + 1)
      expect(await there.open(question)).toEqual(message)
      expect(await here.open(answer)).toEqual(message)
    }
  })

  it('SEC-48 hides from the server what is said, and nearly how long it is', async () => {
    const { here, there } = await connect(await aPairing())
    const bodies = [await here.seal({ kind: 'shown' }), await here.seal({ kind: 'ctap', command: 'x'.repeat(150) })].map(({ body }) => Buffer.from(body, 'base64url'))
    expect(bodies.map(({ length }) => length)).toEqual([256 + 16, 256 + 16])
    expect(Buffer.from((await there.seal('x'.repeat(251))).body, 'base64url').length).toBe(512 + 16)
    for (const body of bodies) expect(body.includes('kind')).toBe(false)
  })

  it('SEC-48 takes exactly the next frame: none changed, replayed, dropped, swapped or sent back', async () => {
    const { here, there } = await connect(await aPairing())
    const [first, second, third, back] = [await here.seal(1), await here.seal(2), await here.seal(3), await there.seal('back')]
    const refused = async (frame: { sequence: number; body: string }): Promise<void> => { await expect(there.open(frame), JSON.stringify(frame)).rejects.toThrow(Tampered) }
    const length = Buffer.from(first.body, 'base64url').length
    for (const at of [0, 4, 100, length - 17, length - 16, length - 1]) await refused({ ...first, body: flip(first.body, at) })
    for (const body of ['', 'AAAA', `${first.body}A`, `${first.body}AAAA`, first.body.slice(0, -4), '###']) await refused({ ...first, body })
    await refused({ ...first, sequence: 2 })
    await refused({ ...second, sequence: 1 })
    for (const sequence of [-1, 0, 1.5, Number.NaN, 2 ** 40]) await refused({ ...first, sequence })
    await refused(second)
    await refused(back)
    // None of it was in the way of the right one.
    expect(await there.open(first)).toBe(1)
    await refused(first)
    await refused(third)
    expect(await there.open(second)).toBe(2)
    await expect(here.open(third)).rejects.toThrow(Tampered)
    expect(await here.open(back)).toBe('back')
  })

  it('SEC-48 takes one of two equal frames that come at once', async () => {
    const { here, there } = await connect(await aPairing())
    const frame = await here.seal(1)
    expect((await Promise.allSettled([there.open(frame), there.open(frame)])).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  })

  it('SEC-48 has keys of its own: frames of one are none of another, though the same two devices speak', async () => {
    const pairing = await aPairing()
    const [one, other] = [await connect(pairing), await connect(pairing)]
    const [here, there] = [await one.here.seal('same'), await other.here.seal('same')]
    expect(here.body).not.toBe(there.body)
    await expect(other.there.open(here)).rejects.toThrow(Tampered)
    expect(await other.there.open(there)).toBe('same')
    expect(one.frames.some((frame) => other.frames.includes(frame))).toBe(false)
  })

  it('SEC-48 never makes a key that can be read out', async () => {
    const spies = [vi.spyOn(crypto.subtle, 'importKey'), vi.spyOn(crypto.subtle, 'generateKey'), vi.spyOn(crypto.subtle, 'deriveKey')]
    await connect(await aPairing())
    const made = (await Promise.all(spies.flatMap((spy) => spy.mock.results.map(({ value }) => value as Promise<webcrypto.CryptoKey | webcrypto.CryptoKeyPair>)))).flatMap((key) => ('privateKey' in key ? [key.privateKey] : [key]))
    expect(made.length).toBeGreaterThan(10)
    expect(made.filter(({ type, extractable }) => extractable && type !== 'public')).toEqual([])
  })
})

describe('the beginning of a connection', () => {
  it('SEC-48 is refused when anything in it was changed, on either side', async () => {
    const { computer, phone } = await aPairing()
    const opened = await openConnection(computer)
    for (const body of [flip(opened.body, 10), flip(opened.body, 64), flip(opened.body, 65), flip(opened.body, 96), '', 'AAAA', `${opened.body}AAAA`, opened.body.slice(0, 87), '###']) {
      await expect(acceptConnection(phone, opened.connection, body), body).rejects.toThrow(Tampered)
      const answer = await acceptConnection(phone, opened.connection, opened.body)
      const again = await openConnection(computer)
      await expect(again.accepted(body)).rejects.toThrow(Tampered)
      await expect(again.accepted(answer.body)).rejects.toThrow(Tampered)
    }
    await expect(acceptConnection(phone, `${opened.connection}x`, opened.body)).rejects.toThrow(Tampered)
    const { body } = await acceptConnection(phone, opened.connection, opened.body)
    await expect(opened.accepted(opened.body)).rejects.toThrow(Tampered)
    // One answer, right or wrong: the same keys twice would be the same nonces twice.
    await expect(opened.accepted(body)).rejects.toThrow(Tampered)
  })

  it('SEC-48 is refused from whoever is not paired: another secret, another phone, another computer, other names', async () => {
    const mine = await aPairing()
    const others = [await aPairing({ secret: 2 }), await aPairing(), { computer: { ...mine.computer, computerId: 'other' }, phone: mine.phone }, { computer: { ...mine.computer, phoneId: 'other' }, phone: mine.phone }]
    for (const other of others) {
      const { connection, body } = await openConnection(other.computer)
      await expect(acceptConnection(mine.phone, connection, body)).rejects.toThrow(Tampered)
    }
    const opened = await openConnection(mine.computer)
    const stranger = await aPairing()
    await expect(acceptConnection(stranger.phone, opened.connection, opened.body)).rejects.toThrow(Tampered)
  })

  it('SEC-48 takes more than a stolen root: without the lasting keys of a side nobody speaks for it', async () => {
    const { computer, phone } = await aPairing()
    const thief = await makeAgreementKey()
    const opened = await openConnection({ ...computer, own: thief.privateKey })
    const { body, channel } = await acceptConnection(phone, opened.connection, opened.body)
    const forged = await opened.accepted(body)
    await expect(channel.open(await forged.seal('let me in'))).rejects.toThrow(Tampered)
    const mine = await openConnection(computer)
    const theirs = await acceptConnection({ ...phone, own: thief.privateKey }, mine.connection, mine.body)
    await expect((await mine.accepted(theirs.body)).open(await theirs.channel.seal('yes'))).rejects.toThrow(Tampered)
  })

  it('SEC-48 that comes again later opens nothing: what followed it the first time is none of it', async () => {
    const { computer, phone } = await aPairing()
    const opened = await openConnection(computer)
    const first = await acceptConnection(phone, opened.connection, opened.body)
    const question = await (await opened.accepted(first.body)).seal('once')
    expect(await first.channel.open(question)).toBe('once')
    const second = await acceptConnection(phone, opened.connection, opened.body)
    expect(second.body).not.toBe(first.body)
    await expect(second.channel.open(question)).rejects.toThrow(Tampered)
  })

  it('SEC-48 is derived as written down: node:crypto opens what was sealed', async () => {
    const keyOf = async (fill: number): Promise<{ pair: KeyPair; raw: ReturnType<typeof createECDH> }> => {
      const raw = createECDH('prime256v1')
      raw.setPrivateKey(Buffer.alloc(32, fill))
      const point = raw.getPublicKey()
      const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
      const algorithm = { name: 'ECDH', namedCurve: 'P-256' }
      return { raw, pair: { publicKey: await crypto.subtle.importKey('jwk', jwk, algorithm, true, []), privateKey: await crypto.subtle.importKey('jwk', { ...jwk, d: Buffer.alloc(32, fill).toString('base64url') }, algorithm, false, ['deriveBits']) } }
    }
    const [c, p, ec, ep] = [await keyOf(1), await keyOf(2), await keyOf(3), await keyOf(4)]
    const { computer, phone } = await aPairing({ computer: c.pair, phone: p.pair })
    // A root that node:crypto knows too.
    const rootBits = Buffer.alloc(32, 5)
    const root = await crypto.subtle.importKey('raw', rootBits, 'HKDF', false, ['deriveBits', 'deriveKey'])
    const generate = vi.spyOn(crypto.subtle, 'generateKey')
    generate.mockResolvedValueOnce(ec.pair as never).mockResolvedValueOnce(ep.pair as never)
    const opened = await openConnection({ ...computer, root })
    const accepted = await acceptConnection({ ...phone, root }, opened.connection, opened.body)
    const { sequence, body } = await (await opened.accepted(accepted.body)).seal({ kind: 'shown' })

    const prefixed = (...parts: readonly (string | Buffer)[]): Buffer => Buffer.concat(parts.flatMap((part) => {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(Buffer.from(part).length)
      return [length, Buffer.from(part)]
    }))
    const [opening, answer] = [ec.raw.getPublicKey(), ep.raw.getPublicKey()]
    const proofKey = Buffer.from(hkdfSync('sha256', rootBits, '', 'doorward-connection-1 proof', 32))
    const proof = (...text: readonly (string | Buffer)[]): Buffer => createHmac('sha256', proofKey).update(prefixed(...text)).digest()
    expect(opened.body).toBe(Buffer.concat([opening, proof('computer', opened.connection, 'computer', 'phone', opening)]).toString('base64url'))
    expect(accepted.body).toBe(Buffer.concat([answer, proof('phone', opened.connection, 'computer', 'phone', opening, answer)]).toString('base64url'))
    const material = Buffer.concat([ec.raw.computeSecret(answer), ec.raw.computeSecret(p.raw.getPublicKey()), c.raw.computeSecret(answer)])
    const salt = Buffer.from(hkdfSync('sha256', rootBits, '', 'doorward-connection-1 salt', 32))
    const info = createHash('sha256').update(prefixed('doorward-connection-1', 'computer', opened.connection, 'computer', 'phone', opening, answer)).digest()
    const decipher = createDecipheriv('aes-256-gcm', Buffer.from(hkdfSync('sha256', material, salt, info, 32)), Buffer.from('000000000000000000000001', 'hex'))
    const sealed = Buffer.from(body, 'base64url')
    decipher.setAAD(prefixed(opened.connection, 'computer', String(sequence)))
    decipher.setAuthTag(sealed.subarray(-16))
    const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
    expect(plain.length).toBe(256)
    expect(JSON.parse(plain.subarray(4, 4 + plain.readUInt32BE()).toString())).toEqual({ kind: 'shown' })
    expect(plain.subarray(4 + plain.readUInt32BE()).every((byte) => byte === 0)).toBe(true)
  })
})
