import { errors, type Client, type Configuration, type JWK, type KoaContextWithOIDC } from 'oidc-provider'
import { isLoopback } from '../../applications/index.ts'
import { assurances } from '../../authentication/index.ts'
import type { Context } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import { createAdapter } from './adapter.ts'
import { claimsByScope, createFindAccount } from './claims.ts'
import { factsOf, factsProperty } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import type { PayloadStore } from './payloads.ts'
import { createPolicy } from './policy.ts'
import { newGrant, permissionOf } from './session.ts'
import { currentWork } from './work.ts'

/** Where everything lives; discovery says so to applications. */
export const routes = {
  authorization: '/oidc/auth', token: '/oidc/token', userinfo: '/oidc/userinfo', jwks: '/oidc/jwks', introspection: '/oidc/introspection', revocation: '/oidc/revocation',
  end_session: '/oidc/logout', pushed_authorization_request: '/oidc/par',
} as const

const day = 86_400

/** How the library is set up: code flow with S256 only, nothing dynamic, only our own pages (SEC-02, SEC-03, SEC-16). */
export function createConfiguration(needs: OidcNeeds, store: PayloadStore, jwks: readonly JWK[]): Configuration {
  const https = needs.publicUrl.startsWith('https:')
  const cookie = { httpOnly: true, sameSite: 'lax', signed: true, secure: https, overwrite: true } as const
  return {
    adapter: createAdapter({ store, clock: needs.clock, applications: needs.applications }),
    jwks: { keys: [...jwks] },
    routes,
    findAccount: createFindAccount(needs),
    loadExistingGrant: createLoadGrant(store),
    interactions: { policy: createPolicy(needs), url: (_ctx, interaction) => `/oidc/interaction/${interaction.uid}` },
    cookies: {
      keys: needs.cookieSigner,
      names: { session: https ? '__Host-doorward-oidc' : 'doorward-oidc', interaction: https ? '__Secure-doorward-interaction' : 'doorward-interaction', resume: https ? '__Secure-doorward-resume' : 'doorward-resume' },
      long: { ...cookie, path: '/' }, short: cookie,
    },
    pkce: { required: () => true },
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access', ...Object.keys(claimsByScope)],
    // How someone signed in is said without being asked: what an application may accept depends on it (SEC-19).
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'], iss: null, sid: null, ...Object.fromEntries(Object.entries(claimsByScope).map(([scope, names]) => [scope, [...names]])) },
    acrValues: [...assurances],
    subjectTypes: ['public'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
    enabledJWA: {
      idTokenSigningAlgValues: ['RS256', 'ES256', 'EdDSA'], clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'], dPoPSigningAlgValues: ['ES256', 'EdDSA', 'RS256', 'PS256'],
      userinfoSigningAlgValues: ['RS256', 'ES256', 'EdDSA'],
    },
    extraClientMetadata: { properties: [factsProperty] },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    // Ending a session ends its grants (logout.ts), which is sooner and costs no look at each use.
    expiresWithSession: () => false,
    allowOmittingSingleRegisteredRedirectUri: false,
    clientBasedCORS: (_ctx, origin, client) => client.tokenEndpointAuthMethod === 'none' && originsOf(client.redirectUris ?? []).has(origin),
    fetch: (url, options) => {
      // The library's own guard refuses private addresses; ours knows which of them the operator allows (SEC-81).
      const { dispatcher: _dispatcher, ...rest } = options as RequestInit & { dispatcher?: unknown }
      return needs.fetch(url, rest)
    },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: true },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => (token as { clientId?: string }).clientId === client.clientId },
      introspection: { enabled: true, allowedPolicy: createIntrospectionPolicy(needs) },
      pushedAuthorizationRequests: { enabled: true },
      dPoP: { enabled: true, nonceSecret: needs.nonceSecret, requireNonce: () => false },
      backchannelLogout: { enabled: true },
      resourceIndicators: { enabled: false },
      claimsParameter: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => { showLogout(ctx, form) },
        postLogoutSuccessSource: (ctx) => { (ctx as unknown as Context).redirectTo('/signed-out') },
      },
    },
    ttl: {
      AuthorizationCode: 60, IdToken: 3_600, Interaction: 1_800, PushedAuthorizationRequest: 60, Session: day, Grant: 365 * day,
      AccessToken: (_ctx, _token, client) => factsOf(client).accessTokenMinutes * 60,
      ClientCredentials: (_ctx, _token, client) => factsOf(client).accessTokenMinutes * 60,
      // Rotation does not prolong: the family ends when the first one would have (SEC-07).
      RefreshToken: (ctx, _token, client) => ctx.oidc.entities.RotatedRefreshToken?.remainingTTL ?? factsOf(client).refreshTokenDays * day,
    },
    renderError: (ctx, out, error) => { showError(ctx, error instanceof errors.SessionNotFound ? 'session_not_found' : out.error, error) },
  }
}

