import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { codeOf } from '../support/ceremonies.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

const smsFile = join(mkdtempSync(join(tmpdir(), 'doorward-sms-')), 'messages.jsonl')

inBrowser('signing in with a code', (current) => {
  it('S18 S21 S25 S26 S29 by email, from the sign-in page to the panel', async () => {
    const { app } = current()
    const edsger = await app.addPerson({ email: 'edsger@tue.example', givenName: 'Edsger', familyName: 'Dijkstra', withKey: false })
    const seat = await current().seat()
    const { page } = seat
    await openChannels(page, edsger.user.email)
    await expectAccessible(seat)
    expect(await page.getByLabel('Send email').isChecked()).toBe(true)
    expect(await page.getByLabel('Send SMS').isDisabled()).toBe(true)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.waitForURL(/\/code$/)
    await expectAccessible(seat)
    const letters = await app.letters(edsger.user.email)
    expect(letters).toHaveLength(1)
    expect(await page.getByRole('button', { name: 'Verify' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Send a new code' }).isDisabled()).toBe(true)
    expect(await page.getByRole('timer').textContent()).toMatch(/^0?9:5\d$|^10:00$/)
    await page.getByLabel('Verification code').fill('000000')
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.getByText('That code is not right').first().waitFor()
    await expectAccessible(seat)
    await page.getByLabel('Verification code').fill(codeOf(letters[0]))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL('/')
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('What application')
    await seat.close()
  })

  it('S23 S28 by SMS, after the number was verified in the profile', async () => {
    const { app } = current()
    await app.foundation.storage.write((tx) => app.foundation.organizations.update(tx, app.organization.id, {
      settings: { ...app.organization.settings, methods: { ...app.organization.settings.methods, smsCode: true } },
    }))
    const barbara = await app.addPerson({ email: 'barbara@mit.example', givenName: 'Barbara', familyName: 'Liskov', withKey: false })
    const seat = await current().seat()
    const { page } = seat
    await openChannels(page, barbara.user.email)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByLabel('Verification code').fill(codeOf((await app.letters(barbara.user.email))[0]))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL('/')
    await page.goto('/profile/phone')
    await expectAccessible(seat)
    await page.getByRole('textbox').first().fill('+49 170 1234567')
    await page.locator('main form button[type=submit]').first().click()
    await page.waitForURL(/\/profile\/phone\/[\w-]+$/)
    await expectAccessible(seat)
    await page.getByLabel('Verification code').fill(codeOf({ text: await smsTo('+491701234567', 1) }))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL('/profile')
    await page.locator('user-menu summary').click()
    await page.getByRole('button', { name: 'Logout' }).click()
    await page.waitForURL(/signed-out/)

    await openChannels(page, barbara.user.email)
    await page.getByLabel('Send SMS').check()
    await expectAccessible(seat)
    await page.getByRole('button', { name: 'Send' }).click()
    await page.waitForURL(/\/code$/)
    await page.getByLabel('Verification code').fill(codeOf({ text: await smsTo('+491701234567', 2) }))
    await page.getByRole('button', { name: 'Verify' }).click()
    await page.waitForURL('/')
    await seat.close()
  })
}, { DOORWARD_SMS_URL: `file://${smsFile}` })

async function openChannels(page: Page, email: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('link', { name: 'No security key? Sign-in options' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByText('Done. You can go on.').waitFor()
  await page.getByRole('button', { name: 'Next' }).click()
  await page.waitForURL(/\/channel$/)
}

/** Waits until the gateway has had so many messages to a number, and gives the newest. */
async function smsTo(number: string, count: number): Promise<string> {
  for (let waited = 0; waited < 10_000; waited += 100) {
    // The file is there a moment before its first line is.
    const lines = existsSync(smsFile) ? readFileSync(smsFile, 'utf8').split('\n').slice(0, -1).map((line) => JSON.parse(line) as { to: string; text: string }) : []
    const mine = lines.filter(({ to }) => to === number)
    const newest = mine.at(-1)
    if (mine.length >= count && newest) return newest.text
    await new Promise((resolve) => { setTimeout(resolve, 100) })
  }
  throw new Error(`no message number ${count} to ${number}`)
}
