import { readBody, type Context, type Middleware } from '../../http/index.ts'
import type { From, PhoneOf } from '../needs.ts'
import { clockToleranceMilliseconds, isSignedBy, requestText } from '../phone.ts'
import { answerRefusal, Refused, type ApiNeeds } from '../refused.ts'
import { computerSubject, personSubject } from '../watch.ts'
import { stateOf, type Computer } from './computer.ts'
import type { Computers } from './computers.ts'
import type { Posted } from './frames.ts'
import { jwkOf } from './point.ts'
import { read, readQuery } from './read.ts'
import { pairingView } from './views.ts'

const base = '/pairing/api'
const bodyBytes = 65_536
const waitMilliseconds = 25_000
/** Each of its connections and the pairing itself, and some that ended before we heard of it. */
const mostWaits = 8
const preflightSeconds = '7200'

/**
 * `/pairing/api`: computers that have no account and no session, but a key that signs each request. It looks at no cookie, so every origin may
 * read its answers, an extension's among them. What is said → src/browser/pairing/wire.ts.
 */
export function createComputersApi(needs: ApiNeeds, room: Computers, wake: (phone: PhoneOf) => void): { endpoints: Middleware; stop(): void } {
  const { clock, storage, watch } = needs
  const { store, frames } = room
  const waits = new Map<string, number>()
  let stopping = false

  return {
    stop() { stopping = true },
    async endpoints(ctx, next) {
      if (!ctx.path.startsWith(`${base}/`)) return next()
      ctx.set('Cache-Control', 'no-store')
      ctx.set('Access-Control-Allow-Origin', '*')
      if (ctx.method === 'OPTIONS') {
        ctx.set({ 'Access-Control-Allow-Methods': 'GET, POST', 'Access-Control-Allow-Headers': 'Authorization, Content-Type', 'Access-Control-Max-Age': preflightSeconds })
        ctx.status = 204
        return undefined
      }
      try {
        const body = ctx.method === 'POST' ? await readBody(ctx.req, bodyBytes) : Buffer.alloc(0)
        if (ctx.path === `${base}/offers`) await offer(ctx, body)
        else await answer(ctx, await admit(ctx, body), body)
      } catch (error) {
        answerRefusal(ctx, error, 'computer')
      }
      return undefined
    },
  }

  async function offer(ctx: Context, body: Buffer): Promise<void> {
    if (ctx.method !== 'POST') throw new Refused(405, 'invalid')
    const { ip } = ctx.state.request
    const order = read('offer', body)
    if (!order) throw new Refused(400, 'invalid')
    const seconds = await needs.computers.countOffer(ip)
    if (seconds > 0) throw new Refused(429, 'limit', { retryAfterSeconds: seconds })
    const made = await store.offer(order, ip)
    if (!made) throw new Refused(400, 'invalid')
    ctx.status = 201
    ctx.body = { computer: made.id, now: clock.now(), expiresAt: made.expiresAt }
  }

  /** Who calls, by the signature of this very request. */
  async function admit(ctx: Context, body: Buffer): Promise<Computer> {
    const [, id = '', atText = '', signature = ''] = /^Doorward-Computer ([\w-]{22})\.(\d{1,15})\.([\w-]{86})$/.exec(ctx.get('authorization')) ?? []
    const { ip } = ctx.state.request
    const computer = id === '' ? undefined : await store.byId(id)
    const at = Number(atText)
    if (!computer || !isSignedBy(jwkOf(computer.signingKey), requestText(ctx.method, ctx.url, at, body), signature)) {
      const seconds = await needs.countFailure(ip)
      throw seconds > 0 ? new Refused(429, 'limit', { retryAfterSeconds: seconds }) : new Refused(401, 'unknown_computer')
    }
    const now = clock.now()
    if (Math.abs(now - at) > clockToleranceMilliseconds) throw new Refused(401, 'clock', { now })
    await store.touch(computer, ip)
    return { ...computer, ip }
  }

  async function answer(ctx: Context, computer: Computer, body: Buffer): Promise<void> {
    const from: From = { ip: ctx.state.request.ip, userAgent: ctx.state.request.userAgent }
    switch (`${ctx.method} ${ctx.path.slice(base.length)}`) {
      case 'GET /pairing': return showPairing(ctx, computer, from)
      case 'POST /pairing/confirmation': return confirm(ctx, computer, body, from)
      case 'POST /pairing/removal':
        await storage.write((tx) => room.remove(tx, from, computer, 'computer'))
        room.announce(computer)
        ctx.body = {}
        return
      case 'POST /frames': {
        const frame = read('frame', body)
        if (!frame || isUnfinished(computer)) throw new Refused(400, 'invalid')
        const posted = await storage.write((tx) => frames.fromComputer(tx, computer.id, frame, from.ip))
        if (posted === 'removed') await settle(computer, from)
        refuseUnlessKept(posted)
        room.announce(computer)
        if (posted === 'opened' && computer.pairing && room.calls.may(computer.id)) wake({ organizationId: computer.pairing.organizationId, userId: computer.pairing.userId, phoneId: computer.pairing.phone.id })
        ctx.body = {}
        return
      }
      case 'GET /frames': return showFrames(ctx, computer, from)
      case 'POST /connections/end': {
        const order = read('end', body)
        if (!order) throw new Refused(400, 'invalid')
        await storage.write((tx) => frames.end(tx, computer.id, order.connection, 'computer'))
        room.announce(computer)
        ctx.body = {}
        return
      }
      default: throw new Refused(404, 'invalid')
    }
  }

  async function showPairing(ctx: Context, first: Computer, from: From): Promise<void> {
    const { known } = ctx.query
    const view = async () => {
      const computer = await store.byId(first.id)
      if (computer && stateOf(computer, clock.now()) === 'removed') await settle(computer, from)
      return pairingView(computer, clock.now())
    }
    const before = pairingView(first, clock.now())
    ctx.body = await until(ctx, first, async () => {
      const now = await view()
      const isNews = now.state !== known || now.state === 'removed' || now.phoneConfirmed !== before.phoneConfirmed || now.computerConfirmed !== before.computerConfirmed
      return { done: isNews, value: now }
    }, first.expiresAt)
  }

  async function confirm(ctx: Context, computer: Computer, body: Buffer, from: From): Promise<void> {
    const order = read('confirmation', body)
    if (!order) throw new Refused(400, 'invalid')
    const state = stateOf(computer, clock.now())
    if (state === 'removed') throw new Refused(409, 'removed')
    if (state === 'offered') throw new Refused(400, 'invalid')
    if (computer.computerProof !== order.proof) {
      const confirmed = await storage.write(async (tx) => {
        const now = await store.confirm(tx, computer.id, 'computer', order.proof)
        if (now === 'active') await room.paired(tx, from, computer)
        return now
      })
      if (confirmed === undefined) throw new Refused(409, 'removed')
      room.announce(computer)
    }
    ctx.body = pairingView(await store.byId(computer.id), clock.now())
  }

  async function showFrames(ctx: Context, first: Computer, from: From): Promise<void> {
    const asked = readQuery(ctx.query)
    if (!asked || isUnfinished(first)) throw new Refused(400, 'invalid')
    let computer: Computer | undefined = first
    ctx.body = await until(ctx, first, async () => {
      computer ??= await store.byId(first.id)
      const isActive = computer !== undefined && stateOf(computer, clock.now()) === 'active'
      if (!isActive && computer) await settle(computer, from)
      if (!isActive) throw new Refused(409, 'removed')
      computer = undefined
      const value = await frames.forComputer(first.id, asked.connection, asked.after)
      return { done: value.frames.length > 0 || value.refused !== null, value }
    }, null)
  }

  function isUnfinished(computer: Computer): boolean {
    const state = stateOf(computer, clock.now())
    return state === 'offered' || state === 'taken'
  }

  /** What its phone or its person has ended without knowing of computers is over for good: nobody comes back from a suspension with it (SEC-50). */
  async function settle(computer: Computer, from: From): Promise<void> {
    if (computer.pairing?.fine === false && computer.state !== 'removed') await storage.write((tx) => room.remove(tx, from, computer, 'suspension'))
  }

  /** Looks, and again whenever something about this computer changes, until there is an answer or time is up. */
  async function until<T>(ctx: Context, { id, pairing }: Computer, look: () => Promise<{ done: boolean; value: T }>, endsAt: number | null): Promise<T> {
    const waiting = waits.get(id) ?? 0
    if (waiting >= mostWaits) throw new Refused(429, 'limit')
    waits.set(id, waiting + 1)
    const gone = new AbortController()
    const leave = (): void => { gone.abort() }
    ctx.res.once('close', leave)
    const deadline = performance.now() + waitMilliseconds
    try {
      for (;;) {
        // Listening begins before looking, so that nothing falls between the two.
        const listening = new AbortController()
        const left = Math.min(deadline - performance.now(), endsAt === null ? Infinity : Math.max(0, endsAt - clock.now()) + 50)
        const changed = watch.wait([computerSubject(id), ...(pairing === null ? [] : [personSubject(pairing.userId)])], left, AbortSignal.any([gone.signal, listening.signal]))
        const { done, value } = await look().catch((error: unknown) => { listening.abort(); throw error })
        if (done || stopping || gone.signal.aborted || performance.now() >= deadline) {
          listening.abort()
          return value
        }
        await changed
      }
    } finally {
      ctx.res.off('close', leave)
      const others = (waits.get(id) ?? 1) - 1
      if (others === 0) waits.delete(id)
      else waits.set(id, others)
    }
  }
}

/** The phone's side calls them the same. */
export function refuseUnlessKept(posted: Posted): asserts posted is 'kept' | 'opened' {
  switch (posted) {
    case 'kept': case 'opened': return
    case 'limit': throw new Refused(429, 'limit')
    case 'invalid': throw new Refused(400, 'invalid')
    case 'removed': case 'far': case 'over': throw new Refused(409, posted)
  }
}
