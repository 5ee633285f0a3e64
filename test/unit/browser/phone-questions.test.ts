import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { agree, type PairingFacts } from '../../../src/browser/pairing/agreement.ts'
import { randomBytes } from '../../../src/browser/pairing/bytes.ts'
import type { Channel } from '../../../src/browser/pairing/channel.ts'
import { openConnection, type Pair } from '../../../src/browser/pairing/connection.ts'
import { makeAgreementKey, makeSigningKey, publicPoint } from '../../../src/browser/pairing/party.ts'
import type { ComputerMessage, Frame, FrameForPhone, PhoneMessage } from '../../../src/browser/pairing/wire.ts'
import { browserModule, idOf, openPhonePage, type PhonePage } from '../../support/phone-page.ts'

interface Held { readonly id: string; readonly key: unknown }
interface Question { readonly id: string; readonly asked: { readonly at: number; readonly expiresAt: number }; readonly signal: AbortSignal; answer(message: PhoneMessage): Promise<void>; settled(answered: boolean): void }
interface Questions { readonly waiting: readonly Question[]; look(held: Held): Promise<void>; end(held: string): void }

let page: PhonePage
let questions: Questions
let heard: () => void
const frames: (FrameForPhone & { readonly to: string })[] = []
const answers: (Frame & { readonly computer: string })[] = []

