import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { axeFindings, chromiumMissing, plugIn } from '../support/chromium.ts'
import { ask, startDemoSite, type DemoSite } from '../support/demo-site.ts'
import { startExtensionScene, type ExtensionScene } from '../support/extension-scene.ts'
import { choose, pairWith, takeExtensionSeat, unpack, type ExtensionSeat } from '../support/extension-seat.ts'
import type { PocketPhone } from '../support/pocket-phone.ts'
import { skipWithout } from '../support/skip.ts'

describe('the browser extension in pages', () => {
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
    const folder = unpack(scene.app.foundation.extension, 'chrome')
    // The browser's own questions for these rights have no place in a browser without a screen; here they are answered before.
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as { readonly permissions: readonly string[] }
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifest, host_permissions: ['<all_urls>'], permissions: [...manifest.permissions, 'tabs'] }))
    seat = await takeExtensionSeat([folder], scene.app.foundation.extension.id)
    await pairWith(seat, phone)
    popup = await seat.popup()
    await popup.locator('#lane').check()
    await choose(popup, 'always')
    await popup.getByText('On: sites').waitFor()
    page = await seat.context.newPage()
    await page.goto(site.origin)
  })
  afterAll(async () => {
    await seat?.close()
    await scene?.close()
  })
  /** As a person does: a page that asks without a click is left to the browser. */
  const click = (where: Page): Promise<void> => where.locator('#go').click()

  it('S113 S114 registers and signs in with what looks like the browser’s own, at the site’s own server', async () => {
    await click(page)
    expect(await ask(page, 'register')).toBe('verified')
    expect(await page.evaluate<object>('last')).toEqual({ real: true, response: true, type: 'public-key' })
    await click(page)
    expect(await ask(page, 'login')).toBe('verified')
    expect(phone.asked.at(-1)).toMatchObject({ origin: site.origin, crossOrigin: false, options: { rpId: 'localhost' } })
  })

  it('S86 hands the phone’s no over, and S84 the time that the site gives', async () => {
    phone.mood = 'denied'
    await click(page)
    expect(await ask(page, 'login')).toBe('NotAllowedError')
    phone.mood = 'silence'
    await click(page)
    const asked = Date.now()
    expect(await ask(page, 'login', { options: { timeout: 10_000 } })).toBe('NotAllowedError')
    expect(Date.now() - asked).toBeLessThan(14_000)
    await popup.getByText('Nobody answered on the phone in time.').waitFor()
    phone.mood = 'answers'
  })

  it('waits in the page’s form until the person chooses the phone', async () => {
    const before = phone.asked.length
    const answer = ask(page, 'login', { mediation: 'conditional' })
    await page.waitForTimeout(500)
    expect(phone.asked.length).toBe(before)
    await page.bringToFront()
    // A popup lies over the page in front; in a tab of its own it would be that page itself.
    const [worker] = [await seat.worker()]
    await worker.evaluate(`chrome.tabs.query({ active: true, lastFocusedWindow: true }).then(([tab]) => chrome.tabs.sendMessage(tab.id, 'begin'))`)
    expect(await answer).toBe('verified')
    expect(phone.asked.length).toBe(before + 1)
  })

  it('frees the phone when the page goes elsewhere', async () => {
    phone.mood = 'silence'
    const before = phone.cancelled
    await click(page)
    void ask(page, 'login').catch(() => undefined)
    await popup.locator('li[aria-current]', { hasText: 'Approve it on the phone.' }).waitFor()
    await page.goto('about:blank')
    await expect.poll(() => phone.cancelled).toBe(before + 1)
    phone.mood = 'answers'
    await page.goto(site.origin)
  })

  it('SEC-48 leaves what is not the site’s own, and what nobody clicked, to the browser', async () => {
    const before = phone.asked.length
    await click(page)
    expect(await ask(page, 'login', { options: { rpId: 'bank.example' } })).toBe('SecurityError')
    const fresh = await seat.context.newPage()
    await plugIn(fresh)
    await fresh.goto(`${site.origin}/#at-once`)
    // Whoever asks the page something from outside clicks in its eyes.
    await expect.poll(() => site.credentials.size).toBe(2)
    expect(await fresh.evaluate<string>('atOnce')).toBe('verified')
    expect(phone.asked.length).toBe(before)
    await fresh.close()
  })

  it('SEC-48 by the browser’s own way, always: the site in front reaches the phone; one behind it, and whoever wants a new key, wait for a click', async () => {
    await popup.locator('#lane').uncheck()
    await popup.getByText('On: sites').waitFor()
    const seen = await seat.context.newPage()
    await seen.goto(site.origin)
    await seen.bringToFront()
    expect(await ask(seen, 'login')).toBe('verified')

    const other = await startDemoSite()
    const behind = await seat.context.newPage()
    await behind.goto(other.origin)
    await seen.bringToFront()
    const before = phone.asked.length
    const hidden = ask(behind, 'login')
    await popup.getByText('It wants you to sign in with a key.').waitFor()
    await popup.waitForTimeout(500)
    expect(phone.asked.length).toBe(before)
    await popup.getByRole('button', { name: 'Cancel' }).click()
    expect(await hidden).toBe('NotAllowedError')
    const making = ask(seen, 'register')
    await popup.getByText('It wants to make a key.').waitFor()
    await popup.getByRole('button', { name: 'Cancel' }).click()
    expect(await making).toBe('NotAllowedError')
    expect(phone.asked.length).toBe(before)

    // For ten minutes too: the click was for what is in front.
    await choose(popup, 'minutes')
    const later = ask(behind, 'login')
    await popup.getByText('It wants you to sign in with a key.').waitFor()
    await popup.getByRole('button', { name: 'Ask my phone' }).click()
    // A key of the same name, which this other site does not know.
    expect(await later).toBe('{"verified":false}')
    expect(phone.asked.length).toBe(before + 1)
    for (const one of [seen, behind]) await one.close()
    other.close()
    await popup.locator('#lane').check()
    await choose(popup, 'always')
  })

  it('S105 SEC-50 a pairing that is removed on the phone is over here, and says so', async () => {
    await phone.remove()
    await click(page)
    expect(await ask(page, 'login')).toBe('NotAllowedError')
    await popup.getByText('This computer was removed on the phone.').waitFor()
    expect(await popup.getByRole('heading', { level: 1 }).innerText()).toBe('No phone is paired')
  })

  it('S105 SEC-50 a pairing that is removed here is over on the phone', async () => {
    await pairWith(seat, phone)
    await popup.getByRole('button', { name: /Remove .*Pixel 9/ }).click()
    expect(await axeFindings(popup)).toEqual([])
    await popup.locator('#remove').click()
    await popup.getByRole('heading', { name: 'No phone is paired' }).waitFor()
    expect((await phone.phone.state()).body.computers).toEqual([])
  })

  it('S106 SEC-46 digits that differ pair nothing, and one code is for one phone', async () => {
    const window = await seat.popup('#pair')
    const address = await window.locator('#address').textContent() ?? ''
    expect(await axeFindings(window)).toEqual([])
    await phone.scan(address)
    await expect(phone.scan(address)).rejects.toThrow('offer')
    await window.getByRole('button', { name: 'No', exact: true }).click()
    await window.getByText('You said that the digits differ').waitFor()
    expect(await axeFindings(window)).toEqual([])
    await window.close()
    expect((await phone.phone.state()).body.computers).toEqual([])
  })
})

