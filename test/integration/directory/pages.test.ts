import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { groupDn, personDn, slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { withApp, type Person } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { textOf } from '../../support/pages.ts'
import { skipWithout } from '../../support/skip.ts'

const root = '/admin/directories'
let slapd: Slapd

skipWithout(slapdMissing())
beforeAll(async () => {
  if (slapdMissing()) return
  slapd = await startSlapd({
    people: Array.from({ length: 12 }, (_value, number) => ({ uid: `p${number}`, cn: `Grace Hopper${number}`, givenName: 'Grace', sn: `Hopper${number}`, mail: `p${number}@navy.test`, departmentNumber: 'Computing' })),
    groups: [{ cn: 'engines', members: ['p0', 'p1', 'p2'] }, { cn: 'payroll', members: ['p3'] }],
  })
})
afterAll(async () => { await slapd?.stop() })

withApp('the pages of directories', (current, kind) => {
  let organizations = 0
  async function office(): Promise<{ name: string; owner: Person; browser: Browser }> {
    const name = `office${++organizations}`
    const owner = await current().addPerson({ email: `owner@${name}.example`, role: 'owner', organization: await current().addOrganization(name) })
    return { name, owner, browser: await current().signedIn(owner) }
  }
  const connection = (more: Readonly<Record<string, string>> = {}) => ({ name: 'Navy', servers: slapd.ldapsUrl, ca: slapd.ca, method: 'simple', bind_name: slapd.reader.dn, password: slapd.reader.password, ...more })
  const people = (more: Readonly<Record<string, string>> = {}) => ({ base: slapd.base, scope: 'sub', user_filter: '(objectClass=inetOrgPerson)', group_filter: '(objectClass=groupOfNames)', anchor: 'entryUUID', mode: 'all', act: 'save', ...more })
  const mapping = (more: Readonly<Record<string, string>> = {}) => ({ email: 'mail', givenName: 'givenName', familyName: 'sn', displayName: 'cn', department: 'departmentNumber', act: 'save', ...more })
  const rules = (more: Readonly<Record<string, string>> = {}) => ({ every_seconds: '86400', full_every_hours: '24', stale_minutes: '60', guard_percent: '5', guard_people: '500', keep_days: '30', invite_per_day: '100', invite_units: '', ...more })

  /** Through all steps of the set-up. @returns its id */
  async function connected(browser: Browser): Promise<string> {
    await browser.get(`${root}/new/openldap`)
    const { path, body } = await browser.post(`${root}/new/openldap`, connection())
    expect(path, textOf(body)).toMatch(/\/people$/)
    const id = path.split('/')[3] ?? ''
    expect((await browser.post(`${root}/${id}/people`, people())).path).toBe(`${root}/${id}/mapping`)
    expect((await browser.post(`${root}/${id}/mapping`, mapping())).path).toBe(`${root}/${id}/rules`)
    expect((await browser.post(`${root}/${id}/rules`, rules())).path).toBe(`${root}/${id}`)
    return id
  }

  /** Looks until nothing is on its way, as the page does by itself. */
  async function settled(browser: Browser, path: string): Promise<Answer> {
    for (let look = 0; look < 300; look++) {
      const answer = await browser.get(path)
      if (!answer.body.includes('http-equiv="refresh"')) return answer
      await current().app.parts.directories.runDue(new AbortController().signal)
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    throw new Error('the run does not come to an end')
  }
  const newestRun = (body: string): string => /\/runs\/([\w-]{22})"/.exec(body)?.[1] ?? ''

  it('SEC-65 connect a directory step by step, test it, show what would happen, and do it only then', async () => {
    const { browser, owner } = await office()
    const id = await connected(browser)
    const tested = textOf((await browser.post(`${root}/${id}/check`)).body)
    expect(tested).toContain('The directory can be read.')
    expect(tested).toContain('People found: 12.')
    expect(tested).toContain('p0@navy.test')

    await browser.post(`${root}/${id}/runs?order=preview`)
    const shown = await settled(browser, `${root}/${id}`)
    const plan = await browser.get(`${root}/${id}/runs/${newestRun(shown.body)}`)
    expect(textOf(plan.body)).toMatch(/New people 12/)
    expect(textOf(plan.body)).toContain('Nothing of it was applied')
    expect(await current().foundation.users.findByEmailKey('p0@navy.test')).toBeUndefined()
    const file = await browser.get(`${root}/${id}/runs/${newestRun(shown.body)}/export?format=csv`)
    expect(file.body.split('\r\n').filter((line) => line.startsWith('create,'))).toHaveLength(12)
    expect((await browser.get(`${root}/${id}/runs/${newestRun(shown.body)}/export?format=json`)).json<{ kind: string }[]>().filter(({ kind }) => kind === 'create')).toHaveLength(12)

    await browser.post(`${root}/${id}/switch`, { enabled: 'yes' })
    await browser.post(`${root}/${id}/runs?order=full`)
    const done = textOf((await settled(browser, `${root}/${id}`)).body)
    expect(done).toContain('Up to date')
    expect(await current().foundation.users.findByEmailKey('p0@navy.test')).toMatchObject({ givenName: 'Grace', familyName: 'Hopper0', managedBy: id, organizationId: owner.user.organizationId })
    const person = await current().foundation.users.findByEmailKey('p0@navy.test')
    expect(textOf((await browser.get(`/admin/users/${person?.id ?? ''}`)).body)).toContain('Navy')
    expect(textOf((await browser.get(root)).body)).toMatch(/Navy OpenLDAP · 12 people/)

    // Everybody goes: that is not done without a word.
    await browser.post(`${root}/${id}/people`, people({ user_filter: '(uid=p0)' }))
    await browser.post(`${root}/${id}/runs?order=full`)
    const waits = await settled(browser, `${root}/${id}`)
    expect(textOf(waits.body)).toContain('A plan waits for your decision')
    expect((await current().letters(owner.user.email)).some(({ template, subject }) => template === 'directory-alert' && subject === 'A directory needs attention')).toBe(true)
    expect(textOf((await browser.get('/admin')).body)).toContain('A directory needs attention: 1 alert')
    const run = newestRun(waits.body)
    expect(textOf((await browser.get(`${root}/${id}/runs/${run}`)).body)).toMatch(/Apply the plan[^]*Locked out 11/)
    expect(await current().foundation.users.findByEmailKey('p5@navy.test')).toMatchObject({ status: 'active' })
    await browser.post(`${root}/${id}/runs/${run}/rejection`)
    expect(textOf((await browser.get(`${root}/${id}/runs/${run}`)).body)).toContain('decided against it')
    expect(await current().foundation.users.findByEmailKey('p5@navy.test')).toMatchObject({ status: 'active' })
    await browser.post(`${root}/${id}/runs?order=full`)
    const again = newestRun((await settled(browser, `${root}/${id}`)).body)
    await browser.post(`${root}/${id}/runs/${again}/approval`)
    await settled(browser, `${root}/${id}`)
    expect(await current().foundation.users.findByEmailKey('p5@navy.test')).toMatchObject({ status: 'suspended' })

    const { events } = await current().foundation.audit.list({ organizationId: owner.user.organizationId, action: 'directory.*', limit: 50 })
    const acts = new Set(events.map(({ action }) => action))
    for (const act of ['created', 'changed', 'checked', 'run_asked', 'switched_on', 'applied', 'waits', 'plan_discarded', 'plan_approved', 'plan_exported']) expect(acts, act).toContain(`directory.${act}`)
  }, 60_000)

  it('pick groups from what the directory says, and try a mapping on real people before it is saved', async () => {
    const { browser } = await office()
    const id = await connected(browser)
    await browser.get(`${root}/${id}/people`)
    const found = await browser.post(`${root}/${id}/people`, people({ mode: 'chosen', act: 'search', search: 'engi' }))
    expect(textOf(found.body)).toContain(groupDn('engines'))
    expect(textOf(found.body)).not.toContain('payroll')
    const group = /name="group" value="([^"]*)"/.exec(found.body)?.[1]?.replaceAll('&quot;', '"') ?? ''
    expect((await browser.post(`${root}/${id}/people`, people({ mode: 'chosen' }))).status).toBe(422)
    await browser.post(`${root}/${id}/people`, people({ mode: 'chosen', group, only_members: 'yes' }))
    expect((await current().foundation.storage.read.one<{ settings: string }>('SELECT settings FROM directories WHERE id = ?', [id]))?.settings).toContain('"name":"engines"')

    await browser.get(`${root}/${id}/mapping`)
    const tried = textOf((await browser.post(`${root}/${id}/mapping`, mapping({ givenName: 'departmentNumber', filter: '(uid=p4)', act: 'preview' }))).body)
    expect(tried).toMatch(/First name Computing/)
    expect(tried).toContain('p4@navy.test')
    expect(tried).not.toContain('p5@navy.test')
    expect(textOf((await browser.get(`${root}/${id}`)).body)).not.toContain('Computing')
    expect((await browser.post(`${root}/${id}/mapping`, mapping({ email: '' }))).status).toBe(422)
    expect((await browser.post(`${root}/${id}/mapping`, mapping({ title: 'no)good' }))).status).toBe(422)
    expect((await browser.post(`${root}/${id}/mapping`, mapping({ filter: '((' }))).status).toBe(422)
  })

  it('SEC-62 say which step of a connection failed, with cause and fix', async () => {
    const { browser } = await office()
    const id = await connected(browser)
    const report = async (more: Readonly<Record<string, string>>): Promise<string> => {
      await browser.post(`${root}/${id}/connection`, connection(more))
      return textOf((await browser.post(`${root}/${id}/check`)).body)
    }
    expect(await report({ password: 'wrong' })).toMatch(/cannot be read yet[^]*Account[^]*does not know the account/)
    expect(await report({ ca: '' })).toMatch(/Encryption[^]*authority that is not trusted[^]*Add the certificate of your own authority/)
    expect(await report({ servers: 'ldaps://localhost:1' })).toMatch(/Connection[^]*accepts no connection on port 1/)
    await browser.post(`${root}/${id}/connection`, connection())
    await browser.post(`${root}/${id}/people`, people({ base: 'ou=nowhere,dc=example,dc=test' }))
    expect(textOf((await browser.post(`${root}/${id}/check`)).body)).toMatch(/Base[^]*Nothing is at ou=nowhere/)
    await browser.post(`${root}/${id}/runs?order=preview`)
    await settled(browser, `${root}/${id}`)
    // The page reads the directory before its runs: one that is made while the run fails shows the run's end and not yet the reason.
    await vi.waitFor(async () => { expect(textOf((await browser.get(`${root}/${id}`)).body)).toMatch(/Cannot be read/) })
  })

  it('SEC-62 refuse what would be sent in the plain, and every field that cannot be right, at the field', async () => {
    const { browser } = await office()
    await browser.get(`${root}/new/openldap`)
    for (const [wrong, told] of [
      [{ servers: 'ldap://localhost' }, 'send passwords in the plain'], [{ servers: 'https://localhost' }, 'Write addresses like'], [{ servers: '' }, 'one to five addresses'], [{ name: '' }, 'Enter a name'], [{ ca: 'x' }, 'PEM form'], [{ password: '' }, 'Enter its password'],
      [{ bind_name: '' }, 'Enter the account'], [{ method: 'external' }, 'Paste the certificate'],
    ] as const) {
      const { status, body } = await browser.post(`${root}/new/openldap`, connection(wrong))
      expect([status, textOf(body).includes(told)], told).toEqual([422, true])
    }
    const id = await connected(browser)
    expect((await browser.post(`${root}/new/openldap`, connection())).status).toBe(422)
    for (const wrong of [{ base: '' }, { user_filter: '(uid=' }, { anchor: 'entry UUID' }]) expect((await browser.post(`${root}/${id}/people`, people(wrong))).status).toBe(422)
    for (const wrong of [{ every_seconds: '5' }, { guard_percent: '101' }, { keep_days: '-1' }, { invite_per_day: 'x' }]) expect((await browser.post(`${root}/${id}/rules`, rules(wrong))).status).toBe(422)
  })

  it('never show the secret again, and send it to no other server than the one it was given for', async () => {
    const { browser } = await office()
    const id = await connected(browser)
    expect((await browser.get(`${root}/${id}/connection`)).body).not.toContain(slapd.reader.password)
    const moved = await browser.post(`${root}/${id}/connection`, connection({ servers: 'ldaps://evil.example', password: '' }))
    expect([moved.status, textOf(moved.body).includes('A server is new')]).toEqual([422, true])
    expect((await browser.post(`${root}/${id}/connection`, connection({ name: 'Fleet', password: '' }))).path).toBe(`${root}/${id}`)
    expect(textOf((await browser.post(`${root}/${id}/check`)).body)).toContain('The directory can be read.')
  })

  it('show what stands in somebody’s way with the fix, and give the account to the entry when an administrator says so', async () => {
    const { browser, owner } = await office()
    const organization = await current().foundation.organizations.find(owner.user.organizationId)
    if (!organization) throw new Error('no organization')
    await slapd.add(personDn(`twin${organizations}`), { objectClass: 'inetOrgPerson', cn: 'Twin', sn: 'Twin', mail: `twin@office${organizations}.example` })
    const twin = await current().addPerson({ email: `twin@office${organizations}.example`, organization })
    const id = await connected(browser)
    await browser.post(`${root}/${id}/people`, people({ user_filter: `(uid=twin${organizations})`, mode: 'none' }))
    await browser.post(`${root}/${id}/switch`, { enabled: 'yes' })
    await browser.post(`${root}/${id}/runs?order=full`)
    await settled(browser, `${root}/${id}`)
    const shown = await browser.get(`${root}/${id}/conflicts`)
    expect(textOf(shown.body)).toContain('added by hand has this address')
    const anchor = /name="anchor" value="([^"]+)"/.exec(shown.body)?.[1] ?? ''
    expect((await current().foundation.users.find(organization.id, twin.user.id))?.managedBy).toBeNull()
    await browser.post(`${root}/${id}/adoption`, { anchor })
    await settled(browser, `${root}/${id}`)
    expect(await current().foundation.users.find(organization.id, twin.user.id)).toMatchObject({ managedBy: id, familyName: 'Twin' })
    await slapd.remove(personDn(`twin${organizations}`))
  })

  it('SEC-65 lock out whoever is locked there with the next look for changes, and let back in whoever comes back', async () => {
    const { browser } = await office()
    const id = await connected(browser)
    await browser.post(`${root}/${id}/people`, people({ user_filter: '(|(uid=p8)(uid=p9)(uid=p10))', mode: 'none' }))
    // Addresses of their own: the people of the other offices have the plain ones.
    for (const uid of ['p8', 'p9', 'p10']) await slapd.modify(personDn(uid), { mail: `${uid}@${kind}.test` })
    await browser.post(`${root}/${id}/switch`, { enabled: 'yes' })
    await settled(browser, `${root}/${id}`)
    const status = async (uid: string): Promise<string | undefined> => (await current().foundation.users.findByEmailKey(`${uid}@${kind}.test`))?.status
    expect(await Promise.all(['p8', 'p9', 'p10'].map(status))).toEqual(['active', 'active', 'active'])
    for (const [value, expected] of [['000001010000Z', 'suspended'], [[], 'active']] as const) {
      await slapd.modify(personDn('p9'), { pwdAccountLockedTime: value })
      await browser.post(`${root}/${id}/runs?order=changes`)
      expect(textOf((await settled(browser, `${root}/${id}`)).body)).toContain('Changes only')
      expect(await Promise.all(['p8', 'p9', 'p10'].map(status))).toEqual(['active', expected, 'active'])
    }
  })

  it('take a directory away, with its people kept or suspended', async () => {
    const { browser, owner } = await office()
    const id = await connected(browser)
    await browser.post(`${root}/${id}/people`, people({ user_filter: '(uid=p11)', mode: 'none' }))
    await browser.post(`${root}/${id}/mapping`, mapping({ email: 'cn, mail' }))
    expect((await browser.get(`${root}/${id}/removal`)).status).toBe(200)
    await browser.post(`${root}/${id}/removal?people=keep`)
    await settled(browser, root)
    for (let look = 0; look < 100 && (await current().app.parts.directories.list(owner.user.organizationId)).length > 0; look++) {
      await current().app.parts.directories.runDue(new AbortController().signal)
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    expect(await current().app.parts.directories.list(owner.user.organizationId)).toEqual([])
    expect((await browser.get(`${root}/${id}`)).status).toBe(404)
  })

  it('SEC-73 SEC-69 SEC-71 belong to their organization, to those who may change settings, and to a fresh proof', async () => {
    const [one, other] = [await office(), await office()]
    const id = await connected(one.browser)
    await other.browser.get(root)
    for (const page of ['', '/connection', '/people', '/mapping', '/rules', '/conflicts', '/removal']) expect((await other.browser.get(`${root}/${id}${page}`)).status, page).toBe(404)
    for (const act of ['/check', '/runs?order=full', '/switch', '/removal?people=keep', '/adoption', '/connection', '/people', '/mapping', '/rules']) expect((await other.browser.post(`${root}/${id}${act}`)).status, act).toBe(404)
    expect(textOf((await other.browser.get(root)).body)).not.toContain('Navy')
    const stale = await current().signedIn(one.owner, { fresh: false })
    await stale.get(root)
    for (const act of ['/check', '/runs?order=full', '/switch', '/removal?people=keep', '/adoption', '/connection']) expect((await stale.post(`${root}/${id}${act}`, {}, { follow: false })).location, act).toMatch(/^\/signin\//)
    const organization = await current().foundation.organizations.find(one.owner.user.organizationId)
    if (!organization) throw new Error('no organization')
    const helpdesk = await current().signedIn(await current().addPerson({ email: `help@${one.name}.example`, role: 'helpdesk', organization }))
    expect((await helpdesk.get(root)).status).toBe(403)
  })
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1' })
