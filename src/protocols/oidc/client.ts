import type { AllClientMetadata, Client } from 'oidc-provider'
import type { Application, ApplicationWithSecrets } from '../../applications/index.ts'
import { equalInConstantTime } from '../../equal.ts'
import { sha256, type ApplicationId, type OrganizationId } from '../../storage/index.ts'

/** What our own code needs to know of a client inside the library; travels as one extra metadata property. */
export interface ApplicationFacts {
  readonly id: ApplicationId
  readonly organizationId: OrganizationId
  readonly name: string
  readonly trusted: boolean
  readonly requiredAssurance: Application['requiredAssurance']
  readonly scopes: readonly string[]
  readonly secretHashes: readonly string[]
  readonly accessTokenMinutes: number
  readonly refreshTokenDays: number
}

export const factsProperty = 'doorward_application'

export function factsOf(client: Client): ApplicationFacts {
  return (client as unknown as Record<string, unknown>)[factsProperty] as ApplicationFacts
}

/** An application as RFC 7591 metadata. */
export function toClientMetadata({ application, secretHashes }: ApplicationWithSecrets): AllClientMetadata & { client_id: string } {
  const { oidc } = application
  if (!oidc) throw new Error('an application without OpenID Connect settings is no client')
  const service = oidc.kind === 'service'
  const scopes = [...oidc.scopes, ...(oidc.refreshTokens && !oidc.scopes.includes('offline_access') ? ['offline_access'] : [])]
  const facts: ApplicationFacts = {
    id: application.id, organizationId: application.organizationId, name: application.name, trusted: application.trusted, requiredAssurance: application.requiredAssurance,
    scopes, secretHashes, accessTokenMinutes: oidc.accessTokenMinutes, refreshTokenDays: oidc.refreshTokenDays,
  }
  const native = oidc.kind === 'public' && [...oidc.redirectUris, ...oidc.postLogoutRedirectUris].some((uri) => !uri.startsWith('https:'))
  return {
    client_id: application.clientId,
    client_name: application.name,
    application_type: native ? 'native' : 'web',
    redirect_uris: service ? [] : [...oidc.redirectUris],
    post_logout_redirect_uris: [...oidc.postLogoutRedirectUris],
    response_types: service ? [] : ['code'],
    grant_types: service ? ['client_credentials'] : ['authorization_code', ...(oidc.refreshTokens ? ['refresh_token'] : [])],
    token_endpoint_auth_method: oidc.authMethod,
    // The library wants one to be there; compareClientSecret below never looks at it.
    ...(oidc.authMethod.startsWith('client_secret') ? { client_secret: 'kept-as-a-hash' } : {}),
    ...(oidc.jwks ? { jwks: structuredClone(oidc.jwks) as unknown as NonNullable<AllClientMetadata['jwks']> } : {}),
    ...(oidc.jwksUri === null ? {} : { jwks_uri: oidc.jwksUri }),
    ...(oidc.backchannelLogoutUri === null ? {} : { backchannel_logout_uri: oidc.backchannelLogoutUri, backchannel_logout_session_required: true }),
    id_token_signed_response_alg: oidc.idTokenAlg,
    require_auth_time: true,
    require_pushed_authorization_requests: oidc.parRequired,
    dpop_bound_access_tokens: oidc.dpopBound,
    // The library takes no empty list; see provider.ts for services without any.
    ...(scopes.length > 0 ? { scope: scopes.join(' ') } : {}),
    [factsProperty]: facts,
  }
}

/** Secrets are kept as hashes, and during a rotation several are right. All are compared, so time tells nothing. */
export function secretFits(client: Client, given: string): boolean {
  const hash = sha256(given)
  let fits = false
  for (const known of factsOf(client).secretHashes) fits = equalInConstantTime(hash, known) || fits
  return fits
}
