import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askForCode, codeOf, enroll, signInWithKey, solvedCheck, touchKey } from '../support/ceremonies.ts'
import { changeSettings, errorAt, fieldOf, textOf } from '../support/pages.ts'
import { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `holder${++count}@example.com`
const roomy = { DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000' }

withApp('the keys of an account', (current) => {
  const idsOf = async ({ user }: Person): Promise<string[]> => (await current().app.parts.passkeys.list(current().foundation.storage.read, user.id)).map(({ id }) => id)
  async function add(panel: Browser, key = new SecurityKey(current().url)): Promise<Answer> {
    await panel.get('/security/keys/new')
    return enroll(panel, key, { options: '/security/keys/new/options', action: '/security/keys' })
  }
  async function withTwoKeys(role: 'user' | 'owner' = 'user'): Promise<{ person: Person; panel: Browser; second: SecurityKey; ids: string[] }> {
    const person = await current().addPerson({ email: address(), role })
    const panel = await current().signedIn(person)
    const second = new SecurityKey(current().url)
    await add(panel, second)
    return { person, panel, second, ids: await idsOf(person) }
  }
  const remove = async (panel: Browser, id: string): Promise<Answer> => {
    await panel.get(`/security/keys/${id}/removal`)
    return panel.post(`/security/keys/${id}/removal`)
  }

  it('S74 S79 Security lists every key with name, kind, Edit and Delete, and the way to add one', async () => {
    const { panel, ids } = await withTwoKeys()
    const { body } = await panel.get('/security')
    expect(textOf(body)).toMatch(/Security keys Add Security Key Security key Security key · added [^·]+ · never used .*Edit Security key Delete Security key .*Security key 2/)
    for (const id of ids) for (const act of ['edit', 'removal']) expect(body).toContain(`href="/security/keys/${id}/${act}"`)
  })

  it('S74 without a key it says so', async () => {
    const panel = await current().signedIn(await current().addPerson({ email: address(), withKey: false }))
    expect(textOf((await panel.get('/security')).body)).toContain('No data Add a key to sign in by a touch, without codes.')
  })

  it('S79 S91 S92 an added key signs in, asks for its name, stands in the activity, and is told by mail', async () => {
    const person = await current().addPerson({ email: address() })
    const panel = await current().signedIn(person)
    const key = new SecurityKey(current().url)
    const added = await add(panel, key)
    expect(textOf(added.body)).toContain('Give your key a name')
    expect(fieldOf(added.body, 'name')).toContain('value="Security key 2"')
    expect(textOf((await panel.get('/activity')).body)).toContain(`${person.user.email} Register`)
    const [letter] = await current().letters(person.user.email)
    expect(letter).toMatchObject({ template: 'key-added', subject: 'A security key was added to your account' })
    expect(letter?.text).toContain('the key Security key 2 can now sign in to your account.')
    expect(letter?.text).toMatch(/Done from Chrome, Linux, address 127\.0\.0\.1, [\s\S]*If it was not you/)
    expect((await signInWithKey(current().browser(), key)).path).toBe('/')
  })

  it('S75 a key is renamed, and keeps the name', async () => {
    const { panel, ids: [id = ''] } = await withTwoKeys()
    await panel.get(`/security/keys/${id}/edit`)
    for (const name of ['', ' ', 'x'.repeat(101), '<b>', 'a\u202eb']) {
      const refused = await panel.post(`/security/keys/${id}/edit`, { name })
      expect(refused.status).toBe(422)
      expect(errorAt(refused.body, 'name')).toBe('Enter a name, at most 100 characters, without < > or invisible characters')
    }
    const saved = await panel.post(`/security/keys/${id}/edit`, { name: '  Blue  key 🔑 ' })
    expect(saved.path).toBe('/security')
    expect(textOf((await panel.get('/security')).body)).toContain('Blue key 🔑')
    expect(textOf((await panel.get('/activity')).body)).toContain('Key renamed')
  })

  it('S76 a deleted key no longer signs in; the page asked first, the activity and a mail tell it', async () => {
    const { panel, person, second, ids } = await withTwoKeys()
    const asked = await panel.get(`/security/keys/${ids[1]}/removal`)
    expect(textOf(asked.body)).toContain('The key Security key 2 will no longer sign you in.')
    expect(await idsOf(person)).toHaveLength(2)
    expect(textOf((await panel.post(`/security/keys/${ids[1]}/removal`)).body)).toContain('The key is deleted.')
    expect((await signInWithKey(current().browser(), second)).status).toBe(422)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toBe('/')
    expect(textOf((await panel.get('/activity')).body)).toContain('Key deleted')
    expect((await current().letters(person.user.email)).at(-1)).toMatchObject({ template: 'key-removed', subject: 'A security key was removed from your account' })
    expect((await panel.get(`/security/keys/${ids[1]}/removal`)).status).toBe(404)
  })

  it('SEC-07 a deleted key takes the sessions with it that it has opened, and leaves the others', async () => {
    const { panel, person, second, ids } = await withTwoKeys()
    const [thief, other] = [current().browser(), current().browser()]
    await signInWithKey(thief, second)
    await signInWithKey(other, person.key as SecurityKey)
    expect((await thief.get('/profile')).path).toBe('/profile')
    expect((await remove(panel, ids[1] ?? '')).path).toBe('/security')
    expect((await thief.get('/profile')).path).toMatch(/^\/signin\//)
    for (const browser of [panel, other]) expect((await browser.get('/profile')).path).toBe('/profile')
    const { events } = await current().foundation.audit.list({ organizationId: person.user.organizationId, userId: person.user.id, limit: 5 })
    expect(events.find(({ action }) => action === 'passkey.removed')?.details).toEqual({ sessions: 1 })
  })

  it('S76 the last key of someone who may use codes goes after a warning, and a code signs in', async () => {
    const person = await current().addPerson({ email: address() })
    const panel = await current().signedIn(person)
    const [id = ''] = await idsOf(person)
    expect(textOf((await panel.get(`/security/keys/${id}/removal`)).body)).toContain('This is your last key Afterwards you sign in with codes by email until you add another one.')
    expect((await panel.post(`/security/keys/${id}/removal`)).path).toBe('/security')
    const browser = current().browser()
    const { signIn } = await askForCode(browser, person.user.email)
    expect((await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(person.user.email)).at(-1)) })).path).toBe('/')
  })

  it.each([['an administrator', 'administrator', true], ['someone where codes are off', 'user', false]] as const)('S76 the last key of %s stays', async (_who, role, emailCode) => {
    const person = await current().addPerson({ email: address(), role })
    const panel = await current().signedIn(person)
    const [id = ''] = await idsOf(person)
    await changeSettings(current(), { methods: { emailCode } })
    const page = await panel.get(`/security/keys/${id}/removal`)
    const refused = await panel.post(`/security/keys/${id}/removal`)
    await changeSettings(current(), { methods: { emailCode: true } })
    expect(textOf(page.body)).toContain('This is your last key, and without it you could not sign in')
    expect(page.body).not.toContain('Delete this key')
    expect(refused.status).toBe(422)
    expect((await signInWithKey(current().browser(), person.key as SecurityKey)).path).toBe(role === 'user' ? '/' : '/admin')
  })

  it('S76 of two removals at the same time, which would take the last two keys of an administrator, one happens', async () => {
    for (let round = 0; round < 5; round++) {
      const { person, panel, ids } = await withTwoKeys('owner')
      await panel.get('/security')
      await Promise.all(ids.map((id) => panel.post(`/security/keys/${id}/removal`, {}, { follow: false })))
      expect(await idsOf(person)).toHaveLength(1)
    }
  })

  it('S76 a suspended key can be deleted by an administrator whose other key works', async () => {
    const { person, panel, ids } = await withTwoKeys('owner')
    await current().foundation.storage.write((tx) => current().app.parts.passkeys.setSuspended(tx, person.user.organizationId, person.user.id, ids[1] ?? '', true))
    expect(textOf((await panel.get('/security')).body)).toContain('Suspended')
    expect((await remove(panel, ids[0] ?? '')).status).toBe(422)
    expect((await remove(panel, ids[1] ?? '')).path).toBe('/security')
    expect(await idsOf(person)).toEqual([ids[0]])
  })

  it('SEC-35 adding, naming and removing wait for a touch of a key that is at most five minutes old', async () => {
    const { person, ids } = await withTwoKeys()
    const stale = await current().signedIn(person, { fresh: false })
    for (const path of ['/security/keys/new', `/security/keys/${ids[0]}/edit`, `/security/keys/${ids[0]}/removal`]) {
      expect(textOf((await stale.get(path)).body), path).toContain('Confirm that it is you')
    }
    for (const path of ['/security/keys', '/security/keys/new/options', `/security/keys/${ids[0]}/edit`, `/security/keys/${ids[0]}/removal`]) {
      expect((await stale.post(path, { name: 'Stolen' }, { follow: false })).location, path).toMatch(/^\/signin\/[\w-]{22}$/)
    }
    expect(await idsOf(person)).toEqual(ids)
    const asked = await stale.get(`/security/keys/${ids[1]}/removal`)
    expect((await touchKey(stale, person.key as SecurityKey, asked.path)).path).toBe(`/security/keys/${ids[1]}/removal`)
    expect((await stale.post(`/security/keys/${ids[1]}/removal`)).path).toBe('/security')
    current().advance(301_000)
    expect(textOf((await stale.get('/security/keys/new')).body)).toContain('Confirm that it is you')
  })

  it('SEC-35 SEC-37 a fresh code is no fresh proof for someone who has a key, and another person’s key is none at all', async () => {
    await changeSettings(current(), { methods: { codesForKeyHolders: true } })
    const person = await current().addPerson({ email: address() })
    const browser = current().browser()
    const { signIn } = await askForCode(browser, person.user.email)
    expect((await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(person.user.email)).at(-1)) })).path).toBe('/')
    const asked = await browser.get('/security/keys/new')
    await changeSettings(current(), { methods: { codesForKeyHolders: false } })
    expect(textOf(asked.body)).toContain('Confirm that it is you')
    expect(asked.body).not.toContain(`${asked.path}/email`)
    expect((await browser.get(`${asked.path}/email`)).path).toBe(asked.path)
    const other = await current().addPerson({ email: address() })
    expect((await touchKey(browser, other.key as SecurityKey, asked.path)).status).toBe(422)
    expect((await browser.get('/security/keys/new')).path).toMatch(/^\/signin\//)
    expect((await touchKey(browser, person.key as SecurityKey, (await browser.get('/security/keys/new')).path)).path).toBe('/security/keys/new')
  })

  it('SEC-35 someone without a key confirms with a code to the address we know, without typing it', async () => {
    const person = await current().addPerson({ email: address(), withKey: false })
    const stale = await current().signedIn(person, { fresh: false })
    const asked = await stale.get('/security/keys/new')
    const options = await stale.get(`${asked.path}/email`)
    expect(fieldOf(options.body, 'email')).toContain(`value="${person.user.email}"`)
    await stale.post(`${asked.path}/email`, { email: person.user.email, ...solvedCheck(stale) })
    await stale.post(`${asked.path}/channel`, { channel: 'mail' })
    expect((await stale.post(`${asked.path}/code`, { code: codeOf((await current().letters(person.user.email)).at(-1)) })).path).toBe('/security/keys/new')
  })
}, roomy)
