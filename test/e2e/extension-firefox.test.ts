import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DemoSite } from '../support/demo-site.ts'
import { startExtensionScene, type ExtensionScene } from '../support/extension-scene.ts'
import { extensionAddress, firefoxMissing, startFirefox, type Firefox, type Tab } from '../support/firefox.ts'
import type { PocketPhone } from '../support/pocket-phone.ts'
import { skipWithout } from '../support/skip.ts'

describe('the browser extension in Firefox', () => {
  let scene: ExtensionScene
  let site: DemoSite
  let firefox: Firefox
  let phone: PocketPhone
  let popup: Tab
  let page: Tab
  const folder = mkdtempSync(join(tmpdir(), 'doorward-firefox-file-'))
  const missing = firefoxMissing()
  skipWithout(missing)
  beforeAll(async () => {
    if (missing !== undefined) return
    scene = await startExtensionScene()
    ;({ site, phone } = scene)
    firefox = await startFirefox()
    // As downloaded: the file of the page, not a folder.
    const { name } = scene.app.foundation.extension.download('firefox')
    const file = join(folder, name)
    writeFileSync(file, Buffer.from(await (await fetch(`${scene.app.url}/downloads/${name}`)).arrayBuffer()))
    await firefox.install(file)
    popup = await firefox.tab(extensionAddress)
    await popup.resize(360, 640)
    page = await firefox.tab(site.origin)
  })
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true })
    await firefox?.close()
    await scene?.close()
  })
  /** What a site gets after somebody clicked there. */
  const ask = async (what: 'register' | 'login', change: object = {}): Promise<string> => {
    await page.click('#go')
    return page.evaluate<string>(`ask(${JSON.stringify(what)}, ${JSON.stringify(change)})`)
  }
  const choose = (use: 'always' | 'off'): Promise<void> => popup.evaluate(`document.querySelector('#use-${use}').click()`)
  const picture = async (tab: Tab, name: string): Promise<void> => {
    const { DOORWARD_PICTURES: pictures } = process.env
    if (pictures !== undefined) await tab.screenshot(join(pictures, `${name}.png`))
  }

  it('S103 S105 SEC-46 pairs by a code, with the same digits on both', async () => {
    await popup.shows('No phone is paired')
    const window = await firefox.tab(`${extensionAddress}#pair`)
    await window.shows('You cannot scan?')
    const taken = await phone.scan(await window.evaluate<string>(`document.querySelector('#address').textContent`))
    await window.shows('Yes, the same')
    expect((await window.evaluate<string>(`document.querySelector('#digits').textContent`)).replaceAll(/\D/g, '')).toBe(taken.digits)
    await window.click('.pair .button--primary')
    await window.shows('Now confirm on')
    expect((await taken.confirm()).state).toBe('active')
    await window.shows('Congratulations')
    await window.close()
    await popup.shows('Paired with Pixel 9')
    expect((await phone.phone.state()).body.computers.map(({ name }) => name)).toEqual(['Firefox on Linux'])
    await picture(popup, 'firefox-popup')
  })

  it('SEC-48 reaches no page before the person allowed it in Firefox’s own question', async () => {
    await choose('always')
    await popup.click('#permission')
    expect(await firefox.answer('secondary')).toContain('Access your data for all websites')
    await page.goto(site.origin)
    expect(await page.evaluate<string>('navigator.credentials.get.toString()')).toContain('[native code]')
    await popup.shows('Off')
    await popup.click('#permission')
    await firefox.answer('primary')
    await popup.shows('On: sites that ask for a key ask this phone.')
    await page.goto(site.origin)
  })

  it('S64 S111 S113 S114 registers and signs in at a site on another origin, whose own server is satisfied', async () => {
    expect(await ask('register')).toBe('verified')
    expect(await page.evaluate<object>('last')).toEqual({ real: true, response: true, type: 'public-key' })
    expect(await ask('login')).toBe('verified')
    expect(phone.asked.map(({ kind }) => kind)).toEqual(['create', 'get'])
    expect(phone.asked.at(-1)).toMatchObject({ origin: site.origin, crossOrigin: false, options: { rpId: 'localhost' } })
    phone.mood = 'denied'
    expect(await ask('login')).toBe('NotAllowedError')
    await popup.shows('You said no on the phone.')
    phone.mood = 'answers'
  })

  it('waits in the page’s form until the person chooses the phone', async () => {
    const before = phone.asked.length
    await page.click('#go')
    const answer = page.evaluate<string>(`ask('login', { mediation: 'conditional' })`)
    const begin = `chrome.tabs.query({}).then((tabs) => chrome.tabs.sendMessage(tabs.find(({ url }) => url?.startsWith(${JSON.stringify(site.origin)})).id, 'begin'))`
    await expect.poll(() => popup.evaluate(begin)).toEqual({ waiting: true })
    expect([await answer, phone.asked.length]).toEqual(['verified', before + 1])
  })

  it('S120 a page that takes its request back or is left frees the phone', async () => {
    phone.mood = 'silence'
    await page.click('#go')
    const answer = page.evaluate<string>(`(async () => { const end = new AbortController(); globalThis.end = end; return ask('login', { signal: end.signal }) })()`)
    await popup.shows(' was found.')
    await page.evaluate('end.abort()')
    expect(await answer).toBe('AbortError')
    await expect.poll(() => phone.cancelled).toBe(1)
    await page.click('#go')
    void page.evaluate(`ask('login')`).catch(() => undefined)
    await popup.shows(' was found.')
    await page.goto(site.origin)
    await expect.poll(() => phone.cancelled).toBe(2)
  })

  it('a background that was ended meanwhile ends the request, and the popup waits for nobody', async () => {
    await page.click('#go')
    const answer = page.evaluate<string>(`ask('login')`)
    await popup.shows(' was found.')
    await firefox.endBackground()
    expect(await answer).toBe('NotAllowedError')
    await popup.evaluate(`chrome.storage.local.set({ wake: Date.now() })`)
    await popup.lacks(' was found.')
    phone.mood = 'answers'
    expect(await ask('login')).toBe('verified')
  })

  it('SEC-48 leaves to Firefox what is not the site’s own, and everything when it is off or another key is wanted', async () => {
    const before = phone.asked.length
    expect(await ask('login', { options: { rpId: 'bank.example' } })).toBe('SecurityError')
    expect(phone.asked.length).toBe(before)
    await firefox.plugIn()
    phone.mood = 'silence'
    await page.click('#go')
    const answer = page.evaluate<string>(`ask('register', { options: { excludeCredentials: [] } })`)
    await popup.shows(' was found.')
    const known = site.credentials.size
    await popup.evaluate(`document.querySelector('#other-key').click()`)
    expect([await answer, site.credentials.size, phone.asked.length]).toEqual(['verified', known + 1, before + 1])
    await popup.shows('left out for a minute')
    await choose('off')
    await popup.shows('Off: this browser works as always.')
    expect([await ask('login'), phone.asked.length]).toEqual(['verified', before + 1])
    phone.mood = 'answers'
  })
})
