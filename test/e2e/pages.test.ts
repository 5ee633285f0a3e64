import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axeFindings, chromiumMissing, launchChromium } from '../support/chromium.ts'
import { openGallery, type Gallery, type Look } from '../support/gallery.ts'
import { viewExamples } from '../support/view-examples/index.ts'
import { skipWithout } from '../support/skip.ts'

const looks: readonly (Look & { readonly width: number })[] = [
  { width: 1_280, locale: 'en', theme: 'light' }, { width: 320, locale: 'de', theme: 'dark' }, { width: 360, locale: 'fa', theme: 'light' },
]

describe('every page', () => {
  let gallery: Gallery | undefined
  let browser: Browser | undefined
  let context: BrowserContext | undefined
  /** One for many pages: a new context for each would start a process and load every module again, which takes half of the time. */
  let tab: Page | undefined
  let shown = 0
  const missing = chromiumMissing()
  skipWithout(missing)
  beforeAll(async () => {
    if (missing !== undefined) return
    gallery = await openGallery()
    browser = await launchChromium()
    context = await browser.newContext()
  })
  afterAll(async () => {
    await browser?.close()
    await gallery?.close()
  })

  it.each(viewExamples.map(({ name }) => name))('S6 S125 %s: axe finds nothing, and nothing runs out of a narrow screen', async (name) => {
    if (!gallery || !context) throw new Error('the gallery is closed')
    const page = tab ?? await context.newPage()
    // A tab in which something went wrong is not used again, nor one that has grown to hundreds of megabytes.
    tab = undefined
    try {
      for (const look of looks) {
        await page.setViewportSize({ width: look.width, height: 720 })
        await page.goto(gallery.address(name, look))
        const where = `${name} ${look.locale} ${look.theme} ${look.width}`
        expect(await axeFindings(page), where).toEqual([])
        expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), `${where}: too wide`).toBeLessThanOrEqual(0)
      }
      if (++shown % 40 > 0) tab = page
    } finally {
      if (!tab) await page.close()
    }
  })
})
