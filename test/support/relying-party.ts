import { exportJWK, generateKeyPair, type CryptoKey, type JWK } from 'jose'
import * as client from 'openid-client'
import { defaultOidcSettings, type Application, type NewApplication, type OidcKind, type OidcSettings } from '../../src/applications/index.ts'
import type { Organization } from '../../src/directory/index.ts'
import type { TestApp } from './app.ts'
import type { Answer, Browser } from './browser.ts'
import { touchKey } from './ceremonies.ts'
import type { SecurityKey } from './security-key.ts'

export interface NewParty extends Partial<Pick<NewApplication, 'name' | 'trusted' | 'requiredAssurance' | 'access' | 'launchUrl'>> {
  readonly kind?: OidcKind
  readonly settings?: Partial<OidcSettings>
  readonly organization?: Organization
}

/** One authorization as the application has begun it: where to send the browser, and what it will hold the answer against. */
export interface Begun {
  /** Path and query at our site. */
  readonly path: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

export type Tokens = Awaited<ReturnType<typeof client.authorizationCodeGrant>>

export interface RelyingParty {
  readonly application: Application
  readonly clientId: string
  readonly redirectUri: string
  readonly secret: string
  /** The private key of an application that signs its assertions, with the name under which it is registered. */
  readonly key: { readonly key: CryptoKey; readonly kid: string }
  readonly configuration: client.Configuration
  begin(parameters?: Readonly<Record<string, string>>): Promise<Begun>
  /** What the application does with the answer: checks it, and redeems the code. */
  redeem(callback: string | undefined, begun: Begun, options?: client.AuthorizationCodeGrantOptions): Promise<Tokens>
  /** All of it, from the link to the tokens. */
  signIn(browser: Browser, person?: Guest, parameters?: Readonly<Record<string, string>>, options?: client.AuthorizationCodeGrantOptions): Promise<Tokens>
}

/** What a person at the browser has and does when a page asks. */
export interface Guest { readonly key?: SecurityKey | undefined; readonly consent?: 'allow' | 'deny' }

let count = 0

/** An application made of somebody else's library (openid-client), registered here. */
export async function registerParty(app: TestApp, party: NewParty = {}): Promise<RelyingParty> {
  const { storage, applications } = app.foundation
  const kind = party.kind ?? 'web'
  const name = party.name ?? `Payroll ${++count}`
  const redirectUri = party.settings?.redirectUris?.[0] ?? 'https://payroll.example/callback'
  const pair = await generateKeyPair('ES256', { extractable: true })
  const kid = `payroll-${count}`
  const publicJwk: JWK = { ...(await exportJWK(pair.publicKey)), kid, alg: 'ES256', use: 'sig' }
  const oidc: OidcSettings = {
    ...defaultOidcSettings(kind), redirectUris: kind === 'service' ? [] : [redirectUri],
    ...(party.settings?.authMethod === 'private_key_jwt' ? { jwks: { keys: [publicJwk as Record<string, unknown>] } } : {}), ...party.settings,
  }
  const organizationId = (party.organization ?? app.organization).id
  const { id, secret } = await storage.write(async (tx) => {
    const made = await applications.create(tx, organizationId, {
      name, description: '', protocol: 'oidc', launchUrl: party.launchUrl ?? null, access: party.access ?? 'everyone', trusted: party.trusted ?? true, requiredAssurance: party.requiredAssurance ?? null, oidc,
    })
    return { id: made, secret: oidc.authMethod.startsWith('client_secret') ? await applications.addSecret(tx, organizationId, made, { overlapHours: 0 }) : '' }
  })
  const application = await applications.find(organizationId, id)
  if (!application) throw new Error('the application that was just made is not there')
  const key = { key: pair.privateKey, kid }
  const configuration = await client.discovery(new URL(app.url), application.clientId, { id_token_signed_response_alg: oidc.idTokenAlg }, authentication(oidc, secret, key), { execute: [client.allowInsecureRequests] })

  const begin = async (parameters: Readonly<Record<string, string>> = {}): Promise<Begun> => {
    const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()]
    const asked = { redirect_uri: redirectUri, scope: 'openid profile email', code_challenge: await client.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', state, nonce, ...parameters }
    const url = oidc.parRequired ? await client.buildAuthorizationUrlWithPAR(configuration, asked) : client.buildAuthorizationUrl(configuration, asked)
    return { path: url.pathname + url.search, verifier, state, nonce }
  }
  const redeem: RelyingParty['redeem'] = (callback, begun, options) => {
    if (callback === undefined) throw new Error('the browser was not sent back to the application')
    return client.authorizationCodeGrant(configuration, new URL(callback), { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce, idTokenExpected: true }, undefined, options)
  }
  return {
    application, clientId: application.clientId, redirectUri, secret, key, configuration, begin, redeem,
    async signIn(browser, guest = {}, parameters = {}, options) {
      const begun = await begin(parameters)
      return redeem((await walk(browser, begun.path, guest)).location, begun, options)
    },
  }
}

/** Goes through our pages as a person would: touches the key where one is asked for, agrees or not. Ends at the first answer that needs neither. */
export async function walk(browser: Browser, path: string, guest: Guest = {}): Promise<Answer> {
  let answer = await browser.get(path)
  for (let page = 0; page < 6; page++) {
    const consent = /action="(\/oidc\/interaction\/[\w-]+\/consent)"/.exec(answer.body)?.[1]
    if (guest.key && /^\/signin\/[\w-]+$/.test(answer.path)) answer = await touchKey(browser, guest.key, answer.path)
    else if (consent !== undefined && guest.consent !== undefined) answer = await browser.post(consent, { decision: guest.consent })
    else return answer
  }
  throw new Error(`asked again and again at ${answer.path}`)
}

/** What came back to the application's address, from a redirect. */
export function returned(answer: Answer): Record<string, string> {
  if (answer.location === undefined) throw new Error(`${answer.path} did not lead to the application but answered ${answer.status}`)
  return Object.fromEntries(new URL(answer.location).searchParams)
}

/** The OAuth error that the application was given, or 'none' when it got what it wanted. */
export function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(() => 'none', (error: unknown) => {
    if (error instanceof client.WWWAuthenticateChallengeError) return error.cause[0]?.parameters.error ?? 'no error named'
    return error instanceof client.ResponseBodyError || error instanceof client.AuthorizationResponseError ? error.error : String(error)
  })
}

function authentication(oidc: OidcSettings, secret: string, key: RelyingParty['key']): client.ClientAuth {
  switch (oidc.authMethod) {
    case 'client_secret_basic': return client.ClientSecretBasic(secret)
    case 'client_secret_post': return client.ClientSecretPost(secret)
    case 'private_key_jwt': return client.PrivateKeyJwt(key)
    case 'none': return client.None()
  }
}
