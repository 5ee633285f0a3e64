import type { JWK } from 'jose'

/** Where a connection lives; each is an issuer of its own. */
export function addressesOf(publicUrl: string, connectionId: string) {
  const issuer = `${publicUrl}/eam/${connectionId}`
  return { issuer, discovery: `${issuer}/.well-known/openid-configuration`, authorization: `${issuer}/authorize`, jwks: `${issuer}/jwks` }
}

/** OpenID Connect Discovery §3, with what Entra insists on and no more: it refuses large documents. */
export function discoveryDocument(publicUrl: string, connectionId: string) {
  const { issuer, authorization, jwks } = addressesOf(publicUrl, connectionId)
  return {
    issuer, authorization_endpoint: authorization, jwks_uri: jwks,
    scopes_supported: ['openid'], response_types_supported: ['id_token'], response_modes_supported: ['form_post'], grant_types_supported: ['implicit'],
    subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], claim_types_supported: ['normal'], claims_parameter_supported: true, request_parameter_supported: false,
    claims_supported: ['iss', 'aud', 'sub', 'nonce', 'iat', 'exp', 'acr', 'amr'],
  }
}

const mostKeys = 3

/**
 * The keys to check our answers with: the one that signs, the next one, an old one. Entra wants a certificate with each (`x5c`) and
 * keeps the set for a day.
 */
export function keySet(publicJwks: readonly JWK[]): { keys: JWK[] } {
  return {
    keys: publicJwks.filter(({ kty, x5c }) => kty === 'RSA' && x5c !== undefined).slice(0, mostKeys)
      .map(({ kty, kid, n, e, x5c }) => ({ kty: kty ?? 'RSA', use: 'sig', alg: 'RS256', kid, n, e, x5c }) as JWK),
  }
}