beforeEach(async () => {
  page = openPhonePage()
  frames.length = answers.length = 0
  let asking = ''
  page.answer = (method, path, body) => {
    if (path === '/phone/api/frames' && method === 'GET') return { frames: frames.filter(({ to }) => to === asking) }
    if (path === '/phone/api/frames') answers.push(body as Frame & { readonly computer: string })
    return {}
  }
  heard = () => undefined
  const { createQuestions } = await browserModule<{ createQuestions(hear: () => void): Questions }>('phone/questions.ts')
  const made = createQuestions(() => { heard() })
  page.locks[0]?.granted()
  questions = { get waiting() { return made.waiting }, end: (held) => { made.end(held) }, async look(held) { asking = held.id; await made.look(held) } }
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** A computer that is paired with a key of this phone. */
async function computer(name: string, held: Held) {
  const [theirs, own, signing] = [await makeAgreementKey(), await makeAgreementKey(), await makeSigningKey()]
  const [computerKey, phoneKey, point] = [await publicPoint(theirs.publicKey), await publicPoint(own.publicKey), await publicPoint(signing.publicKey)]
  const id = idOf(name)
  const facts: PairingFacts = { origin: 'https://id.engines.example', computerId: id, computerAgreementKey: computerKey, computerSigningKey: point, phoneId: held.id, phoneAgreementKey: phoneKey, phoneSigningKey: point }
  const { root } = await agree({ secret: randomBytes(16), own: own.privateKey, theirs: computerKey, facts })
  const stored = { id, held: held.id, kind: 'extension', name, root, own: own.privateKey, theirs: computerKey, createdAt: 0 }
  page.stores.set('computers', new Map([...page.stores.get('computers') ?? [], [id, stored]]))
  const pair: Pair = { root, own: theirs.privateKey, theirs: phoneKey, computerId: id, phoneId: held.id }
  const post = (frame: Frame, createdAt = Date.now()): void => { frames.push({ ...frame, to: held.id, computer: id, ip: '192.0.2.1', sameNetwork: true, createdAt }) }

  async function open() {
    const opened = await openConnection(pair)
    const { connection } = opened
    post({ connection, sequence: 0, body: opened.body })
    await questions.look(held)
    const channel = await opened.accepted(answers.find((frame) => frame.connection === connection && frame.sequence === 0)?.body ?? '')
    return { connection, channel }
  }
  return {
    pair, post, open, held,
    async say({ connection, channel }: { connection: string; channel: Channel }, message: ComputerMessage, createdAt?: number) { post({ connection, ...await channel.seal(message) }, createdAt) },
    end(connection: string) { for (let at = frames.length - 1; at >= 0; at -= 1) if (frames[at]?.connection === connection) frames.splice(at, 1) },
    async ask(change: { at?: number; expiresAt?: number; request?: string; options?: object } = {}, createdAt?: number) {
      const opened = await open()
      const at = Date.now()
      await this.say(opened, { kind: 'get', request: opened.connection, options: {}, origin: 'https://site.example', crossOrigin: false, at, expiresAt: at + 60_000, ...change }, createdAt)
      await questions.look(held)
      return {
        ...opened,
        async answered(): Promise<PhoneMessage | undefined> {
          const frame = answers.find(({ connection, sequence }) => connection === opened.connection && sequence === 1)
          return frame && ((await opened.channel.open(frame)) as PhoneMessage)
        },
      }
    },
  }
}
const key = async (name: string): Promise<Held> => ({ id: idOf(name), key: (await makeSigningKey()).privateKey })

describe('a question of a paired computer', () => {
  it('SEC-48 waits until it is answered', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    const { connection, answered } = await laptop.ask()
    expect(questions.waiting.map(({ id }) => id)).toEqual([connection])
    await questions.waiting[0]?.answer({ kind: 'refused', reason: 'denied' })
    expect([questions.waiting.length, await answered()]).toEqual([0, { kind: 'refused', reason: 'denied' }])
  })

  it('of a program carries what is asked for its secrets, and nothing that is none', async () => {
    const laptop = await computer('laptop', await key('work'))
    const asks = async (secrets: unknown): Promise<unknown> => {
      const opened = await laptop.open()
      const at = Date.now()
      await laptop.say(opened, { kind: 'ctap', request: opened.connection, command: 'Cw', secrets, at, expiresAt: at + 60_000 } as ComputerMessage)
      await questions.look(laptop.held)
      const found = questions.waiting.find(({ id }) => id === opened.connection)
      await found?.answer({ kind: 'refused', reason: 'denied' })
      return (found?.asked as { secrets?: unknown } | undefined)?.secrets
    }
    expect(await asks({ salts: 'AAAA', key: 'BBBB', protocol: 2, more: true })).toEqual({ salts: 'AAAA', key: 'BBBB', protocol: 2 })
    for (const none of [undefined, null, 'x', { salts: 'AAAA', key: 'BBBB' }, { salts: 1, key: 'BBBB', protocol: 2 }]) expect(await asks(none)).toBeUndefined()
  })

  it('of an older computer, which numbers nothing, is asked too, and each of them for itself', async () => {
    const laptop = await computer('laptop', await key('work'))
    for (const count of [1, 2]) {
      const opened = await laptop.open()
      const at = Date.now()
      await laptop.say(opened, { kind: 'get', options: {}, origin: 'https://site.example', crossOrigin: false, at, expiresAt: at + 60_000 } as unknown as ComputerMessage)
      await questions.look(laptop.held)
      expect(questions.waiting.length).toBe(count)
    }
  })

  it('that this app does not understand is refused at once, since nobody will see it', async () => {
    const laptop = await computer('laptop', await key('work'))
    for (const message of [null, 'x', {}, { kind: 'other' }, { kind: 'get', request: 'one', origin: 7 }]) {
      const opened = await laptop.open()
      await laptop.say(opened, message as unknown as ComputerMessage)
      await questions.look(laptop.held)
      const frame = answers.find(({ connection, sequence }) => connection === opened.connection && sequence === 1)
      expect(frame && (await opened.channel.open(frame))).toEqual({ kind: 'refused', reason: 'invalid' })
    }
    expect(questions.waiting).toEqual([])
  })

  it('SEC-42 lives for as long as its computer says, counted from when the server had it, and for two minutes at most', async () => {
    const laptop = await computer('laptop', await key('work'))
    const hour = 3_600_000
    const lifeOf = async (change: { at?: number; expiresAt?: number }): Promise<number | undefined> => {
      const { connection } = await laptop.ask(change)
      const found = questions.waiting.find(({ id }) => id === connection)
      await found?.answer({ kind: 'refused', reason: 'denied' })
      return found && Math.round((found.asked.expiresAt - Date.now()) / 1_000)
    }
    const now = Date.now()
    expect(await lifeOf({ at: now - hour, expiresAt: now - hour + 60_000 })).toBe(60)
    expect(await lifeOf({ at: now + hour, expiresAt: now + hour + 60_000 })).toBe(60)
    expect(await lifeOf({ expiresAt: now + hour })).toBe(120)
    expect(await lifeOf({ at: -1e308, expiresAt: 1e308 })).toBe(120)
    expect(await lifeOf({ at: now, expiresAt: now - 1 })).toBe(undefined)
  })

  it('SEC-42 was asked at a time that can be shown, whatever its computer says', async () => {
    const laptop = await computer('laptop', await key('work'))
    await laptop.ask({ at: -1e308, expiresAt: 1e308 })
    await laptop.ask({}, 1e308)
    for (const { asked } of questions.waiting) expect(Math.abs(asked.at - Date.now())).toBeLessThan(5_000)
    expect(questions.waiting.length).toBe(2)
  })

  it('comes up although whoever heard of the last one has failed', async () => {
    const laptop = await computer('laptop', await key('work'))
    const opened = await laptop.open()
    heard = () => { throw new Error('the screen is broken') }
    await questions.look(await key('work')).catch(() => undefined)
    heard = () => undefined
    const at = Date.now()
    await laptop.say(opened, { kind: 'get', request: 'one', options: {}, origin: 'https://site.example', crossOrigin: false, at, expiresAt: at + 60_000 })
    await questions.look(await key('work'))
    expect(questions.waiting.length).toBe(1)
  })
})

describe('a connection of a paired computer', () => {
  it('goes on while the frames of another key of this phone are read', async () => {
    const [work, home] = [await key('work'), await key('home')]
    const laptop = await computer('laptop', work)
    const opened = await laptop.open()
    await questions.look(home)
    const at = Date.now()
    await laptop.say(opened, { kind: 'get', request: 'one', options: {}, origin: 'https://site.example', crossOrigin: false, at, expiresAt: at + 60_000 })
    await questions.look(work)
    expect(questions.waiting.map(({ id }) => id)).toEqual([opened.connection])
  })

  it('is greeted again when the network has lost the greeting', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    const { answer } = page
    const wait = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (run: () => void) => wait(run))
    page.answer = (method, path, body) => (path === '/phone/api/frames' && method === 'POST' ? undefined : answer(method, path, body))
    const opened = await openConnection(laptop.pair)
    laptop.post({ connection: opened.connection, sequence: 0, body: opened.body })
    await questions.look(work)
    expect(answers).toEqual([])
    page.answer = answer
    await questions.look(work)
    await expect(opened.accepted(answers[0]?.body ?? '')).resolves.toBeDefined()
  })

  it('ends when the server has it no more, and its question with it', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    const [kept, ended] = [await laptop.ask(), await laptop.ask()]
    const { signal } = questions.waiting.find(({ id }) => id === ended.connection) ?? {}
    laptop.end(ended.connection)
    await questions.look(work)
    expect([questions.waiting.map(({ id }) => id), signal?.aborted]).toEqual([[kept.connection], true])
  })

  it('SEC-50 ends with its key, and those of other keys go on', async () => {
    const [work, home] = [await key('work'), await key('home')]
    const [laptop, tower] = [await computer('laptop', work), await computer('tower', home)]
    const [gone, kept] = [await laptop.ask(), await tower.ask()]
    const { signal } = questions.waiting.find(({ id }) => id === gone.connection) ?? {}
    questions.end(work.id)
    expect([questions.waiting.map(({ id }) => id), signal?.aborted]).toEqual([[kept.connection], true])
  })

  it('SEC-48 opens nothing when its frames come again, whether it is remembered or not', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    const { connection } = await laptop.ask()
    const again = frames.filter((frame) => frame.connection === connection)
    await questions.waiting[0]?.answer({ kind: 'refused', reason: 'denied' })
    await questions.look(work)
    expect(questions.waiting).toEqual([])
    laptop.end(connection)
    await questions.look(work)
    frames.push(...again)
    await questions.look(work)
    await questions.look(work)
    expect(questions.waiting).toEqual([])
  })

  it('belongs to the window in front, however often that comes to the front, until another one does', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    page.show()
    page.locks[1]?.granted()
    // What was taken from ourselves is told late.
    page.locks[0]?.lose()
    await new Promise((resolve) => { setTimeout(resolve) })
    await laptop.ask()
    expect(questions.waiting.length).toBe(1)
    page.locks[1]?.lose()
    await new Promise((resolve) => { setTimeout(resolve) })
    const before = page.calls.length
    await questions.look(work)
    expect(page.calls.length).toBe(before)
  })
})

