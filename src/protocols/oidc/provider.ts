import { createHash } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import { Provider, errors, type Client } from 'oidc-provider'
import { equalInConstantTime } from '../../equal.ts'
import { factsOf, secretFits } from './client.ts'
import { createConfiguration, routes } from './configuration.ts'
import type { Logout } from './logout.ts'
import type { OidcNeeds } from './needs.ts'
import type { PayloadStore } from './payloads.ts'
import { useOurSessions } from './session.ts'

type Validate = (jwt: string, client: Client) => Promise<unknown>

/**
 * One provider per set of signing keys: a new set means a new provider, all state being in the database, so keys rotate
 * without a restart and no request sees half of both (SEC-77).
 */
export function createProviders(needs: OidcNeeds, store: PayloadStore, logout: Logout) {
  let current: { version: string; provider: Provider } | undefined

  async function build(): Promise<Provider> {
    const { version, privateJwks } = await needs.keys()
    if (current?.version === version) return current.provider
    const provider = new Provider(needs.publicUrl, createConfiguration(needs, store, privateJwks))
    provider.proxy = true
    adapt(provider, needs, store)
    logout.adapt(provider)
    current = { version, provider }
    needs.log.info('signing keys loaded', { version })
    return provider
  }

  return {
    /** The provider of the newest keys we know of. */
    get: async () => current?.provider ?? build(),
    /** Looks for new keys; a task calls it every few seconds. */
    refresh: build,
    version: () => current?.version,
  }
}

function adapt(provider: Provider, needs: OidcNeeds, store: PayloadStore): void {
  useOurSessions(provider, { current: (ctx) => needs.sessions.current(ctx), find: (id) => needs.sessions.findById(id), confirmPath: `${routes.end_session}/confirm`, now: () => needs.clock.now(), store })

  Object.defineProperty(provider.Client.prototype, 'compareClientSecret', { value(this: Client, given: string) { return secretFits(this, given) } })

  // The port may vary for loopback addresses (RFC 8252 §7.3); "localhost" is a name, which a resolver may send elsewhere (SEC-01).
  for (const [method, list] of [['redirectUriAllowed', 'redirectUris'], ['postLogoutRedirectUriAllowed', 'postLogoutRedirectUris']] as const) {
    const allowed = provider.Client.prototype[method]
    Object.defineProperty(provider.Client.prototype, method, {
      value(this: Client, uri: string) { return URL.parse(uri)?.hostname === 'localhost' ? this[list]?.includes(uri) === true : allowed.call(this, uri) },
    })
  }

  // To the library, a service without a list of scopes may have them all.
  const { save } = provider.ClientCredentials.prototype
  Object.defineProperty(provider.ClientCredentials.prototype, 'save', {
    value(this: InstanceType<typeof provider.ClientCredentials> & { client: Client }) {
      const foreign = this.scope?.split(' ').find((scope) => !factsOf(this.client).scopes.includes(scope))
      if (foreign !== undefined) throw new errors.InvalidScope('requested scope is not allowed', foreign)
      return save.call(this)
    },
  })

  // The library looks, then writes; two nodes would both let the same proof pass (SEC-06).
  Object.defineProperty(provider.ReplayDetection, 'unique', {
    value: (issuer: string, jti: string, exp: number) => {
      const name = createHash('sha256').update(`${issuer} ${jti}`).digest('base64url')
      return needs.once(`oidc ${name}`, Math.max(60, exp - Math.floor(needs.clock.now() / 1_000) + 60))
    },
  })

  // A logout token is signed by the same key for the same audience, yet it is no ID token (SEC-10).
  const IdToken = provider.IdToken as unknown as { validate: Validate }
  const validate = IdToken.validate
  IdToken.validate = async function (this: unknown, jwt, client) {
    const { typ } = decodeProtectedHeader(jwt)
    if (typ !== undefined && !equalInConstantTime(typ.toUpperCase(), 'JWT')) throw new errors.InvalidRequest('the token is not an ID token')
    return validate.call(this, jwt, client)
  }
}
