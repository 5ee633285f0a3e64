import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { freePort } from './port.ts'

export interface HintChange {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signs with another key than the one that the header names. */
  readonly key?: CryptoKey | Uint8Array
}

export interface SmallEntra {
  /** Where people sign in; its discovery and keys are served below. */
  readonly origin: string
  readonly tenantId: string
  readonly appId: string
  readonly redirectUri: string
  readonly kid: string
  readonly publicJwk: JWK
  /** How often its key set was asked for. */
  fetches: number
  /** What it publishes now. */
  published: JWK[]
  /** Answers with this status instead, while it is set. */
  status: number
  /** A hint as Entra makes them: it has expired already. `at` is epoch milliseconds. */
  hint(person: EntraPerson, at: number, change?: HintChange): Promise<string>
  /** A second key pair, not published. */
  readonly other: { readonly kid: string; readonly privateKey: CryptoKey; readonly publicJwk: JWK }
  close(): Promise<void>
}

export interface EntraPerson { readonly oid: string; readonly name: string }

async function keyPair(kid: string): Promise<{ kid: string; privateKey: CryptoKey; publicJwk: JWK }> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  return { kid, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } }
}

/** The little of Entra that an external method meets: published keys and signed hints. */
export async function startSmallEntra(): Promise<SmallEntra> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const [own, other] = [await keyPair('entra-key-1'), await keyPair('entra-key-2')]
  const entra: SmallEntra = {
    origin, tenantId: '11111111-2222-4333-8444-555555555555', appId: '99999999-8888-4777-8666-555555555555', redirectUri: `${origin}/common/federation/externalauthprovider`,
    kid: own.kid, publicJwk: own.publicJwk, fetches: 0, published: [own.publicJwk], status: 200, other,
    hint(person, at, { header = {}, claims = {}, key = own.privateKey } = {}) {
      const iat = Math.floor(at / 1_000)
      const payload = {
        iss: `${origin}/${entra.tenantId}/v2.0`, aud: entra.appId, iat, nbf: iat, exp: iat - 1, ver: '2.0', tid: entra.tenantId, oid: person.oid, preferred_username: person.name, name: 'Somebody',
        sub: `pairwise-${person.oid}`, ...claims,
      }
      return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: own.kid, ...header }).sign(key)
    },
    close: () => new Promise((done) => { server.close(() => { done() }); server.closeAllConnections() }),
  }
  const server = createServer((request, response) => {
    const answer = (content: unknown): void => { response.writeHead(entra.status, { 'content-type': 'application/json' }).end(JSON.stringify(content)) }
    if (request.url === '/common/v2.0/.well-known/openid-configuration') answer({ issuer: `${origin}/{tenantid}/v2.0`, jwks_uri: `${origin}/common/discovery/v2.0/keys` })
    else if (request.url === '/common/discovery/v2.0/keys') {
      entra.fetches++
      answer({ keys: entra.published })
    } else response.writeHead(404).end()
  })
  await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
  return entra
}
