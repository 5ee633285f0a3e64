import { expect, it } from 'vitest'
import { createAudit } from '../../src/audit/index.ts'
import { createImportWork, createPeopleImports } from '../../src/directory/csv/index.ts'
import { createGroups, createOrganizations, createUsers } from '../../src/directory/index.ts'
import { createLog } from '../../src/http/index.ts'
import { LeaseLost, type Lease } from '../../src/jobs/index.ts'
import { onEachDatabase } from '../support/storage.ts'

const lines = 1_100

onEachDatabase('the work of an import', (current) => {
  async function office(name: string) {
    const { storage, clock, sealer } = current()
    const needs = { storage, clock, sealer }
    const [users, groups, organizations, imports] = [createUsers(needs), createGroups(needs), createOrganizations(needs), createPeopleImports(needs)]
    const audit = createAudit({ ...needs, log: createLog('error') })
    const organization = await storage.write((tx) => organizations.create(tx, { name, kind: 'business' }))
    const email = `owner@${name}.example`
    const owner = await storage.write((tx) => users.create(tx, { organizationId: organization.id, email: { email, key: email }, givenName: 'Ada', familyName: 'L', role: 'owner', status: 'active', emailVerified: true }))
    const work = createImportWork({ storage, clock, users, groups, imports, audit, locales: ['en'], invite: () => Promise.resolve(), mayInvite: () => Promise.resolve(true) })
    const file = `email,first name,groups\n${Array.from({ length: lines }, (_value, number) => `p${number}@${name}.example,Grace,Everybody`).join('\n')}`
    const id = await imports.upload(organization.id, owner.id, { name: 'people.csv', bytes: Buffer.from(file) })
    await storage.write((tx) => imports.choose(tx, id, ['email', 'given_name', 'groups'], { existing: 'update', invite: 'later', createGroups: true }))
    const state = async () => { const found = await imports.find(organization.id, id); if (!found) throw new Error('it is gone'); return found }
    const apply = () => storage.write((tx) => imports.apply(tx, id, owner.id))
    return { organization, owner, users, groups, imports, audit, work, id, state, apply }
  }
  const never = new AbortController().signal
  /** A lease that ends after so many parts, as when the process dies. */
  const dyingAfter = (parts: number): Lease => { let left = parts; return { name: 'import', epoch: 1, stillHeld: () => (left-- > 0 ? Promise.resolve() : Promise.reject(new LeaseLost('the process died'))) } }

  it('R-05 goes on where it was after a death at any part, and makes everybody once', async () => {
    const { organization, users, groups, audit, work, state, apply } = await office('phoenix')
    for (let part = 0; (await state()).state === 'checking'; part++) {
      if (part > 10) throw new Error('the check does not come to an end')
      await work(never, dyingAfter(1)).catch((error: unknown) => { if (!(error instanceof LeaseLost)) throw error })
    }
    expect((await state()).numbers.verdicts).toEqual({ create: lines })
    await apply()
    await expect(work(never, dyingAfter(2))).rejects.toThrow(LeaseLost)
    const middle = await state()
    expect(middle.state).toBe('applying')
    expect(middle.numbers.created).toBe(400)
    expect((await users.countByStatus(organization.id)).new).toBe(400)
    await work(never)
    expect(await state()).toMatchObject({ state: 'done', numbers: { created: lines, left: 0, groups: 1 } })
    const count = async (): Promise<number> => { let all = 0; for await (const page of users.pages({ organizationId: organization.id, status: 'new' })) all += page.length; return all }
    expect(await count()).toBe(lines)
    const [group] = await groups.list(organization.id)
    if (!group) throw new Error('no group')
    expect((await groups.find(organization.id, group.id))?.members).toBe(lines)
    let events = 0
    for await (const event of audit.stream({ organizationId: organization.id, action: 'user.imported' })) if (event.outcome === 'success') events++
    expect(events).toBe(lines)
  })

  it('leaves to themselves those who came in between the look and the deed', async () => {
    const { organization, users, work, state, apply } = await office('between')
    await work(never)
    const email = 'p7@between.example'
    await current().storage.write((tx) => users.create(tx, { organizationId: organization.id, email: { email, key: email }, givenName: 'Other', familyName: 'O', role: 'owner', status: 'active', emailVerified: true }))
    await current().storage.execute(`UPDATE users SET managed_by = 'somewhere' WHERE email_key = ?`, [email])
    await apply()
    await work(never)
    expect(await state()).toMatchObject({ state: 'done', numbers: { created: lines - 1, left: 1 } })
    expect(await users.findByEmailKey(email)).toMatchObject({ givenName: 'Other', role: 'owner' })
  })

  it('stops when whoever asked for it is suspended in the middle', async () => {
    const { organization, owner, users, work, state, apply } = await office('stopped')
    await work(never)
    await apply()
    await expect(work(never, dyingAfter(1))).rejects.toThrow(LeaseLost)
    await current().storage.write((tx) => users.update(tx, organization.id, owner.id, { status: 'suspended' }))
    await work(never)
    expect(await state()).toMatchObject({ state: 'stopped', numbers: { created: 200 } })
  })
})
