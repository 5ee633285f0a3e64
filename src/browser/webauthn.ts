/** The two WebAuthn ceremonies with options and answers as JSON. */

export type Ceremony = 'get' | 'create'

export interface Challenge {
  readonly challengeId: string
  readonly options: object
}

/** Asks the server for a fresh challenge; each try needs its own. */
export async function fetchChallenge(url: string, form: HTMLFormElement): Promise<Challenge> {
  const body = new URLSearchParams()
  const csrf = form.querySelector<HTMLInputElement>('input[name="csrf"]')
  body.set('csrf', csrf?.value ?? '')
  const response = await fetch(url, { method: 'POST', body, headers: { Accept: 'application/json' } })
  if (!response.ok || response.redirected) throw new Error('no challenge')
  return (await response.json()) as Challenge
}

export async function performCeremony(mode: Ceremony, options: object, extra: { mediation?: CredentialMediationRequirement; signal: AbortSignal }): Promise<{ response: string; transports: string }> {
  const credential = mode === 'create'
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON), signal: extra.signal })
    : await navigator.credentials.get({
        publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON),
        signal: extra.signal, ...(extra.mediation ? { mediation: extra.mediation } : {}),
      })
  if (!(credential instanceof PublicKeyCredential)) throw new Error('no credential')
  const transports = credential.response instanceof AuthenticatorAttestationResponse ? credential.response.getTransports().join(' ') : ''
  return { response: JSON.stringify(credential.toJSON()), transports }
}

export function webAuthnAvailable(): boolean {
  return typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseRequestOptionsFromJSON === 'function'
}

/** Which of the page's prepared explanations fits. The browser tells no more than this, on purpose. */
export function explain(error: unknown): 'cancelled' | 'duplicate' | 'failed' {
  const name = error instanceof DOMException ? error.name : ''
  if (name === 'InvalidStateError') return 'duplicate'
  return name === 'NotAllowedError' || name === 'AbortError' ? 'cancelled' : 'failed'
}
