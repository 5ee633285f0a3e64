import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InvalidRequest } from '../../src/errors.ts'
import { silentLog } from '../../src/log.ts'
import {
  createDelivery, createMailTransport, createOutbox, createSmsTransport, type ClaimedMessage, type MessageOrder, type Outbox, type SendResult, type Transport,
} from '../../src/messaging/index.ts'
import type { OrganizationId } from '../../src/storage/index.ts'
import { openMailbox, type Mailbox } from '../support/mailbox.ts'
import { onEachDatabase } from '../support/storage.ts'

const wiki = 'org-wiki' as OrganizationId
const payroll = 'org-payroll' as OrganizationId
const folder = mkdtempSync(join(tmpdir(), 'doorward-'))
afterAll(() => { rmSync(folder, { recursive: true }) })

onEachDatabase('outbox', (current) => {
  const { log, now } = { log: silentLog, now: () => current().clock.now() }
  let outbox: Outbox
  beforeEach(async () => {
    const { storage, sealer, clock } = current()
    outbox = createOutbox({ storage, sealer, clock, random: () => 1 })
    await storage.execute('DELETE FROM outbox_messages')
  })
  const put = (change: Partial<Extract<MessageOrder, { channel: 'mail' }>> = {}) => current().storage.write((tx) => outbox.enqueue(tx, {
    organizationId: wiki, channel: 'mail', recipient: 'ada@example.com', template: 'code', priority: 'normal', expiresAt: now() + 3_600_000,
    content: { subject: 'Your code', text: 'It is 123456.', html: '<p>It is 123456.</p>' }, ...change,
  }))
  const putSms = (expiresAt = now() + 600_000) => current().storage.write((tx) => outbox.enqueue(tx, {
    organizationId: wiki, channel: 'sms', recipient: '+491512345678', template: 'code', priority: 'urgent', expiresAt, content: { text: 'Code 123456' },
  }))
  const deliverWith = (send: Transport['send'], concurrency = 1) => createDelivery({ outbox, mail: { send }, clock: current().clock, log, concurrency })
  const answering = (result: SendResult) => deliverWith(() => Promise.resolve(result))
  const entry = async (id: string | undefined) => outbox.read(id ?? '')

  it('SEC-74 keeps the content sealed, and opens it for the operator', async () => {
    const id = await put()
    const [row] = await current().storage.read.all<Record<string, unknown>>('SELECT * FROM outbox_messages')
    expect(JSON.stringify(row)).not.toMatch(/123456|Your code/)
    expect(row).toMatchObject({ recipient: 'ada@example.com', state: 'waiting' })
    expect(await entry(id)).toMatchObject({ state: 'waiting', content: { subject: 'Your code' }, attempts: 0 })
  })

  it('SEC-74 does not open content that was moved to another row', async () => {
    const [first, second] = [await put(), await put()]
    await current().storage.execute('UPDATE outbox_messages SET sealed_content = (SELECT sealed_content FROM outbox_messages WHERE id = ?) WHERE id = ?', [first ?? '', second ?? ''])
    await expect(outbox.read(second ?? '')).rejects.toThrow()
    expect(await answering({ outcome: 'sent' }).deliverDue()).toBe(1)
    expect(await entry(first)).toMatchObject({ state: 'sent' })
    expect(await entry(second)).toMatchObject({ state: 'failed', content: null })
  })

  it('SEC-73 shows a message to its own organization only', async () => {
    const id = await put()
    expect(await outbox.read(id ?? '', wiki)).toBeDefined()
    expect(await outbox.read(id ?? '', payroll)).toBeUndefined()
    expect((await outbox.list({ organizationId: payroll, limit: 10 })).messages).toEqual([])
  })

  it('takes nothing in when the transaction is rolled back, and a key once', async () => {
    await expect(current().storage.write(async (tx) => {
      await outbox.enqueue(tx, { organizationId: null, channel: 'sms', recipient: '+491512345678', template: 'code', priority: 'urgent', expiresAt: now() + 1, content: { text: 'x' } })
      throw new Error('rolled back')
    })).rejects.toThrow('rolled back')
    expect(await outbox.waiting()).toBe(0)
    expect(await put({ idempotencyKey: 'invite ada' })).toBeDefined()
    expect(await put({ idempotencyKey: 'invite ada' })).toBeUndefined()
    expect(await outbox.waiting()).toBe(1)
  })

  it.each(['ada@example.com, eve@example.com', 'Ada <ada@example.com>', 'ada@EXAMPLE.com', 'ada@example.com\r\nRCPT TO:<eve@example.com>', ''])(
    'SEC-84 takes no recipient but a normalised address: %j', async (recipient) => {
      await expect(put({ recipient })).rejects.toThrow(/not a normalised address/)
      expect(await outbox.waiting()).toBe(0)
    })

  it('delivers each message exactly once with 4 workers at a time', async () => {
    const ids = new Set<string>()
    for (let index = 0; index < 40; index++) ids.add((await put({ recipient: `user${index}@example.com` })) ?? '')
    const sent: string[] = []
    const send = async ({ id }: ClaimedMessage): Promise<SendResult> => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
      sent.push(id)
      return { outcome: 'sent' }
    }
    // Four outboxes as on four nodes, each with hands of its own.
    const { storage, sealer, clock } = current()
    const counts = await Promise.all(Array.from({ length: 4 }, () =>
      createDelivery({ outbox: createOutbox({ storage, sealer, clock }), mail: { send }, clock, log, concurrency: 3 }).deliverDue()))
    expect(counts.reduce((a, b) => a + b)).toBe(40)
    expect(sent).toHaveLength(40)
    expect(new Set(sent)).toEqual(ids)
    expect(await outbox.waiting()).toBe(0)
  })

  it('hands a whole batch to one of 4 claims', async () => {
    for (let index = 0; index < 20; index++) await put()
    const claims = await Promise.all(Array.from({ length: 4 }, () => outbox.claim(20)))
    const ids = claims.flat().map(({ id }) => id)
    expect(ids).toHaveLength(20)
    expect(new Set(ids).size).toBe(20)
  })

  it('R-12 sends urgent messages first, then the oldest', async () => {
    await put({ recipient: 'first@example.com' })
    current().clock.advance(1)
    await put({ recipient: 'second@example.com' })
    current().clock.advance(1)
    await put({ recipient: 'urgent@example.com', priority: 'urgent' })
    const order: string[] = []
    await deliverWith((message) => { order.push(message.recipient); return Promise.resolve({ outcome: 'sent' }) }).deliverDue()
    expect(order).toEqual(['urgent@example.com', 'first@example.com', 'second@example.com'])
  })

  it('R-12 drops a code that expired while the server was down, and sends the rest afterwards', async () => {
    const code = await put({ expiresAt: now() + 300_000, priority: 'urgent' })
    const invitation = await put({ expiresAt: now() + 86_400_000 })
    const down = answering({ outcome: 'unavailable', error: 'connection refused' })
    for (let minute = 0; minute < 10; minute++) {
      expect(await down.deliverDue()).toBe(0)
      current().clock.advance(60_000)
    }
    current().clock.advance(1_800_000)
    expect(await answering({ outcome: 'sent' }).deliverDue()).toBe(1)
    expect(await entry(code)).toMatchObject({ state: 'expired', content: null })
    expect(await entry(invitation)).toMatchObject({ state: 'sent', content: null, lastError: null })
  })

  it('R-12 asks a server that is down once in a run, not for every message', async () => {
    for (let index = 0; index < 10; index++) await put()
    let asked = 0
    await deliverWith(() => { asked++; return Promise.resolve({ outcome: 'unavailable', error: 'down' }) }).deliverDue()
    expect(asked).toBe(1)
    expect(await outbox.waiting()).toBe(10)
  })

  it('tries one delayed message later and goes on with the others', async () => {
    const greylisted = await put({ recipient: 'grey@example.com' })
    await put()
    const delivery = deliverWith(({ recipient }) => Promise.resolve(recipient.startsWith('grey') ? { outcome: 'delayed', error: '450 later\r\nplease' } : { outcome: 'sent' }))
    expect(await delivery.deliverDue()).toBe(1)
    expect(await entry(greylisted)).toMatchObject({ state: 'waiting', attempts: 1, nextAttemptAt: now() + 5_000, lastError: '450 later please' })
    current().clock.advance(4_999)
    expect(await outbox.claim(10)).toEqual([])
    current().clock.advance(1)
    expect(await outbox.claim(10)).toHaveLength(1)
  })

  it('fails for good at once, and keeps no content', async () => {
    const id = await put()
    await answering({ outcome: 'failed', error: '550 no such user' }).deliverDue()
    expect(await entry(id)).toMatchObject({ state: 'failed', lastError: '550 no such user', content: null })
    expect(await answering({ outcome: 'sent' }).deliverDue()).toBe(0)
  })

  it('keeps messages without a transport, until there is one', async () => {
    const [mail, sms] = [await put(), await putSms()]
    expect(await createDelivery({ outbox, clock: current().clock, log }).deliverDue()).toBe(0)
    expect(await entry(mail)).toMatchObject({ state: 'waiting', attempts: 0 })
    expect(await answering({ outcome: 'sent' }).deliverDue()).toBe(1)
    expect(await entry(sms)).toMatchObject({ state: 'waiting', attempts: 0, content: { text: 'Code 123456' } })
  })

  it('R-04 gives a dead worker\'s message to another, and ignores what the dead one says later', async () => {
    const id = await put()
    const [stale] = await outbox.claim(1)
    expect(await outbox.claim(1)).toEqual([])
    current().clock.advance(60_001)
    const [fresh] = await outbox.claim(1)
    expect(fresh).toMatchObject({ id, attempts: 2 })
    if (!stale || !fresh) throw new Error('both workers should have had the message')
    await outbox.fail(stale, 'too late')
    expect(await entry(id)).toMatchObject({ state: 'waiting' })
    await outbox.finish(fresh)
    expect(await entry(id)).toMatchObject({ state: 'sent' })
  })

  it('never throws: a transport that does is a delay, a database that does is logged', async () => {
    const id = await put()
    expect(await deliverWith(() => { throw new Error('bug') }).deliverDue()).toBe(0)
    expect(await entry(id)).toMatchObject({ state: 'waiting', lastError: 'bug' })
    const errors: string[] = []
    const broken = { ...outbox, claim: () => Promise.reject(new Error('database gone')) }
    const delivery = createDelivery({ outbox: broken, mail: { send: () => Promise.resolve({ outcome: 'sent' }) }, clock: current().clock, log: { ...log, error: (message) => errors.push(message) }, concurrency: 1 })
    expect(await delivery.deliverDue()).toBe(0)
    expect(errors).toEqual(['messages could not be delivered'])
  })

  it('SEC-88 pages through the list, newest first', async () => {
    const ids: (string | undefined)[] = []
    for (let index = 0; index < 7; index++) {
      ids.unshift(await put())
      if (index % 2) current().clock.advance(1)
    }
    const seen: string[] = []
    let before: string | undefined
    do {
      const page = await outbox.list({ limit: 3, ...(before === undefined ? {} : { before }) })
      expect(page.messages.length).toBeLessThanOrEqual(3)
      seen.push(...page.messages.map(({ id }) => id))
      before = page.next ?? undefined
    } while (before !== undefined)
    expect(new Set(seen)).toEqual(new Set(ids))
    expect(seen).toHaveLength(7)
    expect(JSON.stringify(await outbox.list({ limit: 3 }))).not.toContain('123456')
    await expect(outbox.list({ limit: 3, before: 'forged.token' })).rejects.toThrow(InvalidRequest)
    const { next } = await outbox.list({ limit: 3 })
    await expect(outbox.list({ limit: 3, organizationId: wiki, before: next ?? '' })).rejects.toThrow(InvalidRequest)
  })

  it('filters by state, expired by the clock', async () => {
    await put({ expiresAt: now() + 1_000 })
    await put()
    current().clock.advance(1_000)
    expect((await outbox.list({ state: 'expired', limit: 9 })).messages).toMatchObject([{ state: 'expired' }])
    expect((await outbox.list({ state: 'waiting', limit: 9 })).messages).toHaveLength(1)
    expect((await outbox.list({ state: 'sent', limit: 9 })).messages).toEqual([])
    expect(await outbox.waiting()).toBe(1)
  })

  it('purges: expired content at once, rows after 30 days', async () => {
    const id = await put({ expiresAt: now() + 1_000 })
    await put({ expiresAt: now() + 100 * 86_400_000 })
    current().clock.advance(1_000)
    expect(await outbox.purge()).toBe(0)
    expect(await entry(id)).toMatchObject({ state: 'expired', content: null })
    current().clock.advance(30 * 86_400_000)
    expect(await outbox.purge()).toBe(1)
    expect(await outbox.waiting()).toBe(1)
  })
})

