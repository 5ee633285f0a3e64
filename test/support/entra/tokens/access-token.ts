import { jwtVerify, type JWTPayload } from 'jose'
import type { Application, Tenant, User } from '../tenant.ts'
import type { World } from '../world.ts'
import type { TokenKeys } from './keys.ts'

export type Bearer =
  | { readonly kind: 'application'; readonly tenantId: string; readonly permissions: readonly string[] }
  | { readonly kind: 'user'; readonly tenantId: string; readonly permissions: readonly string[]; readonly userId: string; readonly roles: readonly string[] }

export interface AccessTokens {
  forApplication(tenant: Tenant, application: Application): Promise<string>
  forUser(tenant: Tenant, user: User, appId: string, scopes: readonly string[], roles?: readonly string[]): Promise<string>
  /** @returns who holds the token, or undefined: wrong signature, audience or time, or the user's sessions were revoked. */
  read(token: string): Promise<Bearer | undefined>
  idToken(tenant: Tenant, user: User, appId: string): Promise<string>
}

export const lifetimeSeconds = 3600

/** Tokens for Graph: JWTs that carry what Graph decides by. */
export function createAccessTokens({ urls, directory, now }: World, keys: TokenKeys): AccessTokens {
  const seconds = (): number => Math.floor(now() / 1000)
  const base = (tenant: Tenant, appId: string): JWTPayload => ({
    aud: urls.graph, iss: `https://sts.windows.net/${tenant.id}/`, iat: seconds(), nbf: seconds(), exp: seconds() + lifetimeSeconds, appid: appId, tid: tenant.id, ver: '1.0',
  })
  return {
    forApplication: (tenant, { appId, roles }) => keys.sign({ ...base(tenant, appId), idtyp: 'app', roles: [...roles] }),
    forUser: (tenant, user, appId, scopes, roles = user.directoryRoles) => keys.sign({ ...base(tenant, appId), idtyp: 'user', oid: user.id, upn: user.userPrincipalName, scp: scopes.join(' '), wids: [...roles] }),
    idToken: (tenant, user, appId) => keys.sign({
      aud: appId, iss: `${urls.login}/${tenant.id}/v2.0`, iat: seconds(), nbf: seconds(), exp: seconds() + lifetimeSeconds,
      tid: tenant.id, oid: user.id, sub: user.id, name: user.displayName, preferred_username: user.userPrincipalName, ver: '2.0',
    }),
    async read(token) {
      try {
        const { payload } = await jwtVerify(token, ({ kid }) => {
          const key = keys.publicKeys.get(kid ?? '')
          if (!key) throw new Error('no such key')
          return key
        }, { audience: urls.graph, algorithms: ['RS256'], currentDate: new Date(now()) })
        const tenantId = String(payload['tid'])
        if (payload['idtyp'] === 'app') return { kind: 'application', tenantId, permissions: payload['roles'] as string[] }
        const tenant = directory.findTenant(tenantId)
        const user = tenant && directory.findUser(tenant, String(payload['oid']))
        if (!user || user.signInSessionsValidFrom > (payload.iat ?? 0) * 1000) return undefined
        return { kind: 'user', tenantId, permissions: String(payload['scp']).split(' '), userId: user.id, roles: payload['wids'] as string[] }
      } catch {
        return undefined
      }
    },
  }
}
