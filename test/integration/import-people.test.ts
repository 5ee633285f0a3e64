import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { textOf } from '../support/pages.ts'

const root = '/admin/users/import'

withApp('people from a file', (current) => {
  let organizations = 0
  async function office(): Promise<{ name: string; owner: Person; admin: Person; browser: Browser; asAdmin: Browser }> {
    const name = `office${++organizations}`
    const organization = await current().addOrganization(name)
    const owner = await current().addPerson({ email: `owner@${name}.example`, role: 'owner', organization })
    const admin = await current().addPerson({ email: `admin@${name}.example`, role: 'administrator', organization })
    return { name, owner, admin, browser: await current().signedIn(owner), asAdmin: await current().signedIn(admin) }
  }

  async function upload(browser: Browser, content: string | Buffer): Promise<string> {
    await browser.get(root)
    const { path, status, body } = await browser.upload(root, { file: new Blob([new Uint8Array(Buffer.from(content))], { type: 'text/csv' }) })
    expect(status, textOf(body)).toBe(200)
    return /import\/([\w-]{22})\/columns$/.exec(path)?.[1] ?? ''
  }

  /** Looks until the work has an end, as the page does by itself. */
  async function settled(browser: Browser, id: string, more = ''): Promise<Answer> {
    for (let look = 0; look < 400; look++) {
      const answer = await browser.get(`${root}/${id}${more}`)
      if (!answer.body.includes('http-equiv="refresh"')) return answer
      await current().app.parts.jobs.runNow('import people from files')
    }
    throw new Error('the import does not come to an end')
  }

  const fieldsOf = (...fields: string[]) => Object.fromEntries(fields.map((field, index) => [`column_${index}`, field]))

  async function checked(browser: Browser, content: string | Buffer, fields: readonly string[], choices: Readonly<Record<string, string>> = {}): Promise<string> {
    const id = await upload(browser, content)
    await browser.post(`${root}/${id}/columns`, { ...fieldsOf(...fields), ...choices })
    await settled(browser, id)
    return id
  }

  async function applied(browser: Browser, id: string): Promise<string> {
    await browser.post(`${root}/${id}/application`)
    return textOf((await settled(browser, id)).body)
  }

  const find = (email: string) => current().foundation.users.findByEmailKey(email)

  it('S122 are looked at line by line, made with names, phone, language, role and groups, and can be invited afterwards', async () => {
    const { name, browser, owner } = await office()
    const id = await upload(browser, `Vorname;Nachname;E-Mail;Telefon;Sprache;Rolle;Gruppen\r\nGrace;Hopper;grace@${name}.example;+49 30 901820;de;Helpdesk;Rechner|Forschung\r\n"Kurt ""K.""";Gödel;kurt@${name}.example;;;;Rechner\r\n`)
    const columns = (await browser.get(`${root}/${id}/columns`)).body
    expect([...columns.matchAll(/<option value="(\w+)" selected>/g)].map(([, field]) => field)).toEqual(['given_name', 'family_name', 'email', 'phone', 'locale', 'role', 'groups'])
    expect(textOf(columns)).toContain('semicolons')
    await browser.post(`${root}/${id}/columns`, { ...fieldsOf('given_name', 'family_name', 'email', 'phone', 'locale', 'role', 'groups'), create_groups: 'yes' })
    const shown = textOf((await settled(browser, id)).body)
    expect(shown).toContain('2 people are made or changed')
    expect(await find(`grace@${name}.example`)).toBeUndefined()
    expect(await applied(browser, id)).toMatch(/People made 2/)
    const grace = await find(`grace@${name}.example`)
    expect(grace).toMatchObject({ givenName: 'Grace', familyName: 'Hopper', phone: '+4930901820', phoneVerified: false, emailVerified: false, locale: 'de', role: 'helpdesk', status: 'new', organizationId: owner.user.organizationId })
    expect((await find(`kurt@${name}.example`))?.givenName).toBe('Kurt "K."')
    expect((await current().foundation.groups.ofUser(owner.user.organizationId, grace?.id ?? owner.user.id)).map((group) => group.name)).toEqual(['Forschung', 'Rechner'])
    expect(await current().letters(`grace@${name}.example`)).toEqual([])
    await browser.post(`/admin/users/${grace?.id ?? ''}/invitation`)
    expect(await current().letters(`grace@${name}.example`)).toHaveLength(1)
    const audit = await current().foundation.audit.list({ organizationId: owner.user.organizationId, limit: 50 })
    expect(audit.events.filter(({ action }) => action === 'user.imported')).toHaveLength(2)
    expect(audit.events.find(({ action }) => action === 'user.import_done')).toMatchObject({ actor: { id: owner.user.id }, details: { lines: 2, created: 2 } })
  })

  it('S122 that cannot be made say at which line and column and what to do; the others are made, and the corrected lines later', async () => {
    const { name, browser, asAdmin } = await office()
    const elsewhere = await office()
    const content = [
      'email,given name,family name,phone,language,role,groups', `fine@${name}.example,Ada,Lovelace,,,,`, `not an address,Ada,L,,,,`, `,Ada,L,,,,`, `bad@${name}.example,<b>,L,,,,`, `phone@${name}.example,Ada,L,12345,,,`,
      `tongue@${name}.example,Ada,L,,klingon,,`, `role@${name}.example,Ada,L,,,king,`, `boss@${name}.example,Ada,L,,,owner,`, `group@${name}.example,Ada,L,,,,Nowhere`, `FINE@${name}.example,Twice,L,,,,`,
      `more@${name}.example,Ada,L,,,,,x`, `owner@${elsewhere.name}.example,Ada,L,,,,`,
    ].join('\n')
    const fields = ['email', 'given_name', 'family_name', 'phone', 'locale', 'role', 'groups']
    const id = await checked(asAdmin, content, fields)
    const shown = textOf((await asAdmin.get(`${root}/${id}?verdict=problem`)).body)
    for (const [line, what] of [[3, 'no email address. Write it'], [4, 'There is no email address'], [5, 'first name of at most'], [6, 'country code'], [7, 'language is not offered'], [8, 'no such role'], [9, 'may not give this role'], [10, 'no such group'], [11, 'earlier line'], [12, 'more values'], [13, 'already has an account']] as const) {
      expect(shown).toMatch(new RegExp(`Line ${line}\\b[^]{0,200}${what}`))
    }
    const file = await asAdmin.get(`${root}/${id}/problems`)
    expect(file.headers['content-disposition']).toContain('attachment')
    expect(file.body.split('\r\n')).toHaveLength(13)
    expect(await applied(asAdmin, id)).toMatch(/People made 1/)
    expect(await find(`phone@${name}.example`)).toBeUndefined()
    const corrected = file.body.replace('12345', '+49 30 12345')
    const again = await checked(asAdmin, corrected, fields)
    await applied(asAdmin, again)
    expect(await find(`phone@${name}.example`)).toMatchObject({ phone: '+493012345' })
    // An owner may make owners.
    await applied(browser, await checked(browser, corrected, fields))
    expect(await find(`boss@${name}.example`)).toMatchObject({ role: 'owner' })
  })

  it('SEC-69 change those who are here, by choice, but nobody who stands higher and nobody whom a directory keeps', async () => {
    const { name, owner, browser, asAdmin, admin } = await office()
    const place = owner.user.organizationId
    const { storage, organizations } = current().foundation
    const organization = await organizations.find(place)
    if (!organization) throw new Error('no organization')
    const [kept, plain] = [await current().addPerson({ email: `kept@${name}.example`, organization }), await current().addPerson({ email: `plain@${name}.example`, organization })]
    await storage.execute(`UPDATE users SET managed_by = 'Active Directory' WHERE id = ?`, [kept.user.id])
    const content = `email,first name,role\nowner@${name}.example,Changed,user\nkept@${name}.example,Changed,\nplain@${name}.example,Changed,administrator\nadmin@${name}.example,,\n`
    const skipping = await checked(asAdmin, content, ['email', 'given_name', 'role'], { existing: 'skip' })
    expect(textOf((await asAdmin.get(`${root}/${skipping}`)).body)).toContain('nothing to do')
    await applied(asAdmin, await checked(asAdmin, content, ['email', 'given_name', 'role'], { existing: 'update' }))
    expect((await find(`owner@${name}.example`))?.givenName).toBe('Ada')
    expect((await find(`kept@${name}.example`))?.givenName).toBe('Ada')
    expect(await find(plain.user.email)).toMatchObject({ givenName: 'Changed', role: 'user', status: 'active' })
    expect((await find(admin.user.email))?.givenName).toBe('Ada')
    await applied(browser, await checked(browser, content, ['email', 'given_name', 'role']))
    expect(await find(`owner@${name}.example`)).toMatchObject({ givenName: 'Changed', role: 'owner' })
    expect((await find(`kept@${name}.example`))?.givenName).toBe('Ada')
  })

  it('are invited at once when asked for, as many as may be within an hour', async () => {
    const { name, browser, owner } = await office()
    const id = await checked(browser, `email\n${Array.from({ length: 503 }, (_value, index) => `p${index}@${name}.example`).join('\n')}`, ['email'], { invite: 'now' })
    const result = await applied(browser, id)
    expect(result).toMatch(/People made 503/)
    expect(result).toMatch(/Invitations sent 500/)
    expect(result).toMatch(/reached 3/)
    expect(await current().letters(`p0@${name}.example`)).toHaveLength(1)
    expect(await current().letters(`p502@${name}.example`)).toEqual([])
    expect((await current().foundation.users.countByStatus(owner.user.organizationId)).new).toBe(503)
  })

  it('SEC-73 are seen in their own organization only, and gone after a day', async () => {
    const [one, other] = [await office(), await office()]
    const id = await checked(one.browser, `email\nx@${one.name}.example\n`, ['email'])
    for (const path of [`${root}/${id}`, `${root}/${id}/columns`, `${root}/${id}/problems`]) expect((await other.browser.get(path)).status).toBe(404)
    for (const act of ['columns', 'application', 'removal']) expect((await other.browser.post(`${root}/${id}/${act}`)).status).toBe(404)
    expect((await one.browser.get(`${root}/${id}`)).status).toBe(200)
    expect((await other.browser.get(root)).body).not.toContain(id)
    await current().foundation.storage.execute('UPDATE people_imports SET expires_at = ? WHERE id = ?', [current().foundation.clock.now() - 1, id])
    expect((await one.browser.get(`${root}/${id}`)).status).toBe(404)
    await current().foundation.peopleImports.purge()
    expect(await current().foundation.storage.read.all('SELECT line FROM people_import_lines WHERE import_id = ?', [id])).toEqual([])
  })

  it('SEC-69 SEC-71 need an administrator with a fresh proof at the moment they are made, and the right to it until the end', async () => {
    const { name, admin, asAdmin, owner } = await office()
    const id = await checked(asAdmin, `email\nx@${name}.example\n`, ['email'])
    const stale = await current().signedIn(admin, { fresh: false })
    await stale.get(`${root}/${id}`)
    expect((await stale.post(`${root}/${id}/application`, {}, { follow: false })).location).toMatch(/^\/signin\//)
    const helpdesk = await current().addPerson({ email: `help@${name}.example`, role: 'helpdesk', organization: (await current().foundation.organizations.find(owner.user.organizationId)) ?? current().organization })
    expect((await (await current().signedIn(helpdesk)).get(root)).status).toBe(403)
    const { storage, users } = current().foundation
    await storage.write((tx) => users.update(tx, owner.user.organizationId, admin.user.id, { role: 'user' }))
    await storage.execute(`UPDATE people_imports SET state = 'applying' WHERE id = ?`, [id])
    await current().app.parts.jobs.runNow('import people from files')
    expect((await current().foundation.peopleImports.find(owner.user.organizationId, id))?.state).toBe('stopped')
    expect(await find(`x@${name}.example`)).toBeUndefined()
  })

  it.each<[string, string | Buffer, string]>([
    ['UTF-8 with a mark and semicolons', '\ufeffemail;Nachname\r\n@;Gödel', 'semicolons'], ['UTF-16 with tabs', Buffer.from('\ufeffemail\tNachname\r\n@\tGödel', 'utf16le'), 'UTF-16'], ['UTF-16 without a mark', Buffer.from('email,Nachname\r\n@,Gödel', 'utf16le'), 'UTF-16'],
    ['Windows-1252', Buffer.from('email,Nachname\r\n@,G\xf6del', 'latin1'), 'Windows-1252'], ['a line that names the separator', 'sep=|\nemail|Nachname\n@|Gödel', 'vertical bars'],
  ])('are read from %s', async (_what, content, told) => {
    const { browser } = await office()
    const shown = textOf((await browser.get(`${root}/${await upload(browser, content)}/columns`)).body)
    expect(shown).toContain('Gödel')
    expect(shown).toContain(told)
  })

  it.each<[string, string | Buffer, string]>([
    ['nothing', ' \r\n', 'no lines with people'], ['only names of columns', 'email,name\r\n', 'no lines with people'], ['a workbook', Buffer.from([0x50, 0x4b, 3, 4, 20, 0, 6, 0, 8, 0, 0, 0, 0x21, 1, 2, 3]), 'not a text file'], ['an open quotation mark', 'email,name\na@example.com,A\nb@example.com,"B\nc@example.com,C\n', 'line 3'],
    ['an endless line', `email\n${'x'.repeat(60_000)}`, 'too long'],
  ])('SEC-86 say what is wrong with %s, and leave nothing behind', async (_what, content, told) => {
    const { browser, owner } = await office()
    await browser.get(root)
    const answer = await browser.upload(root, { file: new Blob([new Uint8Array(Buffer.from(content))]) })
    expect(answer.status).toBe(422)
    expect(textOf(answer.body)).toContain(told)
    expect(await current().foundation.storage.read.all('SELECT id FROM people_imports WHERE organization_id = ?', [owner.user.organizationId])).toEqual([])
  })

  it('SEC-86 may be more than a megabyte for administrators only, and never more than twenty', async () => {
    const { browser, name } = await office()
    const large = new Blob([`email\n${Array.from({ length: 60_000 }, (_value, index) => `somebody-with-a-long-name-${index}@${name}.example`).join('\n')}`])
    expect(large.size).toBeGreaterThan(2_000_000)
    await browser.get(root)
    expect((await browser.upload(root, { file: large })).status).toBe(200)
    expect((await browser.upload(root, { file: new Blob([new Uint8Array(21 * 1_048_576)]) })).status).toBe(413)
    const organization = await current().addOrganization('megabytes')
    const person = await current().signedIn(await current().addPerson({ email: 'user@megabytes.example', organization }))
    await person.get('/security')
    expect((await person.upload(root, { file: large })).status).toBe(413)
    const stranger = current().browser()
    await stranger.get('/signup/personal')
    expect((await stranger.upload(root, { file: large })).status).toBe(413)
  })

  it('can be had as a sample, which can be imported as it is', async () => {
    const { browser } = await office()
    const sample = await browser.get(`${root}/sample`)
    expect(sample.headers['content-type']).toContain('text/csv')
    const id = await checked(browser, sample.body, ['email', 'given_name', 'family_name', 'phone', 'locale', 'role', 'groups'], { create_groups: 'yes' })
    expect(textOf((await browser.get(`${root}/${id}`)).body)).toContain('3 people are made or changed')
  })
})
