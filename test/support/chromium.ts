import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type CDPSession, type Page } from 'playwright-core'
import type { SecurityKey } from './security-key.ts'

const candidates = [process.env['DOORWARD_TEST_CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
export const chromiumFlags = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
]

/** Why tests in a browser do not run, or undefined when they can. */
export function chromiumMissing(): string | undefined {
  return chromiumPath() === undefined ? 'Chromium is not installed here' : undefined
}

export function chromiumPath(): string | undefined {
  return candidates.find((path) => path !== undefined && existsSync(path))
}

/** @param more flags of one test, such as certificates to trust */
export function launchChromium(more: readonly string[] = []): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error('Chromium is not installed here')
  return chromium.launch({ executablePath, args: [...chromiumFlags, ...more] })
}

export interface Seat {
  readonly context: BrowserContext
  readonly page: Page
  /** Requests that went to another host than the one under test; must stay empty (S126). */
  readonly foreign: string[]
  /** Problems the browser itself reported: script errors and violated policies. */
  readonly complaints: string[]
  close(): Promise<void>
}

/** A person in front of a browser of their own: fresh cookies, no key yet. */
export async function takeSeat(browser: Browser, origin: string, options: BrowserContextOptions = {}): Promise<Seat> {
  const context = await browser.newContext({ baseURL: origin, locale: 'en-GB', timezoneId: 'Europe/Berlin', viewport: { width: 1280, height: 800 }, ...options })
  const page = await context.newPage()
  const foreign: string[] = []
  const complaints: string[] = []
  context.on('request', (request) => { if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith('data:')) foreign.push(request.url()) })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => { if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) complaints.push(message.text()) })
  return { context, page, foreign, complaints, close: () => context.close() }
}

export interface VirtualKey {
  /** Answers nothing any more, as if pulled out. */
  remove(): Promise<void>
  setUserVerified(verified: boolean): Promise<void>
  /** Whether somebody touches it when it asks; otherwise it waits. */
  setPresent(present: boolean): Promise<void>
  /** Puts a credential on it that was registered elsewhere. */
  insert(key: SecurityKey): Promise<void>
  credentials(): Promise<readonly { readonly credentialId: string; readonly isResidentCredential: boolean; readonly rpId?: string }[]>
}

/** Plugs a key into the page's computer: `usb` is one on a keyring, `internal` the sensor in the computer. */
export async function plugIn(page: Page, transport: 'usb' | 'internal' | 'nfc' | 'hybrid' = 'usb', options: { userVerified?: boolean } = {}): Promise<VirtualKey> {
  const session: CDPSession = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable', { enableUI: false })
  const { authenticatorId } = await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', ctap2Version: 'ctap2_1', transport, hasResidentKey: true, hasUserVerification: true, isUserVerified: options.userVerified ?? true, automaticPresenceSimulation: true,
    },
  })
  return {
    remove: async () => { await session.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId }) },
    setUserVerified: async (isUserVerified) => { await session.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }) },
    setPresent: async (enabled) => { await session.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }) },
    insert: async (key) => {
      await session.send('WebAuthn.addCredential', {
        authenticatorId,
        credential: {
          credentialId: asBase64(key.id), isResidentCredential: true, rpId: new URL(key.origin).hostname, privateKey: key.privateKey().toString('base64'), userHandle: asBase64(key.userHandle), signCount: key.counter,
        },
      })
    },
    credentials: async () => (await session.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  }
}

const asBase64 = (text: string): string => Buffer.from(text, 'base64url').toString('base64')

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds on the page by WCAG 2.0 to 2.2 A and AA and good practice: rule, and the elements it names. */
export async function axeFindings(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the page's own policy does not bind; once for a document that shows several screens.
  if (await page.evaluate('typeof axe') === 'undefined') await page.evaluate(axeSource)
  return JSON.parse(await page.evaluate<string>(`axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    .then(({ violations }) => JSON.stringify(violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 160)).join(' | '))))`)) as string[]
}
