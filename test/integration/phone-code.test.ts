import { expect, it } from 'vitest'
import { withApp, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askPhoneOf, FakePhone, givePhone, numberOf } from '../support/fake-phone.ts'
import { changeSettings, textOf } from '../support/pages.ts'

let count = 0
const far = { 'x-forwarded-for': '198.51.100.9' }

withApp('a code that a phone scans', (current) => {
  const someone = async (options: { ip?: string } = {}) => {
    const { user } = await current().addPerson({ email: `code${++count}@example.com`, withKey: false })
    const phone = await givePhone(current(), user)
    phone.ip = options.ip ?? '192.0.2.4'
    return { user, phone }
  }
  const session = (browser: Browser) => current().app.parts.sessions.find(browser.cookies.get('__Host-doorward') ?? '')

  /** A computer that knows nobody shows a code. */
  async function showCode(browser: Browser, ip = '192.0.2.4'): Promise<{ signIn: string; answer: Answer; secret: string; id: string }> {
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/phone`)
    const answer = await browser.post(`${signIn}/phone/code`, {}, { headers: { 'x-forwarded-for': ip } })
    const id = await idOf(current(), signIn)
    return { signIn, answer, id, secret: current().app.parts.phones.approvals.scanSecret(id) }
  }

  it('S116 SEC-47 signs in whom the computer does not know: scan, number, lock; and says that it does not resist phishing', async () => {
    const { user, phone } = await someone()
    const browser = current().browser()
    const { signIn, answer, secret } = await showCode(browser)
    expect(textOf(answer.body)).toContain('Scan this code with your phone')
    const picture = await browser.get(`${signIn}/phone/code.svg`)
    expect(picture.headers['content-type']).toContain('image/svg+xml')
    expect(picture.headers['cache-control']).toBe('no-store')
    const scanned = await phone.scan(secret)
    expect(scanned.body).toMatchObject({ outcome: 'taken', approval: { kind: 'code', nearness: 'proven', sameNetwork: true } })
    expect(textOf((await browser.get(`${signIn}/phone/wait`)).body)).toContain('Your phone has the code.')
    expect((await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
    await browser.post(`${signIn}/phone/wait`)
    expect((await session(browser))?.proofs).toMatchObject([{ method: 'phone', phishingResistant: false }])
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'phone.approved', limit: 1 })
    expect(events[0]?.details).toMatchObject({ kind: 'code', nearness: 'scanned', sameNetwork: true })
  })

  it('SEC-47 a scan alone signs nobody in', async () => {
    const { phone } = await someone()
    const browser = current().browser()
    const { signIn, secret } = await showCode(browser)
    await phone.scan(secret)
    await browser.post(`${signIn}/phone/wait`)
    expect(await session(browser)).toBeUndefined()
    expect((await phone.decide(await phone.request(), 'approve', { number: null })).body.outcome).toBe('wrong_number')
  })

  it('S50 SEC-46 belongs to the first phone that scans it; a second scan, a forged or an old one finds nothing', async () => {
    const [first, second] = [await someone(), await someone()]
    const browser = current().browser()
    const { secret, id } = await showCode(browser)
    expect((await second.phone.scan(`${secret.slice(0, -1)}${secret.endsWith('A') ? 'B' : 'A'}`)).body.outcome).toBe('unknown')
    expect((await second.phone.scan(secret.replace(id, 'AAAAAAAAAAAAAAAAAAAAAA'))).body.outcome).toBe('unknown')
    expect((await first.phone.scan(secret)).body.outcome).toBe('taken')
    expect((await second.phone.scan(secret)).body.outcome).toBe('unknown')
    expect((await second.phone.state()).body.approvals).toEqual([])
    const later = await showCode(current().browser())
    current().advance(26_000)
    expect((await second.phone.scan(later.secret)).body.outcome).toBe('unknown')
    expect((await second.phone.scan(current().app.parts.phones.approvals.scanSecret(later.id))).body.outcome).toBe('taken')
    current().advance(121_000)
    expect((await second.phone.scan(current().app.parts.phones.approvals.scanSecret(later.id))).body.outcome).toBe('unknown')
  })

  it('S104 eight digits stand in for the camera, in the same network only', async () => {
    const here = await someone()
    const elsewhere = await someone({ ip: '198.51.100.9' })
    const { answer } = await showCode(current().browser())
    const typed = /If you cannot scan, type this in the app: (\d{4} \d{4})/.exec(textOf(answer.body))?.[1] ?? ''
    expect((await elsewhere.phone.scan(typed)).body.outcome).toBe('unknown')
    expect((await here.phone.scan('0000 0000')).body.outcome).toBe('unknown')
    expect((await here.phone.scan(typed)).body).toMatchObject({ outcome: 'taken', approval: { nearness: 'proven' } })
  })

  it('SEC-49 S88 S90 where phones must be near, a request needs the same network or a scan, and the log says which', async () => {
    await changeSettings(current(), { methods: { phoneNear: true } })
    try {
      const near = await someone({ ip: '127.0.0.1' })
      const away = await someone({ ip: '198.51.100.9' })
      const [one, two] = [current().browser(), current().browser()]
      const { answer, signIn } = await askPhoneOf(one, near.user.email)
      expect(await near.phone.request()).toMatchObject({ nearness: 'proven', sameNetwork: true })
      expect((await near.phone.decide(await near.phone.request(), 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
      await one.post(`${signIn}/phone/wait`)
      expect(await session(one)).toBeDefined()

      const other = await askPhoneOf(two, away.user.email)
      expect(other.answer.body).toContain('/phone/code.svg')
      const asked = await away.phone.request()
      expect(asked).toMatchObject({ nearness: 'needed', sameNetwork: false })
      expect((await away.phone.decide(asked, 'approve', { number: numberOf(other.answer.body) })).body.outcome).toBe('far')
      await two.post(`${other.signIn}/phone/wait`)
      expect(await session(two)).toBeUndefined()
      expect((await near.phone.scan(current().app.parts.phones.approvals.scanSecret(asked.id))).body.outcome).toBe('unknown')
      expect((await away.phone.scan(current().app.parts.phones.approvals.scanSecret(asked.id))).body.outcome).toBe('near')
      expect((await away.phone.decide(await away.phone.request(), 'approve', { number: numberOf(other.answer.body) })).body.outcome).toBe('approved')
      const told = async (id: typeof near.user.id) => (await current().foundation.audit.list({ organizationId: near.user.organizationId, userId: id, action: 'phone.approved', limit: 1 })).events[0]?.details
      expect(await told(near.user.id)).toMatchObject({ nearness: 'network' })
      expect(await told(away.user.id)).toMatchObject({ nearness: 'scanned', sameNetwork: false })
    } finally {
      await changeSettings(current(), { methods: { phoneNear: false } })
    }
  })

  it('SEC-47 a code that an attacker shows elsewhere leads to a yes that is labelled, and to no application that needs a key', async () => {
    const { phone } = await someone()
    const attacker = current().browser()
    const { signIn, answer, secret } = await showCode(attacker, far['x-forwarded-for'])
    const scanned = await phone.scan(secret)
    expect(scanned.body.approval).toMatchObject({ sameNetwork: false, ip: far['x-forwarded-for'] })
    await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })
    await attacker.post(`${signIn}/phone/wait`)
    const strong = await current().app.parts.signIns.desk.begin(attacker.cookies.get('__Host-doorward-browser') ?? '', { application: null, assurance: 'phr', maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile' })
    expect((await attacker.get(strong)).path).not.toBe('/profile')
  })

  it('where the organization has switched codes off none is shown', async () => {
    await changeSettings(current(), { methods: { phoneCode: false } })
    try {
      const browser = current().browser()
      const signIn = (await browser.get('/')).path
      expect(textOf((await browser.get(`${signIn}/phone`)).body)).not.toContain('Show a code to scan')
      expect((await browser.post(`${signIn}/phone/code`)).path).toBe(`${signIn}/phone`)
    } finally {
      await changeSettings(current(), { methods: { phoneCode: true } })
    }
  })

  it('a phone that nobody activated here scans nothing', async () => {
    const { secret } = await showCode(current().browser())
    const stranger = new FakePhone(current().url, () => current().foundation.clock.now())
    stranger.id = 'AAAAAAAAAAAAAAAAAAAAAA'
    expect(await stranger.scan(secret)).toMatchObject({ status: 401, body: { error: 'unknown_phone' } })
  })
}, { DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1/32' })

/** The request behind a page that waits. */
async function idOf(app: TestApp, signIn: string): Promise<string> {
  const row = await app.foundation.storage.read.one<{ id: string }>('SELECT id FROM phone_approvals WHERE sign_in_id = ? ORDER BY created_at DESC LIMIT 1', [signIn.split('/')[2] ?? ''])
  return row?.id ?? ''
}
