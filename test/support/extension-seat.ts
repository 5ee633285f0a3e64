import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium, type BrowserContext, type Page, type Worker } from 'playwright-core'
import { expect } from 'vitest'
import type { Extension, ExtensionBrowser } from '../../src/downloads/index.ts'
import { chromiumFlags, chromiumPath, plugIn } from './chromium.ts'
import { ask, type DemoSite } from './demo-site.ts'
import type { PocketPhone } from './pocket-phone.ts'
import type { Screen } from './screen.ts'

export interface ExtensionSeat {
  readonly context: BrowserContext
  readonly id: string
  worker(): Promise<Worker>
  /** A page of the extension as its popup shows it, 360 pixels wide. */
  popup(hash?: string): Promise<Page>
  /** Ends the worker as a browser does after half a minute. */
  killWorker(): Promise<void>
  close(): Promise<void>
}

/** Writes the files as `doorward extension` does. */
export function unpack(extension: Pick<Extension, 'files'>, browser: ExtensionBrowser): string {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-extension-'))
  for (const [path, body] of extension.files(browser)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), body)
  }
  return folder
}

interface SeatOptions {
  readonly language?: string
  readonly dark?: boolean
  /** A command that starts it. */
  readonly before?: readonly string[]
  /** Where it appears; without, it has no screen. */
  readonly screen?: Pick<Screen, 'environment'>
}

/**
 * A Chromium of its own with extensions in it; only a persistent profile has them.
 * @param folders what is loaded as developers do; with none, a policy has to bring the extension
 */
export async function takeExtensionSeat(folders: readonly string[], id: string, options: SeatOptions = {}): Promise<ExtensionSeat> {
  const installed = chromiumPath()
  if (installed === undefined) throw new Error('Chromium is not installed here')
  const profile = mkdtempSync(join(tmpdir(), 'doorward-profile-'))
  const { language = 'en', dark, before, screen } = options
  // What a policy tells to install is fetched in the background.
  const without = [...(folders.length === 0 ? ['--disable-background-networking'] : []), ...(screen ? ['--headless'] : [])]
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: before === undefined ? installed : startedBy(before, installed, profile), headless: screen === undefined, ignoreDefaultArgs: ['--disable-extensions', ...without],
    colorScheme: dark ? 'dark' : 'light', env: { ...process.env, LANGUAGE: language, ...screen?.environment } as Record<string, string>,
    args: [...chromiumFlags.filter((flag) => !without.includes(flag)), `--lang=${language}`, ...(folders.length === 0 ? [] : [`--disable-extensions-except=${folders.join(',')}`, `--load-extension=${folders.join(',')}`])],
  })
  const isOurs = (worker: Worker): boolean => worker.url().includes(id)
  const worker = async (): Promise<Worker> => context.serviceWorkers().find(isOurs) ?? context.waitForEvent('serviceworker', { predicate: isOurs, timeout: 10_000 })
  return {
    context, id, worker,
    async popup(hash = '') {
      const page = await context.newPage()
      await page.setViewportSize({ width: 360, height: 640 })
      await page.goto(`chrome-extension://${id}/extension/popup.html${hash}`)
      await page.locator('h1').first().waitFor()
      return page
    },
    async killWorker() {
      const session = await context.browser()?.newBrowserCDPSession()
      const targets = async (): Promise<readonly string[]> => ((await session?.send('Target.getTargets'))?.targetInfos ?? []).filter(({ type, url }) => type === 'service_worker' && url.includes(id)).map(({ targetId }) => targetId)
      for (const targetId of await targets()) await session?.send('Target.closeTarget', { targetId })
      const end = Date.now() + 5_000
      while ((await targets()).length > 0) {
        if (Date.now() > end) throw new Error('the worker lives on')
        await new Promise((resolve) => { setTimeout(resolve, 50) })
      }
      await session?.detach()
    },
    async close() {
      await context.close()
      rmSync(profile, { recursive: true, force: true })
      for (const folder of folders) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Playwright starts a file, not a command. */
function startedBy(before: readonly string[], program: string, folder: string): string {
  const file = join(folder, 'start')
  writeFileSync(file, `#!/bin/sh\nexec ${[...before, program].map((word) => `'${word}'`).join(' ')} "$@"\n`)
  chmodSync(file, 0o755)
  return file
}

/** The switch in the popup. */
export async function choose(popup: Page, use: 'off' | 'minutes' | 'always'): Promise<void> {
  // It may be drawn anew at this very moment.
  await popup.locator(`#use-${use}`).dispatchEvent('click')
}

/** From the code to the congratulations, with a person who compares the digits. */
export async function pairWith(seat: ExtensionSeat, phone: PocketPhone): Promise<void> {
  const window = await seat.popup('#pair')
  await window.getByText('You cannot scan?').click()
  const taken = await phone.scan(await window.locator('#address').innerText())
  await window.locator('#digits').waitFor()
  expect((await window.locator('#digits').innerText()).replaceAll(/\D/g, '')).toBe(taken.digits)
  await window.getByRole('button', { name: 'Yes, the same' }).click()
  await window.getByText('Now confirm on').waitFor()
  expect((await taken.confirm()).state).toBe('active')
  await window.getByRole('heading', { name: 'Congratulations' }).waitFor()
  expect(await window.getByRole('main').innerText()).toContain('Pixel 9')
  await window.close()
}

/** A key in the computer's own port answers only if nothing stands before it. Its page is not used again, since such a key is asked before any extension. */
export async function natively({ context }: ExtensionSeat, site: DemoSite): Promise<'native' | 'not'> {
  const page = await context.newPage()
  await page.goto(site.origin)
  const known = site.credentials.size
  await plugIn(page)
  const made = await ask(page, 'register')
  await page.close()
  return made === 'verified' && site.credentials.size === known + 1 ? 'native' : 'not'
}
