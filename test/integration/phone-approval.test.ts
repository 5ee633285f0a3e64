import { expect, it } from 'vitest'
import { changeSettings, textOf } from '../support/pages.ts'
import { withApp } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { askPhoneOf, FakePhone, givePhone, numberOf } from '../support/fake-phone.ts'

let count = 0

withApp('approving a sign-in on the phone', (current, kind) => {
  const someone = (more: { role?: 'owner' | 'user' } = {}) => current().addPerson({ email: `phone${++count}@example.com`, withKey: false, ...more })
  const session = (browser: Browser) => current().app.parts.sessions.find(browser.cookies.get('__Host-doorward') ?? '')
  const stateOf = async (browser: Browser, signIn: string, seen = '') => (await browser.get(`${signIn}/phone/state?seen=${seen}`, { headers: { accept: 'application/json' } })).json<{ state: string; secondsLeft: number }>()
  /** As the page does: whoever is told early, because a wake-up was not about this change, asks again. */
  const nextState = async (browser: Browser, signIn: string, seen: string) => {
    let told = await stateOf(browser, signIn, seen)
    for (let asks = 1; asks < 4 && told.state === seen; asks++) told = await stateOf(browser, signIn, seen)
    return told
  }

  it('SEC-41 SEC-44 S54 S117 shows a number, the phone asks for it with who asks, and the browser goes on', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const browser = current().browser()
    const { signIn, answer } = await askPhoneOf(browser, user.email)
    expect(answer.path).toBe(`${signIn}/phone/wait`)
    expect(textOf(answer.body)).toContain('Choose this number on your phone')
    const number = numberOf(answer.body)
    const asked = await phone.request()
    expect(asked).toMatchObject({ kind: 'request', application: null, organization: 'Analytical Engines', browser: 'Chrome, Linux', ip: '127.0.0.1', sameNetwork: true, nearness: 'not_asked' })
    expect(asked.choices).toHaveLength(3)
    expect(asked.choices).toContain(number)
    expect(JSON.stringify({ ...asked, choices: [] })).not.toContain(`"number"`)
    const waiting = nextState(browser, signIn, 'open')
    expect(await phone.decide(asked, 'approve', { number })).toMatchObject({ status: 200, body: { outcome: 'approved' } })
    expect(await waiting).toMatchObject({ state: 'approved' })
    expect((await browser.post(`${signIn}/phone/wait`)).path).toBe('/')
    expect((await session(browser))?.proofs).toMatchObject([{ method: 'phone', amr: ['swk', 'pop', 'mfa', 'user'], factors: ['possession', 'inherence'], phishingResistant: false }])
    await current().runJobs()
    const events = (await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 20 })).events.map(({ action, outcome }) => `${action} ${outcome}`)
    expect(events).toEqual(expect.arrayContaining(['phone.activated success', 'phone.asked success', 'phone.approved success', 'session.opened success']))
  })

  it('SEC-47 a yes on the phone is two factors and never resists phishing: an application that needs a key refuses it', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const browser = current().browser()
    const { signIn, answer } = await askPhoneOf(browser, user.email)
    await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })
    await browser.post(`${signIn}/phone/wait`)
    const begin = (assurance: 'phr' | 'urn:doorward:acr:multi') => current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', { application: null, assurance, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile?strong=yes' })
    expect((await browser.get(await begin('urn:doorward:acr:multi'))).path).toBe('/profile?strong=yes')
    const asked = await browser.get(await begin('phr'))
    expect(asked.path).toMatch(/^\/signin\/[\w-]{22}$/)
    expect(asked.body).not.toContain('Use my phone')
  })

  it('SEC-41 without the number, or with a wrong one, nothing is approved; three wrong ones end the request', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const browser = current().browser()
    const { signIn, answer } = await askPhoneOf(browser, user.email)
    const asked = await phone.request()
    const wrong = asked.choices.find((choice) => choice !== numberOf(answer.body)) ?? 10
    expect((await phone.decide(asked, 'approve', { number: null })).body).toMatchObject({ outcome: 'wrong_number', triesLeft: 2 })
    expect((await phone.decide(asked, 'approve', { number: wrong })).body).toMatchObject({ outcome: 'wrong_number', triesLeft: 1 })
    expect(await stateOf(browser, signIn)).toMatchObject({ state: 'open' })
    expect((await phone.decide(asked, 'approve', { number: wrong })).body).toMatchObject({ outcome: 'over', triesLeft: 0 })
    expect((await phone.decide(asked, 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('over')
    expect(await stateOf(browser, signIn)).toMatchObject({ state: 'over' })
    await browser.post(`${signIn}/phone/wait`)
    expect(await session(browser)).toBeUndefined()
  })

  it('SEC-45 whatever of a decision is changed after it was signed makes it nothing', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const other = await givePhone(current(), (await someone()).user)
    const browser = current().browser()
    const { answer } = await askPhoneOf(browser, user.email)
    const number = numberOf(answer.body)
    const asked = await phone.request()
    for (const change of [{ nonce: 'AAAAAAAAAAAAAAAAAAAAAA' }, { expiresAt: asked.expiresAt + 60_000 }, { origin: 'https://evil.example' }, { signedNumber: number === 10 ? 11 : 10 }, { signedDecision: 'deny' as const }]) {
      expect(await phone.decide(asked, 'approve', { number, ...change }), JSON.stringify(change)).toMatchObject({ status: 400, body: { error: 'wrong' } })
    }
    expect((await other.decide(asked, 'deny')).body.outcome).toBe('over')
    expect(await phone.request()).toMatchObject({ id: asked.id })
    expect((await phone.decide(asked, 'approve', { number })).body.outcome).toBe('approved')
  })

  it('SEC-45 a phone that is not unlocked, or unlocked by another key, approves nothing', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const second = await givePhone(current(), user)
    const { answer } = await askPhoneOf(current().browser(), user.email)
    const number = numberOf(answer.body)
    const asked = await phone.request()
    expect((await phone.decide(asked, 'approve', { number, unlocking: null })).body.outcome).toBe('refused')
    expect((await phone.decide(asked, 'approve', { number, unlock: { userVerified: false } })).body.outcome).toBe('refused')
    expect((await phone.decide(asked, 'approve', { number, unlock: { breakSignature: true } })).body.outcome).toBe('refused')
    expect((await phone.decide(asked, 'approve', { number, key: second.passkey })).body.outcome).toBe('refused')
    expect((await phone.decide(asked, 'approve', { number })).body.outcome).toBe('approved')
  })

  it('SEC-42 an approval serves one browser, once, and not for long', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const [mine, theirs] = [current().browser(), current().browser()]
    const { signIn, answer } = await askPhoneOf(mine, user.email)
    await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })
    await theirs.get('/')
    expect((await theirs.post(`${signIn}/phone/wait`)).path).toMatch(/^\/signin\/(?!.*phone)/)
    expect(await session(theirs)).toBeUndefined()
    await mine.post(`${signIn}/phone/wait`)
    expect(await session(mine)).toBeDefined()
    mine.cookies.delete('__Host-doorward')
    await mine.post(`${signIn}/phone/wait`)
    expect(await session(mine)).toBeUndefined()

    const late = await askPhoneOf(current().browser(), user.email)
    await phone.decide(await phone.request(), 'approve', { number: numberOf(late.answer.body) })
    current().advance(61_000)
    await mine.post(`${late.signIn}/phone/wait`)
    expect(await session(mine)).toBeUndefined()
  })

  it('SEC-42 S120 the newest request is the one, and an old one ends on both sides', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const [first, second] = [current().browser(), current().browser()]
    const before = await askPhoneOf(first, user.email)
    const old = await phone.request()
    const after = await askPhoneOf(second, user.email)
    expect((await phone.state()).body.approvals.map(({ id }) => id)).not.toContain(old.id)
    expect(await stateOf(first, before.signIn)).toMatchObject({ state: 'over' })
    expect((await phone.decide(old, 'approve', { number: numberOf(before.answer.body) })).body.outcome).toBe('over')
    current().advance(121_000)
    expect((await phone.state()).body.approvals).toEqual([])
    expect(await stateOf(second, after.signIn)).toMatchObject({ state: 'over' })
    expect(textOf((await second.get(`${after.signIn}/phone/wait`)).body)).toContain('The request is over')
  })

  it('SEC-43 after three requests that nobody answers no phone hears of another, and the page tells nobody', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const pages: string[] = []
    const heard = new Set<string>()
    for (let ask = 0; ask < 20; ask++) {
      const { answer } = await askPhoneOf(current().browser(), user.email)
      pages.push(textOf(answer.body).replaceAll(/\d+/g, '#'))
      for (const { id } of (await phone.state()).body.approvals) heard.add(id)
    }
    expect(heard.size).toBe(3)
    expect(new Set(pages).size).toBe(1)
    current().advance(601_000)
    await askPhoneOf(current().browser(), user.email)
    expect(heard.has((await phone.request()).id)).toBe(false)
  })

  it('SEC-43 a request that is approved gives its place back, so that a day of work is no bombing', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    for (let ask = 0; ask < 5; ask++) {
      const browser = current().browser()
      const { signIn, answer } = await askPhoneOf(browser, user.email)
      expect((await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
      await browser.post(`${signIn}/phone/wait`)
      expect(await session(browser), `request ${ask}`).toBeDefined()
    }
  })

  it('SEC-43 "not me" pauses requests, tells the person and the administrators, and can be lifted', async () => {
    await current().addPerson({ email: 'watch@example.com', role: 'owner' })
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const browser = current().browser()
    const { signIn } = await askPhoneOf(browser, user.email)
    expect((await phone.decide(await phone.request(), 'report')).body.outcome).toBe('reported')
    expect(await stateOf(browser, signIn)).toMatchObject({ state: 'over' })
    await askPhoneOf(current().browser(), user.email)
    expect((await phone.state()).body.approvals).toEqual([])
    const toPerson = (await current().letters(user.email)).find(({ template }) => template === 'phone-reported')
    expect(toPerson?.text).toContain('this sign-in was not yours')
    expect((await current().letters('watch@example.com')).find(({ template }) => template === 'phone-reported')?.text).toContain(user.email)
    const panel = await current().signedIn({ user, key: phone.passkey })
    expect(textOf((await panel.get('/security')).body)).toContain('Your phones are not asked at the moment')
    expect(textOf((await panel.post('/security/phones/resumption')).body)).toContain('Your phones are asked again.')
    await askPhoneOf(current().browser(), user.email)
    expect((await phone.state()).body.approvals).toHaveLength(1)
  })

  it('a no on the phone ends the request, and another may be asked', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const browser = current().browser()
    const { signIn } = await askPhoneOf(browser, user.email)
    expect((await phone.decide(await phone.request(), 'deny')).body.outcome).toBe('denied')
    const over = await browser.get(`${signIn}/phone/wait`)
    expect(textOf(over.body)).toContain('The request is over')
    await browser.post(`${signIn}/phone/request`, { email: user.email })
    expect((await phone.state()).body.approvals).toHaveLength(1)
  })

  it('SEC-54 strangers, people without a phone and administrators see what everybody sees', async () => {
    const owner = await someone({ role: 'owner' })
    const ownersPhone = await givePhone(current(), owner.user)
    const { user: withoutPhone } = await someone()
    const { user } = await someone()
    await givePhone(current(), user)
    const pages: string[] = []
    for (const email of [user.email, withoutPhone.email, owner.user.email, 'nobody@example.com']) {
      const browser = current().browser()
      const { answer, signIn } = await askPhoneOf(browser, email)
      expect(await stateOf(browser, signIn)).toMatchObject({ state: 'open' })
      pages.push(textOf(answer.body).replaceAll(/\d+/g, '#').replaceAll(/\S+@\S+/g, 'address'))
    }
    expect(new Set(pages).size).toBe(1)
    expect((await ownersPhone.state()).body.approvals).toEqual([])
  })

  it('SEC-50 a phone that is removed or suspended approves nothing from that moment, though it has said yes already', async () => {
    const { user } = await someone()
    const { storage } = current().foundation
    const { phones } = current().app.parts
    for (const away of ['removal', 'suspension'] as const) {
      const phone = await givePhone(current(), user)
      const browser = current().browser()
      const { signIn, answer } = await askPhoneOf(browser, user.email)
      const asked = await phone.request()
      expect((await phone.decide(asked, 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
      if (away === 'removal') expect(textOf((await (await current().signedIn({ user, key: phone.passkey })).post(`/security/phones/${phone.id}/removal`)).body)).toContain('The phone is deleted')
      else await storage.write((tx) => phones.store.setSuspended(tx, user, phone.id, true))
      await browser.post(`${signIn}/phone/wait`)
      expect(await session(browser), away).toBeUndefined()
      expect((await phone.state())).toMatchObject({ status: 401, body: { error: away === 'removal' ? 'unknown_phone' : 'suspended' } })
      await storage.write((tx) => phones.store.removeAll(tx, user.id))
    }
  })

  it('where the organization has switched it off no page offers it and no phone is asked', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    await changeSettings(current(), { methods: { phone: false } })
    try {
      const browser = current().browser()
      expect(textOf((await browser.get('/')).body)).not.toContain('Use my phone')
      const { signIn } = await askPhoneOf(browser, user.email)
      expect((await browser.get(`${signIn}/phone`)).path).toBe(signIn)
      expect((await phone.state()).body.approvals).toEqual([])
    } finally {
      await changeSettings(current(), { methods: { phone: true } })
    }
  })

  it('S119 the open app hears at once, on this node', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const lines: string[] = []
    const line = phone.listen((text) => lines.push(text))
    await expect.poll(() => lines.filter((text) => text === 'event: look').length).toBe(1)
    const before = performance.now()
    await askPhoneOf(current().browser(), user.email)
    await expect.poll(() => lines.filter((text) => text === 'event: look').length, { interval: 5 }).toBeGreaterThan(1)
    expect(performance.now() - before).toBeLessThan(1_000)
    line.close()
  })

  it('SEC-45 a request of a phone is good for its own address, body and time only', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    expect((await phone.state()).status).toBe(200)
    expect(await phone.call('GET', '/state', undefined, { signedPath: '/phone/api/push-key' })).toMatchObject({ status: 401, body: { error: 'unknown_phone' } })
    expect(await phone.call('GET', '/state', undefined, { signature: 'A'.repeat(86) })).toMatchObject({ status: 401 })
    expect(await new FakePhone(current().url, () => current().foundation.clock.now()).call('GET', '/state', undefined, { id: phone.id })).toMatchObject({ status: 401, body: { error: 'unknown_phone' } })
    phone.ahead = 3_600_000
    expect(await phone.state()).toMatchObject({ status: 401, body: { error: 'clock', now: expect.any(Number) as number } })
    phone.ahead = 60_000
    expect((await phone.state()).status).toBe(200)
    phone.ahead = 0
    expect(await phone.call('POST', '/settings', { name: 'My phone', hue: 145 })).toMatchObject({ status: 200, body: { name: 'My phone', hue: 145 } })
    expect(await phone.call('POST', '/settings', { name: '', hue: 145 })).toMatchObject({ status: 400, body: { error: 'invalid' } })
    expect(await phone.call('POST', '/approvals/AAAAAAAAAAAAAAAAAAAAAA', { decision: 'approve' })).toMatchObject({ status: 400 })
    expect(await phone.call('GET', '/nothing')).toMatchObject({ status: 404 })
  })

  // Only PostgreSQL is shared by several nodes.
  if (kind === 'postgres') it('P-16 S119 a yes on one node is seen by a page that waits at another', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const other = await current().anotherNode()
    const browser = current().browser()
    const { signIn, answer } = await askPhoneOf(browser, user.email)
    const asked = await phone.request()
    phone.address = other.address
    const waiting = nextState(browser, signIn, 'open')
    expect((await phone.decide(asked, 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
    const before = performance.now()
    expect(await waiting).toMatchObject({ state: 'approved' })
    expect(performance.now() - before).toBeLessThan(1_000)
  })
})
