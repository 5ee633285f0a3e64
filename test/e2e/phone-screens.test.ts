import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openKeyScene, type KeyScene } from '../support/microsoft-keys.ts'
import { offer, sayYes, takenBy, toolOf, type PairingTool } from '../support/pairing-tool.ts'
import { activationOf, takePhone, type PhoneSeat } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

const folder = fileURLToPath(new URL('../.output/screens', import.meta.url))
const origin = 'https://login.shop.example'
const rpID = 'shop.example'

/** Every screen of pairing, of a request and of an order in three looks; pictures of them are left in test/.output/screens. Screens are found by their parts, which have no language. */
inBrowser('how the phone shows computers, their requests and orders', (current) => {
  let scene: KeyScene
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true })
    scene = await openKeyScene(current().app, 'looks')
    await scene.consent()
  })
  afterAll(async () => { await scene.close() })

  /** The button that says yes, once the screen has settled. */
  const yes = (page: Page): Promise<void> => page.locator('.button--primary.button--tall:visible').click()
  const done = (page: Page): Promise<void> => page.locator('.button[href="/phone/#/"]').click()

  async function pair({ page }: PhoneSeat, look: (name: string) => Promise<void>): Promise<PairingTool> {
    const offered = await offer(current().app.url)
    await page.goto(offered.address)
    await page.locator('.button--primary.button--tall:visible').waitFor()
    await look('pair')
    await yes(page)
    const taken = await takenBy(offered)
    await page.locator('.phone__digits:visible').waitFor()
    await look('pair-digits')
    const both = sayYes(offered, taken)
    await yes(page)
    const paired = await both
    if (paired === 'over') throw new Error('the pairing was over')
    await page.locator('.phone__said').waitFor()
    await look('paired')
    await done(page)
    return toolOf(paired)
  }

  it.each([['light', 'en-GB', 'light'], ['dark', 'de', 'dark'], ['right-to-left', 'fa', 'light']] as const)('S125 each of them is whole and inside of 360 pixels: %s', async (name, locale, colorScheme) => {
    const { person } = await scene.person(`look-${name}`)
    const phone = await takePhone(current(), { locale, colorScheme })
    const { page } = phone
    const look = async (screen: string): Promise<void> => {
      await page.screenshot({ path: `${folder}/phone-${screen}-${name}.png` })
      await expectAccessible(phone)
      expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'), screen).toBeLessThanOrEqual(0)
      const small = await page.evaluate<string[]>(`[...document.querySelectorAll('a, button, summary, label')].filter((one) => one.offsetParent !== null && !one.closest('p, footer') && !one.matches('.field__label') && (one.getBoundingClientRect().height < 44)).map((one) => one.outerHTML.slice(0, 120))`)
      expect(small, screen).toEqual([])
    }
    await page.goto((await activationOf(current().app, person.user)).path)
    await page.locator('form[data-approve] button').click()
    await page.waitForURL('/phone/')
    await page.locator('a.keycard').waitFor()
    const tool = await pair(phone, look)

    for (const userName of ['ada@shop.example', 'grace@shop.example']) {
      const answering = tool.ask({ kind: 'create', options: await generateRegistrationOptions({ rpName: 'The Shop', rpID, userName, attestationType: 'none' }), origin })
      await page.getByRole('heading', { name: rpID }).waitFor()
      if (userName.startsWith('ada')) await look('ask-create')
      await yes(page)
      expect((await answering).kind).toBe('answer')
      await page.locator('.phone__said').waitFor()
      if (userName.startsWith('ada')) await look('key-made')
      await done(page)
    }
    const get = async (site: string, from: string) => tool.ask({ kind: 'get', options: await generateAuthenticationOptions({ rpID: site }), origin: from })
    const signing = get(rpID, origin)
    await page.locator('.phone__accounts:visible').waitFor()
    await look('ask-get-several')
    await page.locator('.button--no:visible').click()
    await page.locator('.phone__choice--bad').waitFor()
    await look('ask-no')
    await page.locator('.button--plain:visible').click()
    await yes(page)
    expect((await signing).kind).toBe('answer')
    await done(page)
    const none = get('unknown.example', 'https://unknown.example')
    await page.getByRole('heading', { name: 'unknown.example' }).waitFor()
    await look('ask-no-key')
    await yes(page)
    expect(await none).toEqual({ kind: 'refused', reason: 'no_key' })
    await page.locator('.phone__said').waitFor()
    await look('no-key')
    await done(page)

    await scene.order(person)
    current().app.app.parts.microsoft365.keys.announce(person.user.id, 'asked')
    await page.getByRole('heading', { name: 'login.microsoft.com' }).waitFor()
    await look('order')
    await page.locator('#back').click()
    await page.locator('.phone__request').waitFor()
    await look('home-order')
    await page.locator('.phone__request').click()
    await yes(page)
    await page.locator('.phone__sign--good').waitFor()
    await look('key-set-up')
    await done(page)
    await page.locator('a.keycard').click()
    await page.locator('.phone__hues').waitFor()
    await page.setViewportSize({ width: 360, height: 2_300 })
    await look('key')
    await phone.close()
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
