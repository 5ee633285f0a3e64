import { expect, it } from 'vitest'
import { codeOf } from '../support/ceremonies.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

inBrowser('without JavaScript', (current) => {
  it('S125 a person signs in with a code, uses every page of the panel, and signs out', async () => {
    const { app } = current()
    const { user } = await app.addPerson({ email: 'alan@bletchley.example', givenName: 'Alan', familyName: 'Turing', withKey: false })
    const seat = await current().seat({ javaScriptEnabled: false })
    const { page } = seat
    expect(await (await page.goto('/'))?.text()).toContain('A security key needs JavaScript')
    await page.getByRole('link', { name: 'No security key? Sign-in options' }).click()
    await page.getByLabel('Email').fill(user.email)
    const question = await page.getByText(/How much is \d+ \+ \d+/).textContent()
    const [left, right] = [...(question ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits))
    await page.getByLabel(/How much is/).fill(String((left ?? 0) + (right ?? 0)))
    await page.waitForTimeout(900)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByLabel('Verification code').fill(codeOf((await app.letters(user.email))[0]))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL('/')
    for (const path of ['/security', '/activity', '/profile', '/profile/name', '/profile/email', '/profile/preferences', '/security/keys/new']) {
      expect((await page.goto(path))?.status()).toBe(200)
    }
    await page.goto('/profile/name')
    await page.getByLabel('First name').fill('Alan Mathison')
    await page.locator('main form button[type=submit]').first().click()
    await page.waitForURL('/profile')
    expect(await page.getByText('Alan Mathison Turing').first().isVisible()).toBe(true)
    await page.locator('user-menu summary').click()
    await page.getByRole('button', { name: 'Logout' }).click()
    await page.waitForURL('/signed-out')
    await page.goto('/profile')
    expect(page.url()).toContain('/signin/')
    await seat.close()
  })
})

inBrowser('the menu at the top', (current) => {
  it('S70 S71 S72 opens by press and by keyboard, closes by Escape, and has its three entries in order', async () => {
    const { app } = current()
    const seat = await current().seat({ as: await app.addPerson({ email: 'ada@engines.example' }) })
    const { page } = seat
    await page.goto('/')
    await page.locator('user-menu summary').focus()
    await page.keyboard.press('Enter')
    expect((await page.locator('user-menu li').allTextContents()).map((text) => text.trim())).toEqual(['Security', 'Profile Info', 'Logout'])
    await expectAccessible(seat)
    await page.keyboard.press('Escape')
    expect(await page.locator('user-menu details').getAttribute('open')).toBeNull()
    await page.getByText('Ada Lovelace').first().click()
    expect(await page.locator('user-menu details').getAttribute('open')).toBe('')
    await page.getByRole('heading', { level: 1 }).click()
    expect(await page.locator('user-menu details').getAttribute('open')).toBeNull()
    await seat.close()
  })
})
