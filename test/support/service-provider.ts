import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { SAML, type Profile, type SamlConfig } from '@node-saml/node-saml'
import { parseSamlSettings, type Application, type SamlSettings } from '../../src/applications/index.ts'
import { generateKey } from '../../src/keys/generate.ts'
import type { ApplicationId } from '../../src/storage/index.ts'
import type { TestApp } from './app.ts'
import type { Answer, Browser } from './browser.ts'
import { unescapeHtml } from './html.ts'

/** A key with its certificate, as a service provider has one. */
export interface Credential { readonly privateKey: string; readonly certificate: string }

export async function aCredential(): Promise<Credential> {
  const { publicJwk, privateJwk } = await generateKey('RS256', { subject: 'a service provider', notBefore: Date.now() - 86_400_000, notAfter: Date.now() + 86_400_000 })
  return { privateKey: createPrivateKey({ key: privateJwk as JsonWebKey, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }) as string, certificate: publicJwk.x5c?.[0] ?? '' }
}

export interface ServiceProvider {
  readonly application: Application
  readonly entityId: string
  readonly acs: string
  readonly credential: Credential
  /** Software that others wrote, set up as this provider. */
  readonly peer: SAML
  /** What the form on this page posts; undefined when the page is no hand-over. */
  read(answer: Answer): { readonly action: string; readonly fields: Readonly<Record<string, string>> } | undefined
  /** Judged by the peer: signature, issuer, audience, times, InResponseTo. */
  accept(answer: Answer): Promise<Profile>
  /** The whole way of somebody who has a session. */
  signIn(browser: Browser, options?: Readonly<Record<string, string>>): Promise<Profile>
}

let count = 0

export async function registerServiceProvider(app: TestApp, options: {
  settings?: Partial<SamlSettings>; application?: Partial<Pick<Application, 'access' | 'requiredAssurance'>>; peer?: Partial<SamlConfig>; credential?: Credential; signs?: boolean
} = {}): Promise<ServiceProvider> {
  const number = ++count
  const [entityId, acs] = [`https://wiki${number}.example/metadata`, `https://wiki${number}.example/acs`]
  const credential = options.credential ?? (await aCredential())
  const { applications, storage } = app.foundation
  const settings = parseSamlSettings({ acs: [{ url: acs, index: 0, isDefault: true }], slo: [{ binding: 'redirect', url: `https://wiki${number}.example/slo` }], signingCertificates: options.signs === false ? [] : [credential.certificate], ...options.settings })
  const id: ApplicationId = await storage.write((tx) => applications.create(tx, app.organization.id, {
    name: `Wiki ${number}`, description: '', protocol: 'saml', clientId: entityId, launchUrl: null, access: options.application?.access ?? 'everyone', trusted: true,
    requiredAssurance: options.application?.requiredAssurance ?? null, saml: settings,
  }))
  const application = await applications.find(app.organization.id, id)
  if (!application) throw new Error('the application is not there')
  const { signer } = await app.app.parts.keys.certificates('saml')
  const peer = new SAML({
    entryPoint: `${app.url}/saml/sso`, logoutUrl: `${app.url}/saml/slo`, issuer: entityId, callbackUrl: acs, audience: entityId, idpCert: signer.certificate, idpIssuer: `${app.url}/saml/metadata`,
    wantAssertionsSigned: true, wantAuthnResponseSigned: false, signatureAlgorithm: 'sha256', digestAlgorithm: 'sha256', disableRequestedAuthnContext: true,
    identifierFormat: null, validateInResponseTo: 'always' as SamlConfig['validateInResponseTo'] & string, ...(options.signs === false ? {} : { privateKey: credential.privateKey }), ...options.peer,
  } as SamlConfig)

  const provider: ServiceProvider = {
    application, entityId, acs, credential, peer,
    read: postedBy,
    async accept(answer) {
      const posted = provider.read(answer)
      if (posted?.action !== acs) throw new Error(`no answer for ${acs}: ${answer.status} ${answer.path} ${answer.body.slice(0, 2_000)}`)
      const { profile } = await peer.validatePostResponseAsync({ ...posted.fields })
      if (!profile) throw new Error('the peer found no profile')
      return profile
    },
    async signIn(browser, parameters = {}) {
      const url = new URL(await peer.getAuthorizeUrlAsync('', undefined, { additionalParams: parameters }))
      return provider.accept(await browser.get(url.pathname + url.search))
    },
  }
  return provider
}

/** What the form of a hand-over page posts, and where. */
export function postedBy({ body }: Pick<Answer, 'body'>): { readonly action: string; readonly fields: Readonly<Record<string, string>> } | undefined {
  const action = /<hand-over><form method="post" action="([^"]*)">/.exec(body)?.[1]
  if (action === undefined) return undefined
  const fields = [...body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name = '', value = '']): [string, string] => [unescapeHtml(name), unescapeHtml(value)])
  return { action: unescapeHtml(action), fields: Object.fromEntries(fields) }
}

/** The message inside an answer, as text. */
export function messageIn(value: string): string {
  return Buffer.from(value, 'base64').toString()
}
