import { base64url, randomBytes } from '../pairing/bytes.ts'
import { ComputerRefusal } from '../pairing/call.ts'
import { Tampered } from '../pairing/channel.ts'
import { ask, type Pairing, type Stage } from '../pairing/relay-client.ts'
import type { PairingState } from '../pairing/wire.ts'
import { isInFront } from './facts.ts'
import { chosenPhone, forgetPhone, keptPhones, toAsk } from './phones.ts'
import { platform } from './platform.ts'
import { isUnanswered, lateTrouble, outcomeOf, questionOf, siteName, type Outcome, type SiteRequest } from './request.ts'
import { changeStanding, readRules, readSettings, readStanding, type Pending, type Trouble } from './settings.ts'
import { afterUnanswered, needsClick } from './switch.ts'

/** Why nobody waits for the phone any more; the reason of an aborted request. */
class Ended extends Error {
  override readonly name = 'Ended'
  readonly trouble: Trouble

  constructor(trouble: Trouble) {
    super(trouble)
    this.trouble = trouble
  }
}

/** Browsers end a worker that did nothing for thirty seconds. */
const beatMilliseconds = 20_000

let current: { readonly id: string; readonly controller: AbortController } | undefined
/** Whose clock and state are known to this worker. */
const met = new Map<string, Pairing>()

/** Asks the phone, one request at a time: a second one is refused before anybody is bothered. */
export async function askPhone(kind: 'create' | 'get', request: SiteRequest, { id, proxied }: Pick<Pending, 'id' | 'proxied'>): Promise<Outcome> {
  if (current) {
    await changeStanding({ notice: { trouble: 'busy', site: siteName(request.origin), at: Date.now() } })
    return { kind: 'trouble', trouble: 'busy' }
  }
  const controller = new AbortController()
  current = { id, controller }
  const { options, origin, crossOrigin, milliseconds } = request
  let pending: Pending
  try {
    const phone = chosenPhone(await keptPhones(), (await readSettings()).phone)
    const held = proxied !== null && needsClick({ settings: await readSettings(), rules: await readRules() }, kind, await isInFront(origin))
    pending = { id, request: base64url(randomBytes(16)), kind, options, origin, crossOrigin, expiresAt: Date.now() + milliseconds, proxied, phone: phone?.computerId ?? '', stage: null, held }
  } catch (error) {
    // The next one is asked nevertheless.
    current = undefined
    throw error
  }
  return run(pending, controller)
}

/** Goes on with a request that an earlier worker of this browser began: that one's keys are gone, so the phone hears the same by another connection, for the time that is left. */
export function askAgain(pending: Pending): Promise<Outcome> {
  const controller = new AbortController()
  current = { id: pending.id, controller }
  return run(pending, controller)
}

export function isAsking(): boolean {
  return current !== undefined
}

/** The person clicked in the popup: what was held goes to the phone. */
export function letGo(id: string): void {
  if (current?.id === id) clicked?.()
}

let clicked: (() => void) | undefined

/** Nobody is bothered meanwhile; when nobody comes, it ends as if it had been cancelled. */
async function click({ expiresAt }: Pending, signal: AbortSignal): Promise<void> {
  // Pages take requests back at once, before anybody listens here.
  signal.throwIfAborted()
  const ending = AbortSignal.any([signal, AbortSignal.timeout(Math.max(0, expiresAt - Date.now()))])
  // Where the browser lets it, the popup comes up by itself.
  void platform.action.openPopup?.().catch(() => undefined)
  try {
    await new Promise<void>((resolve, reject) => {
      clicked = resolve
      ending.addEventListener('abort', () => { reject(signal.aborted ? (signal.reason as Error) : new Ended('stopped')) })
    })
  } finally {
    clicked = undefined
  }
}

/** Ends what waits; with an id only that one. The phone is told. */
export function endAsking(trouble: Trouble, id?: string): void {
  if (current && (id === undefined || current.id === id)) current.controller.abort(new Ended(trouble))
}

async function run(begun: Pending, controller: AbortController): Promise<Outcome> {
  let pending = begun
  const beat = setInterval(() => void platform.runtime.getPlatformInfo(), beatMilliseconds)
  platform.alarms.create('waiting', { periodInMinutes: 0.5 })
  let outcome: Outcome
  const stages: Stage[] = []
  try {
    await changeStanding({ pending, notice: null })
    if (pending.held) {
      await click(pending, controller.signal)
      pending = { ...pending, held: false }
      await changeStanding({ pending })
    }
    outcome = await tell(pending, controller.signal, (stage) => {
      stages.push(stage)
      void changeStanding({ pending: { ...pending, stage } })
    })
  } catch (error) {
    outcome = { kind: 'trouble', trouble: error instanceof Ended ? error.trouble : troubleOf(error, controller.signal) }
  } finally {
    clearInterval(beat)
    void platform.alarms.clear('waiting')
    current = undefined
  }
  if (outcome.kind === 'trouble') outcome = { kind: 'trouble', trouble: lateTrouble(outcome.trouble, stages) }
  await settle(pending, outcome)
  return outcome
}

async function tell(pending: Pending, signal: AbortSignal, onStage: (stage: Stage) => void): Promise<Outcome> {
  const pairing = await meet(pending.phone)
  if (!pairing) return { kind: 'trouble', trouble: pending.phone === '' ? 'no_phone' : 'removed' }
  signal.throwIfAborted()
  // The phone counts by the server's clock.
  const now = pairing.call.now()
  return outcomeOf(await ask(pairing, questionOf(pending, now, now + pending.expiresAt - Date.now()), { signal, onStage }))
}

/** The first time a worker speaks for a pairing it looks whether that still is, and what time it is there. */
async function meet(computerId: string): Promise<Pairing | undefined> {
  const known = met.get(computerId)
  if (known) return known
  const phone = (await keptPhones()).find((one) => one.computerId === computerId)
  if (!phone) return undefined
  const pairing = toAsk(phone)
  const { state } = await pairing.call.get<PairingState>('/pairing?known=offered')
  if (state !== 'active') throw new ComputerRefusal('removed')
  met.set(computerId, pairing)
  return pairing
}

function troubleOf(error: unknown, signal: AbortSignal): Trouble {
  if (signal.aborted) return signal.reason instanceof Ended ? signal.reason.trouble : 'cancelled'
  if (error instanceof ComputerRefusal) return error.code === 'unknown_computer' ? 'removed' : error.code
  return error instanceof Tampered ? 'tampered' : 'invalid'
}

async function settle({ origin, phone }: Pending, outcome: Outcome): Promise<void> {
  if (outcome.kind === 'answer') {
    return changeStanding({ pending: null, notice: null, unanswered: [], resting: false })
  }
  const { trouble } = outcome
  if (trouble === 'removed') {
    met.delete(phone)
    await forgetPhone(phone)
  }
  const now = Date.now()
  // Who ended it in the popup knows that.
  await changeStanding({ pending: null, notice: trouble === 'stopped' ? null : { trouble, site: siteName(origin), at: now }, ...(isUnanswered(trouble) ? afterUnanswered(await readStanding(), now) : {}) })
}
