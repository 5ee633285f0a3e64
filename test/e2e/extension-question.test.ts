import { describe, expect, it } from 'vitest'
import { chromiumMissing } from '../support/chromium.ts'
import { ask } from '../support/demo-site.ts'
import { startExtensionScene } from '../support/extension-scene.ts'
import { choose, pairWith, takeExtensionSeat, unpack } from '../support/extension-seat.ts'
import { openScreen, screenMissing } from '../support/screen.ts'
import { skipWithout } from '../support/skip.ts'

describe('the question of Chromium whether the extension may read all pages', () => {
  skipWithout(chromiumMissing() ?? screenMissing())

  it('SEC-48 is asked by the popup’s click; a no changes nothing, a yes brings the phone into pages', async () => {
    const scene = await startExtensionScene()
    const { app, site, phone } = scene
    const screen = await openScreen()
    const { extension } = app.foundation
    const seat = await takeExtensionSeat([unpack(extension, 'chrome')], extension.id, { screen })
    try {
      await pairWith(seat, phone)
      const worker = await seat.worker()
      const popups = (): Promise<number> => worker.evaluate<number>(`chrome.runtime.getContexts({ contextTypes: ['POPUP'] }).then((all) => all.length)`)
      const may = (): Promise<boolean> => worker.evaluate<boolean>(`chrome.permissions.contains({ origins: ['<all_urls>'] })`)
      const lane = (): Promise<unknown> => worker.evaluate(`chrome.storage.local.get('lane').then(({ lane }) => lane)`)
      const page = await seat.context.newPage()
      await page.goto(site.origin)
      /** Opens the real popup, over the page, and goes to its last choice by the keyboard. The browser closes it when it asks. */
      const tick = async (): Promise<void> => {
        await page.bringToFront()
        await worker.evaluate('chrome.action.openPopup()')
        await expect.poll(popups).toBe(1)
        await page.waitForTimeout(400)
        screen.press('Tab', 'Tab', 'Tab', 'Tab', 'space')
        await expect.poll(popups).toBe(0)
        // For half a second it takes no answer, lest somebody meant something else.
        await page.waitForTimeout(800)
      }
      await tick()
      screen.press('Return')
      await page.waitForTimeout(300)
      expect([await may(), await lane()]).toEqual([false, undefined])
      await tick()
      screen.press('Tab', 'Return')
      await expect.poll(may).toBe(true)
      await expect.poll(lane).toBe('page')

      const popup = await seat.popup()
      await choose(popup, 'always')
      await popup.getByText('On: sites').waitFor()
      await page.reload()
      await page.locator('#go').click()
      expect([await ask(page, 'register'), phone.asked.length]).toEqual(['verified', 1])

      // Taken away elsewhere, such as on the browser's page of extensions, the browser itself hands over again.
      await worker.evaluate(`chrome.permissions.remove({ origins: ['<all_urls>'] })`)
      await expect.poll(lane).toBe('proxy')
      await choose(popup, 'minutes')
      await popup.getByText('On until').waitFor()
      await page.reload()
      expect([await ask(page, 'login'), phone.asked.length]).toEqual(['verified', 2])
    } finally {
      await seat.close()
      await screen.close()
      await scene.close()
    }
  })
})
