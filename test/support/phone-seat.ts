import { devices, type BrowserContextOptions, type Page } from 'playwright-core'
import type { User } from '../../src/directory/index.ts'
import type { TestApp } from './app.ts'
import { plugIn, type Seat, type VirtualKey } from './chromium.ts'
import type { Scene } from './scene.ts'

/** A small phone, held upright. */
export const phoneOptions: BrowserContextOptions = { userAgent: devices['Pixel 7']?.userAgent ?? '', isMobile: true, hasTouch: true, deviceScaleFactor: 1.5, viewport: { width: 360, height: 740 } }

export interface PhoneSeat extends Seat {
  /** The phone's own lock, which its passkey needs. */
  readonly lock: VirtualKey
}

/** A phone in somebody's hand, with a browser and nothing in it. */
export async function takePhone(scene: Scene, options: BrowserContextOptions = {}): Promise<PhoneSeat> {
  const seat = await scene.seat({ ...phoneOptions, ...options })
  return { ...seat, lock: await plugIn(seat.page, 'internal') }
}

/** A link that puts a key of this person on a phone, as the panel and mails make it; with the digits that do the same. */
export async function activationOf(app: TestApp, user: User): Promise<{ readonly path: string; readonly code: string }> {
  const { token, code } = await app.foundation.storage.write((tx) => app.app.parts.phones.activations.create(tx, user, { byMail: false, replaces: null, note: '', createdBy: null, lifetimeSeconds: 600 }))
  return { path: `/phone/activate/${token}`, code }
}

/** Opens the link on the phone and approves. */
export async function activate({ page }: Seat, app: TestApp, user: User): Promise<void> {
  await page.goto((await activationOf(app, user)).path)
  await page.getByRole('button', { name: 'Approve' }).click()
  await page.waitForURL('/phone/')
}

export interface Computer extends Seat {
  /** The number that this computer shows. */
  readonly number: string
}

/** Somebody at a computer gives an address and says that the phone shall be asked. */
export async function askPhone(scene: Scene, email: string, start = '/'): Promise<Computer> {
  const seat = await scene.seat()
  return { ...seat, number: await askAgain(seat.page, email, start) }
}

/** The same computer once more. @returns the number it shows now */
export async function askAgain(page: Page, email: string, start = '/'): Promise<string> {
  await page.goto(start)
  await page.getByRole('link', { name: 'Use my phone' }).click()
  await page.getByLabel('Email').fill(email)
  await page.getByRole('button', { name: 'Ask my phone' }).click()
  await page.waitForURL(/\/phone\/wait$/)
  return (await page.locator('.match__number').textContent()) ?? ''
}

/** A number of the phone's that the computer does not show. */
export async function wrongNumber(page: Page, right: string): Promise<string> {
  await page.getByRole('button', { name: right, exact: true }).waitFor()
  return (await page.locator('.phone__number').allTextContents()).find((number) => number !== right) ?? ''
}
