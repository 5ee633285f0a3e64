import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { givePhone } from '../support/fake-phone.ts'
import { changeSettings, textOf } from '../support/pages.ts'

let count = 0

withApp('guidance', (current) => {
  const address = (): string => `guided${++count}@example.com`

  it('S56 S107 S112 every help page is there for everybody, in every language, and comes from here alone', async () => {
    for (const language of ['en', 'de', 'fa']) {
      const browser = current().browser()
      const list = await browser.get(`/help?lang=${language}`)
      const pages = [...new Set([...list.body.matchAll(/href="(\/help\/[\w-]+)"/g)].map(([, path = '']) => path))]
      expect(pages.length).toBe(9)
      for (const page of pages) {
        const answer = await browser.get(page)
        expect(answer.status, page).toBe(200)
        expect(answer.body.match(/<li>/g)?.length ?? 0, page).toBeGreaterThan(1)
        expect(answer.body, page).not.toMatch(/(?:src|href)="https?:\/\//)
      }
    }
    expect(textOf((await current().browser().get('/help/microsoft')).body)).toContain('If a code pops up, choose another method, then security key.')
    expect((await current().browser().get('/help/nothing')).status).toBe(404)
  })

  it('S52 S53 S54 S55 the page of downloads names both ways, recommends the phone, and leads to the login', async () => {
    const answer = await current().browser().get('/downloads')
    const text = textOf(answer.body)
    expect(text).toContain('Phone authenticator Recommended')
    expect(text).toContain('Pairing tool Not in this version')
    expect(text).toContain('Security key or reader')
    expect(answer.body).toContain('href="/signin"')
    expect((await current().browser().get('/downloads/phone.svg')).headers['content-type']).toContain('svg')
    const { user, key } = await current().addPerson({ email: address() })
    expect((await (await current().signedIn({ user, key })).get('/downloads')).body).not.toContain('href="/signin"')
  })

  it('S95 S109 S118 the first steps say how far somebody is', async () => {
    const { user } = await current().addPerson({ email: address(), withKey: false })
    const panel = await current().signedIn({ user, key: undefined })
    const states = async (): Promise<string[]> => [...textOf((await panel.get('/start')).body).matchAll(/\d\. (?:Get the|Activate your|Pair phone|Microsoft 365|Sign in for)[^.]*? (Done|Open|Not needed|Waits for your phone) /g)].map(([, state = '']) => state)
    expect(await states()).toEqual(['Open', 'Not needed', 'Open', 'Not needed', 'Not needed', 'Open'])
    expect(textOf((await panel.get('/')).body)).toContain('See all first steps')
    await panel.get('/security/phones/new')
    await panel.post('/security/phones/mail')
    expect((await states())[2]).toBe('Waits for your phone')
    current().advance(2_000)
    await current().foundation.storage.write((tx) => current().app.parts.phones.activations.cancel(tx, user))
    await givePhone(current(), user)
    expect((await states()).slice(0, 3)).toEqual(['Done', 'Not needed', 'Done'])
    expect((await current().browser().get('/start')).path).toMatch(/^\/signin\//)
  })

  it('S112 S118 an administrator writes a step anew; people read it as text, and ours comes back when it is emptied', async () => {
    const owner = await current().addPerson({ email: address(), role: 'owner' })
    const admin = await current().signedIn(owner)
    const person = await current().signedIn(await current().addPerson({ email: address() }))
    await admin.get('/admin/settings/first-steps')
    expect((await admin.get('/admin/settings/first-steps/microsoft')).status).toBe(200)
    expect(textOf((await admin.post('/admin/settings/first-steps/microsoft', { text: 'Ask <b>Grace</b>.\n\nShe has the keys.' })).body)).toContain('People read your text now.')
    const start = await person.get('/start')
    expect(start.body).toContain('Ask &lt;b&gt;Grace&lt;/b&gt;.')
    expect(textOf(start.body)).toContain('She has the keys.')
    expect((await admin.post('/admin/settings/first-steps/microsoft', { text: 'x'.repeat(2_001) })).status).toBe(422)
    await admin.post('/admin/settings/first-steps/microsoft', { text: '' })
    expect(textOf((await person.get('/start')).body)).not.toContain('She has the keys.')
    expect((await admin.get('/admin/settings/first-steps/nothing')).status).toBe(404)
    const events = (await current().foundation.audit.list({ organizationId: owner.user.organizationId, action: 'settings.changed', limit: 5 })).events
    expect(events.map(({ details }) => details)).toEqual(expect.arrayContaining([expect.objectContaining({ firstStep: 'microsoft', text: 'own' })]))
    const other = await current().addOrganization(`Other ${address()}`)
    const elsewhere = await current().signedIn(await current().addPerson({ email: address(), role: 'owner', organization: other }))
    await elsewhere.get('/admin/settings/first-steps')
    await elsewhere.post('/admin/settings/first-steps/app', { text: 'Theirs.' })
    expect(textOf((await person.get('/start')).body)).not.toContain('Theirs.')
  })

  it('SEC-40 the risks of each way across devices are written down, the stronger first, with what is on here', async () => {
    const admin = await current().signedIn(await current().addPerson({ email: address(), role: 'owner' }))
    const page = await admin.get('/admin/settings/cross-device')
    const titles = [...page.body.matchAll(/<h2 id="flow-(\w+)">/g)].map(([, name]) => name)
    expect(titles).toEqual(['hybrid', 'request', 'code', 'activation', 'mail', 'device_grant'])
    const text = textOf(page.body)
    expect(text).toContain('RFC 10027')
    expect(text.match(/Does not resist phishing/g)).toHaveLength(5)
    expect(text.indexOf('It is off and cannot be switched on here.')).toBeGreaterThan(0)
    await changeSettings(current(), { methods: { phoneCode: false } })
    expect(textOf((await admin.get('/admin/settings/cross-device')).body)).not.toBe(text)
    await changeSettings(current(), { methods: { phoneCode: true } })
    const colleague = await current().signedIn(await current().addPerson({ email: address() }))
    expect((await colleague.get('/admin/settings/cross-device')).status).toBe(403)
  })
})
