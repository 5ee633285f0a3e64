import type { DeviceAnswer, DeviceQuestion } from '../authenticator/credential.ts'
import { serverNow } from './api.ts'
import type { App } from './app.ts'
import { answerAsked, tellUse, type AskPerson, type Outcome } from './answering.ts'
import { agoText, mainPart, secondsText, show, textOf, type Values } from './dom.ts'
import { showHome } from './home-screen.ts'
import type { HeldKey } from './keys.ts'
import { ownerText } from './names.ts'
import { answerOwnSite, isOwnSite, isPlatformPasskey } from './own-site.ts'
import type { Question } from './questions.ts'
import { showResult, type Result } from './request-screen.ts'
import { unlock } from './unlock.ts'
import { keyFacts } from './which-screen.ts'

interface Asking {
  readonly question: Question
  /** What is shown, and how to go on from it. */
  shown: DeviceQuestion | 'no_key' | undefined
  decide: ((answer: DeviceAnswer) => void) | undefined
  choice: string
  phase: 'open' | 'no' | 'unlocking'
  problem: string
  /** Takes the prompt of the lock away when there is nothing left to approve, or nobody who looks at it. */
  unlocking: AbortController
}

const settleMilliseconds = 500
let current: Asking | undefined
/** Each question is put to the authenticator once, however often somebody comes back to it. */
const begun = new WeakMap<Question, Asking>()
let clock = 0

/** A computer asks for a key at a site: who asks, for which account, and the phone's lock before the yes (S83, S85, S117). */
export function showAsk(app: App, id: string): void {
  if (current?.question.id === id) return draw(app, current)
  const question = app.questions.waiting.find((one) => one.id === id)
  if (!question) return showResult('over')
  const before = begun.get(question)
  const asking: Asking = before ?? { question, shown: undefined, decide: undefined, choice: '', phase: 'open', problem: '', unlocking: new AbortController() }
  begun.set(question, asking)
  current = asking
  window.clearInterval(clock)
  clock = window.setInterval(() => { tick(asking) }, 1_000)
  show('busy')
  if (before) {
    draw(app, asking)
    settle()
    return
  }
  question.signal.addEventListener('abort', () => { asking.decide?.({ outcome: 'cancelled' }) })
  void run(app, asking)
}

/** The question stays: whoever went back finds it on the first screen. */
export function leaveAsk(): void {
  current?.unlocking.abort()
  current = undefined
  window.clearInterval(clock)
}

async function run(app: App, asking: Asking): Promise<void> {
  const { question } = asking
  const { asked, held, computer } = question
  void question.answer({ kind: 'shown' }).catch(() => undefined)
  let outcome: Outcome
  try {
    const person: AskPerson = (shown) => askPerson(app, asking, shown)
    outcome = await (isOwnSite(asked) ? answerOwnSite(app, asked, person, question.signal) : answerAsked(app, asked, person))
  } catch {
    outcome = { message: { kind: 'refused', reason: 'invalid' }, result: 'invalid', use: undefined }
  }
  if (outcome.result === 'too_late') question.settled(false)
  if (outcome.message) await question.answer(outcome.message).catch(() => { outcome = { ...outcome, result: 'too_late' } })
  if (outcome.use) {
    const holder = app.key(outcome.use.holder ?? held.id) ?? held
    void tellUse(holder, holder.id === held.id ? computer.id : null, outcome.use.about).then(() => app.look(holder.id))
  }
  if (current !== asking) return
  leaveAsk()
  if (asking.shown !== undefined || outcome.result !== 'signed_in') return showResult(resultOf(outcome.result))
  // A program that only looked whether a key is there: nobody did anything.
  history.replaceState(null, '', '/phone/#/')
  showHome(app)
}

function resultOf(result: Outcome['result']): Result {
  switch (result) {
    case 'registered': case 'signed_in': case 'other_site': case 'denied': case 'excluded': case 'no_key': return result
    case 'reported': return 'reported_site'
    case 'not_unlocked': case 'invalid': case 'not_supported': case 'busy': return 'not_done'
    case 'cancelled': case 'too_late': return 'over'
  }
}

function askPerson(app: App, asking: Asking, shown: DeviceQuestion | 'no_key'): Promise<DeviceAnswer> {
  return new Promise((resolve) => {
    if (asking.question.signal.aborted) return resolve({ outcome: 'cancelled' })
    asking.shown = shown
    asking.phase = 'open'
    asking.choice = firstChoice(app, asking.question.held, shown)
    asking.decide = (answer) => {
      asking.decide = undefined
      asking.unlocking.abort()
      if (answer.outcome !== 'cancelled' && answer.outcome !== 'too_late') asking.question.settled(true)
      resolve(answer)
    }
    if (asking !== current) return
    draw(app, asking)
    settle()
  })
}

/** It may have come up under a thumb that meant something else. */
function settle(): void {
  const approve = [...mainPart().querySelectorAll<HTMLButtonElement>('[data-settles]')]
  for (const button of approve) button.disabled = true
  window.setTimeout(() => { for (const button of approve) button.disabled = false }, settleMilliseconds)
}

function firstChoice(app: App, held: HeldKey, shown: DeviceQuestion | 'no_key'): string {
  if (shown === 'no_key' || shown.kind === 'select' || shown.kind === 'excluded') return held.id
  return shown.kind === 'get' ? (shown.credentials[0]?.id ?? '') : (app.key(held.id)?.lost === null ? held.id : '')
}

