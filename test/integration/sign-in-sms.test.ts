import { beforeAll, expect, it } from 'vitest'
import { withApp, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askForCode, codeOf, solvedCheck } from '../support/ceremonies.ts'
import { changeSettings, errorAt, fieldOf, textOf } from '../support/pages.ts'

let count = 0
const address = (): string => `texted${++count}@example.com`
const roomy = { DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_SMS_URL: 'file:///dev/null' }

async function channels(app: TestApp, email: string): Promise<{ browser: Browser; signIn: string; page: Answer }> {
  const browser = app.browser()
  const signIn = (await browser.get('/')).path
  await browser.get(`${signIn}/email`)
  return { browser, signIn, page: await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) }) }
}

const wanted = (app: TestApp, phones: readonly string[]): Promise<{ phone: string; email: string }[]> => Promise.all(phones.map(async (phone) => {
  const email = address()
  await app.addPerson({ email, phone, withKey: false })
  return { phone, email }
}))

withApp('codes by SMS', (current) => {
  // Messages stay where tests can read them.
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  it('S22 SEC-58 SMS is off until an administrator switches it on', async () => {
    const email = address()
    await current().addPerson({ email, phone: '+4915112345601', withKey: false })
    const { browser, signIn, page } = await channels(current(), email)
    expect(fieldOf(page.body, 'channel', 'sms')).toContain(' disabled')
    expect((await browser.post(`${signIn}/channel`, { channel: 'sms' })).path).toBe(`${signIn}/channel`)
    expect(await current().letters('+4915112345601')).toEqual([])
  })

  it('S21 S22 S23 S28 a number verified in Profile Info, and only that, can receive the code that signs in', async () => {
    await changeSettings(current(), { methods: { smsCode: true } })
    const person = await current().addPerson({ email: address(), withKey: false })
    const before = await channels(current(), person.user.email)
    expect(textOf(before.page.body)).toContain('Send SMS Available once you have verified a phone number in Profile Info')
    expect((await before.browser.post(`${before.signIn}/channel`, { channel: 'sms' })).path).toBe(`${before.signIn}/channel`)

    const panel = await current().signedIn(person)
    await panel.get('/profile/phone')
    const asked = await panel.post('/profile/phone', { value: '0049 (0)151 1234 5602' })
    expect(textOf(asked.body)).toContain('We sent a code to +4915112345602.')
    expect(textOf((await channels(current(), person.user.email)).page.body)).toContain('Available once you have verified')
    const [verifying] = await current().letters('+4915112345602')
    expect(textOf((await panel.post(asked.path, { code: codeOf(verifying) })).body)).toMatch(/Your phone number is verified\..*\+4915112345602 Verified/)

    const { browser, signIn, page } = await channels(current(), person.user.email)
    expect(fieldOf(page.body, 'channel', 'sms')).not.toContain(' disabled')
    expect(textOf(page.body)).toContain('Send SMS +49 ••• 02')
    expect(page.body).not.toContain('12345602')
    const waiting = await browser.post(`${signIn}/channel`, { channel: 'sms' })
    expect(textOf(waiting.body)).toContain('We sent a code to +49 ••• 02.')
    expect(textOf(waiting.body)).toContain('It can take a minute to arrive.')
    const message = (await current().letters('+4915112345602')).at(-1)
    expect(message).toMatchObject({ channel: 'sms', template: 'code' })
    expect(message?.text).toBe(`${codeOf(message)} is your code for Analytical Engines. Never tell it to anyone.\n\n@${new URL(current().url).host} #${codeOf(message)}`)
    expect((await browser.post(`${signIn}/code`, { code: codeOf(message) })).path).toBe('/')
    expect(await current().letters(person.user.email)).toMatchObject([{ template: 'phone-changed' }])
  })

  it('S27 S28 the code of one channel ends with the code of the other', async () => {
    const [person] = await wanted(current(), ['+4915112345603'])
    const { browser, signIn } = await channels(current(), person?.email ?? '')
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    await browser.post(`${signIn}/channel`, { channel: 'sms' })
    const byMail = codeOf((await current().letters(person?.email)).at(-1))
    const bySms = codeOf((await current().letters(person?.phone)).at(-1))
    if (byMail !== bySms) expect((await browser.post(`${signIn}/code`, { code: byMail })).status).toBe(422)
    expect((await browser.post(`${signIn}/code`, { code: bySms })).path).toBe('/')
  })

  it('S22 where only SMS is allowed, whoever has no verified number reads why and has nothing to press', async () => {
    await changeSettings(current(), { methods: { emailCode: false } })
    const email = address()
    await current().addPerson({ email, withKey: false })
    const { page, browser, signIn } = await channels(current(), email)
    const [texted] = await wanted(current(), ['+4915112345604'])
    const other = await channels(current(), texted?.email ?? '')
    await changeSettings(current(), { methods: { emailCode: true } })
    expect(textOf(page.body)).toContain('Available once you have verified')
    expect(page.body).not.toMatch(/<button[^>]*>Send</)
    expect(fieldOf(other.page.body, 'channel', 'mail')).toContain(' disabled')
    expect(fieldOf(other.page.body, 'channel', 'sms')).toContain(' checked')
    expect(signIn).toBe(page.path.replace('/channel', ''))
    expect(browser.page).toBe(page.body)
  })

  it('SEC-58 SEC-59 no SMS reaches an administrator or a key holder', async () => {
    await current().addPerson({ email: 'chief@example.com', role: 'owner', phone: '+4915112345605', withKey: false })
    await current().addPerson({ email: 'keyed@example.com', phone: '+4915112345606' })
    for (const email of ['chief@example.com', 'keyed@example.com']) {
      const { browser, signIn } = await channels(current(), email)
      await browser.post(`${signIn}/channel`, { channel: 'sms' })
    }
    expect([...await current().letters('+4915112345605'), ...await current().letters('+4915112345606')]).toEqual([])
  })
}, roomy)

