import { createDecipheriv, createHash } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { verifyAuthenticationResponse, verifyRegistrationResponse, type AuthenticationResponseJSON, type RegistrationResponseJSON } from '@simplewebauthn/server'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readCbor, type CborMap } from '../../src/browser/authenticator/cbor.ts'
import { agree } from '../../src/browser/pairing/agreement.ts'
import type { Bytes } from '../../src/browser/pairing/bytes.ts'
import { openConnection } from '../../src/browser/pairing/connection.ts'
import { makeAgreementKey, makeSigningKey, publicPoint } from '../../src/browser/pairing/party.ts'
import { createAssets } from '../../src/http/assets.ts'
import { chromiumMissing, launchChromium, takeSeat, type Seat } from '../support/chromium.ts'
import { skipWithout } from '../support/skip.ts'

const folder = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const assets = createAssets({ assetFolder: folder('views/assets'), browserFolder: folder('src/browser') })
const load = (name: string): string => `import(${JSON.stringify(assets.url(name))})`
/** Keeps and finds by a key, as an app does. */
const storage = `
  const database = await new Promise((resolve) => { const opening = indexedDB.open('kept', 1); opening.onupgradeneeded = () => opening.result.createObjectStore('kept'); opening.onsuccess = () => resolve(opening.result) })
  const run = (mode, work) => new Promise((resolve, reject) => { const request = work(database.transaction('kept', mode).objectStore('kept')); request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error) })
  const put = (key, value) => run('readwrite', (kept) => kept.put(value, key)), find = (key) => run('readonly', (kept) => kept.get(key))`

