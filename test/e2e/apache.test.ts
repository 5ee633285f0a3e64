import { expect, it } from 'vitest'
import { defaultOidcSettings } from '../../src/applications/index.ts'
import { apacheMissing, prepareApache } from '../support/apache.ts'
import { plugIn } from '../support/chromium.ts'
import { inBrowser } from '../support/scene.ts'

inBrowser('Apache with mod_auth_openidc', (current) => {
  it('S123 signs a person in through the browser, with a touch of a key and then without', async (test) => {
    const missing = apacheMissing()
    if (missing !== undefined) test.skip(missing)
    const { app } = current()
    const { storage, applications } = app.foundation
    const apache = await prepareApache()
    try {
      const id = await storage.write((tx) => applications.create(tx, app.organization.id, {
        name: 'Wiki', description: '', protocol: 'oidc', clientId: 'wiki', launchUrl: `${apache.url}/secure/`, access: 'everyone', trusted: false, requiredAssurance: null,
        oidc: { ...defaultOidcSettings('web'), redirectUris: [`${apache.url}/secure/callback`] },
      }))
      const secret = await storage.write((tx) => applications.addSecret(tx, app.organization.id, id, { overlapHours: 0 }))
      await apache.start({ issuer: app.url, clientId: 'wiki', secret })

      const grace = await app.addPerson({ email: 'grace@navy.example', givenName: 'Grace', familyName: 'Hopper', withKey: false })
      const seat = await current().seat({ as: grace, alsoVisits: [apache.url] })
      const { page } = seat
      await plugIn(page)
      await page.goto('/security/keys/new')
      await page.locator('button[data-ceremony]').click()
      await page.waitForURL(/\/edit\?new=1$/)
      await seat.context.clearCookies()

      await page.goto(`${apache.url}/secure/`)
      await page.getByText('to continue to Wiki').waitFor()
      await page.getByRole('button', { name: 'Sign in with a security key' }).click()
      await page.getByRole('button', { name: 'Allow' }).click()
      await page.getByText('Welcome to the wiki').waitFor()
      const again = await page.reload()
      expect(again?.headers()).toMatchObject({ 'x-user': grace.user.id, 'x-name': 'Grace Hopper', 'x-email': 'grace@navy.example' })

      await seat.context.clearCookies({ name: 'mod_auth_openidc_session' })
      await page.goto(`${apache.url}/secure/`)
      await page.getByText('Welcome to the wiki').waitFor()
      await seat.close()
    } finally {
      apache.stop()
    }
  })
})
