import { base64url, sha256 } from '../pairing/bytes.ts'
import type { RefusedReason } from '../pairing/wire.ts'
import { writeCbor, type Cbor, type CborKey } from './cbor.ts'
import { clientData } from './client-data.ts'
import { create } from './create.ts'
import type { Credential, Declined, Device } from './credential.ts'
import { get } from './get.ts'
import { evaluatePrf, type PrfValues } from './prf.ts'
import { hostOf, isRpIdOf } from './rp-id.ts'
import { InvalidOptions, readCreationOptions, readRequestOptions } from './webauthn-read.ts'

/** What a browser asks for a page. `origin` and `crossOrigin` are the browser's words, never the page's. */
export interface WebAuthnRequest {
  readonly kind: 'create' | 'get'
  readonly options: object
  readonly origin: string
  readonly crossOrigin: boolean
}

export type WebAuthnAnswer =
  /** RegistrationResponseJSON or AuthenticationResponseJSON (WebAuthn L3 §5.1), and what was used for it. */
  | { readonly outcome: 'answer'; readonly response: object; readonly credential: Credential }
  | { readonly outcome: 'refused'; readonly reason: RefusedReason }
  | { readonly outcome: 'cancelled' }

/** As `credentials.create()` and `.get()` of a browser would answer: client and authenticator in one (WebAuthn L3 §5.1.3, §5.1.4). */
export async function answerWebAuthn(request: WebAuthnRequest, device: Device): Promise<WebAuthnAnswer> {
  try {
    return await (request.kind === 'create' ? register(request, device) : authenticate(request, device))
  } catch (error) {
    if (error instanceof InvalidOptions) return refused('invalid')
    throw error
  }
}

/** The site that a request is for, as the person is told; undefined where it may not be used from there. */
export function siteOf(rpId: string | undefined, origin: string): string | undefined {
  const site = rpId ?? hostOf(origin)
  return site !== undefined && isRpIdOf(site, origin) ? site : undefined
}

/** This is reached through the extension, which knows no transports, and through the agent, which browsers take for a USB key. */
const transports = ['hybrid', 'usb']

async function register({ options, origin, crossOrigin }: WebAuthnRequest, device: Device): Promise<WebAuthnAnswer> {
  const read = readCreationOptions(options)
  const rpId = siteOf(read.rpId, origin)
  if (rpId === undefined) return refused('other_site')
  if (read.attachment === 'platform') return refused('not_supported')
  const clientDataJSON = clientData({ type: 'webauthn.create', challenge: read.challenge, origin, crossOrigin })
  // Always discoverable: who looks at the phone's list of passkeys finds all of them there.
  const made = await create({ ...read, rpId, rpName: read.rpName === '' ? rpId : read.rpName, origin, discoverable: true, clientDataHash: await sha256(clientDataJSON) }, device)
  if (made.outcome !== 'created') return made.outcome === 'no_algorithm' ? refused('not_supported') : made.outcome === 'excluded' ? refused('excluded') : declined(made.outcome)
  const { credential, authenticatorData, format, statement, spki } = made
  // With `none` there is no statement, and the AAGUID stays (§5.1.3): it is the same for every phone.
  const attestationObject = writeCbor(new Map<CborKey, Cbor>([['fmt', format], ['attStmt', statement], ['authData', authenticatorData]]))
  const prf = read.prf && { enabled: true, ...(read.prf.eval ? { results: await evaluatePrf(credential.prf, read.prf.eval) } : {}) }
  return answer(credential, { ...(read.credProps ? { credProps: { rk: true } } : {}), ...(prf ? { prf } : {}) }, {
    clientDataJSON: base64url(clientDataJSON), attestationObject: base64url(attestationObject), authenticatorData: base64url(authenticatorData),
    publicKey: base64url(spki), publicKeyAlgorithm: credential.algorithm, transports,
  })
}

async function authenticate({ options, origin, crossOrigin }: WebAuthnRequest, device: Device): Promise<WebAuthnAnswer> {
  const { challenge, allow, prf, ...read } = readRequestOptions(options)
  const rpId = siteOf(read.rpId, origin)
  if (rpId === undefined) return refused('other_site')
  const clientDataJSON = clientData({ type: 'webauthn.get', challenge, origin, crossOrigin })
  const signed = await get({ rpId, origin, allow, clientDataHash: await sha256(clientDataJSON) }, device)
  if (signed.outcome !== 'signed') return signed.outcome === 'no_key' ? refused('no_key') : declined(signed.outcome)
  const { credential, authenticatorData, signature } = signed
  const inputs: PrfValues | undefined = prf?.evalByCredential.get(credential.id) ?? prf?.eval
  return answer(credential, prf ? { prf: inputs ? { results: await evaluatePrf(credential.prf, inputs) } : {} } : {}, {
    clientDataJSON: base64url(clientDataJSON), authenticatorData: base64url(authenticatorData), signature: base64url(signature), userHandle: credential.userHandle,
  })
}

function answer(credential: Credential, clientExtensionResults: object, response: object): WebAuthnAnswer {
  const { id } = credential
  return { outcome: 'answer', credential, response: { id, rawId: id, type: 'public-key', authenticatorAttachment: 'cross-platform', clientExtensionResults, response } }
}

function refused(reason: RefusedReason): WebAuthnAnswer {
  return { outcome: 'refused', reason }
}

function declined(outcome: Declined): WebAuthnAnswer {
  return outcome === 'cancelled' ? { outcome } : refused(outcome)
}