describe('what is said to a computer', () => {
  const readAll = async ({ connection, channel }: { connection: string; channel: Channel }): Promise<unknown[]> => {
    const read: unknown[] = []
    for (const frame of answers.filter((one) => one.connection === connection && one.sequence > 0)) read.push(await channel.open(frame))
    return read
  }
  const given: PhoneMessage = { kind: 'answer', response: { id: 'x' } }

  it('arrives in its order, though the network is slow with the first of it', async () => {
    const laptop = await computer('laptop', await key('work'))
    const asked = await laptop.ask()
    const { answer } = page
    let isFirst = true
    page.answer = async (method, path, body) => {
      if (isFirst) await new Promise((resolve) => { isFirst = false; setTimeout(resolve, 50) })
      return answer(method, path, body)
    }
    const [question] = questions.waiting
    await Promise.all([question?.answer({ kind: 'shown' }), question?.answer(given)])
    expect(await readAll(asked)).toEqual([{ kind: 'shown' }, given])
  })

  it('is said again when the network has lost it, and before what comes later', async () => {
    const laptop = await computer('laptop', await key('work'))
    const asked = await laptop.ask()
    const { answer } = page
    let lost = 5
    page.answer = (method, path, body) => {
      if (path !== '/phone/api/frames' || method !== 'POST' || lost === 0) return answer(method, path, body)
      lost -= 1
      return Promise.reject(new TypeError('the network was lost'))
    }
    const wait = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (work: () => void) => wait(work))
    const [question] = questions.waiting
    await expect(question?.answer({ kind: 'shown' })).rejects.toMatchObject({ code: 'offline' })
    expect([lost, await readAll(asked)]).toEqual([1, []])
    await question?.answer(given)
    expect(await readAll(asked)).toEqual([{ kind: 'shown' }, given])
  })
})