describe('keys in a browser', () => {
  skipWithout(chromiumMissing())
  let browser: Browser
  let server: Server
  let seat: Seat
  beforeAll(async () => {
    if (chromiumMissing() !== undefined) return
    server = createServer((request, response) => {
      const asset = assets.find(request.url ?? '')
      response.writeHead(200, { 'Content-Type': asset?.contentType ?? 'text/html', 'Content-Security-Policy': `default-src 'self'` }).end(asset?.body ?? '<!doctype html><title>Phone</title>')
    })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    browser = await launchChromium()
    seat = await takeSeat(browser, `http://localhost:${(server.address() as AddressInfo).port}`)
    await seat.page.goto('/')
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  /** The page forgets everything but what it has stored. */
  const inPage = async <T>(code: string): Promise<T> => {
    await seat.page.reload()
    return seat.page.evaluate(`(async () => { ${storage}\n${code} })()`)
  }

  it('SEC-48 of a pairing outlive the page that made them, cannot be read out, and open what the computer seals', async () => {
    const [computer, signer] = [await makeAgreementKey(), await makeSigningKey()]
    const [theirs, signing] = [await publicPoint(computer.publicKey), await publicPoint(signer.publicKey)]
    const facts = { origin: 'https://id.engines.example', computerId: 'computer', computerAgreementKey: theirs, computerSigningKey: signing, phoneId: 'phone', phoneSigningKey: signing }
    const made = await inPage<{ phoneAgreementKey: string; digits: string; hello: string }>(`
      const { makeAgreementKey, publicPoint } = await ${load('pairing/party.js')}
      const { agree } = await ${load('pairing/agreement.js')}
      const own = await makeAgreementKey()
      const phoneAgreementKey = await publicPoint(own.publicKey)
      const agreement = await agree({ secret: new Uint8Array(16).fill(5), own: own.privateKey, theirs: ${JSON.stringify(theirs)}, facts: { ...${JSON.stringify(facts)}, phoneAgreementKey } })
      await put('pair', { root: agreement.root, own: own.privateKey, theirs: ${JSON.stringify(theirs)}, computerId: 'computer', phoneId: 'phone' })
      return { phoneAgreementKey, digits: agreement.digits, hello: await agreement.confirmation('hello') }`)
    const agreement = await agree({ secret: new Uint8Array(16).fill(5), own: computer.privateKey, theirs: made.phoneAgreementKey, facts: { ...facts, phoneAgreementKey: made.phoneAgreementKey } })
    expect(made.digits).toBe(agreement.digits)
    expect(await agreement.isConfirmation('hello', made.hello)).toBe(true)

    const opened = await openConnection({ root: agreement.root, own: computer.privateKey, theirs: made.phoneAgreementKey, computerId: 'computer', phoneId: 'phone' })
    const accepted = await inPage<{ body: string; answer: { sequence: number; body: string }; readOut: string[] }>(`
      const { acceptConnection } = await ${load('pairing/connection.js')}
      const pair = await find('pair')
      const { body, channel } = await acceptConnection(pair, ${JSON.stringify(opened.connection)}, ${JSON.stringify(opened.body)})
      const readOut = []
      for (const key of [pair.root, pair.own]) for (const format of ['jwk', 'raw', 'pkcs8']) await crypto.subtle.exportKey(format, key).then(() => readOut.push(format), () => undefined)
      return { body, answer: await channel.seal({ kind: 'shown' }), readOut }`)
    expect(await (await opened.accepted(accepted.body)).open(accepted.answer)).toEqual({ kind: 'shown' })
    expect(accepted.readOut).toEqual([])
  })

  it('SEC-48 give a program of a computer the same secret as a site in its browser, sealed', async () => {
    const [input, key] = [Uint8Array.of(1, 2, 3), new Uint8Array(32).fill(7)]
    const salt = createHash('sha256').update('WebAuthn PRF\0').update(input).digest()
    const { answer, secret } = await inPage<{ answer: number[]; secret: string }>(`
      const { answerWebAuthn } = await ${load('authenticator/webauthn.js')}
      const { command } = await ${load('authenticator/ctap.js')}
      const { writeCbor } = await ${load('authenticator/cbor.js')}
      const store = { list: async () => [await find('secret')].filter(Boolean), save: (credential) => put('secret', credential), remove: async () => undefined, use: async () => 1 }
      const device = { now: () => Date.now(), store, ask: async (question) => ({ outcome: 'approved', choice: question.kind === 'get' ? question.credentials[0].id : 'key' }) }
      const page = { origin: 'https://site.example', crossOrigin: false }
      await answerWebAuthn({ kind: 'create', options: { challenge: 'AAEC', rp: { id: 'site.example', name: 'Site' }, user: { id: 'AQID', name: 'ada', displayName: 'Ada' }, pubKeyCredParams: [{ alg: -7, type: 'public-key' }] }, ...page }, device)
      const signed = await answerWebAuthn({ kind: 'get', options: { challenge: 'AQID', rpId: 'site.example', extensions: { prf: { eval: { first: ${JSON.stringify(Buffer.from(input).toString('base64url'))} } } } }, ...page }, device)
      const asked = Uint8Array.from([2, ...writeCbor(new Map([[1, 'site.example'], [2, new Uint8Array(32)], [4, new Map([['hmac-secret', new Map()]])]]))])
      const answer = await command(asked, device, { salts: ${JSON.stringify(salt.toString('base64url'))}, key: ${JSON.stringify(Buffer.from(key).toString('base64url'))}, protocol: 2 })
      return { answer: [...answer], secret: signed.response.clientExtensionResults.prf.results.first }`)
    const data = (readCbor(Uint8Array.from(answer.slice(1))) as CborMap).get(2) as Bytes
    const sealed = (readCbor(data.slice(37)) as CborMap).get('hmac-secret') as Bytes
    const decipher = createDecipheriv('aes-256-cbc', key, sealed.subarray(0, 16)).setAutoPadding(false)
    expect(Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]).toString('base64url')).toBe(secret)
  })

  it.each([[-7, 'ES256'], [-8, 'EdDSA'], [-257, 'RS256']])('S111 of a site outlive the page that made them, and sign: %i, %s', async (alg) => {
    const [origin, rpId] = ['https://login.site.example', 'site.example']
    const device = `
      const { answerWebAuthn } = await ${load('authenticator/webauthn.js')}
      const store = { list: async () => [await find('credential')].filter(Boolean), save: (credential) => put('credential', credential), remove: async () => undefined, use: async () => 1 }
      const device = { now: () => Date.now(), store, ask: async (question) => ({ outcome: 'approved', choice: question.kind === 'get' ? question.credentials[0].id : 'key' }) }
      const ask = async (kind, options) => (await answerWebAuthn({ kind, options, origin: ${JSON.stringify(origin)}, crossOrigin: false }, device)).response`
    const response = await inPage<RegistrationResponseJSON>(`${device}
      return ask('create', { challenge: 'AAEC', rp: { id: 'site.example', name: 'Site' }, user: { id: 'AQID', name: 'ada', displayName: 'Ada' }, pubKeyCredParams: [{ alg: ${alg}, type: 'public-key' }], attestation: 'direct' })`)
    const { verified, registrationInfo } = await verifyRegistrationResponse({ response, expectedChallenge: 'AAEC', expectedOrigin: origin, expectedRPID: rpId, supportedAlgorithmIDs: [alg] })
    if (!verified) throw new Error('not verified')
    expect(registrationInfo.fmt).toBe('packed')
    const signed = await inPage<AuthenticationResponseJSON>(`${device}
      return ask('get', { challenge: 'AQID', rpId: 'site.example', extensions: { prf: { eval: { first: 'AAAA' } } } })`)
    expect((await verifyAuthenticationResponse({ response: signed, expectedChallenge: 'AQID', expectedOrigin: origin, expectedRPID: rpId, credential: registrationInfo.credential })).verified).toBe(true)
    expect(signed.clientExtensionResults).toMatchObject({ prf: { results: { first: expect.stringMatching(/^[\w-]{43}$/) as string } } })
    expect([seat.complaints, seat.foreign]).toEqual([[], []])
  })
})
