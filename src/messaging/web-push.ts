import { createECDH, createHash, createPrivateKey, sign } from 'node:crypto'

type Fetch = (url: string, request: { method: string; headers: Readonly<Record<string, string>>; timeoutMilliseconds: number }) => Promise<{ readonly status: number }>

export interface WebPush {
  /** For the browser's `pushManager.subscribe` (RFC 8292 §3.2): the uncompressed point, base64url. */
  readonly publicKey: string
  /** Whether such an address could be called at all: https, and nothing odd in it. */
  allowed(endpoint: string): boolean
  /** Wakes an app without a word about why. `gone`: that address will never work again (RFC 8030 §7.3). */
  wake(endpoint: string): Promise<'sent' | 'gone' | 'failed'>
}

/** The wake-up is worth nothing once the request it is about is over. */
const secondsToLive = 120
const tokenSeconds = 12 * 3_600
/** The order of P-256: a private key lies below it. */
const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/**
 * Web Push without content (RFC 8030, RFC 8292): there is nothing in a message that a push service could read, so nothing has to be encrypted.
 * @param needs.seed makes the key that this server is known by; the same on every node and at every start
 * @param needs.contact whom the push service may ask about these messages (RFC 8292 §2.1): https: or mailto:
 */
export function createWebPush(needs: { seed: Buffer; contact: string; fetch: Fetch; now: () => number }): WebPush {
  const pair = createECDH('prime256v1')
  const scalar = (BigInt(`0x${createHash('sha512').update(needs.seed).digest('hex')}`) % (order - 1n)) + 1n
  pair.setPrivateKey(Buffer.from(scalar.toString(16).padStart(64, '0'), 'hex'))
  const point = pair.getPublicKey()
  const coordinates = { x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
  const publicKey = point.toString('base64url')
  const key = createPrivateKey({ key: { kty: 'EC', crv: 'P-256', ...coordinates, d: pair.getPrivateKey().toString('base64url') }, format: 'jwk' })
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

  function allowed(endpoint: string): boolean {
    try {
      const url = new URL(endpoint)
      return endpoint.length <= 1_000 && url.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === ''
    } catch {
      return false
    }
  }

  return {
    publicKey,
    allowed,
    async wake(endpoint) {
      if (!allowed(endpoint)) return 'gone'
      const seconds = Math.floor(needs.now() / 1_000)
      const claims = `${part({ typ: 'JWT', alg: 'ES256' })}.${part({ aud: new URL(endpoint).origin, exp: seconds + tokenSeconds, sub: needs.contact })}`
      const token = `${claims}.${sign('sha256', Buffer.from(claims), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
      try {
        const { status } = await needs.fetch(endpoint, { method: 'POST', timeoutMilliseconds: 5_000, headers: { ttl: String(secondsToLive), urgency: 'high', topic: 'doorward', 'content-length': '0', authorization: `vapid t=${token}, k=${publicKey}` } })
        if (status === 404 || status === 410) return 'gone'
        return status >= 200 && status < 300 ? 'sent' : 'failed'
      } catch {
        return 'failed'
      }
    },
  }
}
