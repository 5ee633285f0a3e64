import { describe, expect, it } from 'vitest'
import { describeDevice } from '../../../src/authentication/sessions/index.ts'
import { networkOf } from '../../../src/authentication/throttle/index.ts'

describe('a browser as people know it', () => {
  const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'
  it.each([
    [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36`, 'Chrome, Windows'], [`Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`, 'Edge, Windows'],
    [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/140.0.0.0 Safari/537.36 OPR/120.0.0.0`, 'Opera, Linux'], ['Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0', 'Firefox, Linux'],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15', 'Safari, macOS'], [`Mozilla/5.0 (Linux; Android 16; SM-S921B) ${webkit} SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36`, 'Samsung Internet, Android'],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1', 'Safari, iPhone'], ['Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/140.0 Mobile/15E148 Safari/604.1', 'Chrome, iPhone'],
    ['Mozilla/5.0 (iPad; CPU OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/143.0 Mobile/15E148 Safari/605.1.15', 'Firefox, iPad'], [`Mozilla/5.0 (Linux; Android 16; Pixel 9) ${webkit} Chrome/140.0.0.0 Mobile Safari/537.36`, 'Chrome, Android'],
    [`Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) ${webkit} Chrome/140.0.0.0 Safari/537.36`, 'Chrome, ChromeOS'], [`Mozilla/5.0 (X11; Linux x86_64) ${webkit} HeadlessChrome/140.0.0.0 Safari/537.36`, 'Chrome, Linux'],
    ['curl/8.14.1', ''], ['', ''], ['Windows', 'Windows'], ['<script>alert(1)</script>', ''], ['Firefoxy/1.0', ''],
  ])('%j is %j', (userAgent, device) => {
    expect(describeDevice(userAgent)).toBe(device)
  })

  it('SEC-87 is found quickly', () => {
    const started = performance.now()
    for (const text of ['Mac OS '.repeat(100_000), 'Chrom'.repeat(100_000), 'Edg'.repeat(200_000)]) describeDevice(text)
    expect(performance.now() - started).toBeLessThan(200)
  })
})

describe('the network that an attempt counts for', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'], ['203.0.113.8', '203.0.113.8'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'], ['2001:db8:1:2::1', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'], ['::1', '0:0:0:0::/64'], ['::', '0:0:0:0::/64'], ['fe80::1', 'fe80:0:0:0::/64'], ['1::', '1:0:0:0::/64'], ['', ''],
  ])('SEC-56 of %j is %j', (ip, network) => {
    expect(networkOf(ip)).toBe(network)
  })
})
