import type { Declined, Device, DeviceAnswer, DeviceQuestion, Shown } from '../authenticator/credential.ts'
import { command } from '../authenticator/ctap.ts'
import { answerWebAuthn, siteOf as siteAt } from '../authenticator/webauthn.ts'
import { base64url, fromBase64url, randomBytes } from '../pairing/bytes.ts'
import type { PhoneMessage, RefusedReason, UseOrder } from '../pairing/wire.ts'
import { plain } from '../plain.ts'
import { call, serverNow } from './api.ts'
import type { App } from './app.ts'
import { storeFor } from './credentials.ts'
import type { HeldKey } from './keys.ts'
import type { Asked } from './questions.ts'

/** What became of a question, for the computer, for the person and for their activity. */
export interface Outcome {
  readonly message: PhoneMessage | undefined
  readonly result: 'registered' | 'signed_in' | 'excluded' | 'cancelled' | RefusedReason
  readonly use: { readonly holder: string | undefined; readonly about: Pick<UseOrder, 'action' | 'outcome' | 'site' | 'siteName' | 'account'> } | undefined
}

/** `no_key`: the site learns that there is none only when the person has seen who asks (WebAuthn L3 §14.5.2). */
export type AskPerson = (question: DeviceQuestion | 'no_key') => Promise<DeviceAnswer>

/** The authenticator with this phone around it. */
export function deviceOf(app: App, ask: Device['ask']): Device {
  return { now: serverNow, store: storeFor(() => new Set(app.keys.filter(({ lost }) => lost === null).map(({ id }) => id))), ask }
}

/** Lets the authenticator answer, and notes whom it asked about what. */
export async function answerAsked(app: App, asked: Asked, ask: AskPerson): Promise<Outcome> {
  const seen: { question?: DeviceQuestion; answer?: DeviceAnswer } = {}
  const device = deviceOf(app, async (question) => {
    seen.question = question
    seen.answer = await ask(question)
    return seen.answer
  })
  if (asked.kind === 'ctap') {
    const response = await command(fromBase64url(asked.command), device, asked.secrets)
    const { question, answer } = seen
    // Whoever only wanted to know which key is meant knows it, by whatever status.
    const approved = response[0] === 0 || (question?.kind === 'select' && answer?.outcome === 'approved')
    const declined = answer && answer.outcome !== 'approved' ? answer.outcome : undefined
    if (declined === 'cancelled') return { message: undefined, result: 'cancelled', use: undefined }
    const result = declined ?? (approved ? (question?.kind === 'create' ? 'registered' : 'signed_in') : question?.kind === 'excluded' ? 'excluded' : 'no_key')
    return { message: { kind: 'ctap', response: base64url(response) }, result, use: useOf(question, answer, question?.kind === 'create' ? 'registered' : 'signed_in', approved ? 'success' : declined) }
  }
  const answered = await answerWebAuthn(asked, device)
  const action = asked.kind === 'create' ? 'registered' : 'signed_in'
  if (answered.outcome === 'cancelled') return { message: undefined, result: 'cancelled', use: undefined }
  if (answered.outcome === 'refused') {
    const { reason } = answered
    if (reason === 'no_key') return answerWithoutKey(asked, (await ask('no_key')).outcome)
    const use = reason === 'other_site' ? { holder: undefined, about: { action, outcome: 'failure', site: hostOf(asked.origin), siteName: plain(asked.origin), account: '' } as const } : useOf(seen.question, seen.answer, action, reason)
    return { message: { kind: 'refused', reason }, result: reason, use }
  }
  return { message: { kind: 'answer', response: answered.response }, result: action, use: { holder: answered.credential.holder, about: { action, outcome: 'success', ...siteOf(answered.credential) } } }
}

export function answerWithoutKey({ options, origin }: Exclude<Asked, { readonly kind: 'ctap' }>, became: DeviceAnswer['outcome']): Outcome {
  if (became === 'cancelled' || became === 'too_late') return { message: undefined, result: 'cancelled', use: undefined }
  const reason = became === 'approved' ? 'no_key' : became
  const site = siteAt((options as { readonly rpId?: string }).rpId, origin) ?? hostOf(origin)
  const use = became === 'denied' || became === 'reported' ? { holder: undefined, about: { action: 'signed_in', outcome: became, site, siteName: '', account: '' } as const } : undefined
  return { message: { kind: 'refused', reason }, result: reason, use }
}

/** Tells the server, which tells it under Activity; a use is written once however often it is told. */
export async function tellUse(held: HeldKey, computer: string | null, about: Pick<UseOrder, 'action' | 'outcome' | 'site' | 'siteName' | 'account'>): Promise<void> {
  const order: UseOrder = { ...about, computer, id: base64url(randomBytes(16)) }
  for (const pause of [0, 2_000, 10_000]) {
    await new Promise((resolve) => { window.setTimeout(resolve, pause) })
    if (await call(held, 'POST', '/uses', order).then(() => true, () => false)) return
  }
}

function useOf(question: DeviceQuestion | undefined, answer: DeviceAnswer | undefined, action: UseOrder['action'], became: 'success' | RefusedReason | Declined | undefined): Outcome['use'] {
  if (!question || question.kind === 'select' || became === undefined || became === 'too_late' || became === 'cancelled') return undefined
  const outcome = became === 'success' || became === 'denied' || became === 'reported' ? became : 'failure'
  if (question.kind === 'get') {
    const chosen = question.credentials.find(({ id }) => answer?.outcome === 'approved' && id === answer.choice) ?? question.credentials[0]
    return chosen && { holder: chosen.holder, about: { action, outcome, ...siteOf(chosen) } }
  }
  const holder = question.kind === 'create' && answer?.outcome === 'approved' ? answer.choice : undefined
  return { holder, about: { action, outcome, site: question.rpId, siteName: question.rpName, account: question.userName } }
}

function siteOf({ rpId, rpName, userName }: Shown): Pick<UseOrder, 'site' | 'siteName' | 'account'> {
  return { site: rpId, siteName: rpName, account: userName }
}

/** RFC 2606 §2 keeps `invalid` for what is no domain. */
function hostOf(origin: string): string {
  return URL.parse(origin)?.hostname.slice(0, 253) || 'invalid'
}
