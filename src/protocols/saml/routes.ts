import { InvalidRequest, NotFound } from '../../errors.ts'
import { anyone, type Context, type Middleware, type Routes } from '../../http/index.ts'
import { createAskedReader, type ReadAsked } from './asked.ts'
import { writeMetadata } from './metadata.ts'
import type { SamlNeeds } from './needs.ts'
import type { Providers } from './providers.ts'
import type { Receive } from './receive.ts'
import { entityIdOf } from './service-provider.ts'
import type { SignOn } from './sign-on.ts'
import type { SingleLogout } from './single-logout.ts'

interface Parts { readonly providers: Providers; readonly receive: Receive; readonly signOn: SignOn; readonly logout: SingleLogout }

/**
 *   GET POST /saml/sso                 a question (Redirect, POST); /fed/:key/saml/sso for a federated domain
 *   GET POST /saml/slo                 a sign-out or the answer to ours; /fed/:key/saml/slo
 *   GET  /saml/metadata                who we are; /fed/:key/saml/metadata
 *   GET  /saml/start/:id               an application is opened from here (IdP-initiated)
 *   GET  /saml/requests/:id            a posted question, with cookies; …/complete back from the desk; …/refusal
 *   GET  /saml/sign-out/:id            a posted sign-out, with cookies
 *   GET  /saml/logout/:id              in a frame: tell one application; …/answer: to whoever asked
 */
export function mountSaml(routes: Routes, needs: SamlNeeds, { providers, receive, signOn, logout }: Parts): void {
  const readAsked = createAskedReader(needs, receive)

  const sso = async (ctx: Context): Promise<void> => {
    const read = await readAsked(ctx, receive.readQuery(ctx), ctx.params['key'], hintIn(ctx))
    return begin(ctx, read)
  }

  async function begin(ctx: Context, read: ReadAsked): Promise<void> {
    if (read.kind === 'unanswerable') return signOn.answerUnanswerable(ctx, read.provider, read.to, read.status)
    return signOn.begin(ctx, read.asked, read.provider)
  }

  const slo = async (ctx: Context): Promise<void> => {
    const { key } = ctx.params
    if (key !== undefined && !/(^|&)SAML(Request|Response)=/.test(ctx.querystring)) {
      const provider = await providers.byKey(key)
      if (!provider) throw new NotFound()
      return logout.leave(ctx, provider)
    }
    const received = await receive.message(ctx, receive.readQuery(ctx), ['LogoutRequest', 'LogoutResponse'], key)
    return received.name === 'LogoutResponse' ? logout.heard(ctx, received) : logout.signOut(ctx, logout.readRequest(received))
  }

  routes.get('/saml/sso', anyone, sso)
  routes.get('/fed/:key/saml/sso', anyone, sso)
  routes.get('/saml/slo', anyone, slo)
  routes.get('/fed/:key/saml/slo', anyone, slo)
  routes.get('/saml/requests/:id', anyone, (ctx) => signOn.resume(ctx, ctx.params['id'] ?? ''))
  routes.get('/saml/requests/:id/complete', anyone, (ctx) => signOn.complete(ctx, ctx.params['id'] ?? '', typeof ctx.query['signin'] === 'string' ? ctx.query['signin'] : ''))
  routes.get('/saml/requests/:id/refusal', anyone, (ctx) => signOn.turnBack(ctx, ctx.params['id'] ?? ''))
  routes.get('/saml/sign-out/:id', anyone, (ctx) => logout.resume(ctx, ctx.params['id'] ?? ''))
  routes.get('/saml/logout/:id', anyone, (ctx) => logout.tell(ctx, ctx.params['id'] ?? ''))
  routes.get('/saml/logout/:id/answer', anyone, (ctx) => logout.answer(ctx, ctx.params['id'] ?? ''))

  routes.get('/saml/start/:id', anyone, async (ctx) => {
    const provider = await providers.byApplication(ctx.params['id'] ?? '')
    if (!provider) throw new InvalidRequest('application_unknown', 'no such application')
    const { idpInitiated, acs, relayState } = provider.settings
    const target = acs.find(({ isDefault }) => isDefault) ?? acs[0]
    // An answer that nobody asked for cannot be told from a stolen one, so each application has to allow it (SAML Profiles §4.1.5).
    if (!idpInitiated || !target) throw new InvalidRequest('application_start', `${provider.application.name} does not allow sign-ins that begin here`)
    return signOn.begin(ctx, {
      provider: { entityId: provider.entityId }, requestId: null, acs: target.url, relayState, forceAuthn: false, passive: false, context: null, nameIdFormat: null, subject: null, loginHint: null,
    }, provider)
  })
}

const posted = /^(?:\/fed\/(?<key>[\w-]{1,64}))?\/saml\/(?<service>sso|slo)$/
const published = /^(?:\/fed\/(?<key>[\w-]{1,64}))?\/saml\/metadata$/

/** What comes without our cookies: messages that another site posts, and metadata. */
export function createSamlEndpoints(needs: SamlNeeds, { providers, receive, signOn, logout }: Parts): Middleware {
  const readAsked = createAskedReader(needs, receive)

  async function metadata(ctx: Context, key: string | undefined): Promise<void> {
    const provider = key === undefined ? undefined : await providers.byKey(key)
    if (key !== undefined && !provider) throw new NotFound()
    const { published: certificates } = await needs.keys.certificates(provider?.keyPurpose ?? 'saml')
    const base = needs.publicUrl + (key === undefined ? '' : `/fed/${key}`)
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.set('Content-Type', 'application/samlmetadata+xml; charset=utf-8')
    ctx.body = writeMetadata({ issuer: provider?.issuer ?? entityIdOf(needs.publicUrl), ssoUrl: `${base}/saml/sso`, sloUrl: `${base}/saml/slo` }, certificates)
  }

  return async (ctx, next) => {
    const description = ctx.method === 'GET' || ctx.method === 'HEAD' ? published.exec(ctx.path) : null
    if (description) return metadata(ctx, description.groups?.['key'])
    const match = ctx.method === 'POST' ? posted.exec(ctx.path) : null
    if (!match) return next()
    const raw = await receive.readForm(ctx)
    const key = match.groups?.['key']
    if (match.groups?.['service'] === 'sso') {
      const read = await readAsked(ctx, raw, key, (await ctx.form()).text('username') || null)
      if (read.kind === 'unanswerable') return signOn.answerUnanswerable(ctx, read.provider, read.to, read.status)
      return ctx.redirectTo(await signOn.keep(read.asked))
    }
    const received = await receive.message(ctx, raw, ['LogoutRequest', 'LogoutResponse'], key)
    if (received.name === 'LogoutResponse') return logout.heard(ctx, received)
    return ctx.redirectTo(await logout.keep(logout.readRequest(received)))
  }
}

/** Entra and AD FS add the name that the person typed there; it only fills in a field. */
function hintIn(ctx: Context): string | null {
  const hint = ctx.query['username'] ?? ctx.query['login_hint']
  return typeof hint === 'string' && hint !== '' ? hint.slice(0, 320) : null
}