describe('a computer that asks the same again, because a connection was lost', () => {
  it('S119 is answered by its new connection, and the person is asked once', async () => {
    const laptop = await computer('laptop', await key('work'))
    await laptop.ask({ request: 'one' })
    const [question] = questions.waiting
    await question?.answer({ kind: 'shown' })
    const second = await laptop.ask({ request: 'one' })
    expect([questions.waiting.map(({ id }) => id), await second.answered(), question?.signal.aborted]).toEqual([[question?.id], { kind: 'shown' }, false])
    laptop.end(question?.id ?? '')
    await questions.look(await key('work'))
    expect([questions.waiting.length, question?.signal.aborted]).toEqual([1, false])
    answers.length = 0
    await question?.answer({ kind: 'answer', response: { id: 'x' } })
    expect([questions.waiting.length, answers.map(({ connection, sequence }) => [connection, sequence])]).toEqual([0, [[second.connection, 2]]])
  })

  it('S119 hears what was said already, as long as the question would have waited, and nobody is asked again', async () => {
    const laptop = await computer('laptop', await key('work'))
    await laptop.ask({ request: 'one' })
    const given: PhoneMessage = { kind: 'answer', response: { id: 'x' } }
    await questions.waiting[0]?.answer(given)
    const again = await laptop.ask({ request: 'one' })
    expect([questions.waiting.length, await again.answered()]).toEqual([0, given])
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 })
    await laptop.ask({ request: 'one' })
    expect(questions.waiting.length).toBe(1)
  })

  it('SEC-48 asks nothing else under the same number, open or answered, and another computer’s number is its own', async () => {
    const work = await key('work')
    const [laptop, tower] = [await computer('laptop', work), await computer('tower', work)]
    await laptop.ask({ request: 'one' })
    const refused = { kind: 'refused', reason: 'invalid' }
    expect(await (await laptop.ask({ request: 'one', options: { challenge: 'other' } })).answered()).toEqual(refused)
    const [question] = questions.waiting
    await question?.answer({ kind: 'answer', response: { id: 'x' } })
    expect(await (await laptop.ask({ request: 'one', options: { challenge: 'other' } })).answered()).toEqual(refused)
    await tower.ask({ request: 'one' })
    expect(questions.waiting.length).toBe(1)
  })

  it('S119 is the same in whatever order its browser kept the parts of it, when a worker was ended meanwhile', async () => {
    const laptop = await computer('laptop', await key('work'))
    const user = { id: 'AAAA', name: 'grace' }
    await laptop.ask({ request: 'one', options: { challenge: 'AAAA', user, timeout: 1, extensions: { credProps: true } } })
    const again = await laptop.ask({ request: 'one', options: { challenge: 'AAAA', extensions: { credProps: true }, timeout: 1, user: { name: user.name, id: user.id } } })
    expect([questions.waiting.length, await again.answered()]).toEqual([1, undefined])
    expect(await (await laptop.ask({ request: 'one', options: { challenge: 'AAAA', extensions: { credProps: true }, timeout: 1, user: { name: 'other', id: user.id } } })).answered()).toEqual({ kind: 'refused', reason: 'invalid' })
  })

  it('S119 is told by an app that was closed and opened again that its connection is over', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    const { answer } = page
    page.answer = (method, path, body) => (path === '/phone/api/frames' && method === 'POST' ? new Response(JSON.stringify({ error: 'invalid' }), { status: 400 }) : answer(method, path, body))
    laptop.post({ connection: 'c'.repeat(22), sequence: 0, body: (await openConnection(laptop.pair)).body })
    await questions.look(work)
    const end = { method: 'POST', path: '/phone/api/connections/end' }
    expect(page.calls.at(-1)).not.toMatchObject(end)
    const opened = await openConnection(laptop.pair)
    laptop.post({ connection: opened.connection, sequence: 0, body: opened.body })
    await questions.look(work)
    await vi.waitFor(() => { expect(page.calls.at(-1)).toMatchObject({ ...end, body: { computer: idOf('laptop'), connection: opened.connection } }) })
  })
})

