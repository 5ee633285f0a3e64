import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { isRpIdOf } from '../../../src/browser/authenticator/rp-id.ts'
import { createAssets } from '../../../src/http/assets.ts'

describe('an RP ID', () => {
  it.each([
    ['example.com', 'https://example.com'], ['example.com', 'https://login.example.com'], ['login.example.com', 'https://login.example.com'], ['example.com', 'https://a.b.example.com:8443'], ['example.co.uk', 'https://www.example.co.uk'],
    ['site.github.io', 'https://site.github.io'], ['site.github.io', 'https://a.site.github.io'], ['localhost', 'http://localhost'], ['localhost', 'http://localhost:8080'], ['app.localhost', 'http://app.localhost:3000'], ['localhost', 'https://localhost'],
    ['intranet', 'https://intranet'], ['site.corp', 'https://login.site.corp'], ['xn--bcher-kva.example', 'https://xn--bcher-kva.example'], ['xn--bcher-kva.example', 'https://www.xn--bcher-kva.example'], ['a.xn--55qx5d.cn', 'https://www.a.xn--55qx5d.cn'],
    ['192.168.1.10', 'https://192.168.1.10'], ['[::1]', 'https://[::1]:8443'], ['city.kawasaki.jp', 'https://www.city.kawasaki.jp'], ['login.microsoft.com', 'https://login.microsoft.com'],
  ])('SEC-48 %s is one of %s', (rpId, origin) => {
    expect(isRpIdOf(rpId, origin)).toBe(true)
  })

  it.each([
    ['example.com', 'https://example.com.evil.example'], ['example.com', 'https://evilexample.com'], ['example.com', 'https://evil.example'], ['login.example.com', 'https://example.com'], ['www.example.com', 'https://login.example.com'],
    ['com', 'https://example.com'], ['co.uk', 'https://example.co.uk'], ['co.uk', 'https://co.uk'], ['github.io', 'https://site.github.io'], ['github.io', 'https://github.io'], ['s3.amazonaws.com', 'https://bucket.s3.amazonaws.com'], ['xn--55qx5d.cn', 'https://a.xn--55qx5d.cn'], ['foo.kawasaki.jp', 'https://a.foo.kawasaki.jp'],
    ['corp', 'https://site.corp'], ['localhost', 'http://app.localhost'], ['168.1.10', 'https://192.168.1.10'], ['1.10', 'https://192.168.1.10'], ['10', 'https://192.168.1.10'], ['example.com', 'http://example.com'], ['example.com', 'http://login.example.com'],
    ['127.0.0.1', 'http://127.0.0.1'], ['example.com', 'ftp://example.com'], ['example.com', 'chrome-extension://example.com'], ['example.com', 'null'], ['example.com', ''], ['example.com', 'https://example.com/'], ['example.com', 'https://example.com/path'], ['example.com', 'https://user@example.com'], ['example.com', 'https://EXAMPLE.com'],
    ['Example.com', 'https://example.com'], ['example.com.', 'https://example.com.'], ['example.com.', 'https://example.com'], ['.example.com', 'https://a.example.com'], ['', 'https://example.com'], ['bücher.example', 'https://xn--bcher-kva.example'], ['example.com:443', 'https://example.com'], ['example.com/', 'https://example.com'],
    ['https://example.com', 'https://example.com'], ['user@example.com', 'https://example.com'], ['example.com#', 'https://example.com'], ['exam ple.com', 'https://example.com'], ['e%78ample.com', 'https://example.com'],
  ])('SEC-48 %s is none of %s', (rpId, origin) => {
    expect(isRpIdOf(rpId, origin)).toBe(false)
  })

  it('is looked at in the browser too, with the list that we serve', async () => {
    const folder = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url))
    const assets = createAssets({ assetFolder: folder('views/assets'), browserFolder: folder('src/browser') })
    const code = String(assets.find(assets.url('authenticator/rp-id.js'))?.body)
    expect(code).toContain(`from '../vendor/tldts/index.js'`)
    const served = assets.find(assets.url('vendor/tldts/index.js'))
    expect(served?.contentType).toContain('javascript')
    expect(String(served?.body)).toBe(readFileSync(folder('node_modules/tldts/dist/index.esm.min.js'), 'utf8'))
    const { parse } = (await import(`data:text/javascript;base64,${served?.body.toString('base64') ?? ''}`)) as { parse(host: string, options: object): { domain: string | null; isPrivate: boolean } }
    expect(parse('github.io', { allowPrivateDomains: true })).toMatchObject({ domain: null, isPrivate: true })
    // Nothing that a browser would not find.
    const bare = ['authenticator/ctap.js', 'authenticator/webauthn.js', 'pairing/relay-client.js', 'pairing/pairing.js'].flatMap((name) => [...String(assets.find(assets.url(name))?.body).matchAll(/from '([^.'][^']*)'/g)].map(([, target]) => target))
    expect(bare).toEqual([])
  })
})
