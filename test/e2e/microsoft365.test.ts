import { expect, it } from 'vitest'
import type { Page } from 'playwright-core'
import { createEntra, type Entra } from '../support/entra/index.ts'
import { federateWithEntra, type EntraFederation } from '../support/entra-federation.ts'
import { plugIn } from '../support/chromium.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

let count = 0

/** The whole way in a real browser, with a double that refuses what Entra refuses on another site (test/support/entra). */
inBrowser('Microsoft 365 in the browser', (current) => {
  const meet = async (protocol: 'saml' | 'wsfed', test: (meeting: EntraFederation & { entra: Entra; page: Page; open: (variant?: string) => Promise<void>; outcome: () => Promise<string>; touch: () => Promise<void> }) => Promise<void>): Promise<void> => {
    const { app } = current()
    const entra = await createEntra({ plain: true, clock: () => app.foundation.clock.now(), skewSeconds: 0 })
    const person = await app.addPerson({ email: `grace${++count}@navy.example`, givenName: 'Grace', familyName: 'Hopper', withKey: false })
    const seat = await current().seat({ as: person, alsoVisits: [entra.urls.login] })
    try {
      const { page } = seat
      await plugIn(page)
      await page.goto('/security/keys/new')
      await page.locator('button[data-ceremony]').click()
      await page.waitForURL(/\/edit\?new=1$/)
      await seat.context.clearCookies()
      const federation = await federateWithEntra(app, entra, { domain: `corp${count}.example`, protocol, person })
      await test({
        ...federation, entra, page,
        async open(variant = '') { await page.goto(`${entra.urls.login}/start?login_hint=${federation.upn}&variant=${variant}`) },
        async outcome() { return (await page.locator('main[data-outcome]').getAttribute('data-outcome')) ?? '' },
        async touch() { await page.getByRole('button', { name: /security key/ }).first().click() },
      })
      await seat.close()
    } finally {
      await seat.context.close()
      await entra.close()
    }
  }

  it.each(['saml', 'wsfed'] as const)('signs somebody in with a touch of the key, and again without (%s)', (protocol) => meet(protocol, async ({ entra, page, open, outcome, touch, upn }) => {
    await open()
    await page.getByText('to continue to Microsoft 365').waitFor()
    await expectAccessible({ page } as never)
    await touch()
    expect(await outcome()).toBe('signed-in')
    expect(entra.signIns.at(-1)).toMatchObject({ upn })
    await open()
    expect(await outcome()).toBe('signed-in')
    expect(entra.signIns).toHaveLength(2)
    expect(entra.refusals).toEqual([])
  }))

  it.each(['saml', 'wsfed'] as const)('asks anew where Entra wants that, and gives it the time of the new proof (%s)', (protocol) => meet(protocol, async ({ entra, page, open, outcome, touch }) => {
    await open()
    await touch()
    await outcome()
    const before = entra.signIns.at(-1)
    await open('fresh')
    await page.getByRole('heading', { name: /Confirm/ }).waitFor()
    await touch()
    expect(await outcome()).toBe('signed-in')
    expect(JSON.stringify(entra.signIns.at(-1))).not.toBe(JSON.stringify(before))
    expect(entra.refusals).toEqual([])
  }))

  it.each(['saml', 'wsfed'] as const)('satisfies a wish for several factors with one touch, and does not go round in circles (%s)', (protocol) => meet(protocol, async ({ entra, open, outcome, touch, federation, tenant }) => {
    tenant.policy.requireMfa = true
    federation.federatedIdpMfaBehavior = 'enforceMfaByFederatedIdp'
    await open('mfa')
    await touch()
    expect(await outcome()).toBe('signed-in')
    expect(entra.signIns.at(-1)?.mfaBy).toBe('identity provider')
    expect(entra.refusals).toEqual([])
  }))

  it.each(['saml', 'wsfed'] as const)('ends the session here when Entra signs the person out (%s)', (protocol) => meet(protocol, async ({ entra, page, open, outcome, touch, upn }) => {
    await open()
    await touch()
    await outcome()
    await page.goto(`${entra.urls.login}/signout?upn=${upn}`)
    await page.goto(current().app.url)
    await page.waitForURL(/\/signin/)
  }))

  it.each(['saml', 'wsfed'] as const)('rolls the certificate over without a sign-in that fails: before, during and after (%s)', (protocol) => meet(protocol, async ({ entra, open, outcome, touch, federation, domain }) => {
    const { keys } = current().app.app.parts
    const purpose = `microsoft365 ${domain.id}` as const
    const enter = async (): Promise<void> => {
      await open()
      expect(await outcome()).toBe('signed-in')
    }
    await open()
    await touch()
    expect(await outcome()).toBe('signed-in')
    await keys.rotate(purpose)
    await enter()
    const next = (await keys.certificates(purpose)).published.find(({ state }) => state === 'upcoming')
    federation.nextSigningCertificate = next?.certificate ?? ''
    await enter()
    await keys.switchOver(purpose)
    await enter()
    federation.signingCertificate = federation.nextSigningCertificate
    federation.nextSigningCertificate = null
    await enter()
    expect(entra.refusals).toEqual([])
    // And the other way round: a switch that Entra has not heard of is refused, so the test can fail.
    await keys.rotate(purpose, { compromised: true })
    await open()
    expect(await outcome()).toBe('refused')
    expect(entra.lastRefusal?.refusal.code).toBe(5000811)
  }))
})
