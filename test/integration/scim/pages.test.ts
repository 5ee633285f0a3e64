import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { textOf } from '../../support/pages.ts'
import { ScimClient, scimClient } from '../../support/scim.ts'

const page = '/admin/directories/scim'
let count = 0

withApp('the page about SCIM', (current) => {
  const administrator = async (organization = current().organization) => current().signedIn(await current().addPerson({ email: `admin${++count}@example.com`, role: 'administrator', organization }))

  it('makes a token that works, shows it once, and counts what it brought', async () => {
    const browser = await administrator()
    expect(textOf((await browser.get(page)).body)).toContain('There is no token yet')
    await browser.get(`${page}/tokens/new`)
    const made = await browser.post(`${page}/tokens/new`, { name: 'Entra', scope: 'write', days: '730' })
    const token = /doorward_scim_[\w-]{43}/.exec(made.body)?.[0] ?? ''
    expect([made.status, made.headers['cache-control'], token !== '']).toEqual([200, 'no-store', true])
    const client = new ScimClient(current().url, token)
    expect((await client.post('/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'first@engines.example' })).status).toBe(201)
    const shown = await browser.get(page)
    expect([shown.body.includes(token), shown.body.includes(`${current().url}/scim/v2`), textOf(shown.body).includes('1 person')]).toEqual([false, true, true])
    expect(textOf(shown.body)).toContain(`…${token.slice(-4)}`)

    const revocation = /href="([^"]+\/revocation)"/.exec(shown.body)?.[1] ?? ''
    await browser.get(revocation)
    expect((await browser.post(revocation)).path).toBe(page)
    expect((await client.get('/Users')).status).toBe(401)
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, limit: 20 })
    expect(events.filter(({ action }) => action.startsWith('scim.')).map(({ action, details }) => [action, details['name'], details['scope']])).toEqual([['scim.token_revoked', 'Entra', 'write'], ['scim.token_made', 'Entra', 'write']])
    expect(JSON.stringify(events)).not.toContain(token)
  })

  it('SEC-71 asks for a fresh proof before anything is made or changed, and lets readers only look', async () => {
    const stale = await current().signedIn(await current().addPerson({ email: `stale${++count}@example.com`, role: 'owner' }), { fresh: false })
    expect((await stale.get(page)).status).toBe(200)
    for (const path of [`${page}/tokens/new`, `${page}/settings`, `${page}/tokens/x/revocation`]) expect((await stale.get(path, { follow: false })).location).toMatch(/^\/signin\//)
    const helpdesk = await current().signedIn(await current().addPerson({ email: `help${++count}@example.com`, role: 'helpdesk' }))
    expect((await helpdesk.get(page)).status).toBe(403)
  })

  it('SEC-73 finds no token of another organization', async () => {
    const other = await current().addOrganization(`Other ${++count}`)
    const client = await scimClient(current(), { organization: other, name: 'Theirs' })
    const browser = await administrator()
    expect((await browser.get(page)).body).not.toContain('Theirs')
    expect((await browser.get(`${page}/tokens/${client.tokenId}/revocation`)).status).toBe(404)
    expect((await browser.post(`${page}/tokens/${client.tokenId}/revocation`)).status).toBe(404)
    expect((await client.get('/Users')).status).toBe(200)
  })

  it('keeps the rules, and says which field is wrong', async () => {
    const browser = await administrator()
    await browser.get(`${page}/settings`)
    const wrong = await browser.post(`${page}/settings`, { take_over: 'yes', keep_days: '-1' })
    expect([wrong.status, textOf(wrong.body).includes('from 0 to 3650')]).toEqual([422, true])
    expect((await browser.post(`${page}/settings`, { take_over: 'yes', keep_days: '7' })).path).toBe(page)
    expect(await current().app.parts.scim.tokens.settings(current().organization.id)).toEqual({ takeOver: true, keepDays: 7 })
    await browser.get(`${page}/settings`)
    await browser.post(`${page}/settings`, { keep_days: '30' })
    expect(await current().app.parts.scim.tokens.settings(current().organization.id)).toEqual({ takeOver: false, keepDays: 30 })
    const nameless = await browser.post(`${page}/tokens/new`, { name: ' ', scope: 'write', days: '90' })
    expect([nameless.status, textOf(nameless.body).includes('at most 100 characters')]).toEqual([422, true])
  })

  it('makes no more tokens than anybody can look after', async () => {
    const place = await current().addOrganization(`Full ${++count}`)
    for (let made = 0; made < 10; made++) await scimClient(current(), { organization: place })
    const browser = await administrator(place)
    expect((await browser.get(page)).body).not.toContain('/tokens/new')
    const refused = await browser.post(`${page}/tokens/new`, { name: 'Eleventh', scope: 'write', days: '90' })
    expect([refused.status, textOf(refused.body).includes('Revoke one')]).toEqual([422, true])
    expect(await current().app.parts.scim.tokens.list(place.id)).toHaveLength(10)
  })
})
