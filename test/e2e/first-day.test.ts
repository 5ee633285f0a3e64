import { expect, it } from 'vitest'
import { plugIn, type Seat } from '../support/chromium.ts'
import { startPayroll } from '../support/payroll.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

inBrowser('the first day', (current) => {
  it('SEC-70 S121 an administrator sets up, invites an employee, who enrolls a key, signs in with it and opens an application', async () => {
    const { app, seat } = current()
    const ada = await seat()
    await setUp(ada, (await app.foundation.setupLinks.create()) ?? '')

    const employee = await seat()
    await invite(ada, 'grace@navy.example')
    const link = linkIn((await app.letters('grace@navy.example')).at(-1)?.text)
    await accept(employee, link)
    expect(await employee.page.getByRole('heading', { level: 1 }).textContent()).toContain('What application do you want to use today?')
    await employee.page.locator('user-menu summary').click()
    await employee.page.locator('user-menu').getByRole('button', { name: 'Logout' }).click()
    await employee.page.waitForURL(/signed-out/)
    await expectAccessible(employee)

    const organization = await app.foundation.organizations.findBySlug('difference-engines')
    if (!organization) throw new Error('the organization that was set up is not there')
    const payroll = await startPayroll(app, { organization })
    try {
      await employee.page.goto('/')
      await expectAccessible(employee)
      await employee.page.getByRole('button', { name: 'Sign in with a security key' }).click()
      await employee.page.waitForURL('/')
      const [opened] = await Promise.all([employee.context.waitForEvent('page'), employee.page.getByRole('link', { name: /Payroll/ }).click()])
      await opened.waitForURL(`${payroll.url}/`)
      expect(await opened.textContent('p')).toBe('Hello Grace Hopper, signed in by phrh')
    } finally {
      await payroll.close()
    }
    await ada.close()
    await employee.context.close()
    expect(employee.complaints).toEqual([])
  })

  it('SEC-70 the set-up page does not exist any more', async () => {
    const { app } = current()
    expect(await app.foundation.setupLinks.create()).toBeUndefined()
  })
})

async function setUp(seat: Seat, link: string): Promise<void> {
  const { page } = seat
  await plugIn(page)
  await page.goto(link)
  await expectAccessible(seat)
  await page.getByLabel('Organization name').fill('Difference Engines')
  await page.getByLabel('First name').fill('Ada')
  await page.getByLabel('Last name').fill('Lovelace')
  await page.getByLabel('Email').fill('ada@engines.example')
  await page.getByRole('button', { name: 'Next' }).click()
  await page.waitForURL(/\/key$/)
  await expectAccessible(seat)
  await page.getByRole('button', { name: 'Add a security key' }).click()
  await page.waitForURL('/security/recovery-codes')
  await expectAccessible(seat)
}

async function invite(seat: Seat, email: string): Promise<void> {
  const { page } = seat
  await page.goto('/admin')
  await expectAccessible(seat)
  await page.goto('/admin/users/new')
  await expectAccessible(seat)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('First name').fill('Grace')
  await page.getByLabel('Last name').fill('Hopper')
  await page.getByRole('button', { name: /invit/i }).click()
  await page.waitForURL(/\/admin\/users\/[\w-]{22}/)
  await expectAccessible(seat)
}

async function accept(seat: Seat, link: string): Promise<void> {
  const { page } = seat
  await plugIn(page)
  await page.goto(link)
  await expectAccessible(seat)
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(/\/key$/)
  await page.getByRole('button', { name: 'Add a security key' }).click()
  await page.waitForURL('/security/recovery-codes')
  await page.goto('/')
}

function linkIn(text: string | undefined): string {
  const link = /http:\/\/localhost:\d+\/invitation\/[\w-]{43}/.exec(text ?? '')?.[0]
  if (link === undefined) throw new Error(`no link in: ${text ?? '(no letter)'}`)
  return link
}
