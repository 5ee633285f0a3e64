import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'

withApp('what strangers can begin', (current) => {
  it('SEC-55 is bounded for one network, and the answer says when to come back', async () => {
    const browser = current().browser()
    const rows = async (): Promise<number> => (await current().foundation.storage.read.one<{ rows: number }>('SELECT count(*) AS rows FROM sign_ins'))?.rows ?? 0
    for (let time = 0; time < 100; time++) expect((await browser.get('/signin', { follow: false })).status).toBe(303)
    const refused = await browser.get('/signin', { follow: false })
    expect([refused.status, Number(refused.headers['retry-after']) > 0]).toEqual([429, true])
    expect(await rows()).toBe(100)
    for (const path of ['/saml/sso', '/wsfed', '/oidc/auth', '/fed/x/wsfed']) expect((await browser.get(path)).status, path).toBe(429)
    // Whoever is at it already can go on, and what leaves no row is not counted.
    expect((await browser.get('/signed-out')).status).toBe(200)
    expect((await browser.get('/health/live')).status).toBe(200)
    current().advance(600_000)
    expect((await browser.get('/signin', { follow: false })).status).toBe(303)
  })
}, { DOORWARD_LIMITS_STARTS_PER_ADDRESS: '100' })
