import { InvalidRequest, NotFound } from '../../errors.ts'
import { anyone, type Context, type Middleware, type Routes } from '../../http/index.ts'
import { createRefusals, type RefusalNeeds } from '../exchange/index.ts'
import { writeFederationMetadata } from './metadata.ts'
import type { WsFedNeeds } from './needs.ts'
import { readQuestion } from './passive-request.ts'
import { issuerOf, referenceOf, type Realm } from './realm.ts'
import type { Realms } from './realms.ts'
import type { Asked, SignOn } from './sign-on.ts'
import type { SignOut } from './sign-out.ts'

export type PassiveNeeds = WsFedNeeds & RefusalNeeds
export interface PassiveParts { readonly realms: Realms; readonly signOn: SignOn; readonly signOut: SignOut }

/**
 *   GET POST /wsfed              wsignin1.0, wsignout1.0, wsignoutcleanup1.0; /fed/:key/wsfed for a federated domain
 *   GET  /wsfed/requests/:id     a posted question, with cookies; …/complete back from the desk
 */
export function mountPassive(routes: Routes, needs: PassiveNeeds, parts: PassiveParts): void {
  const { realms, signOn, signOut } = parts
  const readAsked = createAskedReader(needs, realms)

  const passive = async (ctx: Context): Promise<void> => {
    const parameters = new URLSearchParams(ctx.querystring)
    const { key } = ctx.params
    switch (actionOf(parameters)) {
      case 'wsignin1.0': {
        const { asked, realm } = await readAsked(ctx, parameters, key)
        return signOn.begin(ctx, asked, realm)
      }
      case 'wsignout1.0':
      case 'wsignoutcleanup1.0':
        return signOut.leave(ctx, parameters, key === undefined ? await named(realms, parameters) : await realms.byKey(key))
    }
  }

  routes.get('/wsfed', anyone, passive)
  routes.get('/fed/:key/wsfed', anyone, passive)
  routes.get('/wsfed/requests/:id', anyone, (ctx) => signOn.resume(ctx, ctx.params['id'] ?? ''))
  routes.get('/wsfed/requests/:id/complete', anyone, (ctx) => signOn.complete(ctx, ctx.params['id'] ?? '', typeof ctx.query['signin'] === 'string' ? ctx.query['signin'] : ''))
}

const posted = /^(?:\/fed\/(?<key>[\w-]{1,64}))?\/wsfed$/
/** The path is known by heart in software that polls it, and not by everyone in the same letters. */
const metadata = /^(?:\/fed\/(?<key>[\w-]{1,64}))?\/federationmetadata\/2007-06\/federationmetadata\.xml$/i

/** What comes without our cookies: questions that another site posts, and metadata. */
export function createPassiveEndpoints(needs: PassiveNeeds, { realms, signOn }: PassiveParts): Middleware {
  const readAsked = createAskedReader(needs, realms)

  async function describe(ctx: Context, key: string | undefined): Promise<void> {
    const realm = key === undefined ? undefined : await realms.byKey(key)
    if (key !== undefined && !realm) throw new NotFound()
    const { published } = await needs.keys.certificates(realm?.keyPurpose ?? 'wsfed')
    const trust = realm?.microsoft?.wsTrust === true ? `${needs.publicUrl}/adfs/services/trust` : null
    ctx.set('Cache-Control', 'public, max-age=3600')
    ctx.set('Content-Type', 'application/samlmetadata+xml; charset=utf-8')
    ctx.body = writeFederationMetadata({
      issuer: realm?.issuer ?? issuerOf(needs.publicUrl), passiveUrl: `${needs.publicUrl}${key === undefined ? '' : `/fed/${key}`}/wsfed`,
      activeUrl: trust && `${trust}/2005/usernamemixed`, mexUrl: trust && `${trust}/mex`,
      claims: realm?.settings.attributes.map(({ name }) => name) ?? ['http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress', 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name'],
    }, published)
  }

  return async (ctx, next) => {
    const description = ctx.method === 'GET' || ctx.method === 'HEAD' ? metadata.exec(ctx.path) : null
    if (description) return describe(ctx, description.groups?.['key'])
    const match = ctx.method === 'POST' ? posted.exec(ctx.path) : null
    if (!match) return next()
    const parameters = new URLSearchParams([...new URLSearchParams(ctx.querystring), ...(await ctx.form()).pairs()])
    const key = match.groups?.['key']
    // A sign-out needs the cookies too, and carries nothing that a link cannot.
    if (actionOf(parameters) !== 'wsignin1.0') return ctx.redirectTo(`${ctx.path}?${parameters}`)
    const { asked } = await readAsked(ctx, parameters, key)
    return ctx.redirectTo(await signOn.keep(asked))
  }
}

function actionOf(parameters: URLSearchParams): 'wsignin1.0' | 'wsignout1.0' | 'wsignoutcleanup1.0' {
  // Entra is told an address that ends in wa=wsignout1.0 and may add its own (microsoft365 §2.3).
  const [action, ...others] = new Set(parameters.getAll('wa'))
  if (others.length > 0 || (action !== 'wsignin1.0' && action !== 'wsignout1.0' && action !== 'wsignoutcleanup1.0')) {
    throw new InvalidRequest('application_request', `wa is ${JSON.stringify(action ?? '').slice(0, 100)}, expected wsignin1.0, wsignout1.0 or wsignoutcleanup1.0`)
  }
  return action
}

/** The whole name, as registered (SEC-30). */
function named(realms: Realms, parameters: URLSearchParams): Promise<Realm | undefined> {
  const name = parameters.get('wtrealm')
  return name === null ? Promise.resolve(undefined) : realms.byName(name)
}

function createAskedReader(needs: RefusalNeeds, realms: Realms) {
  const noted = createRefusals(needs, 'wsfed')
  return async (ctx: Context, parameters: URLSearchParams, key: string | undefined): Promise<{ readonly asked: Asked; readonly realm: Realm }> => {
    const realm = key === undefined ? await named(realms, parameters) : await realms.byKey(key)
    const name = parameters.get('wtrealm') ?? ''
    if (!realm || realm.name !== name) throw new InvalidRequest('application_unknown', `no relying party is registered here as ${JSON.stringify(name.slice(0, 200))}`)
    return noted(ctx, realm, () => {
      const question = readQuestion(parameters, realm)
      if ('problem' in question) throw new InvalidRequest('application_request', question.problem)
      return { asked: { ...question, realm: referenceOf(realm) }, realm }
    })
  }
}