/** Whose lock is asked: the key that will hold the passkey, or holds it. */
function holderOf(app: App, { shown, choice, question }: Asking): HeldKey {
  const id = shown !== 'no_key' && shown?.kind === 'get' ? shown.credentials.find((one) => one.id === choice)?.holder : choice
  return app.key(id ?? '') ?? question.held
}

async function approve(app: App, asking: Asking): Promise<void> {
  if (asking.phase !== 'open' || asking.decide === undefined) return
  if (asking.shown === 'no_key') return asking.decide({ outcome: 'approved', choice: '' })
  asking.phase = 'unlocking'
  asking.problem = ''
  asking.unlocking = new AbortController()
  const { signal } = asking.unlocking
  draw(app, asking)
  // The platform's own passkey asks for the lock itself.
  if (isOwnSite(asking.question.asked) && isPlatformPasskey(app, asking.choice)) return asking.decide({ outcome: 'approved', choice: asking.choice })
  if (await unlock(holderOf(app, asking), signal) && !signal.aborted) return asking.decide?.({ outcome: 'approved', choice: asking.choice })
  asking.phase = 'open'
  if (!signal.aborted) asking.problem = textOf('problem.refused')
  if (asking === current) draw(app, asking)
}

function draw(app: App, asking: Asking): void {
  const { question, shown, phase } = asking
  if (shown === undefined) return
  const facts = factsOf(question, shown)
  const holder = holderOf(app, asking)
  const common = { ...facts, initial: [...facts.site][0]?.toUpperCase() ?? '', hue: holder.phone.hue, organization: ownerText(holder.account), email: holder.account.email, problem: asking.problem }
  const acts = {
    approve: () => void approve(app, asking),
    choose(value: string) {
      asking.choice = value
      draw(app, asking)
    },
    no() {
      asking.phase = 'no'
      draw(app, asking)
    },
    back() {
      asking.phase = 'open'
      draw(app, asking)
    },
    deny: () => { asking.decide?.({ outcome: 'denied' }) },
    report: () => { asking.decide?.({ outcome: 'reported' }) },
  }
  if (phase === 'no') {
    show('ask-no', common, acts)
    return
  }
  const keys = app.keys.filter(({ lost }) => lost === null)
  const holders = shown !== 'no_key' && shown.kind === 'create' && keys.length > 1 ? keys.map((key) => ({ ...keyFacts(key), chosen: key.id === asking.choice })) : []
  // Whose key it is helps only where there are several.
  const several = shown !== 'no_key' && shown.kind === 'get' && new Set(shown.credentials.map(({ holder: of }) => of)).size > 1
  const accounts = shown !== 'no_key' && shown.kind === 'get' && shown.credentials.length > 1
    ? shown.credentials.map(({ id, userName, displayName, holder: of }) => ({ id, userName: userName === '' ? displayName : userName, organization: several ? ownerOf(app, of) : '', chosen: id === asking.choice })) : []
  show('ask', {
    ...common, holders, accounts, choosesHolder: holders.length > 0, choosesAccount: accounts.length > 0, noKey: shown === 'no_key', hasKey: shown !== 'no_key', idle: phase === 'open', unlocking: phase === 'unlocking',
    computer: question.computer.name, ip: question.ip, sameNetwork: question.sameNetwork, otherNetwork: !question.sameNetwork, at: question.asked.at,
  }, acts)
  tick(asking)
  if (asking.problem !== '') mainPart().querySelector<HTMLElement>('[role="alert"]:not([hidden])')?.focus()
}

function ownerOf(app: App, id: string): string {
  const held = app.key(id)
  return held ? ownerText(held.account) : ''
}

/** What the person must know: site, account, and the page where that is another one. */
function factsOf({ asked }: Question, shown: DeviceQuestion | 'no_key'): Values & { readonly site: string } {
  const origin = asked.kind === 'ctap' ? null : asked.origin
  const host = origin === null ? '' : (URL.parse(origin)?.hostname ?? origin)
  const kind = shown === 'no_key' ? 'get' : shown.kind
  const site = shown === 'no_key' || shown.kind === 'select' ? host : shown.rpId
  const rpName = shown !== 'no_key' && (shown.kind === 'create' || shown.kind === 'excluded') ? shown.rpName : ''
  const user = shown === 'no_key' || shown.kind === 'select' ? '' : shown.kind === 'get' ? (shown.credentials.length === 1 ? shown.credentials[0]?.userName ?? '' : '') : shown.userName
  return {
    // A name that reads like an address would be taken for the site.
    site, siteName: rpName === site || /[./:@\u2024\u3002\uff0e\uff61]/.test(rpName) ? '' : rpName, account: user, page: host !== '' && host !== site ? host : '', program: origin === null, framed: asked.kind !== 'ctap' && asked.crossOrigin,
    creating: kind === 'create', signing: kind === 'get', excluded: kind === 'excluded', selecting: kind === 'select',
  }
}

function tick(asking: Asking): void {
  if (asking !== current) return
  const { at, expiresAt } = asking.question.asked
  const left = Math.max(0, Math.ceil((expiresAt - serverNow()) / 1_000))
  if (left === 0) return asking.decide?.({ outcome: 'too_late' })
  for (const element of mainPart().querySelectorAll('[data-live="left"]')) element.textContent = secondsText(left)
  for (const element of mainPart().querySelectorAll('[data-live="age"]')) element.textContent = agoText(Math.max(0, Math.floor((serverNow() - at) / 1_000)))
  const bar = mainPart().querySelector('progress')
  if (bar) {
    bar.max = Math.max(1, (expiresAt - at) / 1_000)
    bar.value = left
  }
}
