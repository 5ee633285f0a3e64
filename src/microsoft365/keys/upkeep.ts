import type { OrganizationId, UserId } from '../../storage/index.ts'
import { GraphRefused, removeKey } from '../graph/index.ts'
import { reasonOf, type KeyAnnouncement, type KeyEvent, type KeyNeeds, type KeyOrder, type KeyReason } from './order.ts'
import type { createKeyOrders } from './orders.ts'
import { consentVersion } from './settings.ts'
import { somePhone, type KeyStore } from './store.ts'

const batch = 100
const firstWaitMilliseconds = 60_000
const longestWaitMilliseconds = 6 * 3_600_000
/** By then it is no passing trouble, and somebody's key still opens what it should not. */
const triesBeforeAlert = 5

export interface UpkeepNeeds extends KeyNeeds {
  readonly store: KeyStore
  readonly orders: ReturnType<typeof createKeyOrders>
  readonly announce: KeyAnnouncement
}

/** The job: what follows by itself from phones and people that come and go. Each step can be repeated. */
export function createUpkeep(needs: UpkeepNeeds) {
  const { storage, clock, log, store, orders, domains, unattended, alerts } = needs
  const record = (order: KeyOrder, action: KeyEvent['action'], outcome: KeyEvent['outcome'], details: KeyEvent['details']): KeyEvent => ({ action, outcome, organizationId: order.organizationId, userId: order.userId, from: null, details: { upn: order.upn, by: order.createdByName, ...details } })

  async function end(where: string, values: readonly (string | number)[], state: 'failed' | 'removed', reason: KeyReason): Promise<void> {
    for (const order of await store.due(`k.state IN ('waiting', 'asked') AND ${where}`, values, batch)) {
      await storage.write(async (tx) => {
        if (await store.end(tx, order.id, state, reason)) await needs.recordKey(tx, record(order, state === 'failed' ? 'microsoft.key_failed' : 'microsoft.key_cancelled', 'failure', { reason }))
      })
    }
  }

  /** Open orders follow what the person has. */
  async function follow(): Promise<void> {
    await end('k.expires_at <= ?', [clock.now()], 'failed', 'expired')
    await end(`EXISTS (SELECT 1 FROM users u WHERE u.id = k.user_id AND u.status = 'deleted')`, [], 'removed', 'person_gone')
    await end('k.phone_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM phones p WHERE p.id = k.phone_id)', [], 'failed', 'phone_gone')
    for (const row of await storage.execute<{ user_id: UserId }>(`UPDATE microsoft_keys SET state = 'asked' WHERE state = 'waiting' AND ${somePhone} RETURNING user_id`)) needs.announce(row.user_id, 'asked')
    await storage.execute(`UPDATE microsoft_keys SET state = 'waiting', challenge_hash = NULL WHERE state = 'asked' AND phone_id IS NULL AND NOT ${somePhone}`)
  }

  /** Phones that became active since the rule is on (S108). */
  async function orderForNewPhones(): Promise<void> {
    const phones = await storage.read.all<{ id: string; user_id: UserId; organization_id: OrganizationId }>(
      `SELECT p.id, p.user_id, p.organization_id FROM phones p JOIN microsoft_key_settings s ON s.organization_id = p.organization_id JOIN entra_identities i ON i.user_id = p.user_id JOIN users u ON u.id = p.user_id
       WHERE s.on_activation = 1 AND s.consent_version = ? AND p.created_at >= s.changed_at AND p.suspended_at IS NULL AND u.status = 'active'
         AND NOT EXISTS (SELECT 1 FROM microsoft_keys k WHERE k.phone_id = p.id) AND NOT EXISTS (SELECT 1 FROM microsoft_keys k WHERE k.user_id = p.user_id AND k.state IN ('waiting', 'asked')) ORDER BY p.created_at, p.id LIMIT ?`,
      [consentVersion, batch])
    for (const { id: phoneId, user_id: userId, organization_id: organizationId } of phones) {
      const place = await orders.placeOf(organizationId, userId)
      const made = await storage.write(async (tx) => {
        const result = await orders.order(tx, { organizationId, userId, phoneId, by: null }, place)
        if (result.outcome === 'ordered') await needs.recordKey(tx, { action: 'microsoft.key_ordered', outcome: 'success', organizationId, userId, from: null, details: { upn: result.upn, rule: 'on_activation' } })
        return result.outcome === 'ordered'
      })
      if (made) needs.announce(userId, 'asked')
    }
  }

  /** A key whose phone or person is gone opens Microsoft no longer than it must. */
  async function askRemovals(): Promise<void> {
    const gone = `(NOT EXISTS (SELECT 1 FROM phones p WHERE p.id = k.phone_id) OR EXISTS (SELECT 1 FROM users u WHERE u.id = k.user_id AND u.status = 'deleted'))`
    for (const order of await store.due(`k.state = 'registered' AND k.removal_asked_at IS NULL AND ${gone}`, [], batch)) await storage.write((tx) => store.askRemoval(tx, order.id))
  }

  /** Whoever was given another name at Entra since is found by that one only. */
  async function namesOf({ userId, upn }: KeyOrder): Promise<string[]> {
    const now = await storage.read.one<{ upn: string }>('SELECT upn FROM entra_identities WHERE user_id = ?', [userId])
    return [...new Set([upn, now?.upn ?? upn])]
  }

  async function removeOne(order: KeyOrder): Promise<void> {
    const domain = await domains.find(order.organizationId, order.domainId)
    let [reason, wait]: [KeyReason, number | null] = ['no_app', null]
    try {
      const session = domain && (await unattended.session(domain))
      if (session && order.methodId !== null) {
        let was = false
        for (const upn of await namesOf(order)) was ||= await removeKey(session, upn, order.methodId)
        await storage.write(async (tx) => {
          if (!(await store.removed(tx, order.id))) return
          await needs.recordKey(tx, record(order, 'microsoft.key_removed', 'success', { phone: order.phoneName, method: order.methodId, alreadyGone: !was }))
          await alerts.resolve(tx, order.organizationId, 'microsoft.key_removal', order.id)
          if (await store.hasOther(tx, order, ['registered'])) return
          const { state } = await needs.peopleGuide.setUpOf(order.organizationId, order.userId)
          if (state === 'done_by_admin') await needs.peopleGuide.mark(tx, order.organizationId, order.userId, null)
          await needs.tellOfKey(tx, { what: 'removed', organizationId: order.organizationId, userId: order.userId, phone: order.phoneName ?? '', upn: order.upn, by: '' })
        })
        return
      }
    } catch (error) {
      if (!(error instanceof GraphRefused)) throw error
      reason = reasonOf(error)
      wait = error.retryAfterMilliseconds
      log.warn('a key could not be taken off Microsoft', { order: order.id, reason, message: error.message, requestId: error.requestId })
    }
    await store.removalFailed(order.id, reason, clock.now() + Math.max(wait ?? 0, Math.min(firstWaitMilliseconds * 2 ** order.attempts, longestWaitMilliseconds)))
    if (order.attempts + 1 < triesBeforeAlert) return
    await storage.write((tx) => alerts.raise(tx, order.organizationId, { kind: 'microsoft.key_removal', subject: order.id, details: { domain: domain?.domain ?? order.upn, fields: order.upn, reason } }))
  }

  return {
    async run(signal?: AbortSignal): Promise<void> {
      await follow()
      await orderForNewPhones()
      await askRemovals()
      for (const order of await store.due(`k.state = 'registered' AND k.removal_asked_at IS NOT NULL AND (k.retry_at IS NULL OR k.retry_at <= ?)`, [clock.now()], batch)) {
        if (signal?.aborted) return
        await removeOne(order)
      }
    },
  }
}

export type Upkeep = ReturnType<typeof createUpkeep>
