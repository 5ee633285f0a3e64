import { expect, it } from 'vitest'
import { plugIn } from '../support/chromium.ts'
import { codeOf } from '../support/ceremonies.ts'
import { takePhone } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

inBrowser('signing up', (current) => {
  it('S33 S34 S41 S42 S44 S57 a personal account with a key has its own panel', async () => {
    const { app } = current()
    const seat = await current().seat()
    const { page } = seat
    await plugIn(page)
    await page.goto('/')
    await page.getByRole('link', { name: 'No account? Create one!' }).click()
    await expectAccessible(seat)
    await page.getByRole('link', { name: /Personal/ }).click()
    await page.waitForURL('/signup/personal')
    await expectAccessible(seat)
    await page.getByLabel('Email').fill('katherine@nasa.example')
    await page.getByLabel('First name').fill('Katherine')
    await page.getByLabel('Last name').fill('Johnson')
    await page.getByRole('checkbox').check()
    await page.getByText('Done. You can go on.').waitFor()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.waitForURL(/\/code$/)
    await expectAccessible(seat)
    await page.getByLabel('Verification code').fill(codeOf((await app.letters('katherine@nasa.example'))[0]))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL(/\/key$/)
    await expectAccessible(seat)
    await page.getByRole('button', { name: 'Add a security key' }).click()
    await page.waitForURL('/security/recovery-codes')
    await page.goto('/')
    await expectAccessible(seat)
    expect((await page.getByRole('navigation').first().getByRole('link').allTextContents()).map((text) => text.trim())).toEqual(['My Security Key', 'Activity Logs', 'Settings'])
    for (const path of ['/settings', '/settings/deletion', '/activity', '/profile']) {
      await page.goto(path)
      await expectAccessible(seat)
    }
    await seat.close()
  })

  it('S38 S39 S40 S36 beginning in the app: address, code, name and colour of the key, and it is on the home screen', async () => {
    const { app } = current()
    const phone = await takePhone(current())
    const { page } = phone
    await page.goto('/phone/')
    await page.getByRole('link', { name: 'You have no account yet? Create one' }).click()
    await page.getByRole('link', { name: /Personal/ }).click()
    await page.getByLabel('Email').fill('dorothy@nasa.example')
    await page.getByLabel('First name').fill('Dorothy')
    await page.getByLabel('Last name').fill('Vaughan')
    await page.getByRole('checkbox').check()
    await page.getByText('Done. You can go on.').waitFor()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Verification code').fill(codeOf((await app.letters('dorothy@nasa.example'))[0]))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByRole('button', { name: /phone/i }).click()
    await page.getByRole('button', { name: 'Make this phone the key' }).click()
    await page.getByText('Name and colour').click()
    await page.getByLabel('Name of this phone').fill('Pocket')
    await page.locator('label.swatch[data-hue="150"]').click()
    await expectAccessible(phone)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL('/phone/')
    await page.getByText('Congratulations').waitFor()
    await expectAccessible(phone)
    const card = page.locator('a.keycard')
    expect([await card.getAttribute('data-hue'), await card.innerText()]).toEqual(['150', expect.stringContaining('dorothy@nasa.example')])
    await card.click()
    expect(await page.getByLabel('Name of this phone').inputValue()).toBe('Pocket')

    // The same account, on the web, by the passkey that came with the key.
    await page.goto('/security')
    expect(await page.getByRole('main').innerText()).toContain('Pocket')
    await phone.close()
  })

  it('S43 work or school explains how to get an account on this server', async () => {
    const seat = await current().seat()
    await seat.page.goto('/signup/work')
    await expectAccessible(seat)
    expect(await seat.page.getByRole('heading', { level: 1 }).isVisible()).toBe(true)
    expect(await seat.page.locator('form').count()).toBe(0)
    await seat.close()
  })
})
