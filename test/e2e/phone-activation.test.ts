import { expect, it } from 'vitest'
import { plugIn } from '../support/chromium.ts'
import { activate, activationOf, takePhone } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

interface Manifest { readonly start_url: string; readonly scope: string; readonly display: string; readonly icons: readonly { readonly src: string; readonly purpose: string; readonly sizes: string }[] }

let count = 0
/** How many keys the browser keeps. */
const keysKept = `new Promise((done, fail) => {
  const opening = indexedDB.open('doorward-phone')
  opening.onupgradeneeded = () => { opening.result.createObjectStore('keys', { keyPath: 'id' }) }
  opening.onerror = fail
  opening.onsuccess = () => {
    const asking = opening.result.transaction('keys').objectStore('keys').getAll()
    asking.onsuccess = () => { opening.result.close(); done(asking.result.map(({ key }) => key.extractable)) }
  }
})`

inBrowser('putting a key on a phone', (current) => {
  const someone = () => current().app.addPerson({ email: `activation${++count}@example.com`, givenName: 'Grace', familyName: 'Hopper', withKey: false })

  it('S95 S104 the app says how to begin, has the code sign at its top and can be installed', async () => {
    const phone = await takePhone(current())
    const { page } = phone
    await page.goto('/phone/')
    await page.getByRole('heading', { name: 'Make this phone your key' }).waitFor()
    await expectAccessible(phone)
    const sign = await page.getByRole('banner').getByRole('link', { name: 'Scan a code' }).boundingBox()
    expect([(sign?.x ?? 0) > 280, (sign?.y ?? 999) < 60, (sign?.width ?? 0) >= 44, (sign?.height ?? 0) >= 44]).toEqual([true, true, true, true])
    const manifest = (await (await page.request.get((await page.locator('link[rel="manifest"]').getAttribute('href')) ?? '')).json()) as Manifest
    expect(manifest).toMatchObject({ start_url: '/phone/', scope: '/phone/', display: 'standalone' })
    for (const { src, sizes } of manifest.icons) {
      const icon = await page.request.get(src)
      expect([icon.status(), icon.headers()['content-type'], sizes]).toEqual([200, 'image/png', expect.stringMatching(/^(192x192|512x512)$/)])
    }
    expect(manifest.icons.map(({ purpose }) => purpose)).toContain('maskable')
    await page.goto('/phone/#/help')
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    await expectAccessible(phone)
    await phone.close()
  })

  it('S67 S100 S101 S47 the link asks first; approved, the phone shows its key with the organization', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const phone = await takePhone(current())
    const { page } = phone
    await page.goto(path)
    await expectAccessible(phone)
    // Whose mail this was is not told on to whoever it was forwarded to.
    expect(await page.getByRole('main').textContent()).not.toContain(user.email)
    const [no, yes] = [await page.getByRole('button', { name: 'Deny' }).boundingBox(), await page.getByRole('button', { name: 'Approve' }).boundingBox()]
    expect([no?.width, no?.height]).toEqual([yes?.width, yes?.height])
    expect(await page.evaluate(keysKept)).toEqual([])
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL('/phone/')
    const key = page.getByRole('link', { name: /Analytical Engines/ })
    await key.getByText('Ready').waitFor()
    expect(await key.textContent()).toMatch(/Analytical Engines\s*Work[\s\S]*activation\d+@example.com/)
    expect(await key.locator('svg.keycard__art').isVisible()).toBe(true)
    // SEC-45: nobody gets the key out, this page neither.
    expect(await page.evaluate(keysKept)).toEqual([false])
    expect((await phone.lock.credentials()).map(({ isResidentCredential }) => isResidentCredential)).toEqual([true])
    await expectAccessible(phone)
    await page.goto(path)
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toContain('no longer works')
    await phone.close()
  })

  it('S48 denied, nothing is on the phone and the link is worth nothing any more', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const phone = await takePhone(current())
    await phone.page.goto(path)
    await phone.page.getByRole('button', { name: 'Deny' }).click()
    await phone.page.getByText('Refused. Nothing was put on this phone.').waitFor()
    await expectAccessible(phone)
    expect(await phone.page.evaluate(keysKept)).toEqual([])
    expect(await phone.lock.credentials()).toEqual([])
    await phone.page.goto(path)
    expect(await phone.page.getByRole('heading', { level: 1 }).textContent()).toContain('no longer works')
    await phone.close()
  })

  it('S48 a phone that is not unlocked gets no key, says so, and may try again', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const phone = await takePhone(current())
    await phone.lock.setUserVerified(false)
    await phone.page.goto(path)
    await phone.page.getByRole('button', { name: 'Approve' }).click()
    await phone.page.getByText('The phone was not unlocked, so nothing was added.').waitFor()
    await expectAccessible(phone)
    expect(await phone.page.evaluate(keysKept)).toEqual([])
    await phone.lock.setUserVerified(true)
    await phone.page.getByRole('button', { name: 'Approve' }).click()
    await phone.page.waitForURL('/phone/')
    expect(await phone.page.evaluate(keysKept)).toEqual([false])
    await phone.close()
  })

  it('S50 of two phones that opened one link the second one is told that it was used', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const [first, second] = [await takePhone(current()), await takePhone(current())]
    for (const { page } of [first, second]) await page.goto(path)
    await first.page.getByRole('button', { name: 'Approve' }).click()
    await first.page.waitForURL('/phone/')
    await second.page.getByRole('button', { name: 'Approve' }).click()
    await second.page.getByText('This link was used, is too old, or a newer one was sent.').waitFor()
    expect(await second.page.evaluate(keysKept)).toEqual([])
    await first.close()
    await second.close()
  })

  it('S46 S68 on a computer the link is a picture that says the same, and looking does not use it up', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const computer = await current().seat()
    await computer.page.goto(path)
    await expectAccessible(computer)
    expect(await computer.page.getByRole('button', { name: 'Approve' }).isVisible()).toBe(false)
    // Read by the very library that phones get from this server.
    const reader = (await computer.page.locator('script[src*="/phone/"]').getAttribute('src'))?.replace('phone/activation.js', 'vendor/qr/decode.js')
    const said = await computer.page.evaluate(`(async () => {
      const { default: read } = await import(${JSON.stringify(reader)})
      const picture = document.querySelector('img.qr')
      await picture.decode()
      const canvas = Object.assign(document.createElement('canvas'), { width: 480, height: 480 })
      const paper = canvas.getContext('2d')
      paper.drawImage(picture, 0, 0, 480, 480)
      return read(paper.getImageData(0, 0, 480, 480))
    })()`)
    expect(said).toBe(`${current().app.url}${path}`)
    expect(await computer.page.locator('#link').textContent()).toBe(said)
    const phone = await takePhone(current())
    await phone.page.goto(path)
    await phone.page.getByRole('button', { name: 'Approve' }).click()
    await phone.page.waitForURL('/phone/')
    await computer.close()
    await phone.close()
  })

  it('S68 a computer may go on by itself: what it holds then is a key as on a phone', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const computer = await current().seat()
    await plugIn(computer.page, 'internal')
    await computer.page.goto(path)
    await computer.page.getByText('I am on the phone').click()
    await computer.page.getByRole('button', { name: 'Approve' }).click()
    await computer.page.waitForURL('/phone/')
    await computer.page.getByRole('link', { name: /Analytical Engines/ }).waitFor()
    await expectAccessible(computer)
    await computer.close()
  })

  it('S98 six digits lead to the same question as the link', async () => {
    const { user } = await someone()
    const { code } = await activationOf(current().app, user)
    const phone = await takePhone(current())
    const { page } = phone
    await page.goto('/phone/')
    await page.getByRole('link', { name: 'Type the six digits' }).click()
    await expectAccessible(phone)
    await page.getByLabel('Email').fill(user.email)
    await page.getByLabel('Activation code').fill(code === '123456' ? '654321' : '123456')
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByText('Email and code do not fit together').first().waitFor()
    await page.getByLabel('Activation code').fill(code)
    await page.getByRole('button', { name: 'Next' }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL('/phone/')
    await page.getByRole('link', { name: /Analytical Engines/ }).waitFor()
    await phone.close()
  })

  it('S69 a phone that lost its stored data says what to do, and is activated anew', async () => {
    const { user } = await someone()
    const phone = await takePhone(current())
    await activate(phone, current().app, user)
    await phone.page.getByRole('link', { name: /Analytical Engines/ }).waitFor()
    await phone.page.goto('/phone/activate')
    await phone.page.evaluate(`new Promise((done, fail) => { const away = indexedDB.deleteDatabase('doorward-phone'); away.onsuccess = done; away.onerror = fail })`)
    await phone.page.goto('/phone/')
    await phone.page.getByText('There was a key here before').click()
    expect(await phone.page.getByText('Then the browser has deleted its stored data').isVisible()).toBe(true)
    await activate(phone, current().app, user)
    await phone.page.getByRole('link', { name: /Analytical Engines/ }).getByText('Ready').waitFor()
    await phone.close()
  })

  it('S95 on an iPhone the page says to add the app to the home screen first', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const phone = await takePhone(current(), { userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1' })
    for (const address of [path, '/phone/']) {
      await phone.page.goto(address)
      await phone.page.getByText('First, add this app to your home screen').waitFor()
      await expectAccessible(phone)
    }
    await phone.close()
    const android = await takePhone(current())
    await android.page.goto(path)
    await android.page.getByRole('button', { name: 'Approve' }).waitFor()
    expect(await android.page.getByText('First, add this app to your home screen').isVisible()).toBe(false)
    await android.close()
  })
})
