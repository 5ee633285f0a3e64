import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { givePhone } from '../support/fake-phone.ts'
import { textOf } from '../support/pages.ts'

let count = 0

withApp('phone keys for many', (current) => {
  const address = (): string => `assign${++count}@example.com`
  const root = '/admin/users/phones'
  const never = new AbortController().signal
  const work = () => current().app.parts.phoneAssignments.work(never)
  const activationsOf = async (email: string) => (await current().letters(email)).filter(({ template }) => template === 'activation')

  async function office() {
    const { foundation } = current()
    const organization = await foundation.storage.write((tx) => foundation.organizations.create(tx, { name: `Office ${++count}`, kind: 'business' }))
    await foundation.storage.write((tx) => foundation.organizations.update(tx, organization.id, { settings: { ...organization.settings, methods: { ...organization.settings.methods, phone: true } } }))
    const admin = await current().addPerson({ email: address(), role: 'administrator', organization })
    const someone = (more: { role?: 'user' | 'owner'; status?: 'new' | 'active' } = {}) => current().addPerson({ email: address(), withKey: false, organization, ...more })
    return { organization, admin, someone, panel: await current().signedIn(admin) }
  }

  it('S97 S102 all who lack one get a mail with the note, once; the list tells New, Pending and Active', async () => {
    const { someone, panel, admin } = await office()
    const [without, waiting, having, above] = [await someone(), await someone(), await someone({ status: 'new' }), await someone({ role: 'owner' })]
    await givePhone(current(), having.user)
    await panel.get(`/admin/users/${waiting.user.id}`)
    await panel.post(`/admin/users/${waiting.user.id}/phones/activation`, { note: '' })

    const looked = textOf((await panel.get(`${root}?look=yes&note=Before+Friday.`)).body)
    // The administrator and the owner lack one too; the rules of each person are asked when it is their turn.
    expect(looked).toContain('4 people have no phone key')
    const ordered = await panel.post(root, { group: '', note: 'Before Friday.' })
    expect(textOf(ordered.body)).toContain('The emails are on their way')
    await work()
    await work()
    const [letter] = await activationsOf(without.user.email)
    expect(letter?.text).toContain('Before Friday.')
    expect((await activationsOf(without.user.email)).length).toBe(1)
    expect((await activationsOf(waiting.user.email)).length).toBe(1)
    for (const { user } of [having, above, admin]) expect(await activationsOf(user.email)).toEqual([])
    expect(textOf((await panel.get(root)).body)).toMatch(/1 email · 3 left as they are\s*Done/)

    const list = (await panel.get('/admin/users')).body
    const rowOf = (email: string): string => textOf(list.split('<tr>').find((row) => row.includes(email)) ?? '')
    expect([without, waiting, having, above].map(({ user }) => /New|Pending|Active$|Active (?=User)/.exec(rowOf(user.email).replace(/^.*Phones/s, ''))?.[0].trim())).toEqual(['Pending', 'Pending', 'Active', 'New'])
    const lacking = (await panel.get('/admin/users?keys=no_phone')).body
    expect([without, having].map(({ user }) => lacking.includes(user.email))).toEqual([true, false])
    expect(textOf((await panel.get('/admin/audit')).body)).toContain('Phone keys for many ordered')
  })

  it('S97 a group: its members alone', async () => {
    const { organization, someone, panel } = await office()
    const [inside, outside] = [await someone(), await someone()]
    const { groups, storage } = current().foundation
    const group = await storage.write(async (tx) => {
      const id = await groups.create(tx, organization.id, { name: 'Navy', description: '' })
      await groups.addMember(tx, organization.id, id, inside.user.id)
      return id
    })
    await panel.get(root)
    await panel.post(root, { group, note: '' })
    await work()
    expect([(await activationsOf(inside.user.email)).length, (await activationsOf(outside.user.email)).length]).toEqual([1, 0])
  })

  it('S97 R-05 what the hour’s invitations do not cover waits for later, goes on where it was, and can be stopped', async () => {
    const { organization, someone, panel } = await office()
    const people = [await someone(), await someone(), await someone()]
    const { throttle } = current().app.parts
    const limit = { name: 'admin.invitations', attempts: 500, windowSeconds: 3_600 }
    for (let used = 0; used < 499; used++) await throttle.count(limit, organization.id)
    await panel.get(root)
    await panel.post(root, { group: '', note: '' })
    await work()
    const sent = async (): Promise<number> => (await Promise.all(people.map(({ user }) => activationsOf(user.email)))).flat().length
    expect(await sent()).toBe(1)
    expect(textOf((await panel.get(root)).body)).toContain('This hour\'s invitations are used up.')
    await work()
    expect(await sent()).toBe(1)
    current().advance(3_700_000)
    await work()
    expect(await sent()).toBe(3)

    const another = await someone()
    const again = await current().signedIn(await current().addPerson({ email: address(), role: 'administrator', organization }))
    await again.get(root)
    const page = await again.post(root, { group: '', note: '' })
    const id = /phones\/([\w-]{22})\/cancellation/.exec(page.body)?.[1] ?? ''
    expect(textOf((await again.post(`${root}/${id}/cancellation`)).body)).toContain('Stopped.')
    await work()
    expect(await activationsOf(another.user.email)).toEqual([])
    expect(textOf((await again.post(`${root}/${id}/cancellation`)).body)).toContain('That was over already.')
  })

  it('SEC-69 SEC-73 not for a role without the right, nor a group of another organization; whoever lost the right sends nothing more', async () => {
    const [{ organization, someone, admin, panel }, other] = [await office(), await office()]
    const { groups, storage, users } = current().foundation
    const foreign = await storage.write((tx) => groups.create(tx, other.organization.id, { name: 'Theirs', description: '' }))
    await panel.get(root)
    expect((await panel.post(root, { group: foreign, note: '' })).status).toBe(404)
    expect((await panel.get(`${root}?group=${foreign}&look=yes`)).status).toBe(404)
    const plain = await current().addPerson({ email: address(), organization })
    expect((await (await current().signedIn(plain)).get(root)).status).toBe(403)

    const { user } = await someone()
    await panel.get(root)
    await panel.post(root, { group: '', note: '' })
    await storage.write((tx) => users.update(tx, organization.id, admin.user.id, { role: 'user' }))
    await work()
    expect(await activationsOf(user.email)).toEqual([])
  })
})
