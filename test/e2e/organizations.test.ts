import { expect, it } from 'vitest'
import { plugIn, type Seat } from '../support/chromium.ts'
import { startPayroll } from '../support/payroll.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

inBrowser('suspension and two organizations', (current) => {
  it('S1 SEC-68 somebody who is suspended is out at once, and stays out', async () => {
    const { app } = current()
    const grace = await app.addPerson({ email: 'grace@navy.example', givenName: 'Grace', familyName: 'Hopper', withKey: false })
    const seat = await current().seat({ as: grace })
    const { page } = seat
    await plugIn(page)
    await enrollKey(seat)
    await page.goto('/profile')
    await page.getByText('grace@navy.example').first().waitFor()

    await app.app.parts.personAccess.suspend({ organizationId: grace.user.organizationId, id: grace.user.id }, () => Promise.resolve())
    await page.reload()
    expect(page.url()).toContain('/signin/')
    await page.getByRole('button', { name: 'Sign in with a security key' }).click()
    await page.getByText('This key cannot sign you in here').waitFor()
    await expectAccessible(seat)

    await app.app.parts.personAccess.resume({ organizationId: grace.user.organizationId, id: grace.user.id }, () => Promise.resolve())
    await page.getByRole('button', { name: 'Sign in with a security key' }).click()
    await page.waitForURL(/\/profile|\/$/)
    await seat.close()
  })

  it('SEC-73 an application of one organization does not let in a person of another, and says so', async () => {
    const { app } = current()
    const other = await app.addOrganization('Bletchley Park')
    const payroll = await startPayroll(app, { organization: other })
    try {
      const ada = await app.addPerson({ email: 'ada@engines.example', withKey: false })
      const alan = await app.addPerson({ email: 'alan@bletchley.example', givenName: 'Alan', familyName: 'Turing', withKey: false, organization: other })
      const seat = await current().seat({ as: ada, alsoVisits: [payroll.url] })
      await plugIn(seat.page)
      await enrollKey(seat)
      await seat.page.goto(`${payroll.url}/`)
      await seat.page.getByText('You are signed in with an account of another organization').waitFor()
      await expectAccessible(seat)
      await seat.page.getByRole('button', { name: 'Sign in with a security key' }).click()
      await seat.page.getByText('This application belongs to another organization than your account').waitFor()
      await seat.close()

      const guest = await current().seat({ as: alan, alsoVisits: [payroll.url] })
      await guest.page.goto('/')
      expect(await guest.page.locator('.tile').allTextContents()).toHaveLength(1)
      await guest.page.goto(`${payroll.url}/login`)
      await guest.page.getByText('Hello Alan Turing').waitFor()
      await guest.close()
    } finally {
      await payroll.close()
    }
  })

  it('S73 SEC-15 a sign-out at the application asks here, and ends the session everywhere', async () => {
    const { app } = current()
    const payroll = await startPayroll(app, { name: 'Payroll of Analytical Engines' })
    try {
      const seat = await current().seat({ as: await app.addPerson({ email: 'charles@engines.example', givenName: 'Charles', familyName: 'Babbage' }), alsoVisits: [payroll.url] })
      const { page } = seat
      await page.goto(`${payroll.url}/`)
      await page.getByText('Hello Charles Babbage').waitFor()
      await page.goto(`${payroll.url}/logout`)
      await expectAccessible(seat)
      await page.locator('main form button').first().click()
      await page.getByText('Signed out of Payroll').waitFor()
      await page.goto('/')
      expect(page.url()).toContain('/signin/')
      await seat.close()
    } finally {
      await payroll.close()
    }
  })
})

async function enrollKey({ page }: Seat): Promise<void> {
  await page.goto('/security/keys/new')
  await page.locator('button[data-ceremony]').click()
  await page.waitForURL(/\/edit\?new=1$/)
}
