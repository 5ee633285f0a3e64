import type { ApprovalView, PhoneState } from '../wire.ts'
import type { OrderView } from '../pairing/wire.ts'
import { call, Refusal, serverNow, setClock } from './api.ts'
import { forgetComputer, listComputers } from './computers.ts'
import { forgetCredential, listCredentials } from './credentials.ts'
import { listen } from './events.ts'
import { forgetKey, listKeys, saveKey, type HeldKey } from './keys.ts'
import { createQuestions, type Questions } from './questions.ts'

/** What the screens share: the keys of this phone, what was last heard of each, and who wants to know of news. */
export interface App {
  readonly keys: readonly HeldKey[]
  key(id: string): HeldKey | undefined
  /** Who waits for an answer on any of the keys, newest first. */
  readonly waiting: readonly { readonly held: HeldKey; readonly approval: ApprovalView }[]
  /** What paired computers want of this phone. */
  readonly questions: Questions
  /** Keys that an administrator wants to be made here. */
  readonly orders: readonly { readonly held: HeldKey; readonly order: OrderView }[]
  /** Asks the server for every key, or for one. */
  look(id?: string): Promise<void>
  put(held: HeldKey): Promise<void>
  /** Takes a key off this phone. */
  drop(id: string): Promise<void>
  onNews(hear: () => void): void
  /** Since when the server has not been heard; undefined while it is. */
  readonly offlineSince: number | undefined
}

export async function openApp(): Promise<App> {
  const keys = new Map((await listKeys()).map((held) => [held.id, held]))
  const hearers = new Set<() => void>()
  const stops = new Map<string, () => void>()
  const looks = new Map<string, { again: boolean; done: Promise<void> }>()
  let offlineSince: number | undefined
  const tell = (): void => { for (const hear of hearers) hear() }
  const questions = createQuestions(tell)

  async function put(held: HeldKey): Promise<void> {
    keys.set(held.id, held)
    attend(held)
    // What was heard is known without being kept too.
    await saveKey(held).catch(() => undefined)
    // Removed while this was written down.
    if (!keys.has(held.id)) await forgetKey(held.id)
  }

  /** What the server said of a key that is still here. */
  async function keep(held: HeldKey): Promise<void> {
    if (keys.has(held.id)) await put(held)
  }

  /** Listens for as long as the server takes the key. */
  function attend(held: HeldKey): void {
    if (held.lost === null && !stops.has(held.id)) stops.set(held.id, listen(held, () => void look(held.id)))
    if (held.lost === null) return
    stops.get(held.id)?.()
    stops.delete(held.id)
  }

  async function ask(id: string): Promise<void> {
    const held = keys.get(id)
    if (!held) return
    const began = Date.now()
    try {
      const state = await call<PhoneState>(held, 'GET', '/state')
      setClock(state.now)
      offlineSince = undefined
      await keep({ ...held, state, phone: state.phone, account: state.account, seenAt: Date.now(), lost: null })
      await forgetUnpaired(id, state, began)
      if (state.computers.length > 0) void questions.look(held)
      else questions.end(id)
    } catch (error) {
      const code = error instanceof Refusal ? error.code : 'offline'
      if (code !== 'offline') offlineSince = undefined
      if (code === 'unknown_phone' || code === 'suspended') {
        questions.end(id)
        await keep({ ...held, lost: code, state: held.state && { ...held.state, approvals: [] } })
      } else if (code === 'offline') offlineSince ??= held.seenAt ?? Date.now()
    }
  }

  /** A pairing that ended elsewhere ends here too. */
  async function forgetUnpaired(id: string, { computers }: PhoneState, asOf: number): Promise<void> {
    // One that was paired since the server was asked is not in its answer.
    for (const computer of await listComputers()) if (computer.held === id && computer.createdAt < asOf && !computers.some((one) => one.id === computer.id)) await forgetComputer(computer.id)
  }

  /** One question at a time for each key; news that come meanwhile are asked for after it, so that an old answer never comes last. */
  function askInTurn(id: string): Promise<void> {
    const running = looks.get(id)
    if (running) {
      running.again = true
      return running.done
    }
    const look = { again: true, done: Promise.resolve() }
    looks.set(id, look)
    look.done = (async () => {
      while (look.again) {
        look.again = false
        await ask(id)
      }
    })().finally(() => looks.delete(id))
    return look.done
  }

  async function look(id?: string): Promise<void> {
    await Promise.all([...keys.keys()].filter((one) => id === undefined || one === id).map(askInTurn))
    tell()
  }

  for (const held of keys.values()) attend(held)
  return {
    get keys() { return [...keys.values()] },
    get waiting() {
      return [...keys.values()].flatMap((held) => (held.state?.approvals ?? []).filter(({ expiresAt }) => expiresAt > serverNow()).map((approval) => ({ held, approval })))
        .sort((a, b) => b.approval.createdAt - a.approval.createdAt)
    },
    questions,
    get orders() { return [...keys.values()].flatMap((held) => (held.lost === null ? held.state?.orders ?? [] : []).filter(({ expiresAt }) => expiresAt > serverNow()).map((order) => ({ held, order }))) },
    get offlineSince() { return offlineSince },
    key: (id) => keys.get(id),
    look, put,
    async drop(id) {
      stops.get(id)?.()
      stops.delete(id)
      keys.delete(id)
      questions.end(id)
      // Nobody could use them again, nor see or remove them: whoever activates this phone anew gets another key.
      for (const { id: computer, held } of await listComputers()) if (held === id) await forgetComputer(computer)
      for (const { id: passkey, holder } of await listCredentials()) if (holder === id) await forgetCredential(passkey)
      await forgetKey(id)
    },
    onNews: (hear) => { hearers.add(hear) },
  }
}