describe('mail transport', () => {
  let mailbox: Mailbox | undefined
  let caFile: string
  afterEach(async () => { await mailbox?.close(); mailbox = undefined })
  const message: ClaimedMessage = {
    id: 'm1', channel: 'mail', recipient: 'ada@example.com', priority: 'urgent', attempts: 1, expiresAt: 0, claimedUntil: 0,
    content: { subject: 'Your code', text: 'It is 123456. Grüße', html: '<p>It is 123456.</p>' },
  }
  async function open(options: Parameters<typeof openMailbox>[0] = {}, scheme = 'smtp', change: Partial<Parameters<typeof createMailTransport>[0]> = {}) {
    mailbox = await openMailbox(options)
    caFile = join(folder, `${mailbox.port}.pem`)
    writeFileSync(caFile, mailbox.certificate)
    const transport = createMailTransport({ url: `${scheme}://localhost:${mailbox.port}`, from: 'id@example.org', fromName: 'Doorward', allowPlain: false, caFile, ...change })
    return { transport, mailbox }
  }
  const soon = () => AbortSignal.timeout(5_000)

  it('sends text and HTML over STARTTLS to exactly the stored address', async () => {
    const { transport, mailbox: box } = await open()
    expect(await transport.send(message, soon())).toEqual({ outcome: 'sent' })
    expect(box.received).toMatchObject([{ from: 'id@example.org', to: ['ada@example.com'], secure: true }])
    const source = box.received[0]?.source ?? ''
    expect(source).toMatch(/^From: Doorward <id@example\.org>\r$/m)
    expect(source).toMatch(/^To: ada@example\.com\r$/m)
    expect(source).toMatch(/^Message-ID: <m1@example\.org>\r$/m)
    expect(source).toMatch(/^Auto-Submitted: auto-generated\r$/m)
    expect(source).toContain('text/plain')
    expect(source).toContain('text/html')
  })

  it('sends over smtps with a user name and password from the URL', async () => {
    const box = await openMailbox({ secure: true, authOptional: false })
    mailbox = box
    caFile = join(folder, 'smtps.pem')
    writeFileSync(caFile, box.certificate)
    const transport = createMailTransport({ url: `smtps://ada%40example.org:p%C3%A4ss%2Fword@localhost:${box.port}`, from: 'id@example.org', fromName: 'Doorward', allowPlain: false, caFile })
    expect(await transport.send(message, soon())).toEqual({ outcome: 'sent' })
    expect(box.received).toMatchObject([{ secure: true, user: 'ada@example.org' }])
  })

  it('SEC-84 refuses to send in plain text, unless that is allowed', async () => {
    const refusing = await open({ disabledCommands: ['STARTTLS'] })
    expect(await refusing.transport.send(message, soon())).toMatchObject({ outcome: 'unavailable' })
    expect(refusing.mailbox.received).toEqual([])
    await refusing.mailbox.close()
    const allowing = await open({ disabledCommands: ['STARTTLS'] }, 'smtp', { allowPlain: true })
    expect(await allowing.transport.send(message, soon())).toEqual({ outcome: 'sent' })
  })

  it('SEC-84 refuses a server whose certificate it does not know', async () => {
    const { transport, mailbox: box } = await open({}, 'smtp', { caFile: null })
    expect(await transport.send(message, soon())).toMatchObject({ outcome: 'unavailable' })
    expect(box.received).toEqual([])
  })

  it('SEC-84 lets nothing out of subject, names and recipient into headers or the envelope', async () => {
    const { transport, mailbox: box } = await open({}, 'smtp', { fromName: 'Door\r\nBcc: eve@example.com\r\n<eve@example.com>,' })
    const hostile = { ...message, content: { subject: 'Hi\r\nBcc: eve@example.com\r\n\r\nbody', text: 'x\r\n.\r\nRCPT TO:<eve@example.com>', html: '<img src="file:///etc/passwd">' } }
    expect(await transport.send(hostile, soon())).toEqual({ outcome: 'sent' })
    expect(box.received).toMatchObject([{ to: ['ada@example.com'] }])
    const head = (box.received[0]?.source ?? '').split('\r\n\r\n')[0] ?? ''
    expect(head).not.toMatch(/^Bcc:/im)
    expect(head).toMatch(/^Subject: Hi Bcc: eve@example\.com body\r$/m)
  })

  it.each([
    'ada@example.com,eve@example.com', 'ada@example.com, eve@example.com', '"ada@example.com" <eve@example.com>', 'g: ada@example.com, eve@example.com;',
    'ada@example.com\r\nRCPT TO:<eve@example.com>', '"eve@example.com"@example.com', 'ada@example.com (eve@example.com)', '',
  ])('SEC-84 sends nothing to %j', async (recipient) => {
    const { transport, mailbox: box } = await open()
    expect(await transport.send({ ...message, recipient }, soon())).toMatchObject({ outcome: 'failed' })
    expect(box.received).toEqual([])
  })

  it.each([
    [550, 'failed'], [553, 'failed'], [450, 'delayed'], [451, 'delayed'], [421, 'unavailable'], [530, 'unavailable'],
  ] as const)('judges %i to the recipient as %s', async (responseCode, outcome) => {
    const { transport } = await open({ onRcptTo: (_address, _session, callback) => { callback(Object.assign(new Error('no'), { responseCode })) } })
    expect(await transport.send(message, soon())).toMatchObject({ outcome })
  })

  it('waits when the server refuses our sign-in or our sender', async () => {
    const refusingSender = await open({ onMailFrom: (_address, _session, callback) => { callback(Object.assign(new Error('not you'), { responseCode: 550 })) } })
    expect(await refusingSender.transport.send(message, soon())).toMatchObject({ outcome: 'unavailable' })
    await refusingSender.mailbox.close()
    const box = await openMailbox({ authOptional: false, onAuth: (_auth, _session, callback) => { callback(new Error('wrong')) } })
    mailbox = box
    writeFileSync(caFile, box.certificate)
    const transport = createMailTransport({ url: `smtp://ada:wrong@localhost:${box.port}`, from: 'id@example.org', fromName: 'x', allowPlain: false, caFile })
    const result = await transport.send(message, soon())
    expect(result).toMatchObject({ outcome: 'unavailable' })
    expect(JSON.stringify(result)).not.toContain('ada:wrong')
  })

  it('R-12 leaves a server that trickles when its time is over', async () => {
    const sockets = new Set<Socket>()
    const slow: Server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      let sent = 0
      const drip = setInterval(() => { socket.write('220 welcome to the slowest server there is\r\n'.charAt(sent++ % 30)) }, 20)
      socket.on('close', () => { clearInterval(drip); sockets.delete(socket) })
    })
    await new Promise<void>((done) => { slow.listen(0, '127.0.0.1', done) })
    const transport = createMailTransport({ url: `smtp://127.0.0.1:${(slow.address() as AddressInfo).port}`, from: 'id@example.org', fromName: 'x', allowPlain: true })
    const started = performance.now()
    expect(await transport.send(message, AbortSignal.timeout(300))).toMatchObject({ outcome: 'unavailable' })
    expect(performance.now() - started).toBeLessThan(2_000)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(sockets.size).toBe(0)
    slow.close()
  })
})

