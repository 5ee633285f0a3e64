import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { askForCode, codeOf, signInWithKey, solvedCheck } from '../support/ceremonies.ts'
import { changeSettings, textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `limit${++count}@example.com`
const behindProxy = { DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1,::1' }
const from = (ip: string) => ({ headers: { 'x-forwarded-for': ip } })

withApp('limits of codes', (current, kind) => {
  /** Asks for a code from the given network address. */
  async function ask(ip: string, email: string): Promise<{ browser: Browser; signIn: string; status: number; body: string }> {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) }, from(ip))
    const { status, body } = await browser.post(`${signIn}/channel`, { channel: 'mail' }, from(ip))
    return { browser, signIn, status, body }
  }

  it('S20 SEC-55 from one network address 20 codes leave in ten minutes; others, and keys, are not held up', async () => {
    const { user, key } = await current().addPerson({ email: address() })
    const first = await Promise.all(Array.from({ length: 20 }, () => ask('203.0.113.5', address())))
    expect(first.every(({ status }) => status === 200)).toBe(true)
    const stopped = await ask('203.0.113.5', user.email)
    expect(stopped.status).toBe(429)
    expect(textOf(stopped.body)).toMatch(/Too many attempts Wait (9|10) minutes, then try again. Signing in with a security key works at any time./)
    expect((await ask('203.0.113.6', address())).status).toBe(200)
    expect((await signInWithKey(stopped.browser, key as SecurityKey)).path).toBe('/')
    current().advance(601_000)
    expect((await ask('203.0.113.5', address())).status).toBe(200)
    expect(current().logLines.some((line) => line.includes('an attempt limit was reached') && line.includes('code.send.address'))).toBe(true)
  })

  it('SEC-55 addresses of one IPv6 network count together', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, sent) => ask(`2001:db8:1:2::${(sent + 1).toString(16)}`, address())))
    expect((await ask('2001:db8:1:2:ffff::1', address())).status).toBe(429)
    expect((await ask('2001:db8:1:3::1', address())).status).toBe(200)
  })

  it('S20 SEC-55 a network address that nobody vouches for is not believed', async () => {
    const { user } = await current().addPerson({ email: address() })
    const browser = current().browser()
    await browser.get('/', { headers: { 'x-forwarded-for': 'evil, 198.51.100.7, 127.0.0.1' } })
    const { signIn } = await ask('198.51.100.99, 198.51.100.8', user.email)
    expect(signIn).not.toBe('')
    expect(current().logLines.join('\n')).toContain('"ip":"198.51.100.8"')
    expect(current().logLines.join('\n')).not.toContain('198.51.100.99')
  })

  it('SEC-55 SEC-54 for one account five codes leave in ten minutes; the page does not tell that the sixth did not', async () => {
    const { user } = await current().addPerson({ email: address(), withKey: false })
    const pages: string[] = []
    for (let sent = 0; sent < 7; sent++) pages.push(textOf((await ask(`198.51.100.${sent + 10}`, user.email)).body))
    expect(new Set(pages).size).toBe(1)
    expect(await current().letters(user.email)).toHaveLength(5)
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'code.refused', limit: 5 })
    expect(events.map(({ details }) => details)).toEqual([{ channel: 'mail', reason: 'limit' }, { channel: 'mail', reason: 'limit' }])
    current().advance(601_000)
    await ask('198.51.100.10', user.email)
    expect(await current().letters(user.email)).toHaveLength(6)
  })

  it('SEC-55 SEC-56 of a thousand guesses at once, on every node there is, ten are judged; the key signs in meanwhile', async () => {
    await changeSettings(current(), { methods: { codesForKeyHolders: true } })
    const { user, key } = await current().addPerson({ email: address() })
    const nodes = [current().url, ...(kind === 'postgres' ? [(await current().anotherNode()).address] : [])]
    const attacks = await Promise.all([1, 2, 3, 4].map((ip) => ask(`192.0.2.${ip}`, user.email)))
    const letters = await current().letters(user.email)
    const right = letters.slice(-4).map(codeOf)
    const guess = (index: number) => {
      const attack = attacks[index % attacks.length]
      const node = nodes[index % nodes.length]
      if (!attack || node === undefined) throw new Error('no attack')
      let code = String(index).padStart(6, '0')
      if (right.includes(code)) code = '999999'
      return attack.browser.through(node).post(`${attack.signIn}/code`, { code }, { follow: false, ...from(`192.0.${index % 50 + 3}.1`) })
    }
    const guesses = Array.from({ length: 1_000 }, (_, index) => guess(index))
    const signedIn = await signInWithKey(current().browser(), key as SecurityKey)
    const statuses = (await Promise.all(guesses)).map(({ status }) => status)
    await changeSettings(current(), { methods: { codesForKeyHolders: false } })
    expect(signedIn.path).toBe('/')
    const left = await current().foundation.storage.read.one<{ left: number }>('SELECT sum(tries_left) AS "left" FROM one_time_codes WHERE user_id = ?', [user.id])
    expect(statuses.filter((status) => status === 422)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(990)
    expect(Number(left?.left)).toBe(20 - 10)
  })

  it('SEC-55 SEC-56 neither a new code nor another address typed in between gives more tries', async () => {
    const { user } = await current().addPerson({ email: address(), withKey: false })
    const judged: number[] = []
    for (let round = 0; round < 4; round++) {
      const { browser, signIn } = await ask(`192.0.2.${round + 100}`, user.email)
      await browser.get(`${signIn}/email`)
      await browser.post(`${signIn}/email`, { email: address(), ...solvedCheck(browser) }, from(`192.0.2.${round + 110}`))
      const aside = await browser.post(`${signIn}/code`, { code: 'wrong' }, from(`192.0.2.${round + 110}`))
      expect(aside.path).toBe(`${signIn}/email`)
      const straight = await ask(`192.0.2.${round + 120}`, user.email)
      const csrf = straight.browser.csrf()
      for (let tries = 0; tries < 4; tries++) judged.push((await straight.browser.post(`${straight.signIn}/code`, { code: 'wrong', csrf }, from(`192.0.2.${round + 120}`))).status)
      current().advance(700_000)
    }
    expect(judged.filter((status) => status === 422)).toHaveLength(10)
    current().advance(3_600_000)
    const { browser, signIn } = await ask('192.0.2.200', user.email)
    expect((await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(user.email)).at(-1)) })).path).toBe('/')
  })

  it('SEC-56 someone who types their codes right signs in as often as they like', async () => {
    const { user } = await current().addPerson({ email: address(), withKey: false })
    for (let round = 0; round < 12; round++) {
      const { browser, signIn } = await ask(`192.0.2.${round + 210}`, user.email)
      expect((await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(user.email)).at(-1)) })).path).toBe('/')
      current().advance(125_000)
    }
  })

  it('S24 S27 whoever mistyped the address and corrects it gets the code there at once', async () => {
    const { user } = await current().addPerson({ email: address(), withKey: false })
    const browser = current().browser()
    const { signIn } = await askForCode(browser, address())
    await browser.get(`${signIn}/email`)
    await browser.post(`${signIn}/email`, { email: user.email, ...solvedCheck(browser) })
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    const letters = await current().letters(user.email)
    expect(letters).toHaveLength(1)
    expect((await browser.post(`${signIn}/code`, { code: codeOf(letters[0]) })).path).toBe('/')
  })

  it('S20 SEC-55 a hundred addresses may be typed from one network in ten minutes', async () => {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    const csrf = browser.csrf()
    const statuses: number[] = []
    for (let typed = 0; typed < 101; typed++) statuses.push((await browser.post(`${signIn}/email`, { email: 'ada', csrf }, from('203.0.113.77'))).status)
    expect(statuses.slice(0, 100).every((status) => status === 422)).toBe(true)
    expect(statuses[100]).toBe(429)
  })
}, behindProxy)
