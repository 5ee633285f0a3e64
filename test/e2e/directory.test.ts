import { expect, it } from 'vitest'
import { personDn, slapdMissing, startSlapd } from '../support/directory/slapd.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'
import { skipWithout } from '../support/skip.ts'

inBrowser('a directory in the browser', (current) => {
  skipWithout(slapdMissing())

  it('SEC-65 S122 is connected, tested, previewed and applied, and whoever is locked there is locked out here', async () => {
    const { app } = current()
    const slapd = await startSlapd({ people: [{ uid: 'grace', cn: 'Grace Hopper', givenName: 'Grace', sn: 'Hopper', mail: 'grace@navy.test' }, { uid: 'ada', cn: 'Ada Lovelace', givenName: 'Ada', sn: 'Lovelace', mail: 'ada@navy.test' }], groups: [{ cn: 'engines', members: ['grace', 'ada'] }] })
    const owner = await app.addPerson({ email: 'owner@example.com', role: 'owner' })
    const seat = await current().seat({ as: owner })
    const { page } = seat
    const look = (): Promise<void> => expectAccessible(seat)
    try {
      await page.goto('/admin/directories')
      await look()
      await page.getByRole('link', { name: 'Connect a directory' }).click()
      await look()
      await page.getByRole('link', { name: /^OpenLDAP/ }).click()
      await page.getByLabel('Name', { exact: true }).first().fill('Navy')
      await page.getByLabel('Addresses', { exact: true }).fill(slapd.ldapsUrl)
      await page.getByLabel('Certificate of your own authority').fill(slapd.ca)
      await page.locator('#bind_name').fill(slapd.reader.dn)
      await page.getByLabel('Password', { exact: true }).fill(slapd.reader.password)
      await look()
      await page.getByRole('button', { name: 'Save and go on' }).click()

      await page.getByLabel('Base', { exact: true }).fill(slapd.base)
      await page.getByLabel('Find groups in the directory').fill('engi')
      await page.getByRole('button', { name: 'Search in the directory' }).click()
      await page.getByLabel('engines').check()
      await look()
      await page.getByRole('button', { name: 'Save', exact: true }).click()

      await page.getByRole('button', { name: 'Show five people' }).click()
      await page.getByText('grace@navy.test').waitFor()
      await look()
      await page.getByRole('button', { name: 'Save', exact: true }).click()
      await look()
      await page.getByRole('button', { name: 'Save', exact: true }).click()

      await page.getByRole('button', { name: 'Test', exact: true }).click()
      await page.getByText('The directory can be read.').waitFor()
      await look()
      await page.getByRole('link', { name: 'Back' }).click()
      await page.getByRole('button', { name: 'Preview' }).click()
      // The page comes again by itself until the run is over.
      await page.getByText('Previewed').waitFor({ timeout: 30_000 })
      await look()
      await page.getByRole('row').filter({ hasText: 'Previewed' }).getByRole('link').click()
      await page.getByText('New people').waitFor()
      await look()
      expect(await app.foundation.users.findByEmailKey('grace@navy.test')).toBeUndefined()

      await page.getByRole('link', { name: 'Navy' }).click()
      await page.getByRole('button', { name: 'Switch on' }).click()
      await page.getByText('Up to date').waitFor({ timeout: 30_000 })
      await page.goto('/admin/users?text=hopp')
      await page.getByRole('link', { name: 'Grace Hopper' }).click()
      await page.getByText('Name and address come from Navy').waitFor()
      await look()

      const grace = await app.foundation.users.findByEmailKey('grace@navy.test')
      if (!grace) throw new Error('the person did not come')
      const hers = await current().seat({ as: { user: grace, key: undefined } })
      await hers.page.goto('/')
      await hers.page.getByRole('heading', { level: 1 }).waitFor()
      expect(new URL(hers.page.url()).pathname).toBe('/')

      await slapd.modify(personDn('grace'), { pwdAccountLockedTime: '000001010000Z' })
      await page.goto('/admin/directories')
      await page.getByRole('link', { name: 'Navy' }).first().click()
      await page.getByRole('button', { name: 'Sync now' }).click()
      await page.getByText('1 suspended').waitFor({ timeout: 30_000 })
      await hers.page.goto('/')
      await hers.page.waitForURL(/\/signin/)
      expect(await app.foundation.users.findByEmailKey('grace@navy.test')).toMatchObject({ status: 'suspended' })
      expect(await app.foundation.users.findByEmailKey('ada@navy.test')).toMatchObject({ status: 'active' })
      await hers.close()

      await page.goto('/admin/users/import')
      await look()
      await page.getByLabel('File').setInputFiles({ name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from('E-Mail;Vorname;Gruppen\nemmy@example.com;Emmy;Algebra\nwrong;;\n') })
      await page.getByRole('button', { name: 'Upload and look' }).click()
      await page.getByLabel('Create groups that do not exist yet').check()
      await look()
      await page.getByRole('button', { name: 'Check all lines' }).click()
      await page.getByText('1 person is made or changed').waitFor({ timeout: 30_000 })
      await look()
      await page.getByRole('button', { name: 'Import', exact: true }).click()
      await page.getByText('People made').waitFor({ timeout: 30_000 })
      await look()
      expect(await app.foundation.users.findByEmailKey('emmy@example.com')).toMatchObject({ givenName: 'Emmy', status: 'new' })
      await seat.close()
    } finally {
      await slapd.stop()
    }
  }, 120_000)
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1' })
