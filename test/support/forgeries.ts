import { createHmac, createPublicKey } from 'node:crypto'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTPayload } from 'jose'

const text = (value: object | string): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export interface Genuine {
  readonly header: Readonly<Record<string, unknown>> & { readonly alg: string }
  readonly claims: JWTPayload
  /** The key that would verify it, as the world knows it. */
  readonly publicJwk: JWK
}

/** The tokens a forger would try who knows everything but the private key (SEC-11): each with the name of its trick. */
export async function forgeriesOf({ header, claims, publicJwk }: Genuine, ownServer: string): Promise<readonly (readonly [trick: string, jwt: string])[]> {
  const own = await generateKeyPair(header.alg, { extractable: true })
  const ownJwk = await exportJWK(own.publicKey)
  const { kid, jwk: _embedded, ...rest } = header
  const sign = (change: Record<string, unknown>, key: CryptoKey = own.privateKey): Promise<string> => new SignJWT(claims).setProtectedHeader({ ...rest, ...(kid === undefined ? {} : { kid }), ...change } as { alg: string }).sign(key)
  const unsigned = (alg: string): string => `${text({ ...header, alg })}.${text(claims)}.`
  const withSecret = (secret: string | Buffer): string => {
    const head = `${text({ ...header, alg: 'HS256' })}.${text(claims)}`
    return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`
  }
  const publicKey = createPublicKey({ key: publicJwk as import('node:crypto').JsonWebKey, format: 'jwk' })
  return [
    ['alg none', unsigned('none')], ['alg None', unsigned('None')], ['alg NONE with no signature', unsigned('NONE')], ['its own alg with no signature', unsigned(header.alg)],
    ['HS256 with the public key in PEM', withSecret(publicKey.export({ type: 'spki', format: 'pem' }))], ['HS256 with the public key in DER', withSecret(publicKey.export({ type: 'spki', format: 'der' }))],
    ['HS256 with the public JWK', withSecret(JSON.stringify(publicJwk))], ['HS256 with an empty secret', withSecret('')],
    ['another key under the right kid', await sign({})], ['another key under an unknown kid', await sign({ kid: 'forger' })], ['another key without a kid', await sign({ kid: undefined })],
    ['a jwk header with the forger’s key', await sign({ jwk: ownJwk })], ['a jku header', await sign({ jku: `${ownServer}/jwks`, kid: 'forger' })], ['an x5u header', await sign({ x5u: `${ownServer}/x5u` })],
    ['an x5c header', await sign({ x5c: [text(await exportSPKI(own.publicKey))] })], ['a crit header that nobody knows', await sign({ crit: ['exp'], exp: 1 }).catch(() => `${text({ ...header, crit: ['exp'], exp: 1 })}.${text(claims)}.AAAA`)],
    ['five parts, as if encrypted', `${text({ alg: 'dir', enc: 'A128GCM' })}..${text('iv')}.${text(claims)}.${text('tag')}`],
  ]
}
