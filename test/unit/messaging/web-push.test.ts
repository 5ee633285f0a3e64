import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createWebPush } from '../../../src/messaging/web-push.ts'

const now = Date.parse('2026-11-26T10:00:00Z')
interface Sent { readonly url: string; readonly method: string; readonly headers: Readonly<Record<string, string>> }

function push(status: number | Error, seed = Buffer.alloc(32, 7)) {
  const sent: Sent[] = []
  const webPush = createWebPush({
    seed, contact: 'https://id.example', now: () => now,
    fetch: (url, request) => {
      sent.push({ url, ...request })
      return status instanceof Error ? Promise.reject(status) : Promise.resolve({ status })
    },
  })
  return { ...webPush, sent }
}

describe('waking a phone (RFC 8030, RFC 8292)', () => {
  it('S119 sends nothing but a signed header, for two minutes, that names who asks and for whom', async () => {
    const { wake, sent, publicKey } = push(201)
    expect(await wake('https://push.example/send/abc?x=1')).toBe('sent')
    expect(sent).toHaveLength(1)
    expect(sent[0]).toMatchObject({ url: 'https://push.example/send/abc?x=1', method: 'POST', headers: { ttl: '120', urgency: 'high', topic: 'doorward', 'content-length': '0' } })
    const [, token = '', key = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(sent[0]?.headers['authorization'] ?? '') ?? []
    expect(key).toBe(publicKey)
    const [header = '', claims = '', signature = ''] = token.split('.')
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({ typ: 'JWT', alg: 'ES256' })
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toEqual({ aud: 'https://push.example', exp: now / 1_000 + 43_200, sub: 'https://id.example' })
    const point = Buffer.from(key, 'base64url')
    expect([point.length, point[0]]).toEqual([65, 4])
    const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
    expect(verify('sha256', Buffer.from(`${header}.${claims}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('has the same key at every start, and another one elsewhere', () => {
    expect(push(201).publicKey).toBe(push(201).publicKey)
    expect(push(201).publicKey).not.toBe(push(201, Buffer.alloc(32, 8)).publicKey)
  })

  it.each([[404, 'gone'], [410, 'gone'], [429, 'failed'], [500, 'failed'], [302, 'failed'], [new Error('no way there'), 'failed'], [200, 'sent'], [202, 'sent']] as const)('takes %s for %s', async (status, result) => {
    expect(await push(status).wake('https://push.example/a')).toBe(result)
  })

  it.each(['http://push.example/a', 'https://user:secret@push.example/a', 'https://push.example/a#b', 'nonsense', `https://push.example/${'a'.repeat(1_000)}`])('SEC-81 calls no address like %s', async (endpoint) => {
    const { wake, allowed, sent } = push(201)
    expect(allowed(endpoint)).toBe(false)
    expect(await wake(endpoint)).toBe('gone')
    expect(sent).toEqual([])
  })
})
