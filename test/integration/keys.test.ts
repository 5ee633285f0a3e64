import { X509Certificate } from 'node:crypto'
import { createLocalJWKSet, importJWK, jwtVerify, SignJWT, type JWK } from 'jose'
import { beforeEach, expect, it } from 'vitest'
import { createKeys, type KeyAlgorithm, type Keys } from '../../src/keys/index.ts'
import { createSealer } from '../../src/storage/index.ts'
import { onEachDatabase } from '../support/storage.ts'

const day = 86_400_000

onEachDatabase('keys', (current) => {
  let keys: Keys
  const node = (): Keys => createKeys(current())
  const states = async () => (await keys.list('oidc')).map(({ algorithm, generation, state }) => `${algorithm} ${generation} ${state}`)
  const signer = async (algorithm: KeyAlgorithm): Promise<JWK> => {
    const jwk = (await keys.current('oidc')).privateJwks.find(({ alg }) => alg === algorithm)
    if (!jwk) throw new Error(`no key for ${algorithm}`)
    return jwk
  }
  const sign = async (algorithm: KeyAlgorithm): Promise<string> => {
    const jwk = await signer(algorithm)
    return new SignJWT({ sub: 'ada' }).setProtectedHeader({ alg: algorithm, kid: jwk.kid ?? '' }).sign(await importJWK(jwk, algorithm))
  }
  const published = async () => createLocalJWKSet({ keys: [...(await keys.current('oidc')).publicJwks] })

  beforeEach(async () => {
    await current().storage.execute('DELETE FROM signing_keys')
    keys = node()
    await keys.ensure()
  })

  it('signs with a key of each algorithm, RS256 first, and publishes what verifies', async () => {
    const set = await keys.current('oidc')
    expect(set.privateJwks.map(({ alg }) => alg)).toEqual(['RS256', 'ES256', 'EdDSA'])
    expect(set.publicJwks.map(({ kid }) => kid)).toEqual(set.privateJwks.map(({ kid }) => kid))
    for (const jwk of set.publicJwks) {
      expect(jwk).toMatchObject({ use: 'sig' })
      for (const name of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) expect(jwk).not.toHaveProperty(name)
    }
    for (const algorithm of ['RS256', 'ES256', 'EdDSA'] as const) {
      expect((await jwtVerify(await sign(algorithm), await published())).payload.sub).toBe('ada')
    }
  })

  it('makes the first keys once, on however many nodes', async () => {
    await current().storage.execute('DELETE FROM signing_keys')
    await Promise.all([node().ensure(), node().ensure(), node().ensure(), keys.ensure()])
    expect(await states()).toEqual(['ES256 1 active', 'EdDSA 1 active', 'RS256 1 active'])
    const versions = await Promise.all([node().current('oidc'), node().current('oidc')])
    expect(versions[0].version).toBe(versions[1].version)
    await keys.ensure()
    expect(await states()).toHaveLength(3)
  })

  it('SEC-74 keeps private parts sealed, each in its row', async () => {
    const { privateJwks } = await keys.current('oidc')
    const rows = await current().storage.read.all('SELECT * FROM signing_keys')
    for (const { d } of privateJwks) expect(JSON.stringify(rows)).not.toContain(d)
    await expect(createKeys({ ...current(), sealer: createSealer(Buffer.alloc(32, 9)) }).current('oidc')).rejects.toThrow(/was sealed with key/)
    await current().storage.execute(`UPDATE signing_keys SET sealed_private_key = (SELECT sealed_private_key FROM signing_keys WHERE algorithm = 'EdDSA') WHERE algorithm = 'ES256'`)
    await expect(node().current('oidc')).rejects.toThrow()
  })

  it('opens keys only when the set has changed', async () => {
    const first = await keys.current('oidc')
    const before = current().storage.statistics.statements
    expect(await keys.current('oidc')).toBe(first)
    expect(current().storage.statistics.statements - before).toBe(1)
    await keys.rotate('oidc')
    const second = await keys.current('oidc')
    expect(second.version).not.toBe(first.version)
    expect((await node().current('oidc')).version).toBe(second.version)
  })

  it('SEC-77 loses no token over a year of rotation, with applications that cache the key set for a day', async () => {
    const issued: { token: string; expiresAt: number }[] = []
    const start = current().clock.now()
    let cached = await published()
    let rotations = 0
    for (let passed = 0; passed <= 365; passed++) {
      const changes = await keys.advance()
      rotations += changes.filter(({ kind, algorithm }) => kind === 'activated' && algorithm === 'ES256').length
      const fresh = await sign('ES256')
      // Yesterday's copy of the key set knows today's signer.
      await expect(jwtVerify(fresh, cached)).resolves.toBeDefined()
      cached = await published()
      issued.push({ token: fresh, expiresAt: current().clock.now() + 13 * day })
      for (const { token, expiresAt } of issued) if (expiresAt > current().clock.now() && passed % 10 === 0) await expect(jwtVerify(token, cached)).resolves.toBeDefined()
      expect((await keys.current('oidc')).publicJwks.length).toBeLessThanOrEqual(6)
      current().clock.advance(day)
    }
    expect(rotations).toBe(4)
    const wiped = await current().storage.read.all<{ sealed_private_key: string }>(`SELECT sealed_private_key FROM signing_keys WHERE state = 'removed'`)
    expect(wiped.length).toBeGreaterThanOrEqual(9)
    expect(wiped.every(({ sealed_private_key: sealed }) => sealed === '')).toBe(true)
    current().clock.set(start)
  }, 60_000)

  it('R-14 advances once, on however many nodes', async () => {
    const start = current().clock.now()
    const nodes = [node(), node(), node(), keys]
    const together = async () => (await Promise.all(nodes.map((each) => each.advance()))).flat().map(({ kind, algorithm }) => `${kind} ${algorithm}`).sort()
    current().clock.advance(89 * day)
    expect(await together()).toEqual(['published ES256', 'published EdDSA', 'published RS256'])
    expect(await together()).toEqual([])
    current().clock.advance(day)
    expect(await together()).toEqual(['activated ES256', 'activated EdDSA', 'activated RS256'])
    current().clock.advance(14 * day)
    expect(await together()).toEqual(['removed ES256', 'removed EdDSA', 'removed RS256'])
    expect((await states()).filter((state) => state.endsWith('active'))).toHaveLength(3)
    current().clock.set(start)
  })

  it('SEC-77 rotates by hand without a gap', async () => {
    const start = current().clock.now()
    const before = await signer('RS256')
    expect((await keys.rotate('oidc')).map(({ kind }) => kind)).toEqual(['published', 'published', 'published'])
    expect(await keys.rotate('oidc')).toEqual([])
    expect((await signer('RS256')).kid).toBe(before.kid)
    current().clock.advance(day)
    expect(await keys.advance()).toHaveLength(3)
    expect((await signer('RS256')).kid).not.toBe(before.kid)
    expect((await keys.current('oidc')).publicJwks.map(({ kid }) => kid)).toContain(before.kid)
    current().clock.set(start)
  })

  it('withdraws compromised keys at once, with what they have signed', async () => {
    const stolen = await sign('ES256')
    await keys.rotate('oidc')
    const changes = await keys.rotate('oidc', { compromised: true })
    expect(changes.filter(({ kind }) => kind === 'activated')).toHaveLength(3)
    expect(changes.filter(({ kind }) => kind === 'removed')).toHaveLength(6)
    await expect(jwtVerify(stolen, await published())).rejects.toThrow()
    await expect(jwtVerify(await sign('ES256'), await published())).resolves.toBeDefined()
    expect((await keys.current('oidc')).publicJwks).toHaveLength(3)
  })

  it('SEC-32 signs for each protocol and each federated domain with a key of its own, with a certificate that fits it', async () => {
    const [saml, domain] = [await keys.certificates('saml'), await keys.certificates('microsoft365 corp')]
    expect(saml.signer.keyId).not.toBe(domain.signer.keyId)
    for (const { signer, published } of [saml, domain]) {
      const certificate = new X509Certificate(Buffer.from(signer.certificate, 'base64'))
      expect(certificate.checkPrivateKey(signer.privateKey)).toBe(true)
      expect(certificate.verify(certificate.publicKey)).toBe(true)
      expect(published).toHaveLength(1)
      expect(published[0]).toMatchObject({ state: 'active', notAfter: certificate.validToDate.getTime(), fingerprint: certificate.fingerprint256 })
    }
    expect((await keys.current('oidc')).publicJwks.every(({ x5c }) => x5c === undefined)).toBe(true)
    expect(await keys.certificates('saml')).toBe(saml)
  })

  it('SEC-32 rolls a certificate over in two steps, with both published in between', async () => {
    const before = await keys.certificates('saml')
    await keys.rotate('saml')
    const during = await keys.certificates('saml')
    expect(during.signer.keyId).toBe(before.signer.keyId)
    expect(during.published.map(({ state }) => state)).toEqual(['active', 'upcoming'])
    await keys.switchOver('saml')
    const after = await keys.certificates('saml')
    expect(after.signer.keyId).toBe(during.published[1]?.keyId)
    expect(after.published.map(({ state }) => state)).toEqual(['active', 'retiring'])
    expect(await keys.switchOver('saml')).toEqual([])
    current().clock.advance(15 * day)
    await keys.advance()
    expect((await keys.certificates('saml')).published.map(({ state }) => state)).toEqual(['active'])
  })

  it('publishes the next certificate a quarter of a year ahead, and lets it take over before the old one ends', async () => {
    const { published: [first] } = await keys.certificates('wsfed')
    if (!first) throw new Error('no certificate')
    current().clock.set(first.notAfter - 103 * day)
    await keys.advance()
    const next = (await keys.certificates('wsfed')).published.find(({ state }) => state === 'upcoming')
    expect(next).toBeDefined()
    current().clock.set(first.notAfter - 13 * day)
    await keys.advance()
    expect((await keys.certificates('wsfed')).signer.keyId).toBe(next?.keyId)
  })

  it('never lets the next key of a federated domain take over by itself: Entra has to be told first', async () => {
    const before = await keys.certificates('microsoft365 corp')
    current().clock.set((before.published[0]?.notAfter ?? 0) - 100 * day)
    await keys.advance()
    for (const left of [13, 1, -30]) {
      current().clock.set((before.published[0]?.notAfter ?? 0) - left * day)
      await keys.advance()
    }
    expect((await keys.certificates('microsoft365 corp')).published.map(({ state }) => state)).toEqual(['active', 'upcoming'])
    expect((await keys.certificates('microsoft365 corp')).signer.keyId).toBe(before.signer.keyId)
    await keys.switchOver('microsoft365 corp')
    expect((await keys.certificates('microsoft365 corp')).signer.keyId).not.toBe(before.signer.keyId)
  })

  it('removes every key of a domain that is no longer federated', async () => {
    const before = await keys.certificates('microsoft365 corp')
    await current().storage.write((tx) => keys.removeAll(tx, 'microsoft365 corp'))
    expect((await keys.list('microsoft365 corp')).map(({ state }) => state)).toEqual(['removed'])
    expect((await keys.certificates('microsoft365 corp')).signer.keyId).not.toBe(before.signer.keyId)
  })
})
