import { Refused, type ApiNeeds } from './refused.ts'
import type { Approval } from './approvals.ts'
import { pauseHours, type Account, type From, type PhoneEvent } from './needs.ts'
import { decisionText, isSignedBy } from './phone.ts'
import { readDecision, readScan, type ReadDecision } from './read.ts'
import type { StoredPhone } from './store.ts'
import { approvalView } from './views.ts'
import { approvalSubject, personSubject } from './watch.ts'

export type DecisionOutcome = 'approved' | 'denied' | 'reported' | 'wrong_number' | 'far' | 'refused' | 'over'

/** What a phone says to a request: that it is near, yes with the number and its lock, no, or "that was not me". */
export function createDecisions(needs: ApiNeeds) {
  const { storage, approvals, watch, unlock } = needs
  const origin = new URL(needs.publicUrl).origin
  const bindingOf = (phone: StoredPhone, id: string): string => `phone ${phone.id} ${id}`
  const near = (approval: Approval, from: From): boolean => needs.sameNetwork(approval.ip, from.ip)
  const view = (approval: Approval, account: Account, from: From) => approvalView(approval, { organization: account.organization, sameNetwork: near(approval, from) })
  const changed = ({ id, userId }: Approval): void => { watch.changed(approvalSubject(id), ...(userId === null ? [] : [personSubject(userId)])) }

  async function find(phone: StoredPhone, id: string): Promise<Approval | undefined> {
    const approval = await approvals.find(id)
    return approval?.userId === phone.userId && approval.state === 'open' && approval.expiresAt > needs.clock.now() ? approval : undefined
  }

  function event(phone: StoredPhone, approval: Approval, from: From, action: PhoneEvent['action'], outcome: PhoneEvent['outcome'], more: PhoneEvent['details'] = {}): PhoneEvent {
    return {
      action, outcome, userId: phone.userId, organizationId: phone.organizationId, phone,
      details: { application: approval.application, kind: approval.kind, browser: approval.browser, computer: approval.ip, sameNetwork: near(approval, from), nearness: approval.nearness, ...more },
    }
  }

  /** @returns what to tell the phone; the transaction has what happened with its record */
  async function no(phone: StoredPhone, approval: Approval, from: From, decision: 'deny' | 'report'): Promise<DecisionOutcome> {
    const state = decision === 'deny' ? 'denied' : 'reported'
    return storage.write(async (tx) => {
      if (!(await approvals.decide(tx, approval.id, phone.userId, phone.id, state))) return 'over'
      await needs.record(tx, from, event(phone, approval, from, `phone.${state}`, 'denied'))
      if (state === 'reported') {
        await approvals.pause(tx, { id: phone.userId, organizationId: phone.organizationId }, pauseHours)
        await needs.tellReported(tx, { organizationId: phone.organizationId, userId: phone.userId, application: approval.application, browser: approval.browser, ip: approval.ip, until: needs.clock.now() + pauseHours * 3_600_000 })
      }
      return state
    })
  }

  async function yes(phone: StoredPhone, approval: Approval, from: From, order: ReadDecision): Promise<{ outcome: DecisionOutcome; triesLeft: number }> {
    const triesLeft = 3 - approval.tries
    const refuse = async (reason: string): Promise<void> => { await storage.write((tx) => needs.record(tx, from, event(phone, approval, from, 'phone.refused', 'failure', { reason }))) }
    const { unlocking, number } = order
    // The lock comes first: whoever only found the phone gets no try at the number.
    if (unlocking === null || !(await unlock.finish({ binding: bindingOf(phone, approval.id), ...unlocking, userId: phone.userId, credentialId: phone.credentialId }))) {
      await refuse('not_unlocked')
      return { outcome: 'refused', triesLeft }
    }
    if (number === null || number !== approval.number) {
      const left = await storage.write(async (tx) => {
        const after = await approvals.countWrongNumber(tx, approval.id, phone.userId)
        await needs.record(tx, from, event(phone, approval, from, 'phone.refused', 'failure', { reason: 'wrong_number' }))
        return after
      })
      return left === undefined || left === 0 ? { outcome: 'over', triesLeft: 0 } : { outcome: 'wrong_number', triesLeft: left }
    }
    const isNear = near(approval, from)
    if (approval.nearness === 'needed' && !isNear) {
      await refuse('far')
      return { outcome: 'far', triesLeft }
    }
    const done = await storage.write(async (tx) => {
      const how = approval.nearness === 'needed' ? 'network' : approval.nearness
      if (approval.nearness === 'needed') await approvals.proveNear(tx, approval.id, phone.userId, 'network')
      if (!(await approvals.decide(tx, approval.id, phone.userId, phone.id, 'approved'))) return false
      await needs.record(tx, from, event(phone, approval, from, 'phone.approved', 'success', { nearness: how }))
      return true
    })
    return { outcome: done ? 'approved' : 'over', triesLeft }
  }

  return {
    view,

    async options(phone: StoredPhone, id: string): Promise<{ challengeId: string; options: unknown }> {
      if (!(await find(phone, id))) throw new Refused(409, 'over')
      return unlock.begin({ binding: bindingOf(phone, id), userId: phone.userId, credentialId: phone.credentialId })
    },

    /** Tampering with any part of what was signed makes it nothing (SEC-45). */
    async decide(phone: StoredPhone, id: string, body: Buffer, from: From): Promise<{ outcome: DecisionOutcome; triesLeft: number }> {
      const order = readDecision(body)
      if (!order) throw new Refused(400, 'invalid')
      const approval = await find(phone, id)
      if (!approval) return { outcome: 'over', triesLeft: 0 }
      const signed = decisionText({ id, decision: order.decision, number: order.number, nonce: approval.nonce, origin: order.origin, expiresAt: order.expiresAt })
      if (order.origin !== origin || order.expiresAt !== approval.expiresAt || !isSignedBy(phone.publicKey, signed, order.signature)) throw new Refused(400, 'wrong')
      const answer = order.decision === 'approve' ? await yes(phone, approval, from, order) : { outcome: await no(phone, approval, from, order.decision), triesLeft: 0 }
      changed(approval)
      return answer
    },

    /** A code on a computer's page: a sign-in that has no owner yet becomes this person's, one that is theirs learns that the phone is near. */
    async scan(phone: StoredPhone, body: Buffer, account: Account, from: From): Promise<{ outcome: 'taken' | 'near' | 'unknown'; approval: ReturnType<typeof approvalView> | null }> {
      const order = readScan(body)
      const typed = order && /^\d{8}$/.exec(order.secret.replaceAll(/[\s-]/g, ''))?.[0]
      const id = order && (typed === undefined ? approvals.readScan(order.secret) : await approvals.byManualCode(typed))
      if (id === undefined && (await needs.countFailure(from.ip)) > 0) throw new Refused(429, 'limit')
      const approval = id === undefined ? undefined : await approvals.find(id)
      const nothing = { outcome: 'unknown', approval: null } as const
      if (!approval || approval.state !== 'open' || approval.expiresAt <= needs.clock.now()) return nothing
      // What was typed may have been told by somebody far away: it proves nothing, so the network must (SEC-47).
      if (typed !== undefined && !near(approval, from)) return nothing
      const how = typed === undefined ? 'scanned' : 'network'
      const user = { id: phone.userId, organizationId: phone.organizationId }
      const outcome = await storage.write(async (tx): Promise<'taken' | 'near' | 'unknown'> => {
        if (approval.userId === null && approval.kind === 'code') {
          if (!(await approvals.claim(tx, approval.id, user, how))) return 'unknown'
          await needs.record(tx, from, event(phone, { ...approval, nearness: how }, from, 'phone.asked', 'success'))
          return 'taken'
        }
        if (approval.userId !== phone.userId) return 'unknown'
        if (approval.nearness === 'needed' || approval.nearness === 'not_asked') await approvals.proveNear(tx, approval.id, phone.userId, how)
        return 'near'
      })
      const after = outcome === 'unknown' ? undefined : await approvals.find(approval.id)
      if (after) changed(after)
      return after ? { outcome, approval: view(after, account, from) } : nothing
    },
  }
}