describe('SMS transport', () => {
  const clock = { now: () => Date.UTC(2026, 10, 24) }
  const message: ClaimedMessage = { id: 's1', channel: 'sms', recipient: '+491512345678', priority: 'urgent', attempts: 1, expiresAt: 0, claimedUntil: 0, content: { text: 'Code "123 456"' } }
  const settings = { url: 'https://sms.example/send', method: 'POST', headers: { Authorization: 'Bearer key' }, body: '{"to":"{to}","text":"{text}"}', contentType: 'application/json' } as const
  const gateway = (status: number) => {
    const calls: { url: string; method: string; headers: object; body: string | undefined }[] = []
    return { calls, needs: { clock, fetch: (url: string, request: { method: string; headers: object; body: string | undefined }) => { calls.push({ url, ...request }); return Promise.resolve({ status }) } } }
  }

  it('asks the gateway as its template says', async () => {
    const { calls, needs } = gateway(202)
    expect(await createSmsTransport(settings, needs).send(message, AbortSignal.timeout(100))).toEqual({ outcome: 'sent' })
    expect(calls).toMatchObject([{ url: settings.url, method: 'POST', headers: { Authorization: 'Bearer key', 'content-type': 'application/json' } }])
    expect(JSON.parse(calls[0]?.body ?? '')).toEqual({ to: '+491512345678', text: 'Code "123 456"' })
  })

  it('puts everything into the URL for a GET', async () => {
    const { calls, needs } = gateway(200)
    await createSmsTransport({ ...settings, method: 'GET', url: 'https://sms.example/send?to={to}&text={text}' }, needs).send(message, AbortSignal.timeout(100))
    expect(calls[0]).toMatchObject({ url: 'https://sms.example/send?to=%2B491512345678&text=Code%20%22123%20456%22', body: undefined })
  })

  it.each([[200, 'sent'], [204, 'sent'], [302, 'unavailable'], [400, 'failed'], [401, 'unavailable'], [404, 'unavailable'], [422, 'failed'], [429, 'unavailable'], [500, 'unavailable']] as const)(
    'judges status %i as %s', async (status, outcome) => {
      expect(await createSmsTransport(settings, gateway(status).needs).send(message, AbortSignal.timeout(100))).toMatchObject({ outcome })
    })

  it.each([
    [{ body: '{"to":"{to}"}' }, /no place|place for \{text\}/], [{ body: '{"to":{to},"text":"{text}"}' }, /must be JSON/], [{ body: null }, /place for \{to\}/],
  ])('tells the operator about a template that cannot work: %j', (change, text) => {
    expect(() => createSmsTransport({ ...settings, ...change }, gateway(200).needs)).toThrow(text)
  })

  it('appends a line to a file for trying out', async () => {
    const file = join(folder, 'sms.jsonl')
    const transport = createSmsTransport({ ...settings, url: `file://${file}` }, gateway(500).needs)
    await transport.send(message, AbortSignal.timeout(100))
    await transport.send(message, AbortSignal.timeout(100))
    const lines = readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown)
    expect(lines).toHaveLength(2)
    expect(lines[0]).toEqual({ id: 's1', at: '2026-11-24T00:00:00.000Z', to: '+491512345678', text: 'Code "123 456"' })
  })
})
