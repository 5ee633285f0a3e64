import { readOffer, type Offer } from '../pairing/offer.ts'
import type { ComputerView } from '../pairing/wire.ts'
import { Refusal } from './api.ts'
import type { App } from './app.ts'
import { mainPart, show, textOf } from './dom.ts'
import { showHome } from './home-screen.ts'
import type { HeldKey } from './keys.ts'
import { ownerText } from './names.ts'
import { begin, confirm, giveUp, keep, lookAt, progress, type Begun } from './pairing.ts'
import { showResult } from './request-screen.ts'
import { chooseKey } from './which-screen.ts'

type Step = 'look' | 'digits' | 'unlocking' | 'waiting'

const everyMilliseconds = 1_000
let leave: () => void = () => undefined

/** Whoever goes elsewhere pairs nothing: what was begun is given up. */
export function leavePair(): void {
  leave()
  leave = () => undefined
}

/** A computer's picture: look who it is, compare the digits, unlock (S104, S105). */
export async function showPair(app: App, address: string): Promise<void> {
  leavePair()
  const offer = await readOffer(address, location.origin)
  if (!offer) return showResult('unknown_code')
  if (app.keys.every(({ lost }) => lost !== null)) {
    history.replaceState(null, '', '/phone/#/')
    return showHome(app, textOf('problem.no_key_to_pair'))
  }
  chooseKey(app, (held) => void look(app, held, offer))
}

async function look(app: App, held: HeldKey, offer: Offer): Promise<void> {
  show('busy')
  try {
    const computer = await lookAt(held, offer)
    if (!computer) return showResult('unknown_code')
    draw(held, computer, 'look', { pair: () => void take(app, held, offer, computer) })
  } catch (error) {
    fail(app, error)
  }
}

async function take(app: App, held: HeldKey, offer: Offer, computer: ComputerView): Promise<void> {
  show('busy')
  try {
    const begun = await begin(held, offer, computer)
    if (!begun) return showResult('unknown_code')
    compare(app, begun)
  } catch (error) {
    fail(app, error)
  }
}

/** Both show six digits; each waits for the other's yes. */
function compare(app: App, begun: Begun): void {
  const { held, computer, agreement } = begun
  const ending = new AbortController()
  let step: Step = 'digits'
  let kept = false
  leave = () => {
    ending.abort()
    if (!kept) void giveUp(begun).catch(() => undefined)
  }
  const turn = (to: Step, problem = ''): void => {
    if (ending.signal.aborted) return
    step = to
    draw(held, computer, to, { same: () => void yes(), other: no }, { digits: agreement.digits, problem })
  }
  const no = (): void => {
    leavePair()
    showResult('not_paired')
  }
  turn('digits')
  void watch()

  async function yes(): Promise<void> {
    if (step !== 'digits') return
    turn('unlocking')
    try {
      await confirm(begun, ending.signal)
      turn('waiting')
    } catch (error) {
      // The answer to an earlier yes was lost on its way: how far it is, watching tells.
      if (error instanceof Refusal && error.code === 'over') return begun.confirmed ? turn('waiting') : over('pairing_over')
      turn('digits', textOf(`problem.${error instanceof DOMException ? 'refused' : error instanceof Refusal && error.code === 'offline' ? 'offline' : 'other'}`))
    }
  }

  function over(result: 'pairing_over' | 'not_paired' | 'not_kept'): void {
    if (ending.signal.aborted) return
    leavePair()
    showResult(result)
  }

  async function watch(): Promise<void> {
    while (!ending.signal.aborted) {
      await new Promise((resolve) => { window.setTimeout(resolve, everyMilliseconds) })
      if (ending.signal.aborted) return
      const state = await progress(begun).catch((error: unknown) => (error instanceof Refusal && error.code === 'over' ? 'removed' as const : undefined))
      if (state === 'removed') return over('pairing_over')
      if (state === 'forged') return over('not_paired')
      if (state !== 'active') continue
      // A phone whose storage is full would be paired with a computer that it does not know.
      kept = await keep(begun).then(() => true, () => false)
      if (!kept) return over('not_kept')
      // Its first question is not to wait for what shows it.
      void import('./site-screens.ts').catch(() => undefined)
      leavePair()
      await app.look(held.id)
      return showResult('paired')
    }
  }
}

function draw(held: HeldKey, computer: ComputerView, step: Step, acts: Readonly<Record<string, () => void>>, more: { readonly digits: string; readonly problem: string } = { digits: '', problem: '' }): void {
  const agent = computer.kind === 'agent'
  show('pair', {
    name: computer.name, ip: computer.ip, sameNetwork: computer.sameNetwork, otherNetwork: !computer.sameNetwork, organization: ownerText(held.account), email: held.account.email, hue: held.phone.hue,
    agent, browser: !agent, looking: step === 'look', comparing: step === 'digits', unlocking: step === 'unlocking', waiting: step === 'waiting', showsDigits: step !== 'look',
    digits: `${more.digits.slice(0, 3)} ${more.digits.slice(3)}`, problem: more.problem, cancel: '#/',
  }, acts)
  if (more.problem !== '') mainPart().querySelector<HTMLElement>('[role="alert"]:not([hidden])')?.focus()
}

function fail(app: App, error: unknown): void {
  history.replaceState(null, '', '/phone/#/')
  showHome(app, textOf(`problem.${error instanceof Refusal && (error.code === 'offline' || error.code === 'limit' || error.code === 'too_many') ? error.code : 'other'}`))
}
