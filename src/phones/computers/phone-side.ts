import type { Context } from '../../http/index.ts'
import type { From } from '../needs.ts'
import { Refused, type ApiNeeds } from '../refused.ts'
import type { StoredPhone } from '../store.ts'
import { refuseUnlessKept } from './api.ts'
import { stateOf, type Computer } from './computer.ts'
import type { Computers } from './computers.ts'
import { eventOf } from './events.ts'
import { read } from './read.ts'
import { createUses } from './uses.ts'
import { computerView } from './views.ts'

export type PhoneSide = ReturnType<typeof createPhoneSide>

/**
 * What a phone says of computers, as part of its signed `/phone/api`: it takes an offer, confirms it with its lock, reads and answers what is
 * sealed for it, and tells what became of requests.
 */
export function createPhoneSide(needs: ApiNeeds, room: Computers) {
  const { clock, storage, unlock } = needs
  const { store, frames } = room
  const uses = createUses(needs, store)
  const bindingOf = (phone: StoredPhone, id: string): string => `pair ${phone.id} ${id}`
  const viewFor = (computer: Computer, from: From) => computerView(computer, needs.sameNetwork(computer.ip, from.ip))

  async function stateFor(phone: StoredPhone, id: string, from: From) {
    const computer = await store.ofPhone(phone, id)
    const state = computer ? stateOf(computer, clock.now()) : 'removed'
    return { state, computerProof: state === 'removed' ? null : computer?.computerProof ?? null, computer: computer && state !== 'removed' ? viewFor(computer, from) : null }
  }

  async function find(phone: StoredPhone, id: string): Promise<Computer> {
    const computer = await store.ofPhone(phone, id)
    if (!computer || stateOf(computer, clock.now()) === 'removed') throw new Refused(409, 'over')
    return computer
  }

  /** Whose picture this is, for a phone that has not decided yet; whoever guesses is counted. */
  async function look(body: Buffer, from: From) {
    const order = read('look', body)
    if (!order) throw new Refused(400, 'invalid')
    const computer = await store.byOffer(order.offer)
    if (computer) return { computer: viewFor(computer, from) }
    const seconds = await needs.countFailure(from.ip)
    if (seconds > 0) throw new Refused(429, 'limit', { retryAfterSeconds: seconds })
    return { computer: null }
  }

  async function take(phone: StoredPhone, body: Buffer, from: From) {
    const order = read('taking', body)
    if (!order) throw new Refused(400, 'invalid')
    const taken = await storage.write((tx) => store.take(tx, phone, order))
    if ('refused' in taken) {
      const seconds = await needs.countFailure(from.ip)
      if (seconds > 0) throw new Refused(429, 'limit', { retryAfterSeconds: seconds })
      const { refused } = taken
      await storage.write((tx) => needs.record(tx, from, { action: 'computer.offer_refused', outcome: 'denied', userId: phone.userId, organizationId: phone.organizationId, phone, details: { reason: refused } }))
      if (refused === 'full') throw new Refused(409, 'too_many')
      return { outcome: 'unknown', computer: null }
    }
    const computer = await find(phone, taken.id)
    room.announce(computer)
    return { outcome: 'taken', computer: viewFor(computer, from) }
  }

  async function confirm(phone: StoredPhone, id: string, body: Buffer, from: From) {
    const order = read('phoneConfirmation', body)
    if (!order) throw new Refused(400, 'invalid')
    const computer = await find(phone, id)
    if (computer.state !== 'taken') throw new Refused(409, 'over')
    if (!(await unlock.finish({ binding: bindingOf(phone, id), ...order.unlocking, userId: phone.userId, credentialId: phone.credentialId }))) {
      await storage.write((tx) => needs.record(tx, from, eventOf(computer, { ...phone, phone }, 'computer.offer_refused', 'failure', { reason: 'not_unlocked' })))
      throw new Refused(400, 'wrong')
    }
    const confirmed = await storage.write(async (tx) => {
      const state = await store.confirm(tx, id, 'phone', order.proof)
      if (state === 'active') await room.paired(tx, from, computer)
      return state
    })
    if (confirmed === undefined) throw new Refused(409, 'over')
    room.announce(computer)
    return stateFor(phone, id, from)
  }

  async function remove(phone: StoredPhone, id: string, from: From): Promise<void> {
    const computer = await store.ofPhone(phone, id)
    if (!computer) return
    await storage.write((tx) => room.remove(tx, from, computer, 'phone'))
    room.announce(computer)
  }

  async function post(phone: StoredPhone, body: Buffer, from: From): Promise<void> {
    const frame = read('frameFromPhone', body)
    if (!frame) throw new Refused(400, 'invalid')
    const computer = await find(phone, frame.computer)
    // Only the first answer opens the connection to the computer: a phone may change its network later.
    const mustBeNear = frame.sequence === 0 && (await needs.computers.mustBeNear(phone.organizationId, phone.userId))
    const posted = await storage.write(async (tx) => {
      let isFar = false
      const outcome = await frames.fromPhone(tx, computer.id, frame, from.ip, (ip) => {
        isFar = mustBeNear && !needs.sameNetwork(ip, from.ip)
        return !isFar
      })
      // Written down when it is judged, not when a phone that was refused tries on.
      if (isFar) await needs.record(tx, from, eventOf(computer, { ...phone, phone }, 'computer.far', 'denied'))
      return outcome
    })
    room.announce(computer)
    refuseUnlessKept(posted === 'removed' ? 'over' : posted)
    room.calls.answered(computer.id)
  }

  async function end(phone: StoredPhone, body: Buffer): Promise<void> {
    const order = read('endFromPhone', body)
    if (!order) throw new Refused(400, 'invalid')
    const computer = await find(phone, order.computer)
    await storage.write((tx) => frames.end(tx, computer.id, order.connection, 'phone'))
    room.announce(computer)
  }

  return {
    /** `computers` of PhoneState. */
    async list(phone: StoredPhone, from: From) {
      const all = await store.list({ id: phone.userId, organizationId: phone.organizationId })
      return all.filter(({ pairing }) => pairing?.phone.id === phone.id).map((computer) => viewFor(computer, from))
    },

    /** @returns false for an address that is none of these */
    async answer(ctx: Context, phone: StoredPhone, body: Buffer, from: From): Promise<boolean> {
      const [, path = '', id = '', part = ''] = /^\/phone\/api(\/offers|\/pairings|\/frames|\/connections\/end|\/uses)(?:\/([\w-]{22})(\/options|\/removal)?)?$/.exec(ctx.path) ?? []
      switch (`${ctx.method} ${path}${id === '' ? '' : '/:id'}${part}`) {
        case 'POST /offers': ctx.body = await look(body, from); return true
        case 'POST /pairings': ctx.body = await take(phone, body, from); return true
        case 'GET /pairings/:id': ctx.body = await stateFor(phone, id, from); return true
        case 'POST /pairings/:id': ctx.body = await confirm(phone, id, body, from); return true
        case 'POST /pairings/:id/options':
          if ((await find(phone, id)).state !== 'taken') throw new Refused(409, 'over')
          ctx.body = await unlock.begin({ binding: bindingOf(phone, id), userId: phone.userId, credentialId: phone.credentialId })
          return true
        case 'POST /pairings/:id/removal': await remove(phone, id, from); break
        case 'GET /frames':
          ctx.body = { frames: (await frames.forPhone(phone)).map((frame) => ({ ...frame, sameNetwork: needs.sameNetwork(frame.ip, from.ip) })) }
          return true
        case 'POST /frames': await post(phone, body, from); break
        case 'POST /connections/end': await end(phone, body); break
        case 'POST /uses': await uses.tell(phone, body, from); break
        default: return false
      }
      ctx.body = {}
      return true
    },
  }
}
