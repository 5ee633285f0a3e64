import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import { changeSettings, textOf } from '../support/pages.ts'

const page = '/admin/settings/cross-device'
let count = 0

withApp('the risk assessment of sign-in across devices', (current) => {
  const someone = (role: Person['user']['role']): Promise<Person> => current().addPerson({ email: `risk${++count}@example.com`, role })
  const read = async (role: Person['user']['role']) => (await current().signedIn(await someone(role))).get(page)
  const sections = (body: string): Map<string, string> => new Map([...body.matchAll(/<section class="sheet" aria-labelledby="(\w+)">([\s\S]*?)<\/section>/g)].map(([, id = '', section = '']) => [id, textOf(section)]))

  it('SEC-40 is there for whoever may read the settings, and for nobody else', async () => {
    expect((await read('administrator')).status).toBe(200)
    for (const role of ['helpdesk', 'user'] as const) {
      const refused = await read(role)
      expect([refused.status, textOf(refused.body).includes('RFC 10027')]).toEqual([403, false])
    }
  })

  it('SEC-40 names for each way what could happen, what is done, what remains, when to use it and what can be set, the strongest first', async () => {
    const { body } = await read('owner')
    const found = sections(body)
    expect([...found.keys()]).toEqual(['glance', 'hybrid', 'request', 'code', 'activation', 'mail', 'grant', 'practices'])
    for (const id of ['hybrid', 'request', 'code', 'activation', 'mail', 'grant']) {
      for (const heading of ['What a stranger could do', 'What Doorward does', 'What remains', 'When to use it', 'What you can set']) expect(found.get(id), id).toContain(heading)
    }
    expect(body).toContain('href="/admin/settings/sign-in"')
  })

  it('SEC-41 SEC-42 SEC-43 SEC-47 tells the numbers that hold, and calls only the key of the browser phishing-resistant', async () => {
    const { body } = await read('owner')
    const found = sections(body)
    expect(found.get('request')).toMatch(/A request lives for 120 seconds[\s\S]*After 3 requests in ten minutes[\s\S]*pauses all requests for 24 hours/)
    expect(found.get('request')).toContain('never as phishing-resistant. Administrators and the help desk cannot sign in this way.')
    expect([...body.matchAll(/<tr><th scope="row"><a href="#(\w+)">[\s\S]*?<span class="tag tag--(\w+)">/g)].map(([, id, tone]) => `${id} ${tone}`)).toEqual(['hybrid good', 'request warn', 'code warn', 'activation warn', 'mail warn', 'grant warn'])
  })

  it('SEC-40 shows each way as this organization has it set', async () => {
    const states = async () => [...(await read('owner')).body.matchAll(/<th scope="row"><a href="#(\w+)">[\s\S]*?<\/td><td>([^<]*)<\/td><\/tr>/g)].map(([, id, state]) => `${id} ${state}`)
    await changeSettings(current(), { methods: { phone: true, phoneCode: false } })
    expect(await states()).toEqual(['hybrid Always possible', 'request On', 'code Off', 'activation Always possible', 'mail Always possible', 'grant Not in this version'])
    await changeSettings(current(), { methods: { phone: false, phoneCode: true } })
    expect(await states()).toContain('code Off')
    await changeSettings(current(), { methods: { phone: true, phoneCode: true } })
    expect(await states()).toContain('code On')
  })

  it('SEC-40 what it says of the device grant holds: nothing gives out device codes', async () => {
    const browser = current().browser()
    const discovery = (await browser.get('/.well-known/openid-configuration')).json<Record<string, unknown>>()
    expect(discovery).toMatchObject({ issuer: current().url })
    expect(discovery).not.toHaveProperty('device_authorization_endpoint')
    expect(discovery['grant_types_supported']).not.toContain('urn:ietf:params:oauth:grant-type:device_code')
    const asked = await browser.post('/oidc/device_authorization', { client_id: 'any', scope: 'openid' })
    // No endpoint takes it, so it ends where forms without a token do.
    expect([asked.status, asked.body.includes('device_code')]).toEqual([403, false])
  })

  it('SEC-40 the settings lead there', async () => {
    expect((await (await current().signedIn(await someone('administrator'))).get('/admin/settings')).body).toContain(`href="${page}"`)
  })
})
