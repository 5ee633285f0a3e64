import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { textOf } from '../../support/pages.ts'

withApp('the page of the Windows kit', (current) => {
  it('looks at the sign-in page as a browser would, and finds one host', async () => {
    const browser = await current().signedIn(await current().addPerson({ email: 'owner@corp.example', role: 'owner' }))
    const { host } = new URL(current().url)
    expect(textOf((await browser.get('/admin/microsoft365/windows')).body)).toContain(`One host: as it must be ${host} Intune`)
  })
}, { DOORWARD_OUTBOUND_ALLOW: 'localhost,127.0.0.1' })
