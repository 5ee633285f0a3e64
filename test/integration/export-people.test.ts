import { expect, it } from 'vitest'
import { exportGroups, exportPeople } from '../../src/directory/csv/index.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'

withApp('people and groups as files', (current) => {
  let organizations = 0
  async function office(): Promise<{ name: string; owner: Person; browser: Browser }> {
    const name = `export${++organizations}`
    const organization = await current().addOrganization(name)
    const owner = await current().addPerson({ email: `owner@${name}.example`, role: 'owner', organization })
    await current().addPerson({ email: `grace@${name}.example`, givenName: 'Grace', familyName: '=cmd|calc', organization, status: 'suspended', withKey: false })
    await current().addPerson({ email: `kurt@${name}.example`, givenName: 'Kurt "K."', familyName: 'Gödel, Dr.', organization })
    const { storage, groups, users } = current().foundation
    await storage.write(async (tx) => {
      const id = await groups.create(tx, organization.id, { name: '@Machines', description: 'Builds, and runs' })
      await groups.addMember(tx, organization.id, id, owner.user.id)
    })
    await storage.write(async (tx) => users.remove(tx, organization.id, (await users.create(tx, { organizationId: organization.id, email: { email: `gone@${name}.example`, key: `gone@${name}.example` }, givenName: 'Gone', familyName: 'G', role: 'user', status: 'active', emailVerified: true })).id))
    return { name, owner, browser: await current().signedIn(owner) }
  }

  it('S122 SEC-84 hold everybody but deleted people, and nothing that a spreadsheet would run', async () => {
    const { name, browser } = await office()
    const { body, headers } = await browser.get('/admin/users/export?format=csv')
    expect(headers['content-disposition']).toMatch(/^attachment; filename="people-\d{4}-\d\d-\d\d\.csv"$/)
    expect(headers['cache-control']).toBe('no-store')
    const lines = body.split('\r\n')
    expect(lines[0]).toMatch(/^\ufeffemail,given name,family name,phone,language,role,groups,/)
    expect(lines).toHaveLength(5)
    expect(body).toContain(`grace@${name}.example,Grace,'=cmd|calc,,,user,,suspended,0,`)
    expect(body).toContain(`kurt@${name}.example,"Kurt ""K.""","Gödel, Dr.",`)
    expect(body).toContain(`,owner,'@Machines,active,1,`)
    const json = (await browser.get('/admin/users/export?format=json')).json<{ email: string; groups: string[]; familyName: string }[]>()
    expect(json.map(({ email }) => email).toSorted()).toEqual([`grace@${name}.example`, `kurt@${name}.example`, `owner@${name}.example`])
    expect(json.find(({ email }) => email.startsWith('owner'))?.groups).toEqual(['@Machines'])
    expect(json.find(({ email }) => email.startsWith('grace'))?.familyName).toBe('=cmd|calc')
  })

  it('hold what the list shows: its filter is kept', async () => {
    const { name, browser } = await office()
    const emails = async (query: string): Promise<string[]> => (await browser.get(`/admin/users/export?format=json&${query}`)).json<{ email: string }[]>().map(({ email }) => email)
    expect(await emails('status=suspended')).toEqual([`grace@${name}.example`])
    expect(await emails('text=godel')).toEqual([`kurt@${name}.example`])
    expect(await emails('role=owner')).toEqual([`owner@${name}.example`])
    const shown = (await browser.get('/admin/users?status=suspended')).body.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=')
    expect(shown).toContain('href="/admin/users/export?format=csv&status=suspended"')
  })

  it('come back by import as they were', async () => {
    const { browser } = await office()
    const { body } = await browser.get('/admin/users/export?format=csv')
    await browser.get('/admin/users/import')
    const { path } = await browser.upload('/admin/users/import', { file: new Blob([body]) })
    const fields = ['email', 'given_name', 'family_name', 'phone', 'locale', 'role', 'groups'].map((field, index) => [`column_${index}`, field])
    const run = path.replace('/columns', '')
    await browser.post(path, Object.fromEntries(fields))
    let page = await browser.get(run)
    for (let look = 0; page.body.includes('http-equiv="refresh"') && look < 200; look++) {
      await current().app.parts.jobs.runNow('import people from files')
      page = await browser.get(run)
    }
    expect([...page.body.replaceAll('&#x3D;', '=').matchAll(/verdict=(\w+)/g)].map(([, verdict]) => verdict)).toEqual(['unchanged'])
  })

  it('S128 SEC-71 SEC-69 are for administrators with a fresh proof, and who took them is written down', async () => {
    const { name, owner, browser } = await office()
    await browser.get('/admin/users/export?format=csv&status=active')
    await browser.get('/admin/groups/export?format=json')
    const { events } = await current().foundation.audit.list({ organizationId: owner.user.organizationId, limit: 10 })
    expect(events.find(({ action }) => action === 'user.exported')).toMatchObject({ actor: { id: owner.user.id }, details: { format: 'csv', status: 'active' } })
    expect(events.find(({ action }) => action === 'group.exported')).toMatchObject({ actor: { id: owner.user.id }, details: { format: 'json' } })
    const stale = await current().signedIn(owner, { fresh: false })
    const organization = await current().foundation.organizations.find(owner.user.organizationId)
    if (!organization) throw new Error('no organization')
    const helpdesk = await current().signedIn(await current().addPerson({ email: `help@${name}.example`, role: 'helpdesk', organization }))
    for (const path of ['/admin/users/export', '/admin/groups/export']) {
      expect((await stale.get(path, { follow: false })).location).toMatch(/^\/signin\//)
      expect((await helpdesk.get(path)).status).toBe(403)
    }
    expect((await helpdesk.get('/admin/users')).body).not.toContain('/admin/users/export')
  })

  it('SEC-73 hold nobody of another organization, and groups with how many are in them', async () => {
    const [one, other] = [await office(), await office()]
    expect((await one.browser.get('/admin/users/export?format=csv')).body).not.toContain(other.name)
    const group = (await current().foundation.groups.list(other.owner.user.organizationId))[0]?.id ?? ''
    expect((await one.browser.get(`/admin/users/export?format=csv&group=${group}`)).body).not.toContain(other.name)
    const groups = (await one.browser.get('/admin/groups/export?format=csv')).body
    expect(groups.split('\r\n')[1]).toMatch(/^'@Machines,"Builds, and runs",1,,[\w-]{22}$/)
    expect((await one.browser.get('/admin/groups/export?format=json')).json<{ name: string; members: number }[]>()).toMatchObject([{ name: '@Machines', members: 1 }])
  })

  it('are made page by page, whole and in order, also where a page ends', async () => {
    const organization = await current().addOrganization('many')
    const { storage, clock } = current().foundation
    const now = clock.now()
    await storage.write(async (tx) => {
      for (let at = 0; at < 1_000; at += 100) {
        const rows = Array.from({ length: 100 }, (_value, index) => [`many-person-${String(at + index).padStart(10, '0')}`, organization.id, `p${at + index}@many.example`, `p${at + index}@many.example`, 'same', now, now])
        await tx.run(`INSERT INTO users (id, organization_id, email, email_key, search_key, created_at, updated_at, status, role, given_name, family_name) VALUES ${rows.map(() => `(?, ?, ?, ?, ?, ?, ?, 'active', 'user', 'G', 'F')`).join(', ')}`, rows.flat())
        const groups = Array.from({ length: 60 }, (_value, index) => [`many-group-${String(at + index).padStart(11, '0')}`, organization.id, `Group ${at + index}`, `group ${at + index}`, now, now])
        await tx.run(`INSERT INTO groups (id, organization_id, name, name_key, created_at, updated_at, description) VALUES ${groups.map(() => `(?, ?, ?, ?, ?, ?, '')`).join(', ')}`, groups.flat())
      }
    })
    const whole = async (parts: AsyncIterable<string>): Promise<string> => { let text = ''; for await (const part of parts) text += part; return text }
    const people = JSON.parse(await whole(exportPeople(current().foundation, organization.id, 'json'))) as { id: string }[]
    expect(people.map(({ id }) => id)).toEqual(people.map(({ id }) => id).toSorted())
    expect(new Set(people.map(({ id }) => id)).size).toBe(1_000)
    expect((await whole(exportPeople(current().foundation, organization.id, 'csv'))).split('\r\n')).toHaveLength(1_002)
    expect(JSON.parse(await whole(exportGroups(current().foundation, organization.id, 'json')))).toHaveLength(600)
    expect(JSON.parse(await whole(exportPeople(current().foundation, organization.id, 'json', { text: 'nobody' })))).toEqual([])
  })
})
