import type { ApprovalView, Decision, DecisionAnswer } from '../wire.ts'
import { Refusal, serverNow } from './api.ts'
import type { App } from './app.ts'
import { decide } from './decide.ts'
import { agoText, mainPart, numberText, secondsText, show, textOf } from './dom.ts'
import type { HeldKey } from './keys.ts'
import { applicationText, ownerText } from './names.ts'

export type Result = 'approved' | 'denied' | 'reported' | 'over' | 'unknown_code' | 'paired' | 'not_paired' | 'not_kept' | 'pairing_over' | 'registered' | 'signed_in' | 'other_site' | 'excluded' | 'no_key' | 'reported_site' | 'not_done' | 'registered_there' | 'order_denied' | 'order_over' | 'order_failed' | 'order_excluded' | 'far'
type Phase = 'open' | 'unlocking' | 'sending'

interface Shown {
  readonly held: HeldKey
  approval: ApprovalView
  phase: Phase
  /** Whether the person is saying no, and how. */
  saysNo: boolean
  problem: string
  triesLeft: number | undefined
  readonly clock: number
  unlocking: AbortController
}

const goodResults: readonly Result[] = ['approved', 'reported', 'paired', 'registered', 'signed_in', 'reported_site', 'registered_there']
const announcedSeconds = [30, 10]
/** A request that comes up by itself may do so under a thumb that meant something else. */
const settleMilliseconds = 500
let current: Shown | undefined
let result: Result | undefined

/**
 * A result, until the person goes on. It takes the place of what is over, which nobody wants to go back to.
 * @param next where another request waits
 */
export function showResult(kind: Result, next = ''): void {
  leaveRequest()
  result = kind
  history.replaceState(null, '', '/phone/#/result')
  const good = goodResults.includes(kind)
  show('result', { good, neutral: !good, title: textOf(`${kind}.title`), text: textOf(`${kind}.text`), next })
}

/** The result that is up, with another request to go on to; it is never opened under somebody's thumb. Whoever is just leaving it is let go. */
export function offerNext(next: string): void {
  if (result && location.hash === '#/result') showResult(result, next)
}

/** One request: who asks, and the number that the computer shows; or how to say no to it. */
export function showRequest(app: App, held: HeldKey, approval: ApprovalView, saysNo: boolean): void {
  if (current?.approval.id === approval.id) {
    current.approval = approval
    // What went wrong with a yes is no matter of the no.
    if (current.saysNo !== saysNo) current.problem = ''
    current.saysNo = saysNo
    return draw(app, current)
  }
  leaveRequest()
  const request: Shown = { held, approval, phase: 'open', saysNo, problem: '', triesLeft: undefined, clock: window.setInterval(() => { tick(request) }, 1_000), unlocking: new AbortController() }
  current = request
  draw(app, request)
  const numbers = [...mainPart().querySelectorAll<HTMLButtonElement>('.phone__number')]
  for (const button of numbers) button.disabled = true
  window.setTimeout(() => { for (const button of numbers) button.disabled = false }, settleMilliseconds)
}

/** The server has it no more. An answer of ours that is on its way says itself what became of it. */
export function endRequest(next?: string): void {
  if (current && current.phase !== 'sending') showResult('over', next)
}

export function leaveRequest(): void {
  if (!current) return
  window.clearInterval(current.clock)
  current.unlocking.abort()
  current = undefined
}

function draw(app: App, request: Shown): void {
  const { approval, held, phase, problem, triesLeft, saysNo } = request
  const name = applicationText(approval)
  const owner = ownerText(held.account)
  const common = { application: name, initial: [...(approval.application ?? owner)][0] ?? '', organization: owner, email: held.account.email, hue: held.phone.hue, problem }
  const answer = (decision: Decision, number: number | null) => () => void give(app, request, decision, number)
  if (saysNo) {
    show('no', { ...common, busy: phase !== 'open', idle: phase === 'open', back: `#/request/${held.id}/${approval.id}` }, { deny: answer('deny', null), report: answer('report', null) })
  } else {
    const mayChoose = phase === 'open' && approval.nearness !== 'needed'
    show('request', {
      ...common, browser: approval.browser, ip: approval.ip, sameNetwork: approval.sameNetwork, otherNetwork: !approval.sameNetwork, createdAt: approval.createdAt, near: approval.nearness === 'proven',
      tries: triesLeft === undefined ? '' : numberText(triesLeft), idle: phase === 'open', busy: phase !== 'open', unlocking: phase === 'unlocking', sending: phase === 'sending',
      mayChoose, mustScan: !mayChoose, choices: mayChoose ? approval.choices.map((digits) => ({ digits })) : [], no: `#/no/${held.id}/${approval.id}`,
    }, { choose: (digits) => { answer('approve', Number(digits))() } })
  }
  tick(request)
  if (phase === 'open' && problem !== '') mainPart().querySelector<HTMLElement>('[role="alert"]')?.focus()
}

/** Once a second: how long it waits already, and how long it will. */
function tick(request: Shown): void {
  if (request !== current) return
  const { createdAt, expiresAt } = request.approval
  const left = Math.max(0, Math.ceil((expiresAt - serverNow()) / 1_000))
  if (left === 0 && request.phase !== 'sending') return showResult('over')
  const main = mainPart()
  const write = (name: string, text: string): void => { for (const element of main.querySelectorAll(`[data-live="${name}"]`)) element.textContent = text }
  write('left', secondsText(left))
  write('age', agoText(Math.max(0, Math.floor((serverNow() - createdAt) / 1_000))))
  // A timer that speaks each second cannot be listened to.
  if (announcedSeconds.includes(left)) write('announced', secondsText(left))
  const bar = main.querySelector('progress')
  if (bar) {
    bar.max = (expiresAt - createdAt) / 1_000
    bar.value = left
  }
}

/** A second tap while the first one is on its way does nothing. */
async function give(app: App, request: Shown, decision: Decision, number: number | null): Promise<void> {
  if (request.phase !== 'open' || request !== current) return
  const turn = (phase: Phase, problem = ''): void => {
    request.phase = phase
    request.problem = problem
    if (request === current) draw(app, request)
  }
  request.unlocking = new AbortController()
  turn(decision === 'approve' ? 'unlocking' : 'sending')
  try {
    const answer = await decide(request.held, request.approval, decision, number, { signal: request.unlocking.signal, sending: () => { turn('sending') } })
    void app.look(request.held.id)
    take(answer)
  } catch (error) {
    if (error instanceof Refusal && error.code === 'over') return request === current ? showResult('over') : undefined
    if (error instanceof Refusal && (error.code === 'unknown_phone' || error.code === 'suspended')) {
      leaveRequest()
      await app.look(request.held.id)
      return location.assign(`/phone/#/key/${request.held.id}`)
    }
    turn('open', textOf(`problem.${problemOf(error)}`))
  }

  function take({ outcome, triesLeft }: DecisionAnswer): void {
    if (request !== current) return
    if (outcome !== 'wrong_number' && outcome !== 'far' && outcome !== 'refused') return showResult(outcome)
    if (outcome === 'wrong_number') request.triesLeft = triesLeft
    turn('open', textOf(`problem.${outcome}`))
  }
}

function problemOf(error: unknown): string {
  if (error instanceof Refusal) return error.code === 'offline' || error.code === 'limit' ? error.code : 'other'
  // The prompt of the phone's lock was closed, or nothing on this phone fits it.
  return error instanceof DOMException && (error.name === 'NotAllowedError' || error.name === 'AbortError') ? 'refused' : 'other'
}
