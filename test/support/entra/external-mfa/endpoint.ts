import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { firstFailure, refusal, type Code } from '../aadsts.ts'
import { refusedPage, signedIn } from '../login/policy.ts'
import { postingForm } from '../page.ts'
import type { Answer, Route } from '../server.ts'
import type { Tenant } from '../tenant.ts'
import type { TokenKeys } from '../tokens/keys.ts'
import type { World } from '../world.ts'
import type { Providers } from './provider.ts'
import { allAmr, attemptOf, externalAnswerChecks, factorTypeOf, type Attempt, type ExternalAnswer, type FactorType } from './response.ts'

/** What the hint can have wrong, so that the refusal of the provider shows. */
export const hintFaults = ['wrong-kid', 'wrong-key', 'wrong-tenant', 'wrong-audience', 'old', 'version-1', 'unsigned'] as const
export type HintFault = (typeof hintFaults)[number]

const acrFor: Readonly<Record<FactorType, string>> = { knowledge: 'possessionorinherence', possession: 'knowledgeorinherence', inherence: 'knowledgeorpossession' }

/**
 * Section 4. `GET /eam/start?upn=&variant=&first=&acr=&amr=`: `variant` is a fault of the hint, `first` the type of the factor that
 * Entra took itself (knowledge), `acr` and `amr` what is asked for, separated by commas.
 */
export function externalMfaRoutes(world: World, keys: TokenKeys, providers: Providers): Route[] {
  const attempts = new Map<string, Attempt>()
  const refuse = (check: string, code: Code, detail: string): Answer => refusedPage(world, { check: `7.4 ${check}`, refusal: refusal(code, detail) })

  async function begin(query: URLSearchParams): Promise<Answer> {
    const upn = query.get('upn') ?? ''
    const tenant = world.directory.findTenant(world.directory.domainOfUpn(upn)?.tenantId ?? '')
    const user = tenant && world.directory.findUser(tenant, upn)
    if (!user) return refuse('user', 50034, `no user "${upn}"`)
    const registered = user.externalMethods[0]
    const method = tenant.externalMethods.find(({ id }) => id === registered?.configurationId)
    if (!method) return refuse('registration', 50170, 'the user has no external method')
    if (method.state !== 'enabled') return refuse('state', 50172, 'the method is disabled')
    const application = tenant.applications.find(({ appId }) => appId === method.appId)
    if (!application?.isConsented) return refuse('consent', 900491, `application ${method.appId}`)
    const asking = await providers.ask(method, application)
    if (asking.outcome === 'refused') return refusedPage(world, asking.failure)
    const firstFactor = (query.get('first') ?? 'knowledge') as FactorType
    const attempt: Attempt = {
      state: randomBytes(48).toString('base64url'), nonce: randomUUID(), subject: createHash('sha256').update(`${method.appId} ${user.id}`).digest('base64url'), user, method, provider: asking.provider, firstFactor,
      acr: listOf(query.get('acr')) ?? [acrFor[firstFactor]], amr: listOf(query.get('amr')) ?? allAmr.filter((amr) => factorTypeOf(amr) !== firstFactor), startedAt: world.now(), isUsed: false,
    }
    attempts.set(attempt.state, attempt)
    return postingForm(asking.provider.authorizationEndpoint, {
      scope: 'openid', response_type: 'id_token', response_mode: 'form_post', client_id: method.openIdConnectSetting.clientId, redirect_uri: world.urls.externalAuthProvider,
      nonce: attempt.nonce, state: attempt.state, id_token_hint: await hintFor(tenant, attempt, query.get('variant') ?? ''),
      claims: JSON.stringify({ id_token: { acr: { essential: true, values: attempt.acr }, amr: { essential: true, values: attempt.amr } } }), 'client-request-id': randomUUID(),
    })
  }

  /** 4.4: already expired, with `exp` before `iat`; the claims in no order that could be relied on. */
  async function hintFor(tenant: Tenant, { subject, user, method }: Attempt, fault: string): Promise<string> {
    const issuedAt = Math.floor(world.now() / 1000) - (fault === 'old' ? 3600 : 0)
    const tid = fault === 'wrong-tenant' ? randomUUID() : tenant.id
    const claims = shuffled({
      ver: fault === 'version-1' ? '1.0' : '2.0', iss: `${world.urls.login}/${tid}/v2.0`, sub: subject, aud: fault === 'wrong-audience' ? randomUUID() : method.appId, exp: issuedAt - 300, iat: issuedAt, nbf: issuedAt - 300,
      name: user.displayName, preferred_username: user.userPrincipalName, oid: user.id, tid,
    })
    if (fault === 'wrong-key') return keys.forge(claims)
    if (fault === 'wrong-kid') return keys.sign(claims, { kid: 'nobody-has-this-key' })
    if (fault === 'unsigned') return `${[{ alg: 'none', typ: 'JWT' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`
    return keys.sign(claims)
  }

  return [
    { face: 'login', method: 'GET', path: '/eam/start', answer: ({ query }) => begin(query) },
    {
      face: 'login', method: 'POST', path: '/common/federation/externalauthprovider', answer: (ask) => {
        const answer: ExternalAnswer = { world, ask, attempts, attempt: undefined, claims: {} }
        const failure = firstFailure(externalAnswerChecks, answer)
        if (failure) return refusedPage(world, failure)
        const { user, startedAt } = attemptOf(answer)
        const methods = [answer.claims['acr'], answer.claims['amr']].flat().map(String)
        return signedIn(world, user, { upn: user.userPrincipalName, tenantId: user.tenantId, protocol: 'externalMfa', methods, authenticatedAt: startedAt, mfaBy: 'external provider' })
      },
    },
  ]
}

function listOf(text: string | null): string[] | undefined {
  return text === null ? undefined : text.split(',').filter((entry) => entry !== '')
}

function shuffled(claims: Readonly<Record<string, string | number>>): Record<string, string | number> {
  return Object.fromEntries(Object.entries(claims).map((entry) => ({ entry, at: randomUUID() })).sort((left, right) => left.at.localeCompare(right.at)).map(({ entry }) => entry))
}
