import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import decodeQR from 'qr/decode.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type TestApp } from '../support/app.ts'
import { chromiumMissing, launchChromium, plugIn, takeSeat, type Seat } from '../support/chromium.ts'
import { activate, phoneOptions } from '../support/phone-seat.ts'
import { skipWithout } from '../support/skip.ts'

const [width, height] = [640, 480]

/** What stands on the page, as a camera would see it: red, green, blue, opacity of each point. */
async function photograph(page: Page, clip: { x: number; y: number }): Promise<Uint8Array> {
  const picture = await page.screenshot({ clip: { ...clip, width, height } })
  const helper = await page.context().newPage()
  const points = await helper.evaluate<string>(`(async () => {
    const image = await createImageBitmap(await (await fetch('data:image/png;base64,${picture.toString('base64')}')).blob())
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
    context.drawImage(image, 0, 0)
    let text = ''
    for (const byte of context.getImageData(0, 0, image.width, image.height).data) text += String.fromCharCode(byte)
    return btoa(text)
  })()`)
  await helper.close()
  return new Uint8Array(Buffer.from(points, 'base64'))
}

/** A film of one still picture in grey, in the format that Chromium takes for a camera (YUV4MPEG2). */
function film(points: Uint8Array): Buffer {
  const light = Buffer.alloc(width * height)
  for (let at = 0; at < light.length; at++) light[at] = Math.round(0.299 * (points[at * 4] ?? 0) + 0.587 * (points[at * 4 + 1] ?? 0) + 0.114 * (points[at * 4 + 2] ?? 0))
  const frame = Buffer.concat([Buffer.from('FRAME\n'), light, Buffer.alloc(width * height / 2, 128)])
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), frame, frame])
}

describe('a code on one screen, and the camera of another device', () => {
  const missing = chromiumMissing()
  skipWithout(missing)
  const folder = mkdtempSync(join(tmpdir(), 'doorward-camera-'))
  const camera = join(folder, 'camera.y4m')
  let app: TestApp
  let desk: Browser
  let pocket: Browser
  let computer: Seat
  let phone: Seat
  beforeAll(async () => {
    if (missing !== undefined) return
    writeFileSync(camera, film(new Uint8Array(width * height * 4)))
    app = await startTestApp('sqlite')
    desk = await launchChromium()
    pocket = await launchChromium(['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`])
    computer = await takeSeat(desk, app.url)
    phone = await takeSeat(pocket, app.url, { ...phoneOptions, permissions: ['camera'] })
    await plugIn(phone.page, 'internal')
    const { user } = await app.addPerson({ email: 'scan@example.com', withKey: false })
    await activate(phone, app, user)
  })
  afterAll(async () => {
    await desk?.close()
    await pocket?.close()
    await app?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('S104 S116 SEC-47 the phone scans the sign-in code of a computer that does not know the person, and signs in there', async () => {
    const { page } = computer
    await page.goto('/')
    await page.getByRole('link', { name: 'Use my phone' }).click()
    await page.getByRole('button', { name: 'Show a code to scan' }).click()
    const code = page.locator('img.qr')
    await code.waitFor()
    const box = await code.boundingBox()
    const points = await photograph(page, { x: Math.max(0, (box?.x ?? 0) - (width - (box?.width ?? 0)) / 2), y: Math.max(0, (box?.y ?? 0) - (height - (box?.height ?? 0)) / 2) })
    expect(decodeQR({ width, height, data: points })).toMatch(new RegExp(`^${app.url}/phone/scan#[\\w-]{22}\\.\\d+\\.[\\w-]{22}$`))
    writeFileSync(camera, film(points))
    await phone.page.goto('/phone/#/scan')
    const digits = (await page.locator('.match__number').textContent())?.trim() ?? ''
    await phone.page.getByRole('button', { name: digits, exact: true }).waitFor()
    await page.getByText('Your phone has the code.').waitFor()
    await phone.page.waitForTimeout(1_200)
    await phone.page.getByRole('button', { name: digits, exact: true }).click()
    await phone.page.getByRole('heading', { name: 'Approved' }).waitFor()
    await page.waitForURL((url) => url.pathname === '/')
    expect([...computer.foreign, ...phone.foreign, ...computer.complaints, ...phone.complaints]).toEqual([])
  })
})
