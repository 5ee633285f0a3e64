import { expect, it } from 'vitest'
import { sweepExpired } from '../../src/app/sweep.ts'
import { withApp } from '../support/app.ts'
import { aConnection, aPoint, aProof, FakeComputer, offerOf, pairComputer } from '../support/fake-computer.ts'
import { givePhone } from '../support/fake-phone.ts'

let count = 0
/** In another network than everything else here. */
const away = '198.51.100.9'

withApp('pairing a computer with a phone', (current, kind) => {
  async function someone() {
    const { user } = await current().addPerson({ email: `paired${++count}@example.com`, withKey: false })
    return { user, phone: await givePhone(current(), user) }
  }
  const eventsOf = async (user: { organizationId: string; id: string }, action: string) => (await current().foundation.audit.list({ organizationId: user.organizationId as never, userId: user.id as never, action, limit: 20 })).events

  it('SEC-46 S103 S105 is active when the computer has confirmed the digits and the phone was unlocked, and both know it', async () => {
    const { user, phone } = await someone()
    const computer = await offerOf(current())
    expect((await computer.pairing()).body).toMatchObject({ state: 'offered', phone: null, hello: null, phoneConfirmed: false, computerConfirmed: false })
    const waiting = computer.pairing('offered')
    const taken = await phone.take(computer.offer)
    expect(taken.body).toMatchObject({ outcome: 'taken', computer: { id: computer.id, kind: 'extension', name: 'Chrome on Linux', signingKey: computer.signingKey, agreementKey: computer.agreementKey, ip: '127.0.0.1', sameNetwork: true, lastUsedAt: null } })
    const told = await waiting
    expect(told.body).toMatchObject({ state: 'taken', phone: { id: phone.id, name: 'Pixel', model: 'Pixel 9', organization: 'Analytical Engines', email: user.email } })
    const { x = '', y = '' } = JSON.parse(phone.publicKey()) as { x?: string; y?: string }
    expect(told.body.hello?.signingKey).toBe(Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]).toString('base64url'))

    const proof = aProof()
    expect((await computer.confirm(proof)).body).toMatchObject({ state: 'taken', computerConfirmed: true, phoneConfirmed: false })
    expect((await phone.call('GET', `/pairings/${computer.id}`)).body).toMatchObject({ state: 'taken', computerProof: proof, computer: { id: computer.id } })
    expect((await phone.state()).body.computers).toEqual([])
    const active = computer.pairing('taken')
    expect((await phone.confirmPairing(computer.id)).body).toMatchObject({ state: 'active' })
    expect((await active).body).toMatchObject({ state: 'active', expiresAt: null, phoneConfirmed: true })
    expect((await phone.state()).body.computers).toMatchObject([{ id: computer.id, name: 'Chrome on Linux' }])
    expect(await eventsOf(user, 'computer.paired')).toMatchObject([{ outcome: 'success', target: { kind: 'computer', name: 'Chrome on Linux' } }])
    expect((await current().letters(user.email)).find(({ template, text }) => template === 'way-changed' && text.includes('Chrome on Linux'))).toBeDefined()
  })

  it('SEC-46 either may be the last to confirm, and confirming twice changes nothing', async () => {
    const { user, phone } = await someone()
    const computer = await offerOf(current())
    await phone.take(computer.offer)
    expect((await phone.confirmPairing(computer.id)).body).toMatchObject({ state: 'taken', computerProof: null })
    expect((await phone.confirmPairing(computer.id))).toMatchObject({ status: 409, body: { error: 'over' } })
    const proof = aProof()
    expect((await computer.confirm(proof)).body).toMatchObject({ state: 'active' })
    expect((await computer.confirm(proof)).body).toMatchObject({ state: 'active' })
    expect(await computer.confirm(aProof())).toMatchObject({ status: 409 })
    expect(await eventsOf(user, 'computer.paired')).toHaveLength(1)
  })

  it('SEC-46 only the first phone that scans has it, and the second is told nothing and noted', async () => {
    const [first, second] = [await someone(), await someone()]
    const computer = await offerOf(current())
    expect((await first.phone.take(computer.offer)).body.outcome).toBe('taken')
    expect((await second.phone.take(computer.offer)).body).toEqual({ outcome: 'unknown', computer: null })
    expect((await second.phone.call('GET', `/pairings/${computer.id}`)).body).toEqual({ state: 'removed', computerProof: null, computer: null })
    expect(await second.phone.confirmPairing(computer.id)).toMatchObject({ status: 409 })
    expect(await eventsOf(second.user, 'computer.offer_refused')).toMatchObject([{ outcome: 'denied', details: { reason: 'taken' } }])
    expect((await computer.pairing()).body.phone?.id).toBe(first.phone.id)
    const both = await offerOf(current())
    const outcomes = await Promise.all([first.phone.take(both.offer), second.phone.take(both.offer)])
    expect(outcomes.map(({ body }) => body.outcome).toSorted()).toEqual(['taken', 'unknown'])
  })

  it('SEC-46 S106 an offer is over after two minutes, and one that is taken after five more', async () => {
    const { user, phone } = await someone()
    const [late, slow] = [await offerOf(current()), await offerOf(current())]
    await phone.take(slow.offer)
    current().advance(121_000)
    expect((await phone.take(late.offer)).body.outcome).toBe('unknown')
    expect(await eventsOf(user, 'computer.offer_refused')).toMatchObject([{ details: { reason: 'expired' } }])
    expect((await late.pairing('offered')).body.state).toBe('removed')
    expect((await slow.confirm()).status).toBe(200)
    current().advance(181_000)
    expect(await phone.confirmPairing(slow.id)).toMatchObject({ status: 409, body: { error: 'over' } })
    expect((await slow.pairing('taken')).body).toMatchObject({ state: 'removed', phone: null, hello: null })
  })

  it('SEC-46 the picture’s number is kept as a hash only', async () => {
    const computer = await offerOf(current())
    const rows = await current().foundation.storage.read.all<object>('SELECT * FROM paired_computers')
    expect(JSON.stringify(rows)).toContain(computer.id)
    expect(JSON.stringify(rows)).not.toContain(computer.offer)
  })

  it('SEC-46 a phone that is not unlocked, or by another key, or for another computer, pairs nothing', async () => {
    const { user, phone } = await someone()
    const second = await givePhone(current(), user)
    const [computer, other] = [await offerOf(current()), await offerOf(current())]
    await phone.take(computer.offer)
    await phone.take(other.offer)
    await computer.confirm()
    for (const change of [{ unlock: { userVerified: false } }, { unlock: { breakSignature: true } }, { key: second.passkey }, { optionsOf: other.id }]) {
      expect(await phone.confirmPairing(computer.id, change), JSON.stringify(Object.keys(change))).toMatchObject({ status: 400, body: { error: 'wrong' } })
    }
    expect((await computer.pairing()).body.state).toBe('taken')
    expect((await eventsOf(user, 'computer.offer_refused')).map(({ details }) => details['reason'])).toEqual(['not_unlocked', 'not_unlocked', 'not_unlocked', 'not_unlocked'])
    expect((await second.confirmPairing(computer.id)).status).toBe(409)
    expect((await phone.confirmPairing(computer.id)).body.state).toBe('active')
  })

  it('SEC-48 a request of a computer is good for its own address, body and time only, and for nobody else', async () => {
    const { phone } = await someone()
    const computer = await pairComputer(current(), phone)
    const other = await pairComputer(current(), phone)
    expect((await computer.pairing()).status).toBe(200)
    for (const change of [{ signature: 'A'.repeat(86) }, { signedPath: '/pairing/api/frames' }, { id: other.id }, { id: 'A'.repeat(22) }, { id: 'short' }]) {
      expect(await computer.call('GET', '/pairing?known=', undefined, change), JSON.stringify(change)).toMatchObject({ status: 401, body: { error: 'unknown_computer' } })
    }
    expect(await computer.call('POST', '/frames', { connection: aConnection(), sequence: 0, body: 'AAAA' }, { signedBody: '{}' })).toMatchObject({ status: 401, body: { error: 'unknown_computer' } })
    computer.ahead = 3_600_000
    expect(await computer.pairing()).toMatchObject({ status: 401, body: { error: 'clock', now: expect.any(Number) as number } })
    computer.ahead = -60_000
    expect((await computer.pairing()).status).toBe(200)
  })

  it('lets every origin read its answers, without credentials, and opens nothing else of the server', async () => {
    const computer = new FakeComputer(current().url, () => current().foundation.clock.now())
    const asked = { origin: 'chrome-extension://abcdefghijklmnopabcdefghijklmnop', 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization,content-type' }
    const preflight = await computer.send('OPTIONS', '/pairing/api/frames', asked)
    expect(preflight).toMatchObject({ status: 204, headers: { 'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, POST', 'access-control-allow-headers': 'Authorization, Content-Type', 'access-control-max-age': '7200' } })
    const refused = await computer.send('GET', '/pairing/api/pairing', { origin: asked.origin })
    expect(refused).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': '*', 'cache-control': 'no-store' } })
    for (const answer of [preflight, refused]) {
      expect(answer.headers).not.toHaveProperty('access-control-allow-credentials')
      expect(answer.headers).not.toHaveProperty('set-cookie')
    }
    for (const path of ['/phone/api/state', '/pairing', '/pairing/apis', '/', '/health/live', '/activity']) {
      for (const method of ['OPTIONS', 'GET']) expect((await computer.send(method, path, { ...asked, accept: 'application/json' }).catch(() => ({ headers: {} }))).headers, `${method} ${path}`).not.toHaveProperty('access-control-allow-origin')
    }
  })

  it('SEC-86 refuses whatever is no offer, no point, no frame and no address of its own', async () => {
    const { phone } = await someone()
    const computer = new FakeComputer(current().url, () => current().foundation.clock.now())
    const offCurve = Buffer.concat([Buffer.from([4]), Buffer.alloc(64, 1)]).toString('base64url')
    for (const change of [{ offer: 'short' }, { offer: null }, { signingKey: offCurve }, { agreementKey: aPoint().slice(0, -1) }, { agreementKey: `${aPoint()}=` }, { kind: 'phone' }, { name: '' }, { name: 'a\u0000b' }, { name: 'x'.repeat(101) }, { version: 7 }]) {
      expect(await computer.makeOffer(change), JSON.stringify(change)).toMatchObject({ status: 400, body: { error: 'invalid' } })
    }
    expect(await computer.send('POST', '/pairing/api/offers', {}, '{')).toMatchObject({ status: 400 })
    expect(await computer.send('POST', '/pairing/api/offers', {}, 'x'.repeat(70_000))).toMatchObject({ status: 413, body: { error: 'invalid' } })
    expect(await computer.send('GET', '/pairing/api/offers', {})).toMatchObject({ status: 405 })
    const first = await computer.makeOffer()
    expect(first.status).toBe(201)
    expect(await computer.makeOffer()).toMatchObject({ status: 400 })

    const paired = await pairComputer(current(), phone)
    const connection = aConnection()
    for (const frame of [{}, { connection, sequence: -1, body: 'AAAA' }, { connection, sequence: 64, body: 'AAAA' }, { connection, sequence: 0.5, body: 'AAAA' }, { connection: '../../x', sequence: 0, body: 'AAAA' }, { connection, sequence: 0, body: 'no base64!' }, { connection, sequence: 0, body: 'A'.repeat(49_153) }, { connection, sequence: 1, body: 'AAAA' }]) {
      expect(await paired.call('POST', '/frames', frame), JSON.stringify(frame).slice(0, 80)).toMatchObject({ status: 400, body: { error: 'invalid' } })
    }
    for (const query of ['', '?connection=x&after=0', `?connection=${connection}`, `?connection=${connection}&after=1e9`, `?connection=${connection}&after=-2`]) expect(await paired.call('GET', `/frames${query}`), query).toMatchObject({ status: 400 })
    expect(await paired.call('POST', '/connections/end', { connection: 7 })).toMatchObject({ status: 400 })
    expect(await paired.call('GET', '/nothing')).toMatchObject({ status: 404, body: { error: 'invalid' } })
    for (const [path, body] of [['/pairings', { offer: 'x' }], ['/frames', { computer: paired.id }], ['/connections/end', {}], ['/uses', { id: 'x' }], [`/pairings/${paired.id}`, { proof: 'x' }]] as const) {
      expect(await phone.call('POST', path, body), path).toMatchObject({ status: 400, body: { error: 'invalid' } })
    }
    expect(await phone.call('GET', '/pairings')).toMatchObject({ status: 404 })
  })

  it('SEC-43 a phone has ten computers at most', async () => {
    const { user, phone } = await someone()
    const all = []
    for (let index = 0; index < 10; index++) all.push(await pairComputer(current(), phone, `Computer ${index}`))
    const eleventh = await offerOf(current())
    expect(await phone.take(eleventh.offer)).toMatchObject({ status: 409, body: { error: 'too_many' } })
    expect(await eventsOf(user, 'computer.offer_refused')).toMatchObject([{ details: { reason: 'full' } }])
    await phone.call('POST', `/pairings/${all[0]?.id ?? ''}/removal`, {})
    expect((await phone.take(eleventh.offer)).body.outcome).toBe('taken')
  })

  it('S105 either side removes it: the other hears at once, nothing that was sealed is kept, and nothing more gets through', async () => {
    const { user, phone } = await someone()
    const computer = await pairComputer(current(), phone)
    await computer.post(aConnection(), 0)
    const [state, frames] = [computer.pairing('active'), computer.frames(aConnection())]
    await new Promise((resolve) => { setTimeout(resolve, 100) })
    const before = performance.now()
    expect(await phone.call('POST', `/pairings/${computer.id}/removal`, {})).toMatchObject({ status: 200, body: {} })
    expect((await state).body).toMatchObject({ state: 'removed', phone: null, hello: null })
    expect(await frames).toMatchObject({ status: 409, body: { error: 'removed' } })
    expect(performance.now() - before).toBeLessThan(1_000)
    expect(await computer.post(aConnection(), 0)).toMatchObject({ status: 409, body: { error: 'removed' } })
    expect(await computer.confirm()).toMatchObject({ status: 409, body: { error: 'removed' } })
    expect(await current().foundation.storage.read.all('SELECT 1 FROM pairing_frames WHERE computer_id = ?', [computer.id])).toEqual([])
    expect((await phone.state()).body.computers).toEqual([])

    const second = await pairComputer(current(), phone)
    expect((await second.call('POST', '/pairing/removal', {})).body).toEqual({})
    expect((await phone.state()).body.computers).toEqual([])
    expect((await phone.call('GET', `/pairings/${second.id}`)).body).toMatchObject({ state: 'removed' })
    expect((await eventsOf(user, 'computer.removed')).map(({ details }) => details['by'])).toEqual(['computer', 'phone'])
  })

  it('SEC-50 a suspended or removed phone or person ends it within a second, whoever waits, and it does not come back', async () => {
    const { storage, users } = current().foundation
    const { phones, personAccess, passkeys } = current().app.parts
    const nothing = () => Promise.resolve()
    type Subject = Awaited<ReturnType<typeof someone>>
    const ways: Record<string, { end: (subject: Subject) => Promise<unknown>; back?: (subject: Subject) => Promise<unknown> }> = {
      'phone suspended': { end: ({ user, phone }) => storage.write((tx) => phones.store.setSuspended(tx, user, phone.id, true)), back: ({ user, phone }) => storage.write((tx) => phones.store.setSuspended(tx, user, phone.id, false)) },
      'phone removed': { end: ({ user, phone }) => storage.write((tx) => phones.store.remove(tx, user, phone.id)) },
      'its passkey removed': { end: async ({ user, phone }) => {
        const { credentialId = '' } = await phones.store.find(user, phone.id) ?? {}
        await storage.write((tx) => passkeys.remove(tx, user.organizationId, user.id, credentialId as never))
      } },
      'person suspended': { end: ({ user }) => personAccess.suspend({ organizationId: user.organizationId, id: user.id }, nothing), back: ({ user }) => personAccess.resume({ organizationId: user.organizationId, id: user.id }, nothing) },
      'person suspended elsewhere': { end: ({ user }) => storage.write((tx) => users.update(tx, user.organizationId, user.id, { status: 'suspended' })) },
      'person removed': { end: ({ user }) => personAccess.remove({ organizationId: user.organizationId, id: user.id }, nothing) },
    }
    for (const [way, { end, back }] of Object.entries(ways)) {
      const subject = await someone()
      const computer = await pairComputer(current(), subject.phone)
      const connection = aConnection()
      expect((await computer.post(connection, 0)).status, way).toBe(200)
      const [state, frames] = [computer.pairing('active'), computer.frames(connection)]
      await new Promise((resolve) => { setTimeout(resolve, 100) })
      const before = performance.now()
      await end(subject)
      expect((await state).body, way).toMatchObject({ state: 'removed' })
      expect(await frames, way).toMatchObject({ status: 409, body: { error: 'removed' } })
      expect(performance.now() - before, way).toBeLessThan(1_000)
      const after = await computer.post(connection, 1)
      expect(after.body.error, way).toBe(after.status === 401 ? 'unknown_computer' : 'removed')
      if (!back) continue
      await back(subject)
      expect(await computer.post(aConnection(), 0), way).toMatchObject({ status: 409, body: { error: 'removed' } })
      expect((await subject.phone.state()).body.computers, way).toEqual([])
    }
  })

  it('a person’s own phone shows its own computers only', async () => {
    const { user, phone } = await someone()
    const second = await givePhone(current(), user)
    const computer = await pairComputer(current(), phone)
    expect((await second.state()).body.computers).toEqual([])
    expect((await second.call('POST', `/pairings/${computer.id}/removal`, {})).status).toBe(200)
    expect((await phone.state()).body.computers).toMatchObject([{ id: computer.id }])
  })

  it('what is over is swept with what was sealed in it, and what is paired stays', async () => {
    const { phone } = await someone()
    const [over, active] = [await offerOf(current()), await pairComputer(current(), phone)]
    await active.post(aConnection(), 0)
    current().advance(3 * 3_600_000)
    await sweepExpired(current().foundation)
    const left = (await current().foundation.storage.read.all<{ id: string }>('SELECT id FROM paired_computers')).map(({ id }) => id)
    expect(left).toContain(active.id)
    expect(left).not.toContain(over.id)
    expect(await current().foundation.storage.read.all('SELECT 1 FROM pairing_frames')).toEqual([])
    expect((await active.pairing()).body.state).toBe('active')
  })

  if (kind === 'postgres') it('P-16 SEC-50 a pairing that is taken, confirmed and removed on one node is seen within a second by a computer that waits at another', async () => {
    const { phone } = await someone()
    const computer = await offerOf(current())
    phone.address = (await current().anotherNode()).address
    for (const [known, next, act] of [['offered', 'taken', () => phone.take(computer.offer)], ['taken', 'active', async () => { await phone.confirmPairing(computer.id) }], ['active', 'removed', () => phone.call('POST', '/removal', {})]] as const) {
      if (known === 'taken') await computer.confirm()
      const waiting = computer.pairing(known)
      await new Promise((resolve) => { setTimeout(resolve, 100) })
      await act()
      const before = performance.now()
      expect((await waiting).body.state).toBe(next)
      expect(performance.now() - before).toBeLessThan(1_000)
    }
  })
}, { DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1/32' })

withApp('how often computers may ask to be paired', (current) => {
  it('SEC-46 SEC-86 offers of one network are counted, and another network goes on', async () => {
    const computer = new FakeComputer(current().url, () => current().foundation.clock.now())
    let made = 0
    for (let ask = 0; ask < 70; ask++) {
      computer.offer = aProof()
      const answer = await computer.makeOffer()
      if (answer.status === 201) made++
      else expect(answer).toMatchObject({ status: 429, body: { error: 'limit' } })
    }
    expect(made).toBe(60)
    computer.ip = away
    expect((await computer.makeOffer()).status).toBe(201)
  })
}, { DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1/32' })
