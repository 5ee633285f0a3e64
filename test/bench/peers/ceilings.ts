import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto'
import { closeSync, fdatasyncSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { verifyAuthenticationResponse } from '@simplewebauthn/server'
import { SecurityKey } from '../../support/security-key.ts'

export type Ceiling = 'webauthn' | 'es256' | 'sync'
export interface CeilingOrder { readonly ceiling: Ceiling; readonly seconds: number }

/**
 * What the machine and the libraries can do without anything around them, one at a time, on the servers' core:
 * judging a key's answer, signing with ES256, and getting 4 kB onto the disk of the folder given as argument.
 */
const folder = process.argv[2] ?? '.'
const origin = 'http://localhost'
const challenge = randomBytes(32).toString('base64url')
const key = new SecurityKey(origin)
key.userHandle = Buffer.from('someone').toString('base64url')
const credential = { id: key.id, publicKey: new Uint8Array(key.coseKey()), counter: 0 }
const response = JSON.parse(key.sign({ challenge, rpId: 'localhost' })) as Parameters<typeof verifyAuthenticationResponse>[0]['response']
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const block = randomBytes(4_096)

const works: Readonly<Record<Ceiling, () => Promise<void> | void>> = {
  async webauthn() {
    const { verified } = await verifyAuthenticationResponse({ response, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: 'localhost', credential, requireUserVerification: true })
    if (!verified) throw new Error('the right answer of a key was refused')
  },
  es256() { createSign('sha256').update(block).sign({ key: privateKey, dsaEncoding: 'ieee-p1363' }) },
  sync() {
    writeSync(file, block, 0, block.length, 0)
    fdatasyncSync(file)
  },
}

const path = join(folder, 'sync-ceiling')
const file = openSync(path, 'w')
process.on('message', (order: CeilingOrder) => { void run(order) })
process.on('disconnect', () => { process.exit(0) })
process.on('exit', () => {
  closeSync(file)
  unlinkSync(path)
})
process.on('SIGTERM', () => { process.exit(0) })
process.send?.('ready')

async function run({ ceiling, seconds }: CeilingOrder): Promise<void> {
  const end = performance.now() + seconds * 1_000
  let operations = 0
  for (; performance.now() < end; operations++) await works[ceiling]()
  process.send?.({ operations })
}
