import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { createServer } from 'node:http'
import { SettingsService } from '@simplewebauthn/server'
import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { askChallenge } from '../support/ceremonies.ts'
import { freePort } from '../support/port.ts'

const der = (tag: number, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content)
  return Buffer.concat([Buffer.from([tag, ...(body.length < 128 ? [body.length] : body.length < 256 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 255])]), body])
}
const sequence = (...content: Buffer[]): Buffer => der(0x30, ...content)
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'))
const nameOf = (text: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(text)))))
const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest()

function certificate(order: { subject: string; issuer: string; publicKey: KeyObject; signer: KeyObject; extensions: Buffer[] }): Buffer {
  const time = (at: number): Buffer => der(0x17, Buffer.from(`${new Date(at).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`))
  const algorithm = sequence(oid('2a8648ce3d040302'))
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])), algorithm, nameOf(order.issuer), sequence(time(Date.now() - 43_200_000), time(Date.now() + 43_200_000)),
    nameOf(order.subject), order.publicKey.export({ type: 'spki', format: 'der' }), der(0xa3, sequence(...order.extensions)),
  )
  return sequence(body, algorithm, der(0x03, Buffer.from([0]), sign('sha256', body, order.signer)))
}

const cborText = (text: string): Buffer => Buffer.concat([Buffer.from([0x60 + text.length]), Buffer.from(text)])
const cborBytes = (data: Buffer): Buffer => Buffer.concat([Buffer.from([0x59, data.length >> 8, data.length & 255]), data])

/** A registration whose certificates, made by whoever registers, name an address for revocations. */
function androidKey(options: { challenge: string }, origin: string, revocations: string): string {
  const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const [key, root] = [pair(), pair()]
  const clientData = Buffer.from(JSON.stringify({ type: 'webauthn.create', challenge: options.challenge, origin, crossOrigin: false }))
  const description = sequence(
    der(0x02, Buffer.from([3])), der(0x0a, Buffer.from([1])), der(0x02, Buffer.from([4])), der(0x0a, Buffer.from([1])), der(0x04, sha256(clientData)), der(0x04), sequence(), sequence(),
  )
  const points = sequence(sequence(der(0xa0, der(0xa0, der(0x86, Buffer.from(revocations))))))
  const leaf = certificate({
    subject: 'key', issuer: 'root', publicKey: key.publicKey, signer: root.privateKey,
    extensions: [sequence(oid('2b06010401d679020111'), der(0x04, description)), sequence(oid('551d1f'), der(0x04, points))],
  })
  const anchor = certificate({
    subject: 'root', issuer: 'root', publicKey: root.publicKey, signer: root.privateKey,
    extensions: [sequence(oid('551d13'), der(0x01, Buffer.from([0xff])), der(0x04, sequence(der(0x01, Buffer.from([0xff])))))],
  })
  const { x = '', y = '' } = key.publicKey.export({ format: 'jwk' })
  const cose = Buffer.concat([Buffer.from('a5010203262001215820', 'hex'), Buffer.from(x, 'base64url'), Buffer.from('225820', 'hex'), Buffer.from(y, 'base64url')])
  const id = randomBytes(16)
  const authData = Buffer.concat([sha256(Buffer.from(new URL(origin).hostname)), Buffer.from([0x45]), Buffer.alloc(4), Buffer.alloc(16), Buffer.from([0, 16]), id, cose])
  const attestation = Buffer.concat([
    Buffer.from([0xa3]), cborText('fmt'), cborText('android-key'), cborText('attStmt'), Buffer.from([0xa3]), cborText('alg'), Buffer.from([0x26]), cborText('sig'), cborBytes(randomBytes(70)),
    cborText('x5c'), Buffer.from([0x82]), cborBytes(leaf), cborBytes(anchor), cborText('authData'), cborBytes(authData),
  ])
  return JSON.stringify({
    id: id.toString('base64url'), rawId: id.toString('base64url'), type: 'public-key', response: { clientDataJSON: clientData.toString('base64url'), attestationObject: attestation.toString('base64url') },
  })
}

withApp('what a key says of itself', (current) => {
  it('SEC-81 SEC-38 never makes the server call the addresses in its certificates', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end()
    })
    const port = await freePort()
    await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
    try {
      const person = await current().addPerson({ email: 'ada@example.com' })
      const panel = await current().signedIn(person)
      await panel.get('/security/keys/new')
      const { challengeId, options } = await askChallenge(panel, '/security/keys/new/options')
      const response = androidKey(options as { challenge: string }, current().url, `http://127.0.0.1:${port}/revoked`)
      expect((await panel.post('/security/keys', { challenge_id: challengeId, response, transports: 'internal' })).status).toBe(422)
      expect(asked).toEqual([])
    } finally {
      server.close()
    }
  })

  it('SEC-38 S126 no format is followed to a root, for which other hosts would be asked', () => {
    for (const identifier of ['apple', 'android-key', 'android-safetynet', 'packed', 'tpm', 'fido-u2f'] as const) expect([identifier, SettingsService.getRootCertificates({ identifier })]).toEqual([identifier, []])
  })
})
