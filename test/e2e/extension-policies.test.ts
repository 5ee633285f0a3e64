import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { policyOf } from '../../src/downloads/index.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { chromiumMissing } from '../support/chromium.ts'
import { pairWith, takeExtensionSeat } from '../support/extension-seat.ts'
import { givePhone } from '../support/fake-phone.ts'
import { extensionAddress, firefoxMissing, startFirefox } from '../support/firefox.ts'
import { PocketPhone } from '../support/pocket-phone.ts'
import { inPlaceOf, privateFilesMissing } from '../support/private-files.ts'
import { skipWithout } from '../support/skip.ts'

// Where Debian's browsers read what an organization wants of them.
const [chromiumPlace, firefoxPlace] = ['/etc/chromium', '/usr/share/firefox-esr/distribution']

describe('the browser extension rolled out by the policies of the page', () => {
  let app: TestApp
  const policies = () => policyOf(app.foundation.extension, app.url)
  beforeAll(async () => { app = await startTestApp('sqlite') })
  afterAll(async () => { await app.close() })

  describe('in Chromium', () => {
    skipWithout(chromiumMissing() ?? privateFilesMissing(chromiumPlace))

    it('S96 S103 comes by itself into an empty profile, knows the server, and lets nobody change what the organization fixed', async () => {
      const { user } = await app.addPerson({ email: 'mary@example.com', withKey: false })
      const phone = new PocketPhone(await givePhone(app, user))
      const { chromium, chromiumManaged } = policies()
      const files = inPlaceOf(chromiumPlace, { 'policies/managed/extension.json': chromium, 'policies/managed/settings.json': chromiumManaged })
      const seat = await takeExtensionSeat([], app.foundation.extension.id, { before: files.before })
      try {
        const isThere = async (): Promise<boolean> => {
          const page = await seat.context.newPage()
          const opened = await page.goto(`chrome-extension://${seat.id}/extension/popup.html`).then(() => true, () => false)
          await page.close()
          return opened
        }
        await expect.poll(isThere, { timeout: 10_000, interval: 200 }).toBe(true)
        await pairWith(seat, phone)
        const page = await seat.popup()
        await page.getByText('Your organization').waitFor()
        expect(await page.evaluate('chrome.storage.managed.get(null)')).toEqual({ server: app.url, use: 'always' })
        await page.getByText('On: sites').waitFor()
        expect([await page.locator('#use-always').isChecked(), await page.locator('#use-always').isDisabled(), await page.locator('#use-off').isDisabled()]).toEqual([true, true, true])
      } finally {
        await seat.close()
        files.remove()
      }
    })
  })

  describe('in Firefox', () => {
    skipWithout(firefoxMissing() ?? privateFilesMissing(firefoxPlace))
    const isThere = `return WebExtensionPolicy.getByID('pairing@doorward') !== null`

    it('S96 S103 comes by itself, unsigned, where the policy says so, and knows what the organization fixed', async () => {
      const files = inPlaceOf(firefoxPlace, { 'policies.json': policies().firefoxUnsigned })
      const firefox = await startFirefox({ before: files.before })
      try {
        await expect.poll(() => firefox.inWindow<boolean>(isThere), { timeout: 10_000 }).toBe(true)
        const popup = await firefox.tab(extensionAddress)
        await popup.shows('No phone is paired')
        expect(await popup.evaluate('chrome.storage.managed.get(null)')).toEqual({ server: app.url, use: 'always' })
        expect(await popup.evaluate(`chrome.permissions.contains({ origins: ['<all_urls>'] })`)).toBe(false)
      } finally {
        await firefox.close()
        files.remove()
      }
    })

    it('SEC-48 is kept out, unsigned, by the ordinary policy', async () => {
      const files = inPlaceOf(firefoxPlace, { 'policies.json': policies().firefox })
      const firefox = await startFirefox({ before: files.before })
      try {
        await expect.poll(() => firefox.inWindow<number>('return Services.policies.status')).toBe(1)
        await expect.poll(() => app.logLines.filter((line) => line.includes('-firefox.zip')).length).toBe(2)
        await new Promise((resolve) => { setTimeout(resolve, 300) })
        expect(await firefox.inWindow(isThere)).toBe(false)
      } finally {
        await firefox.close()
        files.remove()
      }
    })
  })
})
