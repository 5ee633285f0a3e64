import { afterEach, describe, expect, it, vi } from 'vitest'
import { ComputerRefusal } from '../../../src/browser/pairing/call.ts'
import { Tampered } from '../../../src/browser/pairing/channel.ts'
import { awaitPairing, callOf, confirmPairing, pairingOf, removePairing, startPairing, type Offered, type Paired, type Taken } from '../../../src/browser/pairing/pairing.ts'
import { ask, type Pairing, type Question } from '../../../src/browser/pairing/relay-client.ts'
import type { ComputerMessage, Frame, PhoneMessage } from '../../../src/browser/pairing/wire.ts'
import { answerQuestions, createSmallRelay, pocketPhone, takeOffer, type SmallRelay } from '../../support/small-relay.ts'

const never = (): AbortSignal => new AbortController().signal
const start = (relay: SmallRelay): Promise<Offered> => startPairing({ server: relay.origin, fetch: relay.fetch, kind: 'extension', name: 'Chrome on Linux', version: '1' })
const question = (relay: SmallRelay, milliseconds = 60_000): Question => ({ kind: 'get', request: 'one', options: { challenge: 'AAAA' }, origin: 'https://site.example', crossOrigin: false, at: relay.clock(), expiresAt: relay.clock() + milliseconds })
const answer: PhoneMessage = { kind: 'answer', response: { id: 'x' } }

async function pair(relay: SmallRelay): Promise<{ paired: Paired; pairing: Pairing; phone: Awaited<ReturnType<typeof takeOffer>>; taken: Taken }> {
  const offered = await start(relay)
  const call = callOf(offered, relay.fetch)
  const phone = takeOffer(relay, offered.address)
  const taken = await awaitPairing(offered, call, never())
  if (typeof taken === 'string') throw new Error(taken)
  const paired = await confirmPairing(offered, taken, call, never())
  if (paired === 'over') throw new Error(paired)
  return { paired, pairing: pairingOf(paired, call), phone: await phone, taken }
}
const refusal = (code: string): object => expect.objectContaining({ name: 'ComputerRefusal', code }) as object
afterEach(() => { vi.useRealTimers() })

describe('a computer that pairs', () => {
  it('SEC-46 has the phone that filmed its picture, and both show the same digits', async () => {
    const { paired, taken, phone } = await pair(createSmallRelay())
    expect(taken.phone).toEqual(pocketPhone)
    expect(taken.agreement.digits).toBe(phone.agreement.digits)
    expect(paired.phone).toEqual(pocketPhone)
    expect(paired.root.extractable).toBe(false)
    // IndexedDB keeps what can be cloned.
    expect(() => structuredClone(paired)).not.toThrow()
  })

  it('SEC-46 takes its offer back from whoever has not filmed the picture, and from a server that gives keys away', async () => {
    for (const forge of [
      (relay: SmallRelay, { address }: Offered) => takeOffer(relay, address, { secret: new Uint8Array(16), confirm: false }),
      async (relay: SmallRelay, offered: Offered) => {
        const [other, computer] = [await start(relay), relay.computers.get(offered.computerId)]
        await takeOffer(relay, other.address, { confirm: false })
        Object.assign(computer ?? {}, { state: 'taken', hello: relay.computers.get(other.computerId)?.hello })
      },
      async (relay: SmallRelay, offered: Offered) => { Object.assign(relay.computers.get(offered.computerId) ?? {}, { state: 'taken', hello: { agreementKey: 'AAAA', signingKey: 'AAAA', proof: 'AAAA' } }) },
    ]) {
      const relay = createSmallRelay()
      const offered = await start(relay)
      await forge(relay, offered)
      expect(await awaitPairing(offered, callOf(offered, relay.fetch), never())).toBe('forged')
      expect(relay.computers.get(offered.computerId)?.state).toBe('removed')
    }
  })

  it('SEC-46 is told when nobody came, and when the phone said no', async () => {
    const relay = createSmallRelay()
    const offered = await start(relay)
    const call = callOf(offered, relay.fetch)
    const waiting = awaitPairing(offered, call, never())
    await removePairing(call)
    expect(await waiting).toBe('over')
    const second = await start(relay)
    await takeOffer(relay, second.address, { confirm: false })
    const taken = await awaitPairing(second, callOf(second, relay.fetch), never()) as Taken
    const confirming = confirmPairing(second, taken, callOf(second, relay.fetch), never())
    await vi.waitFor(() => { expect(relay.computers.get(second.computerId)?.computerProof).toEqual(expect.any(String)) })
    Object.assign(relay.computers.get(second.computerId) ?? {}, { state: 'removed' })
    relay.changed()
    expect(await confirming).toBe('over')
    relay.computers.clear()
    expect(await awaitPairing(second, callOf(second, relay.fetch), never())).toBe('over')
  })

  it('waits no longer than it is let', async () => {
    const relay = createSmallRelay()
    const offered = await start(relay)
    const ending = new AbortController()
    const waiting = awaitPairing(offered, callOf(offered, relay.fetch), ending.signal)
    ending.abort(new Error('closed'))
    await expect(waiting).rejects.toThrow('closed')
  })
})

