import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { cameraFlags, showToCamera } from '../support/camera.ts'
import { chromiumMissing, launchChromium, plugIn, takeSeat } from '../support/chromium.ts'
import { activate, activationOf, phoneOptions, takePhone, type PhoneSeat } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

const folder = mkdtempSync(join(tmpdir(), 'doorward-camera-'))
const picture = join(folder, 'camera.y4m')
let count = 0

inBrowser('scanning a code', (current) => {
  let browser: Browser | undefined
  beforeAll(async () => {
    if (chromiumMissing() !== undefined) return
    showToCamera(picture, undefined)
    browser = await launchChromium(cameraFlags(picture))
  })
  afterAll(async () => {
    await browser?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const someone = () => current().app.addPerson({ email: `scan${++count}@example.com`, givenName: 'Grace', familyName: 'Hopper', withKey: false })

  async function takePhoneWithCamera(): Promise<PhoneSeat> {
    if (!browser) throw new Error('the browser with a camera is closed')
    const seat = await takeSeat(browser, current().app.url, phoneOptions)
    return {
      ...seat, lock: await plugIn(seat.page, 'internal'),
      async close() {
        await seat.close()
        expect([seat.complaints, seat.foreign]).toEqual([[], []])
      },
    }
  }

  it('S47 S67 S104 the code of an activation leads to its question, read by the library where the browser reads none', async () => {
    const { user } = await someone()
    const { path } = await activationOf(current().app, user)
    const phone = await takePhoneWithCamera()
    const { page } = phone
    await page.goto('/phone/')
    expect(await page.evaluate(`'BarcodeDetector' in window`)).toBe(false)
    const loaded: string[] = []
    page.on('request', (request) => { if (request.url().includes('/vendor/qr/')) loaded.push(new URL(request.url()).pathname.replace(/^\/assets\/\w+/, '')) })
    showToCamera(picture, `${current().app.url}${path}`)
    await page.getByRole('banner').getByRole('link', { name: 'Scan a code' }).click()
    await page.waitForURL(path)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.waitForURL('/phone/')
    expect(loaded.sort()).toEqual(['/vendor/qr/decode.js', '/vendor/qr/index.js'])
    await phone.close()
  })

  it('S47 a code of somebody else is no code, and the camera goes on', async () => {
    const phone = await takePhoneWithCamera()
    const { page } = phone
    showToCamera(picture, 'https://evil.example/phone/scan#AAAAAAAAAAAAAAAAAAAAAA.1.AAAAAAAAAAAAAAAAAAAAAA')
    await page.goto('/phone/#/scan')
    await page.getByText('That is not a code of this server.').waitFor()
    expect(await page.locator('video').isVisible()).toBe(true)
    expect(new URL(page.url()).origin).toBe(current().app.url)
    await expectAccessible(phone)
    // Whoever leaves the scanner leaves no camera on behind them.
    await page.evaluate(`window.seen = document.querySelector('video').srcObject.getTracks()`)
    await page.getByRole('link', { name: 'My keys' }).click()
    await page.getByRole('heading', { name: 'Make this phone your key' }).waitFor()
    expect(await page.evaluate(`window.seen.map((track) => track.readyState)`)).toEqual(['ended'])
    await phone.close()
  })

  it('S116 SEC-47 the code of a computer that knows nobody asks for the number, and signs in', async () => {
    const { user } = await someone()
    const phone = await takePhoneWithCamera()
    const { page } = phone
    await activate(phone, current().app, user)
    const computer = await current().seat()
    await computer.page.goto('/')
    await computer.page.getByRole('link', { name: 'Use my phone' }).click()
    await computer.page.getByRole('button', { name: 'Show a code to scan' }).click()
    await computer.page.waitForURL(/\/phone\/wait$/)
    const signIn = new URL(computer.page.url()).pathname.split('/')[2] ?? ''
    const { approvals, store } = current().app.app.parts.phones
    const asked = await current().app.foundation.storage.read.one<{ id: string }>('SELECT id FROM phone_approvals WHERE sign_in_id = ?', [signIn])
    showToCamera(picture, `${current().app.url}/phone/scan#${approvals.scanSecret(asked?.id ?? '')}`)
    await page.getByRole('banner').getByRole('link', { name: 'Scan a code' }).click()
    const digits = (await computer.page.locator('.match__number').textContent()) ?? ''
    await page.getByText('The code on the computer was scanned').waitFor()
    await expectAccessible(phone)
    await page.getByRole('button', { name: digits, exact: true }).click()
    await page.getByRole('heading', { name: 'Approved' }).waitFor()
    await computer.page.waitForURL('/')
    expect(await store.list(current().app.foundation.storage.read, user.id)).toHaveLength(1)
    await computer.close()
    await phone.close()
  })

  it('SEC-46 SEC-47 a code that is too old, or that any camera followed to a phone without a key, is explained', async () => {
    const { user } = await someone()
    const phone = await takePhone(current())
    const { page } = phone
    await page.goto('/phone/scan#AAAAAAAAAAAAAAAAAAAAAA.1.AAAAAAAAAAAAAAAAAAAAAA')
    await page.getByText('The code that you scanned needs a valid key, and there is none on this phone.').waitFor()
    await expectAccessible(phone)
    await activate(phone, current().app, user)
    await page.goto('/phone/scan#AAAAAAAAAAAAAAAAAAAAAA.1.AAAAAAAAAAAAAAAAAAAAAA')
    await page.getByRole('heading', { name: 'This code cannot be used' }).waitFor()
    // What was scanned does not stay in the address.
    expect(page.url()).not.toContain('AAAA')
    await expectAccessible(phone)
    await phone.close()
  })

  it('S104 without a camera, or where it is refused, the app says so and leads on', async () => {
    const phone = await takePhone(current())
    const { page } = phone
    await page.goto('/phone/#/scan')
    await page.getByText('No camera was found on this device.').waitFor()
    await page.addInitScript(`MediaDevices.prototype.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'))`)
    await page.reload()
    await page.getByText('The camera may not be used.').waitFor()
    await page.getByText('Go on without a camera').click()
    await expectAccessible(phone)
    await page.getByLabel('Eight digits under the code, or its address').fill('https://evil.example/phone/activate/AAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    await page.getByRole('button', { name: 'Open it' }).click()
    await page.getByText('That is not a code of this server.').waitFor()
    const { path } = await activationOf(current().app, (await someone()).user)
    await page.getByLabel('Eight digits under the code, or its address').fill(`${current().app.url}${path}`)
    await page.getByRole('button', { name: 'Open it' }).click()
    await page.waitForURL(path)
    await phone.close()
  })
})
