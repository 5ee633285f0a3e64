import { createActivations, type Activations } from './activations.ts'
import { createApi } from './api.ts'
import { createApprovals, type Approval, type Approvals, type NewApproval } from './approvals.ts'
import { createChanges } from './changes.ts'
import { createComputers, createComputersApi, createPhoneSide, type Computers } from './computers/index.ts'
import type { From, PhoneNeeds, PhoneOf } from './needs.ts'
import { createPhoneStore, type PhoneStore } from './store.ts'
import { approvalSubject, createWatch, personSubject, type Watch } from './watch.ts'
import type { Middleware } from '../http/index.ts'
import type { OrganizationId, Transaction, UserId } from '../storage/index.ts'

/** How late a decision on another node is seen here. */
const otherNodeMilliseconds = 250
/** The same while something goes on; one file has no other node. */
const livelyMilliseconds = 50

export interface Phones {
  readonly store: PhoneStore
  readonly activations: Activations
  readonly approvals: Approvals
  readonly watch: Watch
  /** Computers that reach the phones' keys. */
  readonly computers: Computers
  /** `/phone/api`, which phones call, and `/pairing/api`, which computers call. */
  readonly endpoints: readonly Middleware[]
  /** Makes a request in the caller's transaction; `announce` afterwards lets the phones know. */
  ask(tx: Transaction, from: From, order: NewApproval): Promise<Approval>
  announce(approval: Approval): void
  /** A phone or its person is not what it was: open apps look at once. */
  changed(userId: UserId): void
  /** As `changed`, and an app that is closed is woken: it is asked something. */
  call(userId: UserId): void
  /** Mail and panels lift a pause. */
  resume(tx: Transaction, who: { id: UserId; organizationId: OrganizationId }): Promise<boolean>
  stop(): void
}

export function createPhones(needs: PhoneNeeds): Phones {
  const store = createPhoneStore(needs)
  const activations = createActivations(needs)
  const approvals = createApprovals(needs)
  const watch = createWatch({ changes: createChanges(needs), clock: needs.clock, everyMilliseconds: otherNodeMilliseconds, livelyMilliseconds: needs.storage.kind === 'postgres' ? livelyMilliseconds : otherNodeMilliseconds, onError: (error) => { needs.log.warn('news of phones could not be read', { error }) } })
  const rooms = { ...needs, store, approvals, watch }
  const computers = createComputers(rooms)
  const api = createApi(rooms, createPhoneSide(rooms, computers))
  const computersApi = createComputersApi(rooms, computers, ({ userId, phoneId }: PhoneOf) => { wakeSoon(userId, phoneId) })

  /** A closed app is woken without a word about why; what it is asked it learns from here. */
  async function wake(userId: UserId, only?: string): Promise<void> {
    const { push, log, storage } = needs
    if (!push) return
    for (const { id, endpoint } of await store.pushEndpoints(userId)) {
      if (only !== undefined && id !== only) continue
      const result = await push.wake(endpoint)
      if (result === 'gone') await storage.write((tx) => store.setPush(tx, { id }, null))
      else if (result === 'failed') log.warn('a phone could not be woken', { phone: id })
    }
  }

  function wakeSoon(userId: UserId, only?: string): void {
    wake(userId, only).catch((error: unknown) => { needs.log.warn('a phone could not be woken', { error }) })
  }

  return {
    store, activations, approvals, watch, computers,
    endpoints: [api.endpoints, computersApi.endpoints],
    async ask(tx, from, order) {
      const approval = await approvals.create(tx, order)
      if (order.user) await needs.record(tx, from, { action: 'phone.asked', outcome: 'success', userId: order.user.id, organizationId: order.user.organizationId, phone: null, details: { application: order.application, kind: order.kind } })
      return approval
    },
    announce({ id, userId }) {
      watch.changed(approvalSubject(id), ...(userId === null ? [] : [personSubject(userId)]))
      if (userId !== null) wakeSoon(userId)
    },
    changed: (userId) => { watch.changed(personSubject(userId)) },
    call(userId) {
      watch.changed(personSubject(userId))
      wakeSoon(userId)
    },
    resume: (tx, { id }) => approvals.resume(tx, id),
    stop() {
      api.stop()
      computersApi.stop()
      watch.stop()
    },
  }
}
