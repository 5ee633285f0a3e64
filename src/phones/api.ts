import { readBody, type Context, type Middleware } from '../http/index.ts'
import type { PhoneSide } from './computers/index.ts'
import { createDecisions } from './decisions.ts'
import { createEvents } from './events.ts'
import { createOrders } from './orders.ts'
import { clockToleranceMilliseconds, isSignedBy, requestText } from './phone.ts'
import { readSettings } from './read.ts'
import { answerRefusal, Refused, type ApiNeeds } from './refused.ts'
import type { StoredPhone } from './store.ts'
import { viewOf } from './views.ts'
import { personSubject } from './watch.ts'

const base = '/phone/api'
const bodyBytes = 65_536

/**
 * `/phone/api` runs before sessions, cookies and forms are looked at: each request is signed by the phone's key, so there is nothing that
 * another site could make a browser send. What is said → src/browser/wire.ts.
 */
export function createApi(needs: ApiNeeds, computers: PhoneSide): { endpoints: Middleware; stop(): void } {
  const { store, storage } = needs
  const decisions = createDecisions(needs)
  const events = createEvents(needs)
  const orders = createOrders(needs)

  return {
    stop: () => { events.stop() },
    async endpoints(ctx, next) {
      if (!ctx.path.startsWith(`${base}/`)) return next()
      ctx.set('Cache-Control', 'no-store')
      try {
        const body = ctx.method === 'POST' ? await readBody(ctx.req, bodyBytes) : Buffer.alloc(0)
        const phone = await admit(ctx, body)
        await answer(ctx, phone, body)
        await store.touch(phone, ctx.state.request.ip)
      } catch (error) {
        answerRefusal(ctx, error, 'phone')
      }
      return undefined
    },
  }

  /** Who calls, by the signature of this very request. */
  async function admit(ctx: Context, body: Buffer): Promise<StoredPhone> {
    const [, id = '', atText = '', signature = ''] = /^Doorward-Phone ([\w-]{22})\.(\d{1,15})\.([\w-]{86})$/.exec(ctx.get('authorization')) ?? []
    const phone = id === '' ? undefined : await store.byId(id)
    const at = Number(atText)
    if (!phone || !isSignedBy(phone.publicKey, requestText(ctx.method, ctx.url, at, body), signature)) {
      const seconds = await needs.countFailure(ctx.state.request.ip)
      throw seconds > 0 ? new Refused(429, 'limit', { retryAfterSeconds: seconds }) : new Refused(401, 'unknown_phone')
    }
    const now = needs.clock.now()
    if (Math.abs(now - at) > clockToleranceMilliseconds) throw new Refused(401, 'clock', { now })
    if (phone.suspended) throw new Refused(401, 'suspended')
    return phone
  }

  async function answer(ctx: Context, phone: StoredPhone, body: Buffer): Promise<void> {
    const account = await needs.account(phone.organizationId, phone.userId)
    if (!account) throw new Refused(401, 'unknown_phone')
    if (account.status !== 'active') throw new Refused(401, 'suspended')
    const path = ctx.path.slice(base.length)
    const [, kind, asked, part] = /^\/(approvals|orders)\/([\w-]{22})(\/options)?$/.exec(path) ?? []
    const from = { ip: ctx.state.request.ip, userAgent: ctx.state.request.userAgent }
    if (ctx.method === 'GET') {
      switch (path) {
        case '/state': {
          const [open, credentials, activity, ordered, paired] = await Promise.all([
            needs.approvals.openFor(phone.userId), needs.credentials(phone.organizationId, phone.userId), needs.activity(phone.organizationId, phone.userId), orders.list(phone), computers.list(phone, from)])
          ctx.body = {
            now: needs.clock.now(), phone: viewOf(phone, needs.push !== undefined), account, approvals: open.map((approval) => decisions.view(approval, account, from)),
            credentials: credentials.map(({ id, ...fact }) => ({ id, own: id === phone.credentialId, ...fact })), activity, orders: ordered, computers: paired,
          }
          return
        }
        case '/events': return events.stream(ctx, phone)
        // For apps that were activated before they kept it; it is not a secret to its own phone.
        case '/public-key':
          ctx.body = JSON.parse(phone.publicKey)
          return
        case '/push-key':
          ctx.body = { key: needs.push?.publicKey ?? null }
          return
        default:
          if (await computers.answer(ctx, phone, body, from)) return
          throw new Refused(404, 'invalid')
      }
    }
    if (ctx.method !== 'POST') throw new Refused(405, 'invalid')
    if (asked !== undefined) {
      if (kind === 'orders') ctx.body = part === undefined ? await orders.answer(phone, asked, body, from) : await orders.options(phone, asked, from)
      else ctx.body = part === undefined ? await decisions.decide(phone, asked, body, from) : await decisions.options(phone, asked)
      return
    }
    switch (path) {
      case '/scans':
        ctx.body = await decisions.scan(phone, body, account, from)
        return
      case '/settings': {
        const settings = readSettings(body)
        if (!settings) throw new Refused(400, 'invalid')
        await storage.write(async (tx) => {
          await store.change(tx, { id: phone.userId, organizationId: phone.organizationId }, phone.id, settings)
          await needs.record(tx, from, { action: 'phone.renamed', outcome: 'success', userId: phone.userId, organizationId: phone.organizationId, phone, details: { name: settings.name } })
        })
        ctx.body = viewOf({ ...phone, ...settings }, needs.push !== undefined)
        return
      }
      case '/push': return setPush(ctx, phone, body)
      case '/removal':
        await storage.write(async (tx) => {
          await store.remove(tx, { id: phone.userId, organizationId: phone.organizationId }, phone.id)
          await needs.removed(tx, phone)
          await needs.record(tx, from, { action: 'phone.removed', outcome: 'success', userId: phone.userId, organizationId: phone.organizationId, phone, details: { by: 'phone' } })
        })
        needs.watch.changed(personSubject(phone.userId))
        ctx.body = {}
        return
      default: if (!(await computers.answer(ctx, phone, body, from))) throw new Refused(404, 'invalid')
    }
  }

  async function setPush(ctx: Context, phone: StoredPhone, body: Buffer): Promise<void> {
    const { push } = needs
    if (!push) throw new Refused(403, 'not_allowed')
    let endpoint: string | null
    try {
      const { subscription } = JSON.parse(body.toString('utf8')) as { subscription?: { endpoint?: unknown } | null }
      const given = subscription?.endpoint
      if (subscription !== null && typeof given !== 'string') throw new Refused(400, 'invalid')
      endpoint = typeof given === 'string' ? given : null
    } catch (error) {
      throw error instanceof Refused ? error : new Refused(400, 'invalid')
    }
    if (endpoint !== null && !push.allowed(endpoint)) throw new Refused(403, 'not_allowed')
    await storage.write((tx) => store.setPush(tx, phone, endpoint))
    ctx.body = viewOf({ ...phone, wakeable: endpoint !== null }, true)
  }
}
