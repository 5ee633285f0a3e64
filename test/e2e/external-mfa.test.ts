import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestApp, type Person, type TestApp } from '../support/app.ts'
import { axeFindings, chromiumMissing, launchChromium, plugIn, takeSeat, type Seat } from '../support/chromium.ts'
import { createEntra, type Entra, type Tenant } from '../support/entra/index.ts'
import { freePort } from '../support/port.ts'
import { skipWithout } from '../support/skip.ts'
import { startTlsFront, trusting, type TlsFront } from '../support/tls-front.ts'

const missing = chromiumMissing()

describe('External MFA in a browser, with an Entra that refuses what Entra refuses', () => {
  skipWithout(missing)
  const folder = mkdtempSync(join(tmpdir(), 'doorward-eam-'))
  let entra: Entra
  let app: TestApp
  let front: TlsFront
  let browser: Browser
  let seat: Seat
  let tenant: Tenant

  beforeAll(async () => {
    if (missing !== undefined) return
    const [outside, inside] = [await freePort(), await freePort()]
    entra = await createEntra({ hosts: { login: '127.0.0.1' }, portInUrls: true, reach: { hosts: { localhost: { port: outside } } } })
    writeFileSync(join(folder, 'ca.pem'), entra.authority.cert)
    app = await startTestApp('sqlite', {
      DOORWARD_PUBLIC_URL: `https://localhost:${outside}`, DOORWARD_HTTP_PORT: String(inside), DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1', DOORWARD_OUTBOUND_ALLOW: '127.0.0.1', DOORWARD_OUTBOUND_CA_FILE: join(folder, 'ca.pem'),
    })
    front = await startTlsFront(await entra.authority.issue('localhost'), outside, inside)
    browser = await launchChromium([await trusting(outside, entra.port)])
    tenant = entra.addTenant()
    entra.addDomain(tenant, 'navy.example')
  })
  afterAll(async () => {
    if (missing !== undefined) return
    await browser.close()
    await front.close()
    await app.close()
    await entra.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** The cookies of a session that a key has opened just now. */
  async function sessionOf({ user }: Person): Promise<readonly (readonly [string, string])[]> {
    const id = randomBytes(16).toString('base64url')
    const { secret } = await app.foundation.storage.write((tx) => app.app.parts.sessions.open(tx, {
      userId: user.id, organizationId: user.organizationId, browser: id, ip: '127.0.0.1', userAgent: 'Chromium', idleMinutes: 120, absoluteHours: 12,
      proofs: [{ method: 'passkey', at: app.foundation.clock.now(), credentialId: 'another key', factors: ['possession', 'inherence'], amr: ['hwk', 'pop', 'mfa', 'user'], phishingResistant: true, deviceBound: true }],
    }))
    return [['__Host-doorward-browser', id], ['__Host-doorward', secret]]
  }

  /** An administrator connects the tenant by the pages, and does in Entra what they say. */
  async function connect(): Promise<string> {
    const { page } = seat
    const application = entra.addApplication(tenant)
    await page.goto('/admin/external-mfa')
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Connect an Entra tenant' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Navy at Microsoft')
    await page.getByLabel('Directory (tenant) ID').fill(tenant.id)
    await page.getByLabel('Application (client) ID').fill(application.appId)
    await page.getByLabel('Cloud').selectOption('custom')
    await page.getByLabel('Sign-in host').fill(entra.urls.login)
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByText('Now do the steps in Entra').waitFor()
    await page.locator('summary', { hasText: 'The Graph call' }).click()
    expect(await axeFindings(page)).toEqual([])
    // The long commands scroll in their own box, on a phone too.
    for (const width of [1_280, 360]) {
      await page.setViewportSize({ width, height: 800 })
      expect(await page.evaluate<number>('document.documentElement.scrollWidth'), `${width}`).toBeLessThanOrEqual(width)
    }
    await page.setViewportSize({ width: 1_280, height: 800 })
    const call = await page.locator('#graph_call').innerText()
    const { openIdConnectSetting, appId } = JSON.parse(call.slice(call.indexOf('{'))) as { openIdConnectSetting: { clientId: string; discoveryUrl: string }; appId: string }
    expect(appId).toBe(application.appId)
    application.redirectUris.push(await page.locator('#connect_authorization').innerText())
    entra.addExternalMethod(tenant, { appId, openIdConnectSetting }, entra.addUser(tenant, 'grace@navy.example'), entra.addUser(tenant, 'stranger@navy.example'))
    return new URL(page.url()).pathname
  }

  it('SEC-19 SEC-72 from Entra to our page, with a touch of the key back to Entra, which lets the person in; and every spoiled hint stays here', async () => {
    const grace = await app.addPerson({ email: 'grace@navy.example', givenName: 'Grace', familyName: 'Hopper', role: 'administrator', withKey: false })
    seat = await takeSeat(browser, app.url)
    const { page, context } = seat
    await context.addCookies((await sessionOf(grace)).map(([name, value]) => ({ name, value, url: app.url, secure: true, httpOnly: true, sameSite: 'Lax' as const })))
    await plugIn(page)
    await page.goto('/security/keys/new')
    await page.locator('button[data-ceremony]').click()
    await page.waitForURL(/\/edit\?new=1$/)
    const connection = await connect()
    await context.clearCookies()

    const start = `${entra.urls.login}/eam/start?upn=grace@navy.example`
    for (const round of ['linked by the key', 'by the link']) {
      await page.goto(start)
      await page.getByText('to continue to Navy at Microsoft').waitFor()
      expect(await axeFindings(page), round).toEqual([])
      await page.getByRole('button', { name: 'Sign in with a security key' }).click()
      await page.waitForURL(`${entra.urls.login}/**`)
      expect(entra.refusals, round).toEqual([])
    }
    expect(entra.signIns.map(({ upn, methods, mfaBy }) => ({ upn, methods, mfaBy }))).toEqual(Array.from({ length: 2 }, () => ({ upn: 'grace@navy.example', methods: ['possessionorinherence', 'fido'], mfaBy: 'external provider' })))

    await page.goto(start)
    await page.getByRole('link', { name: 'Cancel, back to Navy at Microsoft' }).click()
    await page.waitForURL(`${entra.urls.login}/**`)
    expect(entra.lastRefusal).toMatchObject({ check: '7.4 error' })

    await page.goto(`${entra.urls.login}/eam/start?upn=stranger@navy.example`)
    await page.getByRole('heading', { name: 'You may not use this application' }).waitFor()
    await page.getByRole('link', { name: 'Back to Navy at Microsoft' }).click()
    await page.waitForURL(`${entra.urls.login}/**`)

    for (const fault of ['wrong-kid', 'wrong-key', 'wrong-tenant', 'wrong-audience', 'old', 'version-1', 'unsigned']) {
      await page.goto(`${start}&variant=${fault}`)
      await page.getByRole('heading', { name: 'Microsoft\'s request was not right' }).waitFor()
      expect(page.url(), fault).toContain(`${app.url}/eam/`)
    }
    expect(entra.signIns).toHaveLength(2)
    expect(connection).toMatch(/^\/admin\/external-mfa\//)
    await seat.close()
    expect(seat.complaints).toEqual([])
    expect([...new Set(seat.foreign.map((url) => new URL(url).origin))]).toEqual([entra.urls.login])
  })
})
