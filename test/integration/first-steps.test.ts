import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { givePhone } from '../support/fake-phone.ts'
import { changeSettings, textOf } from '../support/pages.ts'

const path = '/admin/settings/first-steps'
let count = 0

withApp('first steps', (current) => {
  const someone = (more: Partial<Parameters<ReturnType<typeof current>['addPerson']>[0]> = {}): Promise<Person> => current().addPerson({ email: `steps${++count}@example.com`, ...more })
  const newcomer = async (): Promise<{ person: Person; panel: Browser }> => {
    const person = await someone({ withKey: false })
    return { person, panel: await current().signedIn(person) }
  }
  const statesOn = async (panel: Browser): Promise<string[]> => [...(await panel.get('/start')).body.matchAll(/<h3>[^<]*<\/h3><span class="tag tag--\w+">([^<]*)</g)].map(([, state = '']) => state)
  const require = (requirement: 'required' | 'done' | 'not_needed'): Promise<void> => current().foundation.storage.write((tx) => current().app.parts.microsoft365.peopleGuide.save(tx, current().organization.id, { requirement, texts: {} }))

  it('S95 S96 S118 six steps in order say how far somebody is, and can be taken up where they were left', async () => {
    const { person, panel } = await newcomer()
    const { body } = await panel.get('/start')
    expect([...body.matchAll(/<h3>([^<]*)<\/h3>/g)].map(([, title]) => title)).toEqual(['Get the phone authenticator', 'Pairing tool', 'Activate your phone', 'Pair phone and computer', 'Add your key at Microsoft 365', 'Sign in with it'])
    expect(await statesOn(panel)).toEqual(['Open', 'Not needed', 'Open', 'Not needed', 'Not needed', 'Open'])
    for (const href of ['/downloads', '/security/phones/new', '/help/phone-app', '/help/pairing-tool', '/help/activate', '/help/microsoft']) expect(body).toContain(`href="${href}"`)
    await panel.get('/security/phones/new')
    await panel.post('/security/phones/mail')
    expect((await statesOn(panel))[2]).toBe('Waits for your phone')
    current().advance(2_000)
    await current().foundation.storage.write((tx) => current().app.parts.phones.activations.cancel(tx, person.user))
    await givePhone(current(), person.user)
    expect(await statesOn(panel)).toEqual(['Done', 'Not needed', 'Done', 'Not needed', 'Not needed', 'Open'])
  })

  it('S118 are for whoever is signed in, and for nobody else', async () => {
    expect((await current().browser().get('/start')).path).toMatch(/^\/signin\/[\w-]{22}$/)
    expect((await (await current().signedIn(await someone())).get('/start')).status).toBe(200)
  })

  it('S118 the first page of the panel names what is left, and nothing once it is done', async () => {
    const { panel } = await newcomer()
    const text = textOf((await panel.get('/')).body)
    expect(text).toContain('First steps 0 of 3 done Get the phone authenticator')
    expect(text).not.toContain('Pairing tool')

    const settled = await someone()
    await current().foundation.storage.write((tx) => tx.run('UPDATE passkeys SET last_used_at = 1 WHERE user_id = ?', [settled.user.id]))
    const own = await current().signedIn(settled)
    expect(textOf((await own.get('/')).body)).not.toContain('First steps')
    expect(textOf((await own.get('/start')).body)).toContain('Everything is done.')
  })

  it('S118 nobody is urged to have a phone beside a key, nor where the organization lets no phone approve', async () => {
    expect((await statesOn(await current().signedIn(await someone()))).slice(0, 3)).toEqual(['Not needed', 'Not needed', 'Not needed'])
    const { panel } = await newcomer()
    await changeSettings(current(), { methods: { phone: false } })
    expect((await statesOn(panel)).slice(0, 3)).toEqual(['Not needed', 'Not needed', 'Not needed'])
    await changeSettings(current(), { methods: { phone: true } })
    expect((await statesOn(panel)).slice(0, 3)).toEqual(['Open', 'Not needed', 'Open'])
  })

  it('S109 S110 the step at Microsoft is open, done by oneself, done by an administrator or not needed', async () => {
    const { person, panel } = await newcomer()
    const atMicrosoft = async (): Promise<string | undefined> => (await statesOn(panel))[4]
    const mark = (by: 'admin' | 'self' | null) => current().foundation.storage.write((tx) => current().app.parts.microsoft365.peopleGuide.mark(tx, current().organization.id, person.user.id, by))
    expect(await atMicrosoft()).toBe('Not needed')
    await require('required')
    expect(await atMicrosoft()).toBe('Open')
    await mark('self')
    expect(await atMicrosoft()).toBe('Done')
    await mark('admin')
    expect(await atMicrosoft()).toBe('Done for you')
    await require('not_needed')
  })

  it('S112 an administrator writes a step anew; people read it as text, each in their language, and ours comes back', async () => {
    const owner = await someone({ role: 'owner' })
    const admin = await current().signedIn(owner)
    const { panel } = await newcomer()
    await admin.get(`${path}/activate`)
    const saved = await admin.post(`${path}/activate`, { text_en: 'Ask <b>Grace</b>.\r\n\r\nShe has the codes.', text_fa: 'از گریس بپرسید.', text_de: '' })
    expect(saved.path).toBe(path)
    expect(textOf(saved.body)).toMatch(/Activate your phone Put your key[\s\S]*?Your text: English, Persian/)
    const english = (await panel.get('/start')).body
    expect(english).toContain('<p class="small subtle lines" dir="auto">Ask &lt;b&gt;Grace&lt;/b&gt;.</p><p class="small subtle lines" dir="auto">She has the codes.</p>')
    expect((await panel.get('/start', { headers: { 'accept-language': 'fa' } })).body).toContain('از گریس بپرسید.')
    expect(textOf((await panel.get('/start', { headers: { 'accept-language': 'de' } })).body)).toContain('Legen Sie Ihren Schlüssel auf das Telefon')

    expect(textOf((await admin.post(`${path}/activate/ours`)).body)).toContain('People read our text again.')
    expect((await panel.get('/start')).body).not.toContain('Grace')
    const { events } = await current().foundation.audit.list({ organizationId: owner.user.organizationId, action: 'settings.changed', limit: 2 })
    expect(events.map(({ details }) => details)).toEqual([expect.objectContaining({ firstStep: 'activate', text: 'ours' }), expect.objectContaining({ firstStep: 'activate', text: 'en, fa' })])
  })

  it('S112 a preview shows the words and saves nothing; too many of them are refused', async () => {
    const admin = await current().signedIn(await someone({ role: 'administrator' }))
    const { panel } = await newcomer()
    await admin.get(`${path}/app`)
    const shown = await admin.post(`${path}/app`, { text_en: 'Only **looked** at.', act: 'preview' })
    expect(shown.status).toBe(200)
    expect(textOf(shown.body)).toContain('Nothing is saved yet. People read it like this: German Our text English Only **looked** at. Persian Our text')
    expect((await panel.get('/start')).body).not.toContain('looked')
    const refused = await admin.post(`${path}/app`, { text_de: 'x'.repeat(2_001) })
    expect(refused.status).toBe(422)
    expect(refused.body).toContain('id="text_de-error"')
    expect((await admin.get(`${path}/nothing`)).status).toBe(404)
  })

  it('S112 S118 the invitation lists the same steps, in the reader’s language and in the organization’s own words; a new start does not', async () => {
    const { foundation } = current()
    const invite = async (purpose: 'invitation' | 'reset', locale: string | null = null) => {
      const { user } = await someone({ withKey: false, status: 'new' })
      await foundation.storage.write(async (tx) => {
        const invited = (await foundation.users.update(tx, user.organizationId, user.id, { locale })) ?? user
        await foundation.invite(tx, { organization: (await foundation.organizations.find(user.organizationId, tx)) ?? current().organization, user: invited, purpose, note: '', createdBy: null })
      })
      return (await current().letters(user.email)).at(-1)
    }
    const admin = await current().signedIn(await someone({ role: 'owner' }))
    await admin.get(`${path}/activate`)
    await admin.post(`${path}/activate`, { text_en: 'Come to the reception.\n\nAnn <shows> you how.' })
    await require('required')
    const letter = await invite('invitation')
    expect(letter?.text).toMatch(/1\. Get the phone authenticator\n[\s\S]*2\. Pairing tool \(Not needed\)\n[\s\S]*3\. Activate your phone\n {3}Come to the reception\.\nAnn <shows> you how\.\n[\s\S]*4\. Pair phone and computer \(Not needed\)\n[\s\S]*5\. Add your key at Microsoft 365\n[\s\S]*6\. Sign in with it\n/)
    expect(letter?.text).toContain(`${current().url}/help`)
    expect(letter?.html).toContain('Ann &lt;shows&gt; you how.')
    expect((await invite('invitation', 'de'))?.text).toMatch(/1\. Den Telefon-Authenticator[\s\S]*3\. Ihr Telefon aktivieren\n {3}Legen Sie Ihren Schlüssel/)

    await require('done')
    await changeSettings(current(), { methods: { phone: false } })
    expect((await invite('invitation'))?.text).toMatch(/1\. Get the phone authenticator \(Not needed\)[\s\S]*5\. Add your key at Microsoft 365 \(Done for you\)/)
    expect((await invite('reset'))?.text).not.toContain('Pairing tool')
    await changeSettings(current(), { methods: { phone: true } })
    await require('not_needed')
    await admin.post(`${path}/activate/ours`)
  })

  it('SEC-69 SEC-73 only who may change settings writes them, and only for the own organization', async () => {
    const { panel } = await newcomer()
    for (const role of ['user', 'helpdesk'] as const) {
      const other = await current().signedIn(await someone({ role }))
      await other.get('/security')
      for (const answer of [await other.get(path), await other.get(`${path}/app`), await other.post(`${path}/app`, { text_en: 'Mine.' }), await other.post(`${path}/app/ours`)]) expect(answer.status, role).toBe(403)
    }
    const place = await current().addOrganization(`Elsewhere ${count}`)
    const stranger = await current().signedIn(await someone({ role: 'owner', organization: place }))
    await stranger.get(`${path}/app`)
    await stranger.post(`${path}/app`, { text_en: 'Words of others.' })
    expect((await panel.get('/start')).body).not.toContain('Words of others.')
    expect((await stranger.get('/start')).status).toBe(200)
  })
})
