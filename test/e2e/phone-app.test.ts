import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import type { PhoneState } from '../../src/browser/wire.ts'
import type { User } from '../../src/directory/index.ts'
import { startPayroll } from '../support/payroll.ts'
import { activate, askAgain, askPhone, takePhone, wrongNumber, type PhoneSeat } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

let count = 0

inBrowser('the phone authenticator', (current) => {
  const someone = (more: { organization?: Awaited<ReturnType<typeof personal>> } = {}) => current().app.addPerson({ email: `app${++count}@example.com`, givenName: 'Grace', familyName: 'Hopper', withKey: false, ...more })
  const personal = () => current().app.foundation.storage.write((tx) => current().app.foundation.organizations.personal(tx))
  const number = (page: Page, digits: string) => page.getByRole('button', { name: digits, exact: true })

  async function ready(options: Parameters<typeof takePhone>[1] = {}): Promise<{ phone: PhoneSeat; user: User }> {
    const { user } = await someone()
    const phone = await takePhone(current(), options)
    await activate(phone, current().app, user)
    await phone.page.getByText('Ready').waitFor()
    return { phone, user }
  }

  /** How often this phone sent an answer. */
  function answersOf(page: Page): { readonly sent: string[] } {
    const sent: string[] = []
    page.on('request', (request) => { if (/\/phone\/api\/approvals\/[\w-]{22}$/.test(request.url())) sent.push(request.url()) })
    return { sent }
  }

  it('S37 S54 S82 SEC-41 SEC-44 a request comes up by itself and says who asks; a wrong number is said, the right one signs in', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const payroll = await startPayroll(current().app)
    const seat = await current().seat({ alsoVisits: [payroll.url] })
    const asked = Date.now()
    const digits = await askAgain(seat.page, user.email, `${payroll.url}/`)
    await number(page, digits).waitFor()
    expect(Date.now() - asked).toBeLessThan(5_000)
    await expectAccessible(phone)
    const said = await page.getByRole('main').innerText()
    for (const fact of ['Payroll', 'Analytical Engines', user.email, 'Chrome, Linux', '127.0.0.1', 'Same network as this phone', 'Time left']) expect(said).toContain(fact)
    const [no, one] = [await page.getByRole('link', { name: 'No, it\'s not me' }).boundingBox(), await number(page, digits).boundingBox()]
    expect((no?.width ?? 0) * (no?.height ?? 0)).toBeGreaterThanOrEqual((one?.width ?? 1) * (one?.height ?? 1))

    await number(page, await wrongNumber(page, digits)).click()
    await page.getByText('That is not the number on the computer.').waitFor()
    // News of one's own try must not wipe away what it led to.
    await page.waitForTimeout(1_500)
    expect(await page.getByRole('alert').innerText()).toMatch(/not the number[\s\S]*Tries left: 2/)
    await expectAccessible(phone)
    await number(page, digits).click()
    await page.getByRole('heading', { name: 'Approved' }).waitFor()
    await expectAccessible(phone)
    await seat.page.waitForURL(`${payroll.url}/**`)
    await seat.page.getByText('Hello Grace Hopper').waitFor()
    await page.getByRole('link', { name: 'Done' }).click()
    await page.getByText('Nothing is waiting for you.').waitFor()
    await seat.close()
    await phone.close()
    await payroll.close()
  })

  it('SEC-41 three wrong numbers end the request, on both sides', async () => {
    const { phone, user } = await ready()
    const computer = await askPhone(current(), user.email)
    for (let tries = 2; tries >= 0; tries--) {
      await number(phone.page, await wrongNumber(phone.page, computer.number)).click()
      await phone.page.getByText(tries === 0 ? 'This request is over' : `Tries left: ${tries}`).waitFor()
    }
    await computer.page.getByRole('heading', { name: 'The request is over' }).waitFor()
    await computer.close()
    await phone.close()
  })

  it('SEC-45 a phone that is not unlocked approves nothing, says so, and may try again', async () => {
    const { phone, user } = await ready()
    const computer = await askPhone(current(), user.email)
    await phone.lock.setUserVerified(false)
    await number(phone.page, computer.number).click()
    await phone.page.getByText('The phone was not unlocked, so nothing was approved.').waitFor()
    expect(await computer.page.getByText(computer.number, { exact: true }).isVisible()).toBe(true)
    await phone.lock.setUserVerified(true)
    await number(phone.page, computer.number).click()
    await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
    await computer.page.waitForURL('/')
    await computer.close()
    await phone.close()
  })

  it.each([['refuses', 'I changed my mind. Just refuse', 'Refused'], ['reports', 'Somebody else is trying. Report it', 'Reported']] as const)('S120 SEC-43 "No, it\'s not me" %s without the phone\'s lock', async (_title, choice, result) => {
    const { phone, user } = await ready()
    const { sent } = answersOf(phone.page)
    const computer = await askPhone(current(), user.email)
    await phone.lock.setUserVerified(false)
    await phone.page.getByRole('link', { name: 'No, it\'s not me' }).click()
    await expectAccessible(phone)
    await phone.page.getByRole('link', { name: 'Back to the request' }).click()
    await number(phone.page, computer.number).waitFor()
    await phone.page.getByRole('link', { name: 'No, it\'s not me' }).click()
    expect(sent).toEqual([])
    await phone.page.getByRole('button', { name: choice }).click()
    await phone.page.getByRole('heading', { name: result }).waitFor()
    await expectAccessible(phone)
    await computer.page.getByRole('heading', { name: 'The request is over' }).waitFor()
    expect(sent).toHaveLength(1)
    await computer.close()
    await phone.close()
  })

  it('numbers that come up by themselves cannot be tapped in the first moment', async () => {
    const { phone, user } = await ready()
    const { sent } = answersOf(phone.page)
    await phone.page.evaluate(`new MutationObserver((_, observer) => {
      const numbers = document.querySelectorAll('.phone__number')
      if (numbers.length > 0) observer.disconnect()
      for (const button of numbers) button.click()
    }).observe(document.body, { childList: true, subtree: true })`)
    const computer = await askPhone(current(), user.email)
    await number(phone.page, computer.number).waitFor()
    await phone.page.waitForTimeout(300)
    expect(sent).toEqual([])
    await number(phone.page, computer.number).click()
    await computer.page.waitForURL('/')
    await computer.close()
    await phone.close()
  })

  it('two taps on one number send one answer', async () => {
    const { phone, user } = await ready()
    const { sent } = answersOf(phone.page)
    const computer = await askPhone(current(), user.email)
    await number(phone.page, computer.number).click({ trial: true })
    await phone.page.evaluate(`(() => { for (const button of document.querySelectorAll('.phone__number')) if (button.textContent === '${computer.number}') { button.click(); button.click() } })()`)
    await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
    await computer.page.waitForURL('/')
    expect(sent).toHaveLength(1)
    await computer.close()
    await phone.close()
  })

  it('S101 S120 a key for work and a private one stand side by side; each request names its own, and one answer leaves the other', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const { user: home } = await someone({ organization: await personal() })
    await activate(phone, current().app, home)
    await page.locator('.keycard').nth(1).waitFor()
    expect(await page.locator('.keycard__kind:visible').allTextContents()).toEqual(['Work', 'Private'])
    expect(await page.locator('.keycard__organization').allTextContents()).toEqual(['Analytical Engines', 'Grace Hopper'])
    await expectAccessible(phone)
    // Two at once: none of them may jump in front of somebody who is about to tap.
    await page.goto('/phone/#/help')
    const [first, second] = [await askPhone(current(), user.email), await askPhone(current(), home.email)]
    await page.getByRole('link', { name: 'My keys' }).click()
    await page.locator('.phone__request').nth(1).waitFor()
    await expectAccessible(phone)
    // The newest is on top.
    await page.locator('.phone__request').first().click()
    await page.getByText(home.email).first().waitFor()
    await number(page, second.number).click()
    await page.getByRole('heading', { name: 'Approved' }).waitFor()
    await second.page.waitForURL('/')
    await page.getByRole('link', { name: 'See the next request' }).click()
    await page.getByText(user.email).first().waitFor()
    await number(page, first.number).click()
    await first.page.waitForURL('/')
    for (const seat of [first, second, phone]) await seat.close()
  })

  it('SEC-42 S120 a newer request closes the older one with words, and is one tap away', async () => {
    const { phone, user } = await ready()
    const old = await askPhone(current(), user.email)
    await number(phone.page, old.number).waitFor()
    const newer = await askPhone(current(), user.email)
    await phone.page.getByRole('heading', { name: 'This request is over' }).waitFor()
    await expectAccessible(phone)
    await phone.page.getByRole('link', { name: 'See the next request' }).click()
    await number(phone.page, newer.number).click()
    await newer.page.waitForURL('/')
    await old.page.getByRole('heading', { name: 'The request is over' }).waitFor()
    for (const seat of [old, newer, phone]) await seat.close()
  })

  it('S120 SEC-42 a request that runs out closes by itself, counted by the server\'s clock', async () => {
    const { phone, user } = await ready()
    const computer = await askPhone(current(), user.email)
    await number(phone.page, computer.number).waitFor()
    current().app.advance(116_000)
    await phone.page.evaluate(`window.dispatchEvent(new Event('online'))`)
    await phone.page.getByText(/Time left: [1-4] seconds?/).waitFor()
    await phone.page.getByRole('heading', { name: 'This request is over' }).waitFor({ timeout: 8_000 })
    await computer.close()
    await phone.close()
  })

  it('a clock that is an hour off is set right, and the phone approves', async () => {
    const { user } = await someone()
    const phone = await takePhone(current())
    const refused: string[] = []
    phone.page.on('response', (response) => { if (response.status() === 401) refused.push(new URL(response.url()).pathname) })
    await phone.page.addInitScript('const real = Date.now; Date.now = () => real() - 3_600_000')
    await activate(phone, current().app, user)
    await phone.page.getByText('Ready').waitFor()
    expect(refused.length).toBeGreaterThan(0)
    const computer = await askPhone(current(), user.email)
    await phone.page.getByText(/Time left: 1[12]\d seconds/).waitFor()
    await number(phone.page, computer.number).click()
    await computer.page.waitForURL('/')
    await computer.close()
    await phone.close()
  })

  it('without the server the app says since when, keeps its keys, and goes on by itself when it is back', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    await phone.context.setOffline(true)
    await page.getByText('The server cannot be reached. Last heard from at').waitFor()
    await page.reload()
    const key = page.getByRole('link', { name: /Analytical Engines/ })
    await key.getByText('Offline').waitFor()
    expect(await page.locator('#offline time').textContent()).toMatch(/\d/)
    await expectAccessible(phone)
    await phone.context.setOffline(false)
    await key.getByText('Ready').waitFor()
    expect(await page.locator('#offline').isVisible()).toBe(false)
    const computer = await askPhone(current(), user.email)
    await number(page, computer.number).click()
    await computer.page.waitForURL('/')
    await computer.close()
    await phone.close()
  })

  it('an answer that finds no server is told so, and counts when it is given again', async () => {
    const { phone, user } = await ready()
    const computer = await askPhone(current(), user.email)
    await number(phone.page, computer.number).waitFor()
    await phone.context.setOffline(true)
    await number(phone.page, computer.number).click()
    await phone.page.getByRole('alert').getByText('The server cannot be reached. Check your connection').waitFor()
    await phone.context.setOffline(false)
    await number(phone.page, computer.number).click()
    await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
    await computer.page.waitForURL('/')
    await computer.close()
    await phone.close()
  })

  it('SEC-50 S69 a phone that is suspended says so and works again after; one that is removed says what to do', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const { phones } = current().app.app.parts
    const { storage } = current().app.foundation
    const [held] = await phones.store.list(storage.read, user.id)
    if (!held) throw new Error('there is no phone')
    const suspend = async (suspended: boolean): Promise<void> => {
      await storage.write((tx) => phones.store.setSuspended(tx, user, held.id, suspended))
      phones.changed(user.id)
    }
    await suspend(true)
    await page.getByRole('link', { name: /Analytical Engines/ }).getByText('Not valid any more').waitFor()
    await page.getByRole('link', { name: /Analytical Engines/ }).click()
    await page.getByText('It is suspended.').waitFor()
    await expectAccessible(phone)
    await suspend(false)
    await page.getByRole('link', { name: 'My keys' }).click()
    await page.getByRole('button', { name: 'Look again' }).click()
    await page.getByText('Ready').waitFor()

    const computer = await askPhone(current(), user.email)
    await number(page, computer.number).click({ trial: true })
    await storage.write((tx) => phones.store.removeAll(tx, user.id))
    // It finds out by asking, whether it answers or only looks.
    await number(page, computer.number).click({ timeout: 2_000 }).catch(() => undefined)
    await page.getByText('It was removed, moved to another phone, or the account is gone.').waitFor()
    await expectAccessible(phone)
    expect(await page.getByRole('link', { name: 'Activate this phone again' }).isVisible()).toBe(true)
    await page.getByText('Remove from this phone').last().click()
    await page.getByRole('button', { name: 'Yes, remove this key' }).click()
    await page.getByRole('heading', { name: 'Make this phone your key' }).waitFor()
    await computer.close()
    await phone.close()
  })

  it('the key has a name and a colour, shows what happened with it, and goes off the phone and the account', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    await page.getByRole('link', { name: /Analytical Engines/ }).click()
    await page.getByLabel('Name of this phone').fill('Grace’s phone')
    await page.getByRole('radio', { name: 'Purple' }).check({ force: true })
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByText('Saved.').waitFor()
    await expectAccessible(phone)
    expect(await page.locator('.keycard').getAttribute('data-hue')).toBe('300')
    await page.reload()
    await page.getByText('Phone activated').waitFor()
    expect(await page.getByLabel('Name of this phone').inputValue()).toBe('Grace’s phone')
    expect(await page.getByRole('radio', { name: 'Purple' }).isChecked()).toBe(true)
    expect(await page.getByText('This phone', { exact: true }).isVisible()).toBe(true)
    const { phones } = current().app.app.parts
    expect((await phones.store.list(current().app.foundation.storage.read, user.id)).map(({ name, hue }) => [name, hue])).toEqual([['Grace’s phone', 300]])
    await page.getByText('Remove from this phone').last().click()
    await page.getByRole('button', { name: 'Yes, remove this key' }).click()
    await page.getByRole('heading', { name: 'Make this phone your key' }).waitFor()
    expect(await phones.store.list(current().app.foundation.storage.read, user.id)).toEqual([])
    await phone.close()
  })

  it('S90 where nearness must be shown there are no numbers before the code was scanned', async () => {
    const { phone, user } = await ready({ serviceWorkers: 'block' })
    // As it looks to a phone in another network than the computer.
    await phone.page.route('**/phone/api/state', async (route) => {
      const response = await route.fetch()
      const state = (await response.json()) as PhoneState
      await route.fulfill({ response, json: { ...state, approvals: state.approvals.map((approval) => ({ ...approval, nearness: 'needed', sameNetwork: false })) } })
    })
    const computer = await askPhone(current(), user.email)
    await phone.page.getByText('Your organization asks for proof that this phone is at the computer.').waitFor()
    await expectAccessible(phone)
    expect(await phone.page.getByText('Not the network of this phone').isVisible()).toBe(true)
    expect(await phone.page.locator('.phone__number').count()).toBe(0)
    expect(await phone.page.getByRole('link', { name: 'No, it\'s not me' }).isVisible()).toBe(true)
    expect(await phone.page.getByRole('main').getByRole('link', { name: 'Scan a code' }).isVisible()).toBe(true)
    await computer.close()
    await phone.close()
  })

  it('S119 a closed app is woken without content: what the push service carries is not shown', async () => {
    const { phone } = await ready()
    const { page } = phone
    await phone.context.grantPermissions(['notifications'])
    await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)')
    const debug = await phone.context.newCDPSession(page)
    const registered = new Promise<string>((resolve) => { debug.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => { for (const { registrationId, scopeURL } of registrations) if (scopeURL.endsWith('/phone/')) resolve(registrationId) }) })
    await debug.send('ServiceWorker.enable')
    await debug.send('ServiceWorker.deliverPushMessage', { origin: current().app.url, registrationId: await registered, data: 'Your account is locked, call +49 30 1234' })
    const shown = `navigator.serviceWorker.ready.then(async (worker) => (await worker.getNotifications()).map(({ title, body }) => [title, body]))`
    let notes: unknown = []
    for (let tries = 0; tries < 30 && JSON.stringify(notes) === '[]'; tries++) {
      await page.waitForTimeout(100)
      notes = await page.evaluate(shown)
    }
    expect(notes).toEqual([['Phone authenticator', 'A sign-in is waiting. Is it you?']])
    await phone.close()
  })

  it.each([['de', 'dark'], ['fa', 'light']] as const)('S125 every screen is whole and inside of 360 pixels in %s, %s', async (locale, colorScheme) => {
    const { user } = await someone()
    const phone = await takePhone(current(), { locale, colorScheme })
    const { page } = phone
    const look = async (): Promise<void> => {
      await expectAccessible(phone)
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), page.url()).toBeLessThanOrEqual(0)
      const small = await page.evaluate<string[]>(`[...document.querySelectorAll('a, button, summary, label')].filter((one) => one.offsetParent !== null && !one.closest('p, footer') && !one.matches('.field__label') && (one.getBoundingClientRect().height < 44)).map((one) => one.outerHTML.slice(0, 120))`)
      expect(small, page.url()).toEqual([])
    }
    await page.goto('/phone/')
    await page.locator('.phone__ways').waitFor()
    await look()
    const { token } = await current().app.foundation.storage.write((tx) => current().app.app.parts.phones.activations.create(tx, user, { byMail: false, replaces: null, note: '', createdBy: null, lifetimeSeconds: 600 }))
    await page.goto(`/phone/activate/${token}`)
    await look()
    await page.locator('form[data-approve] button').click()
    await page.locator('a.keycard').waitFor()
    await look()
    const computer = await askPhone(current(), user.email)
    await number(page, computer.number).waitFor()
    await look()
    await page.locator('.button--no').click()
    await page.locator('.phone__choice').first().waitFor()
    await look()
    await page.locator('.phone__choice').last().click()
    await page.locator('.phone__said').waitFor()
    await look()
    for (const screen of ['', 'scan', 'help']) {
      await page.goto(`/phone/#/${screen}`)
      await page.waitForTimeout(300)
      await look()
    }
    await page.goto('/phone/#/')
    await page.locator('a.keycard').click()
    await page.locator('.phone__hues').waitFor()
    await look()
    await computer.close()
    await phone.close()
  })
})