describe('the browser extension beside others and in other languages', () => {
  let scene: ExtensionScene
  const missing = chromiumMissing()
  skipWithout(missing)
  beforeAll(async () => { if (missing === undefined) scene = await startExtensionScene() })
  afterAll(async () => { await scene?.close() })

  it('says so when another extension answers for security keys', async () => {
    const other = mkdtempSync(join(tmpdir(), 'other-extension-'))
    writeFileSync(join(other, 'manifest.json'), JSON.stringify({ manifest_version: 3, name: 'Another one', version: '1', permissions: ['webAuthenticationProxy'], background: { service_worker: 'worker.js' } }))
    writeFileSync(join(other, 'worker.js'), 'chrome.webAuthenticationProxy.attach()')
    const seat = await takeExtensionSeat([other, unpack(scene.app.foundation.extension, 'chrome')], scene.app.foundation.extension.id)
    await pairWith(seat, scene.phone)
    const popup = await seat.popup()
    await choose(popup, 'always')
    await popup.getByText('Another extension answers for security keys').waitFor()
    expect(await popup.locator('#state').innerText()).toContain('Off')
    await popup.locator('#about').click()
    await popup.getByText(scene.app.foundation.extension.download('chrome').sha256).waitFor()
    expect(await axeFindings(popup)).toEqual([])
    await seat.close()
  })

  it('S113 S114 reaches the same phone from private windows, once its person lets it in there', async () => {
    const { app, site, phone } = scene
    const seat = await takeExtensionSeat([unpack(app.foundation.extension, 'chrome')], app.foundation.extension.id)
    await pairWith(seat, phone)
    const settings = await seat.context.newPage()
    await settings.goto('chrome://extensions')
    // As the switches of that page do: the first is what an extension from a folder needs.
    await settings.evaluate('chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true })')
    await settings.evaluate(`chrome.developerPrivate.updateExtensionConfiguration({ extensionId: ${JSON.stringify(seat.id)}, incognitoAccess: true })`)
    // The browser starts it anew for that.
    await expect.poll(() => settings.evaluate(`chrome.developerPrivate.getExtensionInfo(${JSON.stringify(seat.id)}).then(({ state, incognitoAccess }) => state === 'ENABLED' && incognitoAccess.isActive)`)).toBe(true)
    const popup = await vi.waitFor(() => seat.popup(), { timeout: 10_000, interval: 300 })
    await choose(popup, 'minutes')
    await popup.getByText('On until').waitFor()
    const opened = seat.context.waitForEvent('page')
    await popup.evaluate(`chrome.windows.create({ incognito: true, url: ${JSON.stringify(site.origin)} })`)
    const page = await opened
    await page.waitForLoadState()
    const before = phone.asked.length
    expect([await ask(page, 'register'), await ask(page, 'login'), phone.asked.length]).toEqual(['verified', 'verified', before + 2])
    await seat.close()
  })

  it.each([['fa', 'rtl', 'هیچ تلفنی جفت نیست', true], ['de', 'ltr', 'Kein Telefon ist gekoppelt', false]])('S125 speaks %s', async (language, direction, title, dark) => {
    const seat = await takeExtensionSeat([unpack(scene.app.foundation.extension, 'chrome')], scene.app.foundation.extension.id, { language, dark })
    for (const hash of ['', '#pair']) {
      const popup = await seat.popup(hash)
      if (hash === '') expect(await popup.getByRole('heading', { level: 1 }).innerText()).toBe(title)
      else await popup.locator('.code').waitFor()
      expect(await popup.evaluate('[document.documentElement.lang, document.documentElement.dir]')).toEqual([language, direction])
      expect(await popup.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      expect(await axeFindings(popup)).toEqual([])
      if (process.env['DOORWARD_PICTURES'] !== undefined) await popup.screenshot({ path: join(process.env['DOORWARD_PICTURES'], `popup-${language}${hash.slice(1)}.png`), fullPage: true })
      await popup.close()
    }
    await seat.close()
  })
})
