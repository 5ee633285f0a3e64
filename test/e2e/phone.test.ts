import { mkdirSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { plugIn, type Seat } from '../support/chromium.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'
import { askPhoneOf } from '../support/fake-phone.ts'

/** A phone in somebody's hand. */
const phoneOptions = {
  viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2,
  userAgent: 'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36',
}
const pictures = new URL('../.output/screens/phone/', import.meta.url).pathname
mkdirSync(pictures, { recursive: true })
const picture = (page: Page, name: string): Promise<Buffer> => page.screenshot({ path: `${pictures}${name}.png`, fullPage: true })

inBrowser('the phone in somebody’s hand', (current) => {
  let count = 0

  /** A phone that is activated by the mail which its owner has asked for. */
  async function activated(options: { locale?: string; colorScheme?: 'dark' | 'light' } = {}): Promise<{ phone: Seat; email: string; lock: Awaited<ReturnType<typeof plugIn>> }> {
    const { app } = current()
    const email = `phone${++count}@engines.example`
    const { user } = await app.addPerson({ email, withKey: false, givenName: 'Ada' })
    const panel = await app.signedIn({ user, key: undefined })
    await panel.get('/security/phones/new')
    await panel.post('/security/phones/mail')
    const letter = (await app.letters(email)).findLast(({ template }) => template === 'activation')
    const link = /(http:\S+\/phone\/activate\/[\w-]+)/.exec(letter?.text ?? '')?.[1] ?? ''
    const phone = await current().seat({ ...phoneOptions, ...options })
    const lock = await plugIn(phone.page, 'internal')
    await phone.page.goto(link)
    return { phone, email, lock }
  }
  const approveActivation = async ({ page }: Seat): Promise<void> => {
    await page.locator('form[data-approve] button').click()
    await page.waitForURL('**/phone/')
    await page.locator('.keycard').waitFor()
  }
  const askFrom = async (computer: Seat, email: string): Promise<string> => {
    await computer.page.goto('/')
    await computer.page.getByRole('link', { name: 'Use my phone' }).click()
    await computer.page.getByLabel('Email').fill(email)
    await computer.page.getByRole('button', { name: 'Ask my phone' }).click()
    const number = computer.page.locator('.match__number')
    await number.waitFor()
    return (await number.textContent())?.trim() ?? ''
  }

  it('S36 S67 S97 S98 S100 S101 S119 is activated by the mail’s link, approves by number and lock, and the computer goes on', async () => {
    const { phone, email } = await activated()
    await phone.page.getByRole('heading', { name: 'Activate this phone' }).waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'activation')
    await approveActivation(phone)
    await expectAccessible(phone)
    await picture(phone.page, 'home')

    const computer = await current().seat()
    const number = await askFrom(computer, email)
    await expectAccessible(computer)
    await picture(computer.page, 'computer-wait')
    // The open app hears by itself.
    await phone.page.getByText('Is this you, signing in to').waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'request')
    const before = performance.now()
    await phone.page.getByRole('button', { name: number, exact: true }).click()
    await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
    await computer.page.waitForURL((url) => url.pathname === '/')
    expect(performance.now() - before).toBeLessThan(5_000)
    await expectAccessible(phone)
    await picture(phone.page, 'approved')
    expect([...computer.foreign, ...phone.foreign, ...computer.complaints, ...phone.complaints]).toEqual([])
    await phone.close()
    await computer.close()
  })

  it('SEC-41 SEC-43 a wrong number is told and may be tried again; "not me" is reported and pauses', async () => {
    const { phone, email } = await activated()
    await approveActivation(phone)
    const computer = await current().seat()
    const number = await askFrom(computer, email)
    await phone.page.getByText('Is this you, signing in to').waitFor()
    const wrong = (await phone.page.locator('.phone__number').allTextContents()).find((text) => text !== number) ?? ''
    await phone.page.getByRole('button', { name: wrong, exact: true }).click()
    await phone.page.getByText('That is not the number on the computer.').waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'wrong-number')
    await phone.page.getByRole('link', { name: 'No, it\'s not me' }).click()
    await phone.page.getByRole('heading', { name: 'Not you?' }).waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'not-me')
    await phone.page.getByRole('button', { name: 'Somebody else is trying. Report it' }).click()
    await phone.page.getByRole('heading', { name: 'Reported' }).waitFor()
    await computer.page.getByRole('heading', { name: 'The request is over' }).waitFor()
    expect((await current().app.letters(email)).map(({ template }) => template)).toContain('phone-reported')
    await phone.close()
    await computer.close()
  })

  it('SEC-45 a lock that stays closed approves nothing, and the request waits', async () => {
    const { phone, email, lock } = await activated()
    await approveActivation(phone)
    const computer = await current().seat()
    const number = await askFrom(computer, email)
    await phone.page.getByText('Is this you, signing in to').waitFor()
    await lock.setUserVerified(false)
    await phone.page.getByRole('button', { name: number, exact: true }).click()
    await phone.page.getByText('The phone was not unlocked').waitFor()
    await lock.setUserVerified(true)
    await phone.page.getByRole('button', { name: number, exact: true }).click()
    await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
    await computer.page.waitForURL((url) => url.pathname === '/')
    await phone.close()
    await computer.close()
  })

  it('S48 S67 S68 refusing stores nothing, and the link is used up; a computer is shown the code instead', async () => {
    const { phone } = await activated()
    const link = phone.page.url()
    const computer = await current().seat()
    await computer.page.goto(link)
    await computer.page.getByText('Scan this code with the camera of your phone').waitFor()
    await expectAccessible(computer)
    await picture(computer.page, 'activation-computer')
    await phone.page.getByRole('button', { name: 'Deny' }).click()
    await phone.page.getByText('Refused. Nothing was put on this phone.').waitFor()
    await expectAccessible(phone)
    await phone.page.goto('/phone/')
    await phone.page.getByRole('heading', { name: 'Make this phone your key' }).waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'start')
    expect((await computer.page.goto(link))?.status()).toBe(404)
    await phone.close()
    await computer.close()
  })

  it('S119 S120 an app that was closed shows what was asked meanwhile; one that lost the network says so and comes back', async () => {
    const { phone, email } = await activated()
    await approveActivation(phone)
    await phone.page.goto('about:blank')
    await askPhoneOf(current().app.browser(), email)
    await phone.page.goto('/phone/')
    await phone.page.getByText('Is this you, signing in to').waitFor()
    await phone.page.goto('/phone/#/')
    await phone.page.evaluate('navigator.serviceWorker.ready.then(() => true)')
    await phone.context.setOffline(true)
    await phone.page.reload()
    await phone.page.getByText('The server cannot be reached.').waitFor()
    await picture(phone.page, 'offline')
    await phone.context.setOffline(false)
    await phone.page.getByText('Is this you, signing in to').waitFor()
    await phone.close()
  })

  it('SEC-50 S69 a phone that is deleted in the panel says so, and can be activated again', async () => {
    const { phone, email } = await activated()
    await approveActivation(phone)
    const { app } = current()
    const user = await app.foundation.users.findByEmailKey(email)
    if (!user) throw new Error('nobody')
    const [held] = await app.app.parts.phones.store.list(app.foundation.storage.read, user.id)
    await app.foundation.storage.write((tx) => app.app.parts.phones.store.remove(tx, user, held?.id ?? ''))
    app.app.parts.phones.changed(user.id)
    await phone.page.getByText('Not valid any more').waitFor()
    await picture(phone.page, 'lost')
    await phone.page.locator('.keycard').click()
    await phone.page.getByText('This key is not valid any more').waitFor()
    await expectAccessible(phone)
    await phone.page.getByText('Remove from this phone').last().click()
    await phone.page.getByRole('button', { name: 'Yes, remove this key' }).click()
    await phone.page.getByRole('heading', { name: 'Make this phone your key' }).waitFor()
    await phone.close()
  })

  it('S101 S102 shows the key with its facts, gets a name and a colour, and helps', async () => {
    const { phone } = await activated()
    await approveActivation(phone)
    await phone.page.locator('.keycard').click()
    await phone.page.getByLabel('Name of this phone').fill('Ada’s phone')
    await phone.page.locator('.phone__hues label').nth(2).click()
    await phone.page.getByRole('button', { name: 'Save' }).click()
    await phone.page.locator('.keycard[data-hue="20"]').waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'key')
    await phone.page.getByRole('link', { name: 'Help' }).click()
    await phone.page.getByRole('heading', { name: 'Approving a sign-in' }).waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'help')
    await phone.page.getByRole('link', { name: 'Scan a code' }).first().click()
    await phone.page.getByRole('heading', { name: 'Scan a code' }).waitFor()
    await phone.page.getByRole('alert').waitFor()
    await expectAccessible(phone)
    await picture(phone.page, 'scan')
    await phone.close()
  })

  it.each([['fa-IR', 'light'], ['de-DE', 'dark']] as const)('S125 reads %s, %s', async (locale, colorScheme) => {
    const { phone, email } = await activated({ locale, colorScheme })
    await picture(phone.page, `activation-${locale}`)
    await approveActivation(phone)
    await expectAccessible(phone)
    await picture(phone.page, `home-${locale}`)
    await askPhoneOf(current().app.browser(), email)
    await phone.page.locator('.phone__number').first().waitFor()
    await expectAccessible(phone)
    await picture(phone.page, `request-${locale}`)
    const small = await phone.page.evaluate<number>(`[...document.querySelectorAll('main button, main a, nav a, header a')].filter((e) => e.offsetHeight > 0 && e.offsetHeight < 44).length`)
    expect(small).toBe(0)
    expect(await phone.page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
    await phone.close()
  })
})
