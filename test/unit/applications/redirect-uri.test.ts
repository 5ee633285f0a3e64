import { describe, expect, it } from 'vitest'
import { isLoopback, redirectUriProblem, webAddressProblem } from '../../../src/applications/index.ts'
import type { UriProblem } from '../../../src/applications/redirect-uri.ts'

const kinds = ['web', 'public'] as const

describe('an address to send people back to', () => {
  it.each([
    'https://payroll.example/callback', 'https://payroll.example', 'https://payroll.example/', 'https://payroll.example:8443/cb', 'https://payroll.example/cb?tenant=1&x=%20', 'https://payroll.example/a/b.c/d~e-f_g', 'https://xn--bcher-kva.example/cb',
    'https://10.0.0.7/cb', 'https://[2001:db8::7]/cb', 'https://payroll.example/cb/..x', 'https://payroll.example/cb%2e%2e', 'https://payroll.example/cb/@me', 'https://payroll.example/cb?a=b@c', 'https://payroll.example/cb?to=https://x.example/', 'https://payroll.example/cb;v=1',
    'http://localhost:3000/cb', 'http://localhost/cb', 'http://127.0.0.1:49152/cb', 'http://127.0.0.1/cb', 'http://[::1]:8080/cb', 'https://localhost/cb',
  ])('SEC-01 may be %s', (uri) => {
    for (const kind of ['web', 'public'] as const) expect(redirectUriProblem(uri, kind)).toBeUndefined()
    expect(webAddressProblem(uri)).toBeUndefined()
  })

  it.each(['com.example.payroll:/callback', 'com.example.payroll:/', 'app.payroll-x.v2:/a/b?c=d'])('SEC-01 may be %s for an application on people’s own devices', (uri) => {
    expect(redirectUriProblem(uri, 'public')).toBeUndefined()
    expect(redirectUriProblem(uri, 'web')).toBe('scheme')
    expect(webAddressProblem(uri)).toBe('scheme')
  })

  it.each<[string, UriProblem]>([
    // Not an address, or not all of one.
    ['', 'syntax'], ['payroll.example/cb', 'syntax'], ['/cb', 'syntax'], ['//payroll.example/cb', 'syntax'], ['https://', 'syntax'], ['https:///cb', 'syntax'], ['https:payroll.example/cb', 'syntax'], ['https:/payroll.example/cb', 'syntax'], ['https://:443/cb', 'syntax'],
    ['https://payroll.example:port/cb', 'syntax'], ['https://payroll.example:99999/cb', 'syntax'], ['https://[::1/cb', 'syntax'], ['https://?x', 'syntax'],
    // What a browser reads differently from what stands there.
    ['https://payroll.example\\cb', 'syntax'], ['https://payroll.example\\@evil.example/cb', 'syntax'], ['https:\\\\payroll.example/cb', 'syntax'], [' https://payroll.example/cb', 'syntax'], ['https://payroll.example/cb ', 'syntax'], ['https://payroll.example/c b', 'syntax'],
    ['https://payroll.example/cb\t', 'syntax'], ['https://pay\troll.example/cb', 'syntax'], ['https://payroll.example/cb\n', 'syntax'], ['https://payroll.example/cb\r\nX: y', 'syntax'], ['https://payroll.example/\u0000', 'syntax'], ['ht\ntps://payroll.example/cb', 'syntax'],
    ['https://payroll。example/cb', 'syntax'], ['https://payroll．example/cb', 'syntax'], ['https://pаyroll.example/cb', 'syntax'], ['https://bücher.example/cb', 'syntax'], ['https://payroll.example/é', 'syntax'], ['https://payroll.example/\u202ecb', 'syntax'],
    ['HTTPS://payroll.example/cb', 'syntax'], ['https://PAYROLL.example/cb', 'syntax'], ['https://payroll.example:443/cb', 'syntax'], ['http://localhost:80/cb', 'syntax'], ['https://0x7f.1/cb', 'syntax'], ['http://2130706433/cb', 'syntax'], ['http://127.1/cb', 'syntax'],
    ['https://payroll%2eexample/cb', 'syntax'], ['https://payroll.example/%', 'syntax'], ['https://payroll.example/%zz', 'syntax'], ['https://payroll.example/%2', 'syntax'], ['https://payroll.example/"', 'syntax'], ['https://payroll.example/<x>', 'syntax'], ["https://payroll.example/`", 'syntax'],
    ['https://[0:0:0:0:0:0:0:1]/cb', 'syntax'],
    // Dots that walk.
    ['https://payroll.example/../cb', 'dots'], ['https://payroll.example/a/..', 'dots'], ['https://payroll.example/./cb', 'dots'], ['https://payroll.example/%2e%2e/cb', 'dots'], ['https://payroll.example/.%2E/cb', 'dots'], ['https://payroll.example/a/%2e', 'dots'],
    ['https://payroll.example/a/..?x', 'dots'], ['https://payroll.example/..', 'dots'],
    // More than an address.
    ['https://payroll.example/cb#', 'fragment'], ['https://payroll.example/cb#x', 'fragment'], ['https://payroll.example/#/cb', 'fragment'], ['https://user@payroll.example/cb', 'userinfo'], ['https://user:pass@payroll.example/cb', 'userinfo'],
    ['https://payroll.example@evil.example/cb', 'userinfo'], ['https://@payroll.example/cb', 'userinfo'], ['http://127.0.0.1:80@evil.example/cb', 'userinfo'], ['http://localhost@evil.example/cb', 'userinfo'],
    ['https://*.payroll.example/cb', 'wildcard'], ['https://payroll.example/*', 'wildcard'], ['*', 'wildcard'], ['https://{tenant}.payroll.example/cb', 'wildcard'], ['https://payroll.example/cb?x=*', 'wildcard'],
    [`https://payroll.example/${'a'.repeat(2_000)}`, 'too_long'],
    // Not https.
    ['http://payroll.example/cb', 'https'], ['http://10.0.0.7/cb', 'https'], ['http://127.0.0.2/cb', 'https'], ['http://0.0.0.0/cb', 'https'], ['http://localhost.evil.example/cb', 'https'], ['http://127.0.0.1.evil.example/cb', 'https'], ['http://localhost./cb', 'https'], ['http://[::2]/cb', 'https'], ['http://[::ffff:7f00:1]/cb', 'https'],
    // Schemes that run, read or show something here.
    ['javascript:alert(1)', 'scheme'], ['javascript://payroll.example/%0aalert(1)', 'scheme'], ['JavaScript:alert(1)', 'scheme'], ['data:text/html,x', 'scheme'], ['vbscript:x', 'scheme'], ['file:///etc/passwd', 'scheme'], ['blob:https://payroll.example/x', 'scheme'],
    ['about:blank', 'scheme'], ['ftp://payroll.example/cb', 'scheme'], ['ws://payroll.example/cb', 'scheme'], ['mailto:ada@example.com', 'scheme'], ['intent://payroll/x', 'scheme'], ['view-source:https://payroll.example', 'scheme'],
    // Schemes of one's own that another application could take too, or that name a host.
    ['payroll:/cb', 'scheme'], ['payroll://cb', 'scheme'], ['com.example.payroll://cb', 'scheme'], ['com.example.payroll://evil.example/cb', 'scheme'], ['com.example.payroll:cb', 'scheme'], ['com.example.payroll:', 'scheme'], ['com.example.payroll:///cb', 'scheme'],
    ['urn:ietf:wg:oauth:2.0:oob', 'scheme'],
  ])('SEC-01 is never %j (%s)', (uri, problem) => {
    for (const kind of kinds) expect(redirectUriProblem(uri, kind)).toBe(problem)
    expect(webAddressProblem(uri)).toBe(problem)
  })

  it('SEC-87 is judged quickly, however hostile', () => {
    const started = performance.now()
    for (const uri of ['https://a/' + '%2e'.repeat(500_000), 'a.'.repeat(500_000) + ':/', `https://${'@'.repeat(1_000_000)}`, `https://x/${'./'.repeat(900)}`, `${'a-'.repeat(900)}.b:/x`]) redirectUriProblem(uri, 'public')
    expect(performance.now() - started).toBeLessThan(100)
  })
})

it.each([['localhost', true], ['127.0.0.1', true], ['[::1]', true], ['127.0.0.2', false], ['localhost.evil.example', false], ['::1', false], ['0.0.0.0', false], ['LOCALHOST', false], ['', false]])('SEC-01 %j is this very machine: %s', (host, loopback) => {
  expect(isLoopback(host)).toBe(loopback)
})
