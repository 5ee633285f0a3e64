import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { beforeAll, expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { aConnection, offerOf, pairComputer } from '../support/fake-computer.ts'
import { givePhone, type FakePhone } from '../support/fake-phone.ts'
import { changeSettings, textOf } from '../support/pages.ts'

let count = 0
/** In another network than everything else here. */
const away = '198.51.100.9'

withApp('what a paired computer and its phone tell each other', (current, kind) => {
  async function someone() {
    const { user } = await current().addPerson({ email: `frames${++count}@example.com`, withKey: false })
    const phone = await givePhone(current(), user)
    return { user, phone, computer: await pairComputer(current(), phone) }
  }
  const eventsOf = async (user: { organizationId: string; id: string }, action: string) => (await current().foundation.audit.list({ organizationId: user.organizationId as never, userId: user.id as never, action, limit: 20 })).events
  const moment = () => new Promise((resolve) => { setTimeout(resolve, 100) })

  it('SEC-48 S82 carries sealed frames both ways as they are, tells the phone where they came from, and keeps nothing that is over', async () => {
    const { phone, computer } = await someone()
    const lines: string[] = []
    const line = phone.listen((text) => lines.push(text))
    await expect.poll(() => lines.filter((text) => text === 'event: look').length).toBe(1)
    const connection = aConnection()
    const before = performance.now()
    expect(await computer.post(connection, 0, 'aGVsbG8')).toMatchObject({ status: 200, body: {} })
    await expect.poll(() => lines.filter((text) => text === 'event: look').length, { interval: 5 }).toBeGreaterThan(1)
    expect(performance.now() - before).toBeLessThan(1_000)
    line.close()
    await computer.post(connection, 1, 'c2Vjb25k')
    const { body } = await phone.frames()
    expect(body.frames).toMatchObject([{ computer: computer.id, connection, sequence: 0, body: 'aGVsbG8', ip: '127.0.0.1', sameNetwork: true }, { computer: computer.id, connection, sequence: 1, body: 'c2Vjb25k' }])
    const waiting = computer.frames(connection)
    await moment()
    expect((await phone.post(computer.id, connection, 0, 'YQ')).status).toBe(200)
    expect((await waiting).body).toEqual({ frames: [{ connection, sequence: 0, body: 'YQ' }], refused: null })
    await phone.post(computer.id, connection, 1, 'Yg')
    expect((await computer.frames(connection, 0)).body.frames.map(({ sequence }) => sequence)).toEqual([1])
    expect((await phone.state()).body.computers).toMatchObject([{ id: computer.id, lastUsedAt: expect.any(Number) as number }])
    expect((await computer.end(connection)).status).toBe(200)
    expect((await phone.frames()).body.frames).toEqual([])
    expect(await current().foundation.storage.read.all('SELECT 1 FROM pairing_frames WHERE connection = ?', [connection])).toEqual([])
    expect(await phone.post(computer.id, connection, 2)).toMatchObject({ status: 409, body: { error: 'over' } })
  })

  it('what the phone said last is still read after it has ended the connection', async () => {
    const { phone, computer } = await someone()
    const connection = aConnection()
    await computer.post(connection, 0)
    await phone.post(computer.id, connection, 0, 'bm8')
    expect((await phone.call('POST', '/connections/end', { computer: computer.id, connection })).status).toBe(200)
    expect((await phone.frames()).body.frames).toEqual([])
    expect((await computer.frames(connection)).body).toMatchObject({ frames: [{ body: 'bm8' }], refused: 'over' })
    // Whoever has read it is told at once that nothing more comes.
    expect((await computer.frames(connection, 0)).body).toEqual({ frames: [], refused: 'over' })
    expect(await phone.post(computer.id, connection, 1)).toMatchObject({ status: 409, body: { error: 'over' } })
  })

  it('SEC-48 a frame has one place: the same again is kept once, another in its place is refused', async () => {
    const { phone, computer } = await someone()
    const connection = aConnection()
    await computer.post(connection, 0, 'AAAA')
    expect((await computer.post(connection, 0, 'AAAA')).status).toBe(200)
    expect(await computer.post(connection, 0, 'BBBB')).toMatchObject({ status: 400, body: { error: 'invalid' } })
    await phone.post(computer.id, connection, 0, 'CCCC')
    expect((await phone.post(computer.id, connection, 0, 'CCCC')).status).toBe(200)
    expect(await phone.post(computer.id, connection, 0, 'DDDD')).toMatchObject({ status: 400, body: { error: 'invalid' } })
    expect((await phone.frames()).body.frames.map(({ body }) => body)).toEqual(['AAAA'])
    expect((await computer.frames(connection)).body.frames.map(({ body }) => body)).toEqual(['CCCC'])
  })

  it('SEC-48 nobody else’s phone or computer reads or writes a connection, and an unpaired one has none', async () => {
    const [mine, theirs] = [await someone(), await someone()]
    const connection = aConnection()
    await mine.computer.post(connection, 0)
    expect((await theirs.phone.frames()).body.frames).toEqual([])
    expect(await theirs.phone.post(mine.computer.id, connection, 0)).toMatchObject({ status: 409, body: { error: 'over' } })
    expect(await theirs.phone.call('POST', '/connections/end', { computer: mine.computer.id, connection })).toMatchObject({ status: 409 })
    await theirs.computer.end(connection)
    expect((await mine.phone.frames()).body.frames).toHaveLength(1)
    await mine.phone.post(mine.computer.id, connection, 0)
    const ended = new AbortController()
    setTimeout(() => { ended.abort() }, 300)
    await expect(theirs.computer.call('GET', `/frames?connection=${connection}&after=-1`, undefined, { signal: ended.signal })).rejects.toThrow(/abort/)
    const unpaired = await offerOf(current())
    expect(await unpaired.post(aConnection(), 0)).toMatchObject({ status: 400, body: { error: 'invalid' } })
    await mine.phone.take(unpaired.offer)
    expect(await unpaired.post(aConnection(), 0)).toMatchObject({ status: 400 })
    expect(await unpaired.frames(connection)).toMatchObject({ status: 400 })
  })

  it('a phone answers only what it was asked, in order, and for two minutes', async () => {
    const { phone, computer } = await someone()
    const connection = aConnection()
    expect(await phone.post(computer.id, connection, 0)).toMatchObject({ status: 409, body: { error: 'over' } })
    await computer.post(connection, 0)
    expect(await phone.post(computer.id, connection, 1)).toMatchObject({ status: 400, body: { error: 'invalid' } })
    current().advance(121_000)
    expect((await phone.frames()).body.frames).toEqual([])
    expect(await phone.post(computer.id, connection, 0)).toMatchObject({ status: 409, body: { error: 'over' } })
    expect(await computer.post(connection, 1)).toMatchObject({ status: 400 })
  })

  it('SEC-86 four connections at once, sixty-four frames and 256 KiB in each; one that ended makes room', async () => {
    const { phone, computer } = await someone()
    const open = [aConnection(), aConnection(), aConnection(), aConnection()]
    for (const connection of open) expect((await computer.post(connection, 0)).status).toBe(200)
    const fifth = aConnection()
    expect(await computer.post(fifth, 0)).toMatchObject({ status: 429, body: { error: 'limit' } })
    await computer.end(open[0] ?? '')
    expect((await computer.post(fifth, 0)).status).toBe(200)

    const [, full = '', heavy = ''] = open
    current().advance(61_000)
    for (let sequence = 1; sequence < 63; sequence++) expect((await computer.post(full, sequence, 'AA')).status).toBe(200)
    expect((await phone.post(computer.id, full, 0, 'AA')).status).toBe(200)
    expect(await computer.post(full, 63, 'AA')).toMatchObject({ status: 429, body: { error: 'limit' } })
    expect(await phone.post(computer.id, full, 1, 'AA')).toMatchObject({ status: 429, body: { error: 'limit' } })
    const body = 'A'.repeat(49_152)
    for (let sequence = 1; sequence <= 5; sequence++) expect((await computer.post(heavy, sequence, body)).status).toBe(200)
    expect(await computer.post(heavy, 6, body)).toMatchObject({ status: 429, body: { error: 'limit' } })
    expect((await computer.post(heavy, 6, 'AA')).status).toBe(200)
  })

  it('SEC-86 a hundred and twenty frames a minute, and eight waits at once', async () => {
    const { computer } = await someone()
    const statuses: number[] = []
    for (let frame = 0; frame < 130; frame++) {
      const connection = aConnection()
      statuses.push((await computer.post(connection, 0, 'AA')).status)
      await computer.end(connection)
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(120)
    expect(new Set(statuses.slice(120))).toEqual(new Set([429]))
    current().advance(61_000)
    expect((await computer.post(aConnection(), 0)).status).toBe(200)

    const connection = aConnection()
    const ended = new AbortController()
    const waiting = Array.from({ length: 8 }, () => computer.call('GET', `/frames?connection=${connection}&after=-1`, undefined, { signal: ended.signal }).catch(() => undefined))
    await moment()
    expect(await computer.frames(connection)).toMatchObject({ status: 429, body: { error: 'limit' } })
    ended.abort()
    await Promise.all(waiting)
    await expect.poll(async () => (await computer.pairing()).status).toBe(200)
  })

  it('SEC-49 S88 where phones must be near, one that answers from another network is refused, and its computer learns why', async () => {
    await changeSettings(current(), { methods: { phoneNear: true } })
    try {
      const { user, phone, computer } = await someone()
      const [near, far] = [aConnection(), aConnection()]
      await computer.post(near, 0)
      expect((await phone.post(computer.id, near, 0)).status).toBe(200)
      await computer.post(far, 0)
      const waiting = computer.frames(far)
      await moment()
      phone.ip = away
      expect((await phone.frames()).body.frames).toMatchObject([{ sameNetwork: false, ip: '127.0.0.1' }, { sameNetwork: false }])
      expect(await phone.post(computer.id, far, 0)).toMatchObject({ status: 409, body: { error: 'far' } })
      expect((await waiting).body).toEqual({ frames: [], refused: 'far' })
      expect(await phone.post(computer.id, far, 1)).toMatchObject({ status: 409, body: { error: 'far' } })
      phone.ip = undefined
      expect(await phone.post(computer.id, far, 0)).toMatchObject({ status: 409, body: { error: 'far' } })
      expect(await computer.post(far, 1)).toMatchObject({ status: 409, body: { error: 'far' } })
      expect(await eventsOf(user, 'computer.far')).toMatchObject([{ outcome: 'denied', target: { kind: 'computer', id: computer.id } }])
      // A connection that was opened near goes on, whatever network the phone changes to.
      phone.ip = away
      expect((await phone.post(computer.id, near, 1)).status).toBe(200)
      // The place that counts is the one of the request, not the one the computer is heard from later.
      computer.ip = away
      const moved = aConnection()
      await computer.post(moved, 0)
      expect((await phone.post(computer.id, moved, 0)).status).toBe(200)
    } finally {
      await changeSettings(current(), { methods: { phoneNear: false } })
    }
    const { phone, computer } = await someone()
    const connection = aConnection()
    await computer.post(connection, 0)
    phone.ip = away
    expect((await phone.post(computer.id, connection, 0)).status).toBe(200)
  })

  it('S62 S63 S64 what became of a request at another site stands in the activity with site and account, once, and is found', async () => {
    const { user, phone, computer } = await someone()
    const use = { computer: computer.id, action: 'signed_in', outcome: 'success', site: 'shop.example', siteName: 'The Shop', account: 'ada.at.shop', id: aConnection() }
    for (let time = 0; time < 2; time++) expect(await phone.call('POST', '/uses', use)).toMatchObject({ status: 200, body: {} })
    await phone.call('POST', '/uses', { ...use, action: 'registered', site: 'bank.example', siteName: '', account: 'lovelace', id: aConnection() })
    await phone.call('POST', '/uses', { ...use, outcome: 'denied', computer: null, id: aConnection() })
    expect((await eventsOf(user, 'phone.*')).map(({ action, outcome, application, target }) => [action, outcome, application?.id, application?.name, target?.name]).slice(0, 3)).toEqual([
      ['phone.key_refused', 'denied', 'shop.example', 'The Shop', 'ada.at.shop'], ['phone.key_registered', 'success', 'bank.example', 'bank.example', 'lovelace'], ['phone.key_used', 'success', 'shop.example', 'The Shop', 'ada.at.shop'],
    ])
    const panel = await current().signedIn({ user, key: phone.passkey })
    const rows = async (query: string) => [.../<tbody>([\s\S]*)<\/tbody>/.exec((await panel.get(`/activity?${query}`)).body)?.[1]?.matchAll(/<tr>([\s\S]*?)<\/tr>/g) ?? []].map(([, row = '']) => textOf(row))
    expect((await rows('action=phone.key_used'))).toEqual([expect.stringMatching(/The Shop shop\.example ada\.at\.shop Login with the phone/)])
    expect((await rows('text=lovelace'))).toEqual([expect.stringMatching(/bank\.example bank\.example lovelace Register with the phone/)])
    expect(await rows('text=shop.example')).toHaveLength(2)
    expect(await rows('text=The+Shop')).toHaveLength(2)
    const { user: other, phone: theirs } = await someone()
    expect((await (await current().signedIn({ user: other, key: theirs.passkey })).get('/activity')).body).not.toContain('shop.example')
  })

  it('S120 "not me" tells the person and the administrators, once, and pauses nothing', async () => {
    await current().addPerson({ email: 'guard@example.com', role: 'owner' })
    const { user, phone, computer } = await someone()
    const use = { computer: computer.id, action: 'signed_in', outcome: 'reported', site: 'evil.example', siteName: 'Evil', account: 'ada', id: aConnection() }
    for (let time = 0; time < 2; time++) await phone.call('POST', '/uses', use)
    const letters = async (to: string) => (await current().letters(to)).filter(({ template }) => template === 'phone-reported')
    expect(await letters(user.email)).toHaveLength(1)
    expect((await letters(user.email))[0]?.text).toContain('a request for one of its keys was not yours')
    expect((await letters('guard@example.com')).map(({ text }) => text)).toEqual([expect.stringMatching(/Evil\s+Chrome on Linux/)])
    expect((await letters('guard@example.com'))[0]?.text).not.toContain('is asked until')
    expect(await current().app.parts.phones.approvals.pausedUntil(user.id)).toBeNull()
    expect((await eventsOf(user, 'phone.key_reported'))).toMatchObject([{ outcome: 'denied', application: { id: 'evil.example' } }])
  })

  if (kind === 'postgres') it('P-16 S119 a frame that arrives at one node is heard within a second at another, both ways', async () => {
    const { phone, computer } = await someone()
    phone.address = (await current().anotherNode()).address
    const lines: string[] = []
    const line = phone.listen((text) => lines.push(text))
    await expect.poll(() => lines.filter((text) => text === 'event: look').length).toBe(1)
    const connection = aConnection()
    const before = performance.now()
    await computer.post(connection, 0)
    await expect.poll(() => lines.filter((text) => text === 'event: look').length, { interval: 5 }).toBeGreaterThan(1)
    expect(performance.now() - before).toBeLessThan(1_000)
    line.close()
    const waiting = computer.frames(connection)
    await moment()
    await phone.post(computer.id, connection, 0)
    const answered = performance.now()
    expect((await waiting).body.frames).toHaveLength(1)
    expect(performance.now() - answered).toBeLessThan(1_000)
  })
}, { DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1/32' })

withApp('what a request through a paired computer costs the database', (current, kind) => {
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  it('P-19 one commit for each frame, and one question for all who wait', async () => {
    const { user } = await current().addPerson({ email: 'budget@example.com', withKey: false })
    const phone = await givePhone(current(), user)
    const computer = await pairComputer(current(), phone)
    const connection = aConnection()
    const { statistics } = current().foundation.storage
    const costs: Record<string, readonly [number, number]> = {}
    const step = async (name: string, act: () => Promise<{ status: number }>): Promise<void> => {
      const before = { ...statistics }
      expect((await act()).status, name).toBe(200)
      costs[name] = [statistics.statements - before.statements, statistics.commits - before.commits]
    }
    await step('frame of the computer', () => computer.post(connection, 0))
    await step('frames for the phone', () => phone.frames())
    await step('frame of the phone', () => phone.post(computer.id, connection, 0))
    await step('frames for the computer', () => computer.frames(connection))
    await step('end', () => computer.end(connection))
    expect(costs).toEqual({ 'frame of the computer': [4, 1], 'frames for the phone': [5, 0], 'frame of the phone': [9, 1], 'frames for the computer': [2, 0], end: [3, 1] })

    const others = await Promise.all(Array.from({ length: 5 }, (_value, index) => offerOf(current(), { name: `Computer ${index}` })))
    const ended = new AbortController()
    const waiting = others.map((other) => other.call('GET', '/pairing?known=offered', undefined, { signal: ended.signal }).catch(() => undefined))
    await new Promise((resolve) => { setTimeout(resolve, 300) })
    const before = statistics.statements
    await new Promise((resolve) => { setTimeout(resolve, 1_000) })
    const asked = statistics.statements - before
    expect(asked).toBeGreaterThan(2)
    // Several nodes look oftener for a moment after news.
    expect(asked).toBeLessThan(kind === 'postgres' ? 24 : 6)
    ended.abort()
    await Promise.all(waiting)
  })
})

withApp('waking a phone for a paired computer', (current) => {
  it('S82 S119 SEC-43 the first frame of a connection wakes the phone of the pairing, and neither the next one nor another phone, three times unless it answers', async () => {
    const { user } = await current().addPerson({ email: 'asleep@example.com', withKey: false })
    const knocks = { mine: 0, other: 0 }
    const servers: Server[] = []
    const phoneOf = async (name: keyof typeof knocks): Promise<FakePhone> => {
      // Whoever is called here answers no TLS: that somebody came is what counts.
      const server = createServer((socket) => { knocks[name]++; socket.destroy() }).listen(0, '127.0.0.1')
      await once(server, 'listening')
      servers.push(server)
      const phone = await givePhone(current(), user, { name })
      expect((await phone.call('POST', '/push', { subscription: { endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}/push` } })).status).toBe(200)
      return phone
    }
    try {
      const [mine] = [await phoneOf('mine'), await phoneOf('other')]
      const computer = await pairComputer(current(), mine)
      const connection = aConnection()
      await computer.post(connection, 0)
      await expect.poll(() => knocks).toEqual({ mine: 1, other: 0 })
      await computer.post(connection, 1)
      await new Promise((resolve) => { setTimeout(resolve, 200) })
      expect(knocks).toEqual({ mine: 1, other: 0 })
      await computer.post(aConnection(), 0)
      await expect.poll(() => knocks).toEqual({ mine: 2, other: 0 })

      // SEC-43: a computer that begins again and again calls a phone that says nothing three times in ten minutes.
      const begin = async (): Promise<string> => {
        const begun = aConnection()
        expect((await computer.post(begun, 0)).status).toBe(200)
        return begun
      }
      const end = (begun: string) => computer.call('POST', '/connections/end', { connection: begun })
      for (let time = 0; time < 6; time++) await end(await begin())
      await new Promise((resolve) => { setTimeout(resolve, 300) })
      expect(knocks).toEqual({ mine: 3, other: 0 })
      const heard = await begin()
      expect((await mine.post(computer.id, heard, 0)).status).toBe(200)
      await end(heard)
      await end(await begin())
      await expect.poll(() => knocks.mine).toBe(4)
      for (let time = 0; time < 4; time++) await end(await begin())
      await new Promise((resolve) => { setTimeout(resolve, 300) })
      expect(knocks.mine).toBe(6)
      current().advance(600_001)
      await begin()
      await expect.poll(() => knocks.mine).toBe(7)
    } finally {
      for (const server of servers) server.close()
    }
  })
}, { DOORWARD_PHONES_WEB_PUSH: 'true', DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
