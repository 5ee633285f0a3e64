import type { DeviceAnswer, Shown } from '../authenticator/credential.ts'
import { answerWebAuthn } from '../authenticator/webauthn.ts'
import { performCeremony } from '../webauthn.ts'
import { answerWithoutKey, deviceOf, type AskPerson, type Outcome } from './answering.ts'
import type { App } from './app.ts'
import { listCredentials } from './credentials.ts'
import type { Asked } from './questions.ts'

/**
 * A sign-in to this very server through a paired computer (S8). The phone is at home here: besides passkeys of its own making it has the one of
 * its platform, which came with the activation (S36) and is used at this origin as on any page; so nobody has to register the phone a second time.
 */
export function isOwnSite(asked: Asked): asked is Extract<Asked, { kind: 'get' }> & { readonly kind: 'get' } {
  return asked.kind === 'get' && asked.origin === location.origin && !asked.crossOrigin
}

/** Whether the choice is a passkey of the platform, whose own prompt unlocks the phone. */
export function isPlatformPasskey(app: App, choice: string): boolean {
  return app.keys.some(({ passkey, lost }) => passkey === choice && lost === null)
}

export async function answerOwnSite(app: App, asked: Extract<Asked, { kind: 'get' | 'create' }>, ask: AskPerson, signal: AbortSignal): Promise<Outcome> {
  const credentials = await fitting(app, allowedOf(asked.options))
  if (credentials.length === 0) return answerWithoutKey(asked, (await ask('no_key')).outcome)
  const answer: DeviceAnswer = await ask({ kind: 'get', rpId: location.hostname, origin: asked.origin, credentials })
  const use = { action: 'signed_in', site: location.hostname, siteName: location.hostname } as const
  if (answer.outcome === 'cancelled') return { message: undefined, result: 'cancelled', use: undefined }
  const chosen = credentials.find(({ id }) => answer.outcome === 'approved' && id === answer.choice) ?? credentials[0]
  const about = { ...use, account: chosen?.userName ?? '' }
  if (answer.outcome !== 'approved' || !chosen) {
    const reason = answer.outcome === 'approved' ? 'no_key' : answer.outcome
    return { message: { kind: 'refused', reason }, result: reason, use: reason === 'denied' || reason === 'reported' ? { holder: chosen?.holder, about: { ...about, outcome: reason } } : undefined }
  }
  if (!isPlatformPasskey(app, chosen.id)) {
    const made = await answerWebAuthn(asked, deviceOf(app, () => Promise.resolve(answer)))
    if (made.outcome !== 'answer') return { message: { kind: 'refused', reason: 'invalid' }, result: 'invalid', use: undefined }
    return { message: { kind: 'answer', response: made.response }, result: 'signed_in', use: { holder: chosen.holder, about: { ...about, outcome: 'success' } } }
  }
  try {
    const { response } = await performCeremony('get', { ...asked.options, rpId: location.hostname, userVerification: 'required', allowCredentials: [{ type: 'public-key', id: chosen.id }] }, { signal })
    // The server writes such a sign-in down itself, as one by a passkey.
    return { message: { kind: 'answer', response: JSON.parse(response) as object }, result: 'signed_in', use: undefined }
  } catch {
    return signal.aborted ? { message: undefined, result: 'cancelled', use: undefined } : { message: { kind: 'refused', reason: 'not_unlocked' }, result: 'not_unlocked', use: undefined }
  }
}

/** What of this phone the server would take: the platform's passkeys, or those that were made here where there are none. */
async function fitting(app: App, allowed: ReadonlySet<string> | undefined): Promise<Shown[]> {
  const alive = app.keys.filter(({ lost }) => lost === null)
  const fits = ({ id }: Shown): boolean => allowed === undefined || allowed.has(id)
  const platform = alive.flatMap(({ id: holder, passkey, account, phone }): Shown[] => (passkey === undefined ? [] : [{
    id: passkey, rpId: location.hostname, rpName: location.hostname, userName: account.email, displayName: phone.name, holder,
  }])).filter(fits)
  return platform.length > 0 ? platform : (await listCredentials()).filter(({ rpId, holder }) => rpId === location.hostname && alive.some(({ id }) => id === holder)).filter(fits)
}

function allowedOf(options: object): ReadonlySet<string> | undefined {
  const { allowCredentials } = options as { readonly allowCredentials?: unknown }
  if (!Array.isArray(allowCredentials) || allowCredentials.length === 0) return undefined
  return new Set(allowCredentials.flatMap((entry: unknown) => { const { id } = (entry ?? {}) as { readonly id?: unknown }; return typeof id === 'string' ? [id] : [] }))
}
