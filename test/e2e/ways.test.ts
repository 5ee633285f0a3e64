import { expect, it } from 'vitest'
import { plugIn } from '../support/chromium.ts'
import { changeSettings } from '../support/pages.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'
import { codeNow, givePassword } from '../support/ways.ts'

const password = 'seven quiet otters swim'

inBrowser('signing in without a key, in other ways', (current) => {
  it('with a password and an authenticator app that the person has set up', async () => {
    const { app } = current()
    await changeSettings(app, { methods: { password: true, totp: true, accessPass: true } })
    const barbara = await app.addPerson({ email: 'barbara@mit.example', givenName: 'Barbara', familyName: 'Liskov', withKey: false })
    await givePassword(app, barbara.user, password)
    const seat = await current().seat()
    const { page } = seat
    const toPassword = async (): Promise<void> => {
      await page.goto('/')
      await page.getByRole('link', { name: 'No security key? Sign-in options' }).click()
      await page.getByLabel('Email').fill(barbara.user.email)
      await page.getByRole('button', { name: 'Next' }).click()
      await page.waitForURL(/\/password$/)
    }
    await toPassword()
    await expectAccessible(seat)
    const field = page.getByLabel('Password', { exact: true })
    await field.fill('not this one, surely')
    await page.getByRole('button', { name: 'Show password' }).click()
    expect(await field.getAttribute('type')).toBe('text')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Email and password do not fit together').first().waitFor()
    expect([await field.getAttribute('type'), await field.inputValue()]).toEqual(['password', ''])
    await expectAccessible(seat)
    await field.fill(password)
    await field.press('Enter')
    await page.waitForURL('/')

    await page.goto('/security')
    await expectAccessible(seat)
    await page.getByRole('button', { name: 'Set up an authenticator app' }).click()
    await page.getByRole('heading', { name: 'Set up an authenticator app' }).waitFor()
    await expectAccessible(seat)
    // The picture is there, and square: the camera reads what the text below it says.
    const picture = await page.locator('img.qr').boundingBox()
    expect([picture?.width, picture?.height]).toEqual([240, 240])
    expect((await page.request.get((await page.locator('img.qr').getAttribute('src')) ?? '')).headers()['content-type']).toBe('image/svg+xml')
    const seed = ((await page.locator('#seed').textContent()) ?? '').replaceAll(' ', '')
    await page.getByLabel('Code of your authenticator app').fill(codeNow(app, seed))
    await page.getByLabel('Name of the app').fill('Phone')
    await page.getByRole('button', { name: 'Set it up' }).click()
    await page.getByText('The app is set up.').waitFor()
    await expectAccessible(seat)

    await seat.context.clearCookies()
    await toPassword()
    await page.getByLabel('Password', { exact: true }).fill(password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.waitForURL(/\/totp$/)
    await expectAccessible(seat)
    await page.getByLabel('Code of your authenticator app').fill(codeNow(app, seed, 1))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL('/')
    await seat.close()
  })

  it('with a pass of the help desk, to a first key', async () => {
    const { app } = current()
    await changeSettings(app, { methods: { accessPass: true, password: false, totp: false } })
    const edsger = await app.addPerson({ email: 'edsger@tue.example', givenName: 'Edsger', familyName: 'Dijkstra', withKey: false })
    const desk = await app.addPerson({ email: 'desk@tue.example', givenName: 'Help', familyName: 'Desk', role: 'helpdesk' })
    const office = await current().seat({ as: desk })
    await office.page.goto(`/admin/users/${edsger.user.id}`)
    await expectAccessible(office)
    await office.page.getByRole('link', { name: 'Give an access pass' }).click()
    await expectAccessible(office)
    await office.page.getByRole('button', { name: 'Make the pass' }).click()
    const pass = (await office.page.locator('#pass').textContent()) ?? ''
    await expectAccessible(office)
    await office.close()

    const seat = await current().seat()
    const { page } = seat
    await plugIn(page)
    await page.goto('/')
    await page.getByRole('link', { name: 'No security key? Sign-in options' }).click()
    await page.getByLabel('Email').fill(edsger.user.email)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('link', { name: 'I have an access pass from the help desk' }).click()
    await expectAccessible(seat)
    await page.getByLabel('Access pass', { exact: true }).fill(pass)
    await page.getByRole('button', { name: 'Go on to add a key' }).click()
    await page.waitForURL('/security/keys/new')
    await page.getByText('Until then nothing else opens.').waitFor()
    await expectAccessible(seat)
    await page.goto('/profile')
    await page.waitForURL('/security/keys/new')
    await page.getByRole('button', { name: 'Add Security Key' }).click()
    await page.waitForURL(/\/edit\?new=1$/)
    await page.goto('/profile')
    await page.waitForURL('/profile')
    await seat.close()
  })
})