describe('a computer that asks without end', () => {
  it('SEC-43 has three questions open at most; another one is refused unseen, and other computers are heard', async () => {
    const work = await key('work')
    const [laptop, tower] = [await computer('laptop', work), await computer('tower', work)]
    for (let count = 0; count < 3; count += 1) await laptop.ask()
    const more = await laptop.ask()
    expect([questions.waiting.length, await more.answered()]).toEqual([3, { kind: 'refused', reason: 'busy' }])
    await tower.ask()
    expect(questions.waiting.length).toBe(4)
  })

  it('SEC-43 is not heard for a minute after three in a row that nobody answered, unless the app is opened anew', async () => {
    const work = await key('work')
    const [laptop, tower] = [await computer('laptop', work), await computer('tower', work)]
    const inVain = async (): Promise<boolean> => {
      const asked = await laptop.ask()
      const isShown = questions.waiting.length === 1
      await laptop.say(asked, { kind: 'cancel' })
      await questions.look(work)
      return isShown
    }
    expect([await inVain(), await inVain(), await inVain(), await inVain()]).toEqual([true, true, true, false])
    expect(await (await laptop.ask()).answered()).toEqual({ kind: 'refused', reason: 'busy' })
    await tower.ask()
    expect(questions.waiting.length).toBe(1)
    await questions.waiting[0]?.answer({ kind: 'refused', reason: 'denied' })
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_001 })
    expect([await inVain(), await inVain()]).toEqual([true, false])
    page.show()
    page.locks[1]?.granted()
    expect(await inVain()).toBe(true)
  })

  it('SEC-43 is heard again once the person has answered; what ran out of time was not answered', async () => {
    const work = await key('work')
    const laptop = await computer('laptop', work)
    const answer = async (answered: boolean): Promise<void> => {
      await laptop.ask()
      const [question] = questions.waiting
      question?.settled(answered)
      await question?.answer({ kind: 'refused', reason: answered ? 'denied' : 'too_late' })
    }
    for (const answered of [false, false, true, false, false]) await answer(answered)
    await laptop.ask()
    expect(questions.waiting.length).toBe(1)
    questions.waiting[0]?.settled(false)
    await questions.waiting[0]?.answer({ kind: 'refused', reason: 'too_late' })
    expect(await (await laptop.ask()).answered()).toEqual({ kind: 'refused', reason: 'busy' })
  })
})
