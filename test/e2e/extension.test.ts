import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axeFindings, chromiumMissing } from '../support/chromium.ts'
import { ask, type DemoSite } from '../support/demo-site.ts'
import { startExtensionScene, type ExtensionScene } from '../support/extension-scene.ts'
import { choose, natively, pairWith, takeExtensionSeat, unpack, type ExtensionSeat } from '../support/extension-seat.ts'
import type { PocketPhone } from '../support/pocket-phone.ts'
import { skipWithout } from '../support/skip.ts'

describe('the browser extension', () => {
  let scene: ExtensionScene
  let site: DemoSite
  let seat: ExtensionSeat
  let phone: PocketPhone
  let popup: Page
  let page: Page
  const missing = chromiumMissing()
  skipWithout(missing)
  beforeAll(async () => {
    if (missing !== undefined) return
    scene = await startExtensionScene()
    ;({ site, phone } = scene)
    seat = await takeExtensionSeat([unpack(scene.app.foundation.extension, 'chrome')], scene.app.foundation.extension.id)
    popup = await seat.popup()
    page = await seat.context.newPage()
    await page.goto(site.origin)
  })
  afterAll(async () => {
    await seat?.close()
    await scene?.close()
  })

  it('S103 begins with no phone and leaves the browser alone', async () => {
    expect(await popup.getByRole('heading', { level: 1 }).innerText()).toBe('No phone is paired')
    expect(await axeFindings(popup)).toEqual([])
    expect(await page.evaluate<string>('navigator.credentials.get.toString()')).toContain('[native code]')
  })

  it('S103 S105 SEC-46 pairs by a code, shows the same digits as the phone, and congratulates', async () => {
    await pairWith(seat, phone)
    await popup.getByRole('heading', { name: 'Paired with' }).waitFor()
    expect(await popup.locator('#state').innerText()).toContain('Off')
    expect(await axeFindings(popup)).toEqual([])
  })

  it('S64 S111 S113 S114 registers and signs in at a site on another origin, whose own server is satisfied', async () => {
    await choose(popup, 'minutes')
    await popup.getByText('On until').waitFor()
    expect(await ask(page, 'register')).toBe('verified')
    expect(await page.evaluate<object>('last')).toEqual({ real: true, response: true, type: 'public-key' })
    expect(await ask(page, 'login')).toBe('verified')
    expect(phone.asked.at(-1)).toMatchObject({ kind: 'get', origin: site.origin, crossOrigin: false })
    expect(JSON.stringify(phone.asked)).not.toContain('remoteDesktopClientOverride')
    expect(await ask(page, 'register')).toBe('InvalidStateError')
  })

  it('S86 S117 a no on the phone is nothing but a no to the site, and plain words in the popup', async () => {
    phone.mood = 'denied'
    expect(await ask(page, 'login')).toBe('NotAllowedError')
    await popup.getByText('You said no on the phone.').waitFor()
    expect(await axeFindings(popup)).toEqual([])
    phone.mood = 'no_key'
    expect(await ask(page, 'login')).toBe('NotAllowedError')
    await popup.getByText('The phone holds no key for this site.').waitFor()
    phone.mood = 'answers'
  })

  it('S84 waits for the phone, says so, and ends when the person says so', async () => {
    phone.mood = 'silence'
    const answer = ask(page, 'login')
    await popup.locator('li[aria-current]', { hasText: 'Approve it on the phone.' }).waitFor()
    expect(await popup.getByRole('main').innerText()).toMatch(/Your server was reached\.[^]*Pixel 9.? was found\./)
    expect(await axeFindings(popup)).toEqual([])
    await popup.getByRole('button', { name: 'Cancel' }).click()
    expect(await answer).toBe('NotAllowedError')
    await expect.poll(() => phone.cancelled).toBe(1)
    phone.mood = 'answers'
  })

  it('S87 S119 tells live what is missing while it looks for the phone, and may be cancelled', async () => {
    const looking = popup.locator('li[aria-current]', { hasText: 'Is it online? Open Doorward there.' })
    phone.mood = 'away'
    const answer = ask(page, 'login')
    await looking.waitFor()
    const said = await popup.getByRole('main').innerText()
    expect([said.includes('Your server was reached.'), said.includes('was found')]).toEqual([true, false])
    expect(await axeFindings(popup)).toEqual([])
    phone.mood = 'answers'
    expect(await answer).toBe('verified')

    phone.mood = 'away'
    const cancelled = ask(page, 'login')
    await looking.waitFor()
    await popup.getByRole('button', { name: 'Cancel' }).click()
    expect(await cancelled).toBe('NotAllowedError')
    phone.mood = 'answers'
  })

  it('S120 a page that takes its request back frees the phone, and a second request meanwhile is refused', async () => {
    phone.mood = 'silence'
    const other = await seat.context.newPage()
    await other.goto(site.origin)
    const first = page.evaluate<string>(`(async () => { const end = new AbortController(); globalThis.end = end; return ask('login', { signal: end.signal }) })()`)
    await popup.locator('li[aria-current]', { hasText: 'Approve it on the phone.' }).waitFor()
    expect(await ask(other, 'login')).toBe('NotAllowedError')
    await popup.getByText('Two requests at once').waitFor()
    await page.evaluate('end.abort()')
    expect(await first).toBe('AbortError')
    await expect.poll(() => phone.cancelled).toBe(2)
    await popup.getByText('The page took its request back.').waitFor()
    await other.close()
    phone.mood = 'answers'
  })

  it('a worker that was ended meanwhile goes on with the request', async () => {
    phone.mood = 'silence'
    const known = phone.asked.length
    const answer = ask(page, 'login', { options: { extensions: { prf: { eval: { first: 'AAAA' } } } } })
    await expect.poll(() => phone.asked.length).toBe(known + 1)
    const before = phone.asked.length
    await seat.killWorker()
    phone.mood = 'answers'
    // Whatever wakes a worker: here the popup, otherwise its alarm.
    await popup.evaluate(`chrome.storage.local.set({ wake: Date.now() })`)
    expect(await answer).toBe('verified')
    expect(phone.asked.length).toBe(before + 1)
    // The same by its number, so a phone shows it once.
    expect(new Set(phone.asked.slice(-2).map((question) => ('request' in question ? question.request : ''))).size).toBe(1)
  })

  it('uses another key this time: the browser itself is asked for a minute', async () => {
    phone.mood = 'silence'
    const answer = ask(page, 'login')
    await popup.locator('li[aria-current]', { hasText: 'Approve it on the phone.' }).waitFor()
    await popup.getByRole('button', { name: 'Use another key this time' }).click()
    expect(await answer).toBe('NotAllowedError')
    await popup.getByText('left out for a minute').waitFor()
    phone.mood = 'answers'
    const before = phone.asked.length
    expect(await natively(seat, site)).toBe('native')
    expect(phone.asked.length).toBe(before)
    await popup.locator('#go-on').click()
    await popup.getByText('On until').waitFor()
    expect(await ask(page, 'login')).toBe('verified')
  })

  it('off means off: the browser works as if the extension were not there', async () => {
    await choose(popup, 'off')
    await popup.getByText('Off: this browser works as always.').waitFor()
    const before = phone.asked.length
    expect(await natively(seat, site)).toBe('native')
    expect(phone.asked.length).toBe(before)
    await choose(popup, 'always')
    await popup.getByText('On: sites').waitFor()
    const answer = ask(page, 'login')
    await popup.getByRole('button', { name: 'Ask my phone' }).click()
    expect(await answer).toBe('verified')
  })

  it('SEC-48 switched on for always, a request waits in the popup for a click, as the browser does not say where it comes from', async () => {
    await popup.getByRole('button', { name: 'Let it see the page in front' }).waitFor()
    const before = phone.asked.length
    const making = ask(page, 'register')
    await popup.getByText('It wants to make a key.').waitFor()
    expect(await axeFindings(popup)).toEqual([])
    await page.waitForTimeout(500)
    expect(phone.asked.length).toBe(before)
    await popup.getByRole('button', { name: 'Ask my phone' }).click()
    expect(await making).toBe('InvalidStateError')
    expect(phone.asked.length).toBe(before + 1)

    const refused = ask(page, 'login')
    await popup.getByText('It wants you to sign in with a key.').waitFor()
    await popup.getByRole('button', { name: 'Cancel' }).click()
    expect(await refused).toBe('NotAllowedError')
    expect(phone.asked.length).toBe(before + 1)
  })

  it('S120 what a page takes back at once is asked of nobody, and stands in nobody’s way', async () => {
    const before = phone.asked.length
    for (const use of ['always', 'minutes'] as const) {
      await choose(popup, use)
      await popup.getByText(use === 'always' ? 'On: sites' : 'On until').waitFor()
      for (const milliseconds of [0, 1, 2, 4, 8]) {
        expect(await page.evaluate<string>(`(async () => {
          const end = new AbortController()
          const asked = navigator.credentials.get({ publicKey: { challenge: new Uint8Array(16), rpId: 'localhost' }, signal: end.signal }).then(() => 'answered', (error) => error.name)
          setTimeout(() => end.abort(), ${milliseconds})
          return asked
        })()`)).toBe('AbortError')
        await expect.poll(() => popup.evaluate(`chrome.storage.session.get('pending').then(({ pending }) => pending ?? null)`)).toBe(null)
      }
    }
    expect(phone.asked.length).toBe(before)
    expect(await ask(page, 'login')).toBe('verified')
  })
})