/** The grant of this session, or a new one for applications that need not ask: trusted, or asked and answered before. */
function createLoadGrant(store: PayloadStore): NonNullable<Configuration['loadExistingGrant']> {
  return async (ctx) => {
    const { session, client, provider } = ctx.oidc
    if (!session?.accountId || !client) return undefined
    const { accountId, uid: sessionId } = session
    const wanted = ctx.oidc.requestParamOIDCScopes
    const { grant: existing, agreed } = await permissionOf(provider, store, { sessionId, clientId: client.clientId }, accountId)
    if (existing) {
      if (factsOf(client).trusted && !covers(existing.getOIDCScope(), wanted)) {
        existing.addOIDCScope([...wanted].join(' '))
        await existing.save()
      }
      return existing
    }
    if (ctx.oidc.prompts.has('consent') || !(factsOf(client).trusted || covers(agreed.join(' '), wanted))) return undefined
    const grant = newGrant(provider, { sessionId, clientId: client.clientId }, accountId)
    grant.addOIDCScope([...wanted].join(' '))
    await grant.save()
    return grant
  }
}

/** An application learns of its own tokens only, and of those only while their owner may use it (SEC-18). */
function createIntrospectionPolicy(needs: OidcNeeds) {
  return async (_ctx: KoaContextWithOIDC, client: Client, token: object): Promise<boolean> => {
    const { clientId, accountId } = token as { clientId?: string; accountId?: string }
    if (clientId !== client.clientId) return false
    return accountId === undefined || (currentWork()?.usable ?? needs.mayUse(factsOf(client).id, accountId as UserId))
  }
}

function covers(granted: string, wanted: Iterable<string>): boolean {
  const have = new Set(granted.split(' '))
  return [...wanted].every((scope) => have.has(scope))
}

function originsOf(uris: readonly string[]): ReadonlySet<string> {
  return new Set(uris.filter((uri) => uri.startsWith('https:') || isLoopback(new URL(uri).hostname)).map((uri) => new URL(uri).origin))
}

/** A page of ours for what cannot be told to the application; the status is the caller's. What exactly was wrong stands in the log under the page's reference number. */
export function showError(context: object, code: string, cause?: Error): void {
  const ctx = context as Context
  if (cause) {
    const { error_description: description, error_detail: detail } = cause as { error_description?: string; error_detail?: string }
    const { oidc } = context as Partial<KoaContextWithOIDC>
    ctx.state.log.info('an application’s request was refused', {
      clientId: oidc?.params?.['client_id'], error: code, description: description ?? cause.message, detail,
      ...(code === 'invalid_redirect_uri' ? { asked: String(oidc?.params?.['redirect_uri']).slice(0, 300), registered: oidc?.client?.redirectUris } : {}),
    })
  }
  const known = ['invalid_client', 'invalid_redirect_uri', 'invalid_request', 'session_not_found', 'server_error', 'access_denied', 'temporarily_unavailable']
  const key = known.includes(code) ? code : 'invalid_request'
  ctx.page('error', { titleText: ctx.t(`oidc.error.${key}.title`), text: ctx.t(`oidc.error.${key}.text`), reference: ctx.state.request.id }, { status: ctx.status })
}

function showLogout(context: KoaContextWithOIDC, form: string): void {
  const ctx = context as unknown as Context
  const xsrf = /name="xsrf" value="([0-9a-f]+)"/.exec(form)?.[1] ?? ''
  const { client } = context.oidc
  ctx.page('oidc/logout', { application: client ? factsOf(client).name : null, action: `${routes.end_session}/confirm`, xsrf })
}
