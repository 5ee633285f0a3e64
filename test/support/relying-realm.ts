import { createRequire } from 'node:module'
import { parseWsFedSettings, type Application, type WsFedSettings } from '../../src/applications/index.ts'
import type { ApplicationId } from '../../src/storage/index.ts'
import type { TestApp } from './app.ts'
import type { Answer, Browser } from './browser.ts'
import { postedBy } from './service-provider.ts'

/** What passport-wsfed-saml2 tells an application: claims by their whole names. */
export type WsFedProfile = Readonly<Record<string, unknown>> & { readonly issuer: string }

interface Strategy {
  success(user: WsFedProfile): void
  fail(challenge: unknown): void
  error(error: unknown): void
  authenticate(request: object, options: object): void
}
interface Passport { readonly Strategy: new (options: object, verify: (profile: WsFedProfile, done: (error: unknown, user: WsFedProfile) => void) => void) => Strategy }

// CommonJS without types; a relying party of its own, from other people.
const { Strategy: PassportStrategy } = createRequire(import.meta.url)('passport-wsfed-saml2') as Passport

export interface RelyingRealm {
  readonly application: Application
  readonly realm: string
  readonly reply: string
  path(parameters?: Readonly<Record<string, string>>): string
  /** Judged by the peer: signature, issuer, audience, times. */
  accept(answer: Answer): Promise<WsFedProfile>
  signIn(browser: Browser, parameters?: Readonly<Record<string, string>>): Promise<WsFedProfile>
}

let count = 0

export async function registerRealm(app: TestApp, options: { settings?: Partial<WsFedSettings>; access?: Application['access']; requiredAssurance?: Application['requiredAssurance'] } = {}): Promise<RelyingRealm> {
  const number = ++count
  const [realm, reply] = [`urn:intranet:${number}`, `https://intranet${number}.example/wsfed/answer`]
  const { applications, storage } = app.foundation
  const id: ApplicationId = await storage.write((tx) => applications.create(tx, app.organization.id, {
    name: `Intranet ${number}`, description: '', protocol: 'wsfed', clientId: realm, launchUrl: null, access: options.access ?? 'everyone', trusted: true, requiredAssurance: options.requiredAssurance ?? null,
    wsfed: parseWsFedSettings({ replyUrls: [reply], ...options.settings }),
  }))
  const application = await applications.find(app.organization.id, id)
  if (!application) throw new Error('the application is not there')
  const { signer } = await app.app.parts.keys.certificates('wsfed')
  const path: RelyingRealm['path'] = (parameters = {}) => `/wsfed?${new URLSearchParams({ wa: 'wsignin1.0', wtrealm: realm, ...parameters })}`
  const accept = (answer: Answer): Promise<WsFedProfile> => judge(answer, { reply, realm, certificate: signer.certificate })
  return { application, realm, reply, path, accept, signIn: async (browser, parameters) => accept(await browser.get(path(parameters))) }
}

export function judge(answer: Answer, expected: { reply: string; realm: string; certificate: string }): Promise<WsFedProfile> {
  const posted = postedBy(answer)
  if (posted?.action !== expected.reply) throw new Error(`no answer for ${expected.reply}: ${answer.status} ${answer.path} ${answer.body.slice(0, 2_000)}`)
  const strategy = new PassportStrategy(
    { realm: expected.realm, identityProviderUrl: 'https://idp.example/wsfed', cert: expected.certificate, path: '/wsfed/answer', recipientUrl: expected.reply }, (profile, done) => { done(null, profile) })
  return new Promise((done, refuse) => {
    Object.assign(strategy, { success: done, error: refuse, fail: (challenge: unknown) => { refuse(new Error(`refused: ${String(challenge)}`)) } })
    strategy.authenticate({ method: 'POST', url: '/wsfed/answer', headers: {}, body: { ...posted.fields }, query: {} }, {})
  })
}
