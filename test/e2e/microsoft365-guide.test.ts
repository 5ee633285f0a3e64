import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { graphScopes, wellKnownClient } from '../../src/microsoft365/graph/index.ts'
import { startTestApp, type TestApp } from '../support/app.ts'
import { axeFindings, chromiumMissing, launchChromium, plugIn, takeSeat, type Seat } from '../support/chromium.ts'
import { createEntra, type Entra, type Tenant } from '../support/entra/index.ts'
import { freePort } from '../support/port.ts'
import { skipWithout } from '../support/skip.ts'
import { startTlsFront, trusting, type TlsFront } from '../support/tls-front.ts'

const missing = chromiumMissing()

describe('the guide to Microsoft 365 in a browser, with an Entra that refuses what Entra refuses', () => {
  skipWithout(missing)
  const folder = mkdtempSync(join(tmpdir(), 'doorward-guide-'))
  let entra: Entra
  let tenant: Tenant
  let app: TestApp
  let front: TlsFront
  let browser: Browser

  beforeAll(async () => {
    if (missing !== undefined) return
    const [outside, inside] = [await freePort(), await freePort()]
    entra = await createEntra({ hosts: { login: '127.0.0.1', graph: '127.0.0.1' }, portInUrls: true, clock: () => app.foundation.clock.now(), skewSeconds: 0 })
    writeFileSync(join(folder, 'ca.pem'), entra.authority.cert)
    app = await startTestApp('sqlite', {
      DOORWARD_PUBLIC_URL: `https://localhost:${outside}`, DOORWARD_HTTP_PORT: String(inside), DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1', DOORWARD_OUTBOUND_ALLOW: '127.0.0.1', DOORWARD_OUTBOUND_CA_FILE: join(folder, 'ca.pem'),
    })
    front = await startTlsFront(await entra.authority.issue('localhost'), outside, inside)
    browser = await launchChromium([await trusting(outside, entra.port)])
    tenant = entra.addTenant({ initialDomain: 'corp.onmicrosoft.com' })
    for (const name of ['root', 'spare']) entra.addUser(tenant, `${name}@corp.onmicrosoft.com`, { directoryRoles: ['Global Administrator'] })
    entra.addApplication(tenant, { appId: wellKnownClient, isPublicClient: true, scopes: graphScopes('', 'write').split(' ').map((scope) => scope.slice(1)) })
  })
  afterAll(async () => {
    if (missing !== undefined) return
    await browser.close()
    await front.close()
    await app.close()
    await entra.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it.each(['SAML 2.0', 'WS-Federation'])('S115 S30 S31 federates a domain by %s, lets an employee in with a key, and leads back in one step', async (protocol) => {
    const name = protocol === 'SAML 2.0' ? 'corp.example' : 'lab.example'
    const owner = await app.addPerson({ email: `owner@${name}`, role: 'owner', givenName: 'Ada', familyName: 'Lovelace', withKey: false })
    entra.addDomain(tenant, name)
    const seat = await takeSeat(browser, app.url)
    const { page, context } = seat
    const { cookies } = await app.signedIn(owner)
    await context.addCookies([...cookies].map(([key, value]) => ({ name: key, value, url: app.url, secure: true, httpOnly: true, sameSite: 'Lax' as const })))
    await plugIn(page)
    await page.goto('/security/keys/new')
    await page.locator('button[data-ceremony]').click()
    await page.waitForURL(/\/edit\?new=1$/)
    await signInAgain(seat)

    // The administrator prepares the domain; Entra hears nothing of it.
    await page.goto('/admin/microsoft365')
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Add a domain' }).first().click()
    await page.getByLabel(protocol).check()
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByLabel('Domain', { exact: true }).fill(name)
    await page.getByLabel('Cloud', { exact: true }).selectOption('custom')
    await page.locator('input[name=login_host]').fill(entra.urls.login)
    await page.locator('input[name=graph_host]').fill(entra.urls.graph)
    await page.getByRole('button', { name: 'Prepare the domain' }).click()
    await page.getByText(`${name} is prepared`).waitFor()
    const domain = new URL(page.url()).pathname
    await page.goto('/admin/microsoft365/identities')
    await page.locator('form[action$="/identities/fill"] button').click()
    await page.getByText('filled in').waitFor()
    entra.addUser(tenant, owner.user.email, { onPremisesImmutableId: (await app.foundation.identities.of(owner.user.id))?.immutableId ?? '' })

    // Preflight, dry run and apply, each with a sign-in at Entra that no secret is kept of.
    await page.goto(`${domain}/preflight`)
    await connect(seat)
    await page.getByText('Nothing stands in the way').waitFor()
    expect(await axeFindings(page)).toEqual([])
    await page.getByRole('link', { name: 'Dry run' }).click()
    await page.getByText('federationConfiguration').first().waitFor()
    expect(entra.findDomain(name)?.authenticationType).toBe('Managed')
    await page.goto(`${domain}/apply`)
    await connect(seat)
    await page.getByRole('button', { name: 'Federate the domain' }).click()
    await page.getByText(`${name} is federated`).waitFor()
    expect(entra.findDomain(name)?.authenticationType).toBe('Federated')

    // An employee opens Microsoft 365 and touches a key.
    await context.clearCookies()
    await page.goto(`${entra.urls.login}/start?login_hint=${owner.user.email}&variant=`)
    await page.getByText('to continue to Microsoft 365').waitFor()
    await page.getByRole('button', { name: 'Sign in with a security key' }).click()
    await page.locator('main[data-outcome="signed-in"]').waitFor()
    expect(entra.signIns.at(-1)).toMatchObject({ upn: owner.user.email })
    expect(entra.refusals).toEqual([])
    await page.goto('/')
    const asked = context.waitForEvent('request', (request) => request.url() === `${entra.urls.login}/?whr=${name}`)
    await page.getByRole('link', { name: /Microsoft 365/ }).first().click()
    await asked

    // And back, as if nothing had been.
    await page.goto(`${domain}/undo`)
    await connect(seat)
    await page.getByRole('button', { name: 'Go back', exact: true }).click()
    await page.getByText('is back at Entra').waitFor()
    expect(entra.findDomain(name)?.authenticationType).toBe('Managed')
    await seat.close()
    expect(seat.complaints).toEqual([])
    expect([...new Set(seat.foreign.map((url) => new URL(url).origin))]).toEqual([new URL(entra.urls.login).origin])
  })

  /** With the key that this browser holds: what was put into it before was no key of this person's. */
  async function signInAgain({ page, context }: Seat): Promise<void> {
    await context.clearCookies()
    await page.goto('/signin')
    await page.getByRole('button', { name: 'Sign in with a security key' }).click()
    await page.waitForURL((url) => !url.pathname.startsWith('/signin'))
  }

  async function connect({ page }: Seat): Promise<void> {
    await page.waitForURL(/\/connection\?for=/)
    await page.getByRole('button', { name: 'Get a code' }).click()
    entra.approveDevice(await page.locator('#user-code').innerText(), { upn: 'root@corp.onmicrosoft.com' })
    app.advance(6_000)
    await page.getByRole('button', { name: 'I have signed in' }).click()
    await page.waitForURL((url) => !url.pathname.endsWith('/connection'))
  }
})
