import { expect, it } from 'vitest'
import { plugIn, type Seat } from '../support/chromium.ts'
import type { TestApp } from '../support/app.ts'
import { codeOf } from '../support/ceremonies.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

inBrowser('a person’s keys', (current) => {
  it('S74 S75 S76 S79 S92 adds a key and names it, adds a second one, cannot add the same twice, deletes one, and keeps the last', async () => {
    const { app } = current()
    await codesOff(app, false)
    const seat = await current().seat()
    const { page } = seat
    await signInByCode(app, seat, 'tony@oxford.example')
    await page.goto('/security')
    await page.getByText('No data').first().waitFor()
    await expectAccessible(seat)

    const first = await plugIn(page, 'usb')
    await addKey(seat, 'blue key')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Recovery codes')
    await page.goto('/security/keys/new')
    await page.locator('button[data-ceremony]').click()
    await page.getByText('This key is already registered').waitFor()
    await expectAccessible(seat)

    await first.remove()
    await plugIn(page, 'internal')
    await addKey(seat, 'this laptop')
    await page.goto('/security')
    expect(await page.locator('section[aria-labelledby=keys] .rows__item').count()).toBe(2)

    await codesOff(app, true)
    await page.getByRole('link', { name: 'Delete blue key' }).click()
    await expectAccessible(seat)
    await page.getByRole('button', { name: 'Delete this key' }).click()
    await page.waitForURL('/security')
    await page.getByRole('link', { name: 'Delete this laptop' }).click()
    await page.getByText('This is your last key').first().waitFor()
    await expectAccessible(seat)
    expect(await page.getByRole('button', { name: 'Delete this key' }).count()).toBe(0)
    expect((await app.letters('tony@oxford.example')).map(({ template }) => template)).toEqual(expect.arrayContaining(['key-added', 'key-removed']))
    await seat.close()
  })

  it('S11 a dialog that nobody answers leads back to the page, with words and the other ways still there', async () => {
    const seat = await current().seat()
    const { page } = seat
    const key = await plugIn(page, 'usb')
    await key.setUserVerified(false)
    await page.goto('/')
    await page.getByRole('button', { name: 'Sign in with a security key' }).click()
    await page.getByText('No key answered').waitFor()
    await expectAccessible(seat)
    expect(await page.getByRole('link', { name: 'No security key? Sign-in options' }).isVisible()).toBe(true)
    expect(await page.getByRole('button', { name: 'Sign in with a security key' }).isEnabled()).toBe(true)
    await seat.close()
  })

  it.each(['usb', 'nfc', 'internal', 'hybrid'] as const)('S9 S10 S14 whatever the browser’s own dialog reaches over %s is added and signs in', async (transport) => {
    const { app } = current()
    await codesOff(app, false)
    const seat = await current().seat()
    const { page } = seat
    await signInByCode(app, seat, `${transport}@oxford.example`)
    const key = await plugIn(page, transport)
    await addKey(seat, transport)
    const [credential] = await key.credentials()
    expect(credential).toMatchObject({ rpId: 'localhost', isResidentCredential: true })
    await seat.context.clearCookies()
    await page.goto('/')
    await page.getByRole('button', { name: 'Sign in with a security key' }).click()
    await page.waitForURL('/')
    await seat.close()
  })

  it('S7 offers the stored passkey in the e-mail field, without a press of a button', async () => {
    const { app } = current()
    await codesOff(app, false)
    const seat = await current().seat()
    const { page } = seat
    await signInByCode(app, seat, 'donald@stanford.example')
    await plugIn(page, 'internal')
    await addKey(seat, 'laptop')
    await page.goto('/security')
    await page.locator('user-menu summary').click()
    await page.getByRole('button', { name: 'Logout' }).click()
    await page.waitForURL(/signed-out/)
    await page.goto('/')
    await page.getByRole('link', { name: 'No security key? Sign-in options' }).click()
    await page.waitForURL('/')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('What application')
    await seat.close()
  })
})

async function signInByCode(app: TestApp, { page }: Seat, email: string): Promise<void> {
  await app.addPerson({ email, givenName: 'Tony', familyName: 'Hoare', withKey: false })
  await page.goto('/')
  await page.getByRole('link', { name: 'No security key? Sign-in options' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByText('Done. You can go on.').waitFor()
  await page.getByRole('button', { name: 'Next' }).click()
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByLabel('Verification code').fill(codeOf((await app.letters(email))[0]))
  await page.getByRole('button', { name: 'Verify' }).click()
  await page.waitForURL('/')
}

async function addKey(seat: Seat, name: string): Promise<void> {
  const { page } = seat
  await page.goto('/security/keys/new')
  await expectAccessible(seat)
  await page.locator('button[data-ceremony]').click()
  await page.waitForURL(/\/edit\?new=1$/)
  await expectAccessible(seat)
  await page.getByLabel('Name').fill(name)
  await page.locator('main form button[type=submit]').first().click()
  await page.waitForURL(/\/security/)
}

async function codesOff(app: TestApp, off: boolean): Promise<void> {
  const { settings } = app.organization
  await app.foundation.storage.write((tx) => app.foundation.organizations.update(tx, app.organization.id, { settings: { ...settings, methods: { ...settings.methods, emailCode: !off } } }))
}