describe('a computer that asks', () => {
  it('SEC-48 gets the answer of its phone, and the server sees nothing of either', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    const { asked } = answerQuestions(relay, phone.pair, () => [{ kind: 'shown' }, answer])
    const onStage = vi.fn()
    const sent = question(relay)
    expect(await ask(pairing, sent, { signal: never(), onStage })).toEqual(answer)
    expect(onStage.mock.calls.flat()).toEqual(['sent', 'reached', 'shown'])
    expect(asked).toEqual([{ ...sent, at: expect.any(Number) as number, expiresAt: expect.closeTo(sent.expiresAt, -2) as number }])
    for (const told of [JSON.stringify(relay.toPhone), JSON.stringify(relay.toComputer), JSON.stringify(relay.calls)]) expect(told).not.toContain('site.example')
    await vi.waitFor(() => { expect(relay.calls.at(-1)?.path).toBe('/pairing/api/connections/end') })
    // Each question has a connection of its own.
    await ask(pairing, question(relay), { signal: never() })
    expect(new Set(relay.toPhone.map(({ connection }) => connection)).size).toBe(2)
  })

  it.each<PhoneMessage>([{ kind: 'refused', reason: 'denied' }, { kind: 'ctap', response: 'AA' }])('gets each kind of answer: %o', async (message) => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    answerQuestions(relay, phone.pair, () => [message])
    expect(await ask(pairing, question(relay), { signal: never() })).toEqual(message)
  })

  it('takes what it does not understand for something that this phone cannot do', async () => {
    for (const message of [null, 'x', {}, { kind: 'answer', response: 'x' }, { kind: 'ctap', response: {} }, { kind: 'other' }]) {
      const relay = createSmallRelay()
      const { pairing, phone } = await pair(relay)
      answerQuestions(relay, phone.pair, () => [message as PhoneMessage])
      expect(await ask(pairing, question(relay), { signal: never() })).toEqual({ kind: 'refused', reason: 'not_supported' })
    }
  })

  it.each<[string, () => (frame: Frame) => readonly Frame[]]>([
    ['changes', () => (frame) => [frame.sequence === 1 ? { ...frame, body: `${frame.body.slice(0, -3)}AAA` } : frame]],
    ['drops', () => (frame) => (frame.sequence === 1 ? [] : [frame])],
    ['changes the first of', () => (frame) => [{ ...frame, body: `${frame.body.slice(0, -3)}AAA` }]],
    ['counts otherwise', () => (frame) => [{ ...frame, sequence: frame.sequence + 1 }]],
    ['swaps', () => {
      const kept: Frame[] = []
      return (frame) => {
        if (frame.sequence === 0) return [frame]
        kept.push(frame)
        const [one, two] = kept
        return one && two ? [{ ...two, sequence: 1 }, { ...one, sequence: 2 }] : []
      }
    }],
    ['repeats', () => {
      let shown: Frame | undefined
      return (frame) => {
        if (frame.sequence === 1) shown = frame
        return frame.sequence === 2 && shown ? [{ ...shown, sequence: 2 }] : [frame]
      }
    }],
  ])('SEC-48 notices a server that %s what the phone says', async (_title, meddle) => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    relay.meddle = meddle()
    answerQuestions(relay, phone.pair, () => [{ kind: 'shown' }, answer])
    await expect(ask(pairing, question(relay), { signal: never() })).rejects.toThrow(Tampered)
  })

  it('tells the phone when it is cancelled, and says why to its caller', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    const ending = new AbortController()
    const { asked } = answerQuestions(relay, phone.pair, ({ kind }) => (kind === 'cancel' ? [] : [{ kind: 'shown' }]))
    const asking = ask(pairing, question(relay), { signal: ending.signal, onStage: (stage) => { if (stage === 'shown') ending.abort(new Error('the page was closed')) } })
    await expect(asking).rejects.toThrow('the page was closed')
    await vi.waitFor(() => { expect(asked.map(({ kind }) => kind)).toEqual(['get', 'cancel']) })
    expect(relay.calls.some(({ path }) => path.endsWith('/end'))).toBe(false)
    await expect(ask(pairing, question(relay), { signal: ending.signal })).rejects.toThrow('the page was closed')
  })

  it('does not wait for longer than its question holds', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    expect(await ask(pairing, question(relay, 100), { signal: never() })).toEqual({ kind: 'refused', reason: 'too_late' })
    await vi.waitFor(() => { expect(relay.calls.at(-1)?.path).toBe('/pairing/api/connections/end') })
    const { asked } = answerQuestions(relay, phone.pair, (message: ComputerMessage) => (message.kind === 'cancel' ? [] : [{ kind: 'shown' }]))
    expect(await ask(pairing, question(relay, 300), { signal: never() })).toEqual({ kind: 'refused', reason: 'too_late' })
    await vi.waitFor(() => { expect(asked.at(-1)).toEqual({ kind: 'cancel' }) })
  })

  it('SEC-42 does not wait for longer than the server keeps what is said, however long its question holds', async () => {
    const relay = createSmallRelay()
    const { pairing } = await pair(relay)
    for (const milliseconds of [3_600_000, 1e15, Infinity]) {
      const timeout = vi.spyOn(AbortSignal, 'timeout')
      const ending = new AbortController()
      const asking = ask(pairing, question(relay, milliseconds), { signal: ending.signal })
      ending.abort(new Error('the page was closed'))
      await expect(asking).rejects.toThrow('the page was closed')
      expect(timeout.mock.calls[0]).toEqual([120_000])
      timeout.mockRestore()
    }
  })

  it('sets its clock by the server, once', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    answerQuestions(relay, phone.pair, () => [answer])
    relay.ahead = 3_600_000
    expect(await ask(pairing, question(relay, 7_200_000), { signal: never() })).toEqual(answer)
    expect(Math.abs(pairing.call.now() - relay.clock())).toBeLessThan(1_000)
    relay.instead = () => ({ status: 401, body: { error: 'clock', now: 0 } })
    await expect(pairing.call.get('/pairing?known=active')).rejects.toEqual(refusal('offline'))
    expect(relay.calls.filter(({ path }) => path === '/pairing/api/pairing?known=active')).toHaveLength(2)
  })

  it.each([-3_600_000, 3_600_000])('S119 leaves its question the time that it has, though its clock is found to be off by %i meanwhile', async (ahead) => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    const { asked } = answerQuestions(relay, phone.pair, () => [answer])
    const at = pairing.call.now()
    relay.ahead = ahead
    await ask(pairing, { ...question(relay), at, expiresAt: at + 60_000 }, { signal: never() })
    const [sent] = asked as readonly Question[]
    expect(Math.abs((sent?.at ?? 0) - relay.clock())).toBeLessThan(1_000)
    expect(Math.abs((sent?.expiresAt ?? 0) - (sent?.at ?? 0) - 60_000)).toBeLessThan(2_000)
  })

  it.each([
    [409, { error: 'removed' }, 'removed'], [409, { error: 'far' }, 'far'], [429, { error: 'limit' }, 'limit'], [429, {}, 'limit'], [401, { error: 'unknown_computer' }, 'unknown_computer'], [400, { error: 'invalid' }, 'invalid'],
    [413, {}, 'invalid'], [500, { error: 'removed' }, 'offline'], [404, {}, 'offline'], [409, { error: 'other' }, 'offline'], [0, {}, 'offline'],
  ])('hears the no of the server: %i %o is %s', async (status, body, code) => {
    const relay = createSmallRelay()
    const { pairing } = await pair(relay)
    relay.instead = () => ({ status, body })
    await expect(ask(pairing, question(relay), { signal: never() })).rejects.toEqual(refusal(code))
    await expect(start(relay)).rejects.toEqual(refusal(code))
    expect(new ComputerRefusal('far').code).toBe('far')
  })

  it('hears that the phone is far, and outlives a server that is away for a moment', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    const waits = (path: string): boolean => path.startsWith('/pairing/api/frames?')
    relay.instead = (path) => (waits(path) ? { status: 200, body: { frames: [], refused: 'far' } } : undefined)
    await expect(ask(pairing, question(relay), { signal: never() })).rejects.toEqual(refusal('far'))
    let away = 2
    relay.instead = (path) => {
      if (!waits(path) || away === 0) return undefined
      away -= 1
      return { status: away === 1 ? 502 : 0 }
    }
    answerQuestions(relay, phone.pair, () => [answer])
    expect(await ask(pairing, question(relay), { signal: never() })).toEqual(answer)
    relay.instead = (path) => (waits(path) ? { status: 503 } : undefined)
    await expect(ask(pairing, question(relay), { signal: never() })).rejects.toEqual(refusal('offline'))
  })

  it('S119 says again what the network has lost on its way to the server, and not without end', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    let lost = 0
    relay.instead = (path) => (path === '/pairing/api/frames' && (lost += 1) % 2 === 1 ? { status: 0 } : undefined)
    const { asked } = answerQuestions(relay, phone.pair, () => [answer])
    expect(await ask(pairing, question(relay), { signal: never() })).toEqual(answer)
    expect([asked.length, new Set(relay.toPhone.map(({ connection }) => connection)).size]).toEqual([1, 1])
    relay.instead = (path) => (path === '/pairing/api/frames' ? { status: 0 } : undefined)
    relay.calls.length = 0
    await expect(ask(pairing, question(relay), { signal: never() })).rejects.toEqual(refusal('offline'))
    expect(relay.calls.filter(({ path }) => path === '/pairing/api/frames')).toHaveLength(3)
  })

  it('S119 asks the same by another connection when the phone has ended the first, for the time that is left, and not without end', async () => {
    const relay = createSmallRelay()
    const { pairing, phone } = await pair(relay)
    const endNow = (): void => {
      relay.over.add(relay.toPhone.at(-1)?.connection ?? '')
      relay.changed()
    }
    const { asked, stop } = answerQuestions(relay, phone.pair, () => {
      if (asked.length > 1) return [answer]
      setTimeout(endNow, 20)
      return [{ kind: 'shown' }]
    })
    const sent = question(relay)
    expect(await ask(pairing, sent, { signal: never() })).toEqual(answer)
    const [first, second] = asked as readonly Question[]
    expect([asked.length, second?.request, second?.expiresAt, (second?.at ?? 0) > (first?.at ?? 0)]).toEqual([2, sent.request, expect.closeTo(sent.expiresAt, -2), true])
    expect(new Set(relay.toPhone.map(({ connection }) => connection)).size).toBe(2)
    stop()
    relay.changed()
    relay.instead = (path) => (path.startsWith('/pairing/api/frames?') ? { status: 200, body: { frames: [], refused: 'over' } } : undefined)
    relay.toPhone.length = 0
    await expect(ask(pairing, sent, { signal: never() })).rejects.toEqual(refusal('offline'))
    expect(relay.toPhone.length).toBe(8)
  })

  it('SEC-50 asks nobody once the pairing is removed', async () => {
    const relay = createSmallRelay()
    const { pairing } = await pair(relay)
    await removePairing(pairing.call)
    await expect(ask(pairing, question(relay), { signal: never() })).rejects.toEqual(refusal('removed'))
  })
})
