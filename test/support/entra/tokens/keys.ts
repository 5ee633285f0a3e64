import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { importPKCS8, SignJWT, type JWTPayload } from 'jose'
import { createSigningCertificate, type SigningCertificate } from '../authority.ts'
import { json, type Route } from '../server.ts'
import type { World } from '../world.ts'

export interface TokenKeys {
  readonly routes: readonly Route[]
  /** RS256 with a key of the published set. */
  sign(claims: JWTPayload, header?: { readonly kid?: string }): Promise<string>
  /** RS256 with a key that is in no set, under the name of one that is. */
  forge(claims: JWTPayload): Promise<string>
  /** Public keys by their `kid`. */
  readonly publicKeys: ReadonlyMap<string, ReturnType<typeof createPublicKey>>
}

/** What Entra signs its own JWTs with, and where it says so. */
export async function createTokenKeys({ urls, directory }: World): Promise<TokenKeys> {
  const [own, older, stranger] = await Promise.all([createSigningCertificate('tokens'), createSigningCertificate('older tokens'), createSigningCertificate('stranger')])
  const kidOf = ({ cert }: SigningCertificate): string => createHash('sha1').update(new X509Certificate(cert).raw).digest('base64url')
  const published = [own, older]
  const jwks = (tenantId: string): unknown => ({
    keys: published.map((certificate) => {
      const { n, e } = createPublicKey(createPrivateKey(certificate.key)).export({ format: 'jwk' })
      return { kty: 'RSA', use: 'sig', kid: kidOf(certificate), x5t: kidOf(certificate), n, e, x5c: [certificate.der], issuer: `${urls.login}/${tenantId}/v2.0` }
    }),
  })
  const signWith = async ({ key }: SigningCertificate, claims: JWTPayload, kid: string): Promise<string> =>
    new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'RS256', kid }).sign(await importPKCS8(key, 'RS256'))
  const configuration = (path: string, issuerTenant: string): unknown => ({
    token_endpoint: `${urls.login}/${path}/oauth2/v2.0/token`, device_authorization_endpoint: `${urls.login}/${path}/oauth2/v2.0/devicecode`, jwks_uri: `${urls.login}/${path}/discovery/v2.0/keys`,
    issuer: `${urls.login}/${issuerTenant}/v2.0`, authorization_endpoint: `${urls.login}/${path}/oauth2/v2.0/authorize`, response_modes_supported: ['query', 'fragment', 'form_post'], subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'], response_types_supported: ['code', 'id_token', 'code id_token'], scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'], cloud_instance_name: 'microsoftonline.com', tenant_region_scope: null,
  })
  return {
    publicKeys: new Map(published.map((certificate) => [kidOf(certificate), new X509Certificate(certificate.cert).publicKey])),
    sign: (claims, { kid = kidOf(own) } = {}) => signWith(own, claims, kid),
    forge: (claims) => signWith(stranger, claims, kidOf(own)),
    routes: [
      { face: 'login', method: 'GET', path: '/common/v2.0/.well-known/openid-configuration', answer: () => json(200, configuration('common', '{tenantid}')) },
      { face: 'login', method: 'GET', path: '/common/discovery/v2.0/keys', answer: () => json(200, jwks('{tenantid}')) },
      {
        face: 'login', method: 'GET', path: '/:tenant/v2.0/.well-known/openid-configuration', answer: ({ parts }) => {
          const tenant = directory.tenantOfPath(parts['tenant'] ?? '')
          return tenant ? json(200, configuration(tenant.id, tenant.id)) : json(400, { error: 'invalid_tenant', error_description: 'AADSTS90002: no such tenant' })
        },
      },
      { face: 'login', method: 'GET', path: '/:tenant/discovery/v2.0/keys', answer: ({ parts }) => json(200, jwks(directory.tenantOfPath(parts['tenant'] ?? '')?.id ?? '{tenantid}')) },
    ],
  }
}
