import { TooManyRequests, Unavailable } from '../../errors.ts'
import type { KeyElsewhere } from '../../authentication/methods/passkey/index.ts'
import type { PhoneOrders, PhoneOf, From } from '../../phones/index.ts'
import { keySitesOf } from '../clouds.ts'
import type { ManagedDomain } from '../domain.ts'
import { addKey, GraphRefused, keyOptions, keysOf, type GraphSession } from '../graph/index.ts'
import { challengeHash, judge } from './answer.ts'
import { displayNameOf, reasonOf, reasonsToRetry, type KeyEvent, type KeyNeeds, type KeyOrder, type KeyReason } from './order.ts'
import type { createKeySettings } from './settings.ts'
import type { KeyStore } from './store.ts'

/** Of v1.0, whatever it says: a challenge that a fault lets live longer is not used longer (section 5.1). */
const challengeMilliseconds = 5 * 60_000
/** Somebody holds the phone in their hand meanwhile. */
const patienceMilliseconds = 5_000
const mostAttempts = 20
const usualRetrySeconds = 30

interface Connected { readonly order: KeyOrder; readonly domain: ManagedDomain; readonly session: GraphSession }

/** What a phone says to orders: shows them, asks for what a key is made from, answers with the key or with no. */
export function createPhoneSide(needs: KeyNeeds & { readonly store: KeyStore; readonly settings: ReturnType<typeof createKeySettings> }): PhoneOrders {
  const { storage, clock, log, store, settings, domains, unattended } = needs

  const event = (order: KeyOrder, from: From | null, action: KeyEvent['action'], outcome: KeyEvent['outcome'], details: KeyEvent['details']): KeyEvent => ({
    action, outcome, organizationId: order.organizationId, userId: order.userId, from, details: { upn: order.upn, by: order.createdByName, ...details },
  })
  const find = async (phone: PhoneOf, id: string): Promise<KeyOrder | undefined> => (await store.openFor(phone)).find((order) => order.id === id)

  async function fail(order: KeyOrder, from: From, reason: KeyReason): Promise<void> {
    await storage.write(async (tx) => {
      if (await store.end(tx, order.id, 'failed', reason)) await needs.recordKey(tx, event(order, from, 'microsoft.key_failed', 'failure', { reason }))
    })
  }

  /** @returns the reason; what passes by itself leaves the order open */
  async function refused(order: KeyOrder, from: From, error: GraphRefused): Promise<KeyReason> {
    const reason = reasonOf(error)
    log.warn('Microsoft did not take a key on behalf of a person', { order: order.id, reason, message: error.message, requestId: error.requestId })
    if (reasonsToRetry.includes(reason)) await store.note(order.id, reason, error.retryAfterMilliseconds === null ? null : clock.now() + error.retryAfterMilliseconds)
    else await fail(order, from, reason)
    return reason
  }

  /** The organization may have thought better of it since, or the registration be gone. */
  async function connect(order: KeyOrder, from: From): Promise<Connected | KeyReason> {
    const domain = await domains.find(order.organizationId, order.domainId)
    const missing = (await settings.find(order.organizationId)).consent === null ? 'no_consent' : domain && unattended.isSetUp(domain) ? null : 'no_app'
    if (missing !== null) {
      await fail(order, from, missing)
      return missing
    }
    const session = domain && (await unattended.session(domain, patienceMilliseconds))
    return domain && session ? { order, domain, session } : 'no_app'
  }

  async function phoneName({ phoneId, userId, organizationId }: PhoneOf): Promise<string> {
    return (await storage.read.one<{ name: string }>('SELECT name FROM phones WHERE id = ? AND user_id = ? AND organization_id = ?', [phoneId, userId, organizationId]))?.name ?? ''
  }

  /** A creation that broke off may have happened: the list tells, by a name that no other key has. */
  async function postOrFind({ session, order }: Connected, key: KeyElsewhere, displayName: string): Promise<{ readonly methodId: string }> {
    const begun = clock.now()
    try {
      return await addKey(session, order.upn, { displayName, id: key.id, clientDataJSON: key.clientDataJSON, attestationObject: key.attestationObject, clientExtensionResults: key.clientExtensionResults })
    } catch (error) {
      if (!(error instanceof GraphRefused) || (error.status > 0 && error.status < 500)) throw error
      const found = (await keysOf(session, order.upn).catch(() => [])).filter((one) => one.displayName === displayName && one.createdAt !== null && one.createdAt >= begun - challengeMilliseconds)
      const [only, another] = found
      if (!only || another) throw error
      return only
    }
  }

  async function register(connected: Connected, phone: PhoneOf, key: KeyElsewhere, from: From): Promise<void> {
    const { order } = connected
    const name = await phoneName(phone)
    const displayName = displayNameOf(name)
    const { methodId } = await postOrFind(connected, key, displayName)
    await storage.write(async (tx) => {
      const now = await store.find(order.organizationId, order.id, tx)
      // Whoever cancelled while Microsoft was writing wants it gone again.
      const unwanted = now?.state !== 'asked' && now?.state !== 'waiting'
      await store.registered(tx, order.id, { methodId, credentialId: key.id, aaguid: key.aaguid, displayName, phoneId: phone.phoneId, phoneName: name, unwanted })
      await needs.recordKey(tx, event(order, from, 'microsoft.key_registered', 'success', { phone: name, credential: key.id, method: methodId, aaguid: key.aaguid, displayName }))
      if (unwanted) return
      await needs.peopleGuide.mark(tx, order.organizationId, order.userId, 'admin')
      await needs.tellOfKey(tx, { what: 'registered', organizationId: order.organizationId, userId: order.userId, phone: name, upn: order.upn, by: order.createdByName })
    })
  }

  return {
    async list(phone) {
      const orders = await store.openFor(phone)
      return Promise.all(orders.map(async ({ id, organizationId, domainId, upn, createdByName, createdAt, expiresAt }) => {
        const domain = await domains.find(organizationId, domainId)
        return { id, site: (domain && keySitesOf(domain.settings)[0]) ?? 'login.microsoft.com', account: upn, by: createdByName, createdAt, expiresAt }
      }))
    },

    async options(phone, orderId, from) {
      const order = await find(phone, orderId)
      if (!order) return undefined
      const now = clock.now()
      if (order.retryAt !== null && order.retryAt > now) throw new TooManyRequests(Math.ceil((order.retryAt - now) / 1_000))
      if (order.attempts >= mostAttempts) {
        await fail(order, from, 'too_many')
        return undefined
      }
      try {
        const connected = await connect(order, from)
        if (typeof connected === 'string') return undefined
        const options = await keyOptions(connected.session, order.upn)
        // Whoever can name any site could have the phone make a key for somebody else's.
        if (!keySitesOf(connected.domain.settings).includes(options.rpId)) {
          log.warn('Graph named a site that is not Microsoft’s', { order: order.id, rpId: options.rpId })
          await fail(order, from, 'host')
          return undefined
        }
        const expiresAt = Math.min(options.expiresAt ?? Number.POSITIVE_INFINITY, now + challengeMilliseconds)
        if (!(await store.offer(order.id, { hash: challengeHash(phone.phoneId, options.challenge), host: options.rpId, expiresAt }))) return undefined
        return { origin: `https://${options.rpId}`, options: options.publicKey, expiresAt }
      } catch (error) {
        if (!(error instanceof GraphRefused)) throw error
        const reason = await refused(order, from, error)
        const seconds = Math.ceil((error.retryAfterMilliseconds ?? usualRetrySeconds * 1_000) / 1_000)
        if (reason === 'throttled') throw new TooManyRequests(seconds)
        if (reasonsToRetry.includes(reason)) throw new Unavailable('unavailable', { message: error.message, retryAfterSeconds: seconds })
        return undefined
      }
    },

    async answer(phone, orderId, response, from) {
      const order = await find(phone, orderId)
      if (!order) return { outcome: 'over', reason: null }
      if (response === null) {
        const denied = await storage.write(async (tx) => {
          if (!(await store.end(tx, order.id, 'denied', null))) return false
          await needs.recordKey(tx, event(order, from, 'microsoft.key_denied', 'denied', { phone: await phoneName(phone) }))
          return true
        })
        return { outcome: denied ? 'denied' : 'over', reason: null }
      }
      if (response === 'excluded') {
        await fail(order, from, 'there_already')
        return { outcome: 'refused', reason: 'there_already' }
      }
      const again = async (reason: 'too_late' | 'invalid') => {
        await store.note(order.id, reason)
        return { outcome: 'refused', reason } as const
      }
      const { challengeHash: hash, challengeHost: host, challengeExpiresAt } = order
      if (hash === null || host === null || challengeExpiresAt === null || challengeExpiresAt <= clock.now()) return again('too_late')
      // Before it is judged: a challenge is answered once, rightly or not.
      if (!(await store.take(order.id, hash))) return again('too_late')
      const key = await judge(response, { phoneId: phone.phoneId, hash, host })
      if (!key) return again('invalid')
      try {
        const connected = await connect(order, from)
        if (typeof connected === 'string') return { outcome: 'refused', reason: connected }
        await register(connected, phone, key, from)
        return { outcome: 'registered', reason: null }
      } catch (error) {
        if (!(error instanceof GraphRefused)) throw error
        return { outcome: 'refused', reason: await refused(order, from, error) }
      }
    },
  }
}
