import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { FakePhone, givePhone } from '../support/fake-phone.ts'
import { changeSettings, textOf } from '../support/pages.ts'

let count = 0
const mobile = 'Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 Chrome/156.0.0.0 Mobile Safari/537.36'

withApp('putting a key on a phone', (current) => {
  const address = (): string => `activate${++count}@example.com`
  const someone = (more: { status?: 'new' | 'active'; withKey?: boolean } = {}) => current().addPerson({ email: address(), withKey: false, ...more })
  const newPhone = () => new FakePhone(current().url, () => current().foundation.clock.now())
  const letterTo = async (email: string) => (await current().letters(email)).findLast(({ template }) => template === 'activation')
  const linkOf = (text: string): string => /\/phone\/activate\/[\w-]+/.exec(text)?.[0] ?? ''
  const codeIn = (text: string): string => /^(\d{3} \d{3})$/m.exec(text)?.[1] ?? ''
  async function opened(path: string) {
    const browser = current().browser(mobile)
    return { browser, answer: await browser.get(path) }
  }
  const mailTo = async (person: Awaited<ReturnType<typeof someone>>): Promise<string> => {
    const panel = await current().signedIn(person)
    await panel.get('/security/phones/new')
    await panel.post('/security/phones/mail')
    return (await letterTo(person.user.email))?.text ?? ''
  }

  it('S65 S66 S67 S68 by the mail one sends oneself: looking uses nothing up, approving does, once', async () => {
    const person = await someone()
    const path = linkOf(await mailTo(person))
    const { browser, answer } = await opened(path)
    expect(textOf(answer.body)).toContain('Activate this phone')
    await browser.head(path)
    const computer = await current().browser().get(path)
    expect(textOf(computer.body)).toContain('Scan this code with the camera of your phone')
    const phone = newPhone()
    const activated = await phone.activate(browser, path)
    expect(activated.json()).toMatchObject({ phone: { name: 'Pixel', model: 'Pixel 9', push: 'not_offered' }, account: { organization: 'Analytical Engines', kind: 'business', email: person.user.email, status: 'active' } })
    expect((await phone.state()).body.credentials).toMatchObject([{ name: 'Pixel', own: true }])
    expect((await browser.get(path)).status).toBe(404)
    expect((await newPhone().activate(browser, path).catch((error: unknown) => String(error)))).toContain('404')
    expect((await current().letters(person.user.email)).map(({ template }) => template)).toContain('way-changed')
  })

  it('S68 S99 the newest mail counts, and it ends after half an hour', async () => {
    const person = await someone()
    const [first, second] = [linkOf(await mailTo(person)), linkOf(await mailTo(person))]
    expect(first).not.toBe(second)
    expect((await opened(first)).answer.status).toBe(404)
    expect((await opened(second)).answer.status).toBe(200)
    current().advance(31 * 60_000)
    expect((await opened(second)).answer.status).toBe(404)
  })

  it('S40 S99 by six digits with the address; five wrong ones leave only the link, and strangers hear the same', async () => {
    const person = await someone()
    const text = await mailTo(person)
    const code = codeIn(text)
    const browser = current().browser(mobile)
    await browser.get('/phone/activate')
    const right = await browser.post('/phone/activate', { email: person.user.email, code })
    expect(right.path).toBe(linkOf(text))
    const wrong = code === '000 000' ? '111111' : '000000'
    const told = textOf((await browser.post('/phone/activate', { email: 'nobody@example.com', code: wrong })).body).replaceAll('nobody@example.com', '')
    for (let time = 0; time < 5; time++) {
      const answer = await browser.post('/phone/activate', { email: person.user.email, code: wrong })
      expect(answer.status).toBe(422)
      expect(textOf(answer.body).replaceAll(person.user.email, '')).toBe(told)
    }
    expect((await browser.post('/phone/activate', { email: person.user.email, code })).status).toBe(422)
    expect((await opened(linkOf(text))).answer.status).toBe(200)
    expect((await browser.post('/phone/activate', { email: 'x', code: '12' })).status).toBe(422)
  })

  it('S46 S47 S49 S50 by the code of one’s own panel: it says what became of it, Next waits for the yes, and two minutes are enough', async () => {
    const person = await someone()
    const panel = await current().signedIn(person)
    await panel.get('/security/phones/new')
    const shown = await panel.post('/security/phones/new')
    expect(shown.path).toMatch(/^\/security\/phones\/activations\/[\w-]{22}$/)
    expect(textOf(shown.body)).toContain('Waiting for your phone')
    const state = async (): Promise<unknown> => (await panel.get(`${shown.path}/state`, { headers: { accept: 'application/json' } })).json()
    expect(await state()).toMatchObject({ state: 'waiting' })
    expect((await panel.post(`${shown.path}/next`)).status).toBe(422)
    expect((await panel.get(`${shown.path}/qr.svg`)).headers['content-type']).toContain('svg')
    const { browser } = await opened(linkOf(shown.body))
    const phone = newPhone()
    expect((await phone.activate(browser, linkOf(shown.body))).status).toBe(200)
    expect(await state()).toMatchObject({ state: 'approved' })
    expect((await panel.post(`${shown.path}/next`)).path).toBe('/downloads')
    expect(textOf((await panel.get('/security')).body)).toContain('Pixel')
    // Nobody else's page.
    expect((await (await current().signedIn(await someone())).get(shown.path)).status).toBe(404)

    const again = await (await current().signedIn({ ...person, key: phone.passkey })).post('/security/phones/new')
    current().advance(121_000)
    expect((await opened(linkOf(again.body))).answer.status).toBe(404)
  })

  it('S48 a refusal stores nothing and is told', async () => {
    const person = await someone()
    const path = linkOf(await mailTo(person))
    const { browser } = await opened(path)
    expect(textOf((await browser.post(`${path}/deny`)).body)).toContain('Refused. Nothing was put on this phone.')
    expect(await current().app.parts.phones.store.count(current().foundation.storage.read, person.user.id)).toBe(0)
    expect((await browser.get(path)).status).toBe(404)
  })

  it('SEC-45 nothing is stored without the phone’s lock, the key’s own signature, or with a key of another kind', async () => {
    const person = await someone()
    const path = linkOf(await mailTo(person))
    const { browser } = await opened(path)
    for (const change of [{ unlock: { userVerified: false } }, { possession: 'A'.repeat(86) }, { publicKey: '{"kty":"RSA"}' }, { publicKey: newPhone().publicKey() }, { publicKey: JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }) }]) {
      const answer = await newPhone().activate(browser, path, change)
      expect([answer.status, answer.json<{ error: string }>().error], JSON.stringify(change)).toEqual([422, 'wrong'])
    }
    expect(await current().app.parts.phones.store.count(current().foundation.storage.read, person.user.id)).toBe(0)
    expect(await current().app.parts.passkeys.count(current().foundation.storage.read, person.user.id)).toBe(0)
    expect((await newPhone().activate(browser, path)).status).toBe(200)
  })

  it('S36 the phone’s passkey signs in by itself', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const browser = current().browser(mobile)
    const signIn = (await browser.get('/')).path
    const { challengeId, options } = (await browser.post(`${signIn}/passkey/options`, {}, { headers: { accept: 'application/json' } })).json<{ challengeId: string; options: unknown }>()
    expect((await browser.post(`${signIn}/passkey`, { challenge_id: challengeId, response: phone.passkey.sign(options) })).path).toBe('/')
  })

  it('S69 a new phone takes the place of the old one, which is told', async () => {
    const { user } = await someone()
    const old = await givePhone(current(), user)
    const panel = await current().signedIn({ user, key: old.passkey })
    await panel.get('/security/phones/new')
    const shown = await panel.post('/security/phones/new', { replaces: old.id })
    const { browser, answer } = await opened(linkOf(shown.body))
    expect(textOf(answer.body)).toContain('It takes the place of Pixel')
    const phone = newPhone()
    expect((await phone.activate(browser, linkOf(shown.body), { name: 'New one' })).status).toBe(200)
    expect(await old.state()).toMatchObject({ status: 401, body: { error: 'unknown_phone' } })
    expect((await current().app.parts.phones.store.list(current().foundation.storage.read, user.id)).map(({ name }) => name)).toEqual(['New one'])
    expect((await current().letters(user.email)).some(({ text }) => text.includes('a new phone took the place of'))).toBe(true)
  })

  it('SEC-37 an old mail is no way around a key that its owner got since', async () => {
    const person = await someone()
    const path = linkOf(await mailTo(person))
    current().advance(1_000)
    await givePhone(current(), person.user)
    await current().foundation.storage.write((tx) => tx.run(`UPDATE phone_activations SET state = 'waiting' WHERE by_mail = 1 AND user_id = ?`, [person.user.id]))
    expect((await opened(path)).answer.status).toBe(404)
  })

  it('S97 S98 S99 S102 an administrator assigns one: new, pending, active; who was only invited is in; sent again and taken back', async () => {
    const owner = await current().addPerson({ email: address(), role: 'owner' })
    const { user } = await someone({ status: 'new' })
    const admin = await current().signedIn(owner)
    const page = `/admin/users/${user.id}`
    const stateIn = async (): Promise<string> => /aria-labelledby="phones">[\s\S]*?<span class="tag[^>]*>([^<]+)</.exec((await admin.get(page)).body)?.[1] ?? ''
    expect(await stateIn()).toBe('New')
    await admin.post(`${page}/phones/activation`, { note: 'Please before Monday' })
    expect(await stateIn()).toBe('Pending')
    const letter = await letterTo(user.email)
    expect(letter?.text).toContain('Please before Monday')
    expect(letter?.html).toContain('>Activate<')
    await admin.post(`${page}/phones/activation/cancellation`)
    expect(await stateIn()).toBe('New')
    expect((await opened(linkOf(letter?.text ?? ''))).answer.status).toBe(404)
    await admin.post(`${page}/phones/activation`)
    const path = linkOf((await letterTo(user.email))?.text ?? '')
    const phone = newPhone()
    expect((await phone.activate((await opened(path)).browser, path)).status).toBe(200)
    expect(await stateIn()).toBe('Active')
    expect(await current().foundation.users.findById(user.id)).toMatchObject({ status: 'active', emailVerified: true })

    await admin.post(`${page}/phones/${phone.id}/suspension`)
    expect(await phone.state()).toMatchObject({ status: 401, body: { error: 'suspended' } })
    await admin.post(`${page}/phones/${phone.id}/resumption`)
    expect((await phone.state()).status).toBe(200)
    expect(textOf((await admin.get(`${page}/phones/${phone.id}/removal`)).body)).toContain('can approve nothing from this moment on')
    await admin.post(`${page}/phones/${phone.id}/removal`)
    expect(await phone.state()).toMatchObject({ status: 401, body: { error: 'unknown_phone' } })
  })

  it('S97 many at once: each chosen person gets a mail', async () => {
    const owner = await current().addPerson({ email: address(), role: 'owner' })
    const people = [await someone(), await someone()]
    const admin = await current().signedIn(owner)
    await admin.get(`/admin/users/bulk?act=phone&${people.map(({ user }) => `user=${user.id}`).join('&')}`)
    await admin.post('/admin/users/bulk', { act: 'phone', user: people.map(({ user }) => user.id) })
    for (const { user } of people) expect(await letterTo(user.email)).toBeDefined()
  })

  it('SEC-73 SEC-50 a person of another organization, or without rights, touches nobody’s phone', async () => {
    const { user } = await someone()
    const phone = await givePhone(current(), user)
    const other = await current().addOrganization(`Other ${address()}`)
    const stranger = await current().signedIn(await current().addPerson({ email: address(), role: 'owner', organization: other }))
    expect((await stranger.post(`/admin/users/${user.id}/phones/${phone.id}/removal`)).status).toBe(404)
    const colleague = await current().signedIn(await current().addPerson({ email: address() }))
    expect((await colleague.post(`/admin/users/${user.id}/phones/${phone.id}/removal`)).status).toBe(403)
    expect((await colleague.post(`/security/phones/${phone.id}/removal`)).status).toBe(404)
    expect((await phone.state()).status).toBe(200)
  })

  it('five phones are enough for one person', async () => {
    const { user } = await someone()
    for (let number = 0; number < 5; number++) await givePhone(current(), user)
    await expect(givePhone(current(), user)).rejects.toThrow('too_many')
  })

  it('SEC-69 a suspended person activates nothing', async () => {
    const person = await someone()
    const path = linkOf(await mailTo(person))
    await current().foundation.storage.write((tx) => current().foundation.users.update(tx, person.user.organizationId, person.user.id, { status: 'suspended' }))
    expect((await opened(path)).answer.status).toBe(404)
  })

  it('S119 the app’s page, its manifest and what runs beside it come from here', async () => {
    const browser = current().browser(mobile)
    expect(textOf((await browser.get('/phone/')).body)).toContain('Phone authenticator')
    const manifest = (await browser.get('/phone/manifest.webmanifest')).json<{ scope: string; start_url: string; display: string; icons: { src: string }[] }>()
    expect(manifest).toMatchObject({ scope: '/phone/', start_url: '/phone/', display: 'standalone' })
    for (const { src } of manifest.icons) expect((await browser.get(src)).headers['content-type']).toBe('image/png')
    expect((await browser.get('/phone/service-worker.js')).headers['content-type']).toContain('javascript')
    await changeSettings(current(), {})
  })

  it('S46 S51 whoever is invited chooses the phone instead of a key, or skips and activates it later', async () => {
    const { user } = await someone({ status: 'new' })
    const { foundation } = current()
    const { token } = await foundation.storage.write((tx) => foundation.invitations.create(tx, { organizationId: user.organizationId, userId: user.id, purpose: 'invitation', note: '', createdBy: null, lifetimeDays: 7 }))
    const browser = current().browser()
    await browser.get(`/invitation/${token}`)
    await browser.post(`/invitation/${token}`, { given_name: 'Ada', family_name: 'Lovelace' })
    const chosen = await browser.post(`/invitation/${token}/skip`, { to: 'phone' })
    expect(chosen.path).toBe('/security/phones/new')
    const shown = await browser.post('/security/phones/new')
    const { browser: onPhone } = await opened(linkOf(shown.body))
    const phone = newPhone()
    expect((await phone.activate(onPhone, linkOf(shown.body))).status).toBe(200)
    expect((await browser.post(`${shown.path}/next`)).path).toBe('/downloads')
    expect(await current().app.parts.phones.store.count(foundation.storage.read, user.id)).toBe(1)
  })

})