withApp('what SMS may cost', (current) => {
  beforeAll(async () => {
    await current().app.parts.jobs.stop()
    await changeSettings(current(), { methods: { smsCode: true } })
  })
  const text = async ({ email, phone }: { email: string; phone: string }): Promise<number> => {
    await askForCode(current().browser(), email, 'sms')
    return (await current().letters(phone)).length
  }
  const isLogged = (limit: string): boolean => current().logLines.some((line) => line.includes('an attempt limit was reached') && line.includes(limit))

  it('SEC-58 three messages reach a number in ten minutes, and asking again does not use up the day of others', async () => {
    const [victim, other] = await wanted(current(), ['+4917000001', '+4917111111'])
    if (!victim || !other) throw new Error('nobody there')
    for (const sent of [1, 2, 3, 3, 3, 3]) {
      expect(await text(victim)).toBe(sent)
      current().advance(31_000)
    }
    expect(isLogged('sms.number')).toBe(true)
    expect(await text(other)).toBe(1)
    current().advance(700_000)
    expect(await text(victim)).toBe(4)
  })

  it('SEC-58 of many numbers of one block ten get a message, whoever asks', async () => {
    const block = await wanted(current(), Array.from({ length: 24 }, (_, index) => `+49172222${String(index).padStart(4, '0')}`))
    const sent = await Promise.all(block.map(text))
    expect(sent.reduce((sum, one) => sum + one, 0)).toBe(10)
    expect(isLogged('sms.prefix')).toBe(true)
  })

  it('SEC-58 a country that is not on the list gets nothing, and cannot be entered in Profile Info', async () => {
    const [near, far] = await wanted(current(), ['+436641234567', '+88213000000'])
    if (!near || !far) throw new Error('nobody there')
    expect(await text(near)).toBe(1)
    expect(await text(far)).toBe(0)
    const panel = await current().signedIn(await current().addPerson({ email: address(), withKey: false }))
    await panel.get('/profile/phone')
    const refused = await panel.post('/profile/phone', { value: '+882 1300 0001' })
    expect(refused.status).toBe(422)
    expect(errorAt(refused.body, 'value')).toBe('This server sends no SMS to numbers of this country. Enter another number.')
    expect(await current().letters('+88213000001')).toEqual([])
    expect((await panel.post('/profile/phone', { value: '+43 664 1234568' })).path).toMatch(/^\/profile\/phone\//)
  })

  it('SEC-58 the same limits hold for verifying a number', async () => {
    const panel = await current().signedIn(await current().addPerson({ email: address(), withKey: false }))
    await panel.get('/profile/phone')
    const csrf = panel.csrf()
    const statuses: number[] = []
    for (let sent = 0; sent < 5; sent++) statuses.push((await panel.post('/profile/phone', { value: '+4917333333', csrf }, { follow: false })).status)
    expect(statuses).toEqual([303, 303, 303, 429, 429])
    expect(await current().letters('+4917333333')).toHaveLength(3)
  })

  it('SEC-58 the budget of a day ends for everyone, and begins again the next day', async () => {
    current().advance(86_400_000)
    const crowd = await wanted(current(), Array.from({ length: 26 }, (_, index) => `+4917${index + 10}0000000`))
    const sent = await Promise.all(crowd.map(text))
    expect(sent.reduce((sum, one) => sum + one, 0)).toBe(20)
    expect(isLogged('sms.daily')).toBe(true)
    current().advance(86_400_000)
    const [late] = await wanted(current(), ['+4917990000000'])
    expect(late && (await text(late))).toBe(1)
  })
}, { ...roomy, DOORWARD_LIMITS_SMS_DAILY: '20', DOORWARD_LIMITS_SMS_COUNTRIES: '+49,+43' })
