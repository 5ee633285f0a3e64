import { expect, it } from 'vitest'
import { onEachDatabase } from '../../support/storage.ts'
import { operator, startSync } from '../../support/sync/engine.ts'

const ada = 'ada@corp.example'

onEachDatabase('a directory that is synchronised', (current) => {
  it('brings in everybody at first, active and owned by the directory, and says so in the audit log', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace', { phone: '+441234567890', profile: { title: 'Analyst', department: 'Engines' } })
    for (const name of ['Grace Hopper', 'Alan Turing', 'Joan Clarke', 'Mary Jackson']) sync.script.person(name)
    const run = await sync.run()
    expect(run).toMatchObject({ state: 'done', mode: 'full', readPeople: 5, planned: 5, applied: 5, counts: { create: 5 }, reasons: [] })
    const directory = await sync.directory()
    expect(await sync.user(ada)).toMatchObject({ status: 'active', role: 'user', givenName: 'Ada', familyName: 'Lovelace', phone: '+441234567890', phoneVerified: false, managedBy: directory.id, emailVerified: true })
    expect(await sync.directories.profiles.find(sync.organization.id, (await sync.user(ada))?.id ?? '')).toMatchObject({ title: 'Analyst', department: 'Engines' })
    expect(await sync.actions()).toEqual(['directory.applied', 'user.created', 'user.created', 'user.created', 'user.created', 'user.created'])
    expect(directory).toMatchObject({ error: null, successAt: expect.any(Number), fullAt: expect.any(Number), cursorAt: expect.any(Number) })
  })

  it('finds nothing to do when nothing changed, whether everything or only changes are read', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace')
    sync.script.group('Engines', ['uid=ada,ou=people,dc=example'])
    await sync.run()
    expect(await sync.run('full')).toMatchObject({ state: 'done', mode: 'full', readPeople: 1, planned: 0, counts: {} })
    expect(await sync.run('changes')).toMatchObject({ state: 'done', mode: 'changes', readPeople: 0, planned: 0 })
    expect((await sync.actions()).filter((action) => action === 'directory.applied')).toHaveLength(1)
  })

  it('follows a new name, address and place by the anchor, with every difference in the plan', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Byron')
    await sync.run()
    const before = await sync.user(ada)
    sync.script.change('anchor-ada', { familyName: 'Lovelace', email: 'lovelace@corp.example', dn: 'uid=ada,ou=nobility,dc=example' })
    const run = await sync.run('changes')
    expect((await sync.items(run)).map(({ kind, details }) => [kind, details.differences])).toEqual([['update', [
      { field: 'email', before: ada, after: 'lovelace@corp.example' }, { field: 'familyName', before: 'Byron', after: 'Lovelace' },
      { field: 'place', before: 'uid=ada,ou=people,dc=example', after: 'uid=ada,ou=nobility,dc=example' },
    ]]])
    expect(await sync.user('lovelace@corp.example')).toMatchObject({ id: before?.id, familyName: 'Lovelace' })
    expect(await sync.user(ada)).toBeUndefined()
    sync.script.change('anchor-ada', { dn: 'uid=ada,ou=retired,dc=example' })
    expect((await sync.run('changes')).counts).toEqual({ move: 1 })
  })

  it('exchanges the addresses of two people', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    await sync.run()
    const [first, second] = [await sync.user(ada), await sync.user('grace@corp.example')]
    sync.script.change('anchor-ada', { email: 'grace@corp.example' })
    sync.script.change('anchor-grace', { email: ada })
    expect(await sync.run('changes')).toMatchObject({ planned: 2, applied: 2 })
    expect([(await sync.user('grace@corp.example'))?.id, (await sync.user(ada))?.id]).toEqual([first?.id, second?.id])
  })

  it('locks out whoever is disabled there, and lets the same account in again when that is over', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    await sync.run()
    const before = await sync.user(ada)
    sync.script.change('anchor-ada', { disabledBecause: 'disabled' })
    expect((await sync.run('changes')).counts).toEqual({ suspend: 1 })
    expect(await sync.user(ada)).toMatchObject({ status: 'suspended', id: before?.id })
    expect([sync.asked.ended, sync.asked.announced]).toEqual([[before?.id], [[before?.id]]])
    expect((await sync.user('grace@corp.example'))?.status).toBe('active')
    sync.script.change('anchor-ada', { disabledBecause: null })
    expect((await sync.run('changes')).counts).toEqual({ resume: 1 })
    expect(await sync.user(ada)).toMatchObject({ status: 'active', id: before?.id })
    expect((await sync.actions()).filter((action) => action.startsWith('user.s') || action.startsWith('user.r'))).toEqual(['user.suspended', 'user.resumed'])
  })

  it('makes no account for somebody who is disabled there already', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace', { disabledBecause: 'expired' })
    expect(await sync.run()).toMatchObject({ state: 'done', planned: 0 })
    expect(await sync.user(ada)).toBeUndefined()
  })

  it.each([['named as deleted', false], ['missing among those who exist', true]])('suspends whoever is gone (%s), deletes after the days that were set, and not before', async (_how, tellsPresent) => {
    const sync = await startSync(current(), { keepDays: 10 })
    sync.script.tellsPresent = tellsPresent
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    await sync.run()
    const before = await sync.user(ada)
    sync.script.remove('anchor-ada')
    expect(await sync.run('changes')).toMatchObject({ state: 'done', counts: { suspend: 1 } })
    expect((await sync.user(ada))?.status).toBe('suspended')
    current().clock.advance(9 * 86_400_000)
    expect(await sync.run('changes')).toMatchObject({ planned: 0 })
    expect((await sync.user(ada))?.id).toBe(before?.id)
    current().clock.advance(86_400_000)
    expect((await sync.run('changes')).counts).toEqual({ delete: 1 })
    expect([await sync.user(ada), sync.asked.removed]).toEqual([undefined, [before?.id]])
  })

  it('takes whoever a reading of everything does not name for gone', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    await sync.run()
    sync.script.remove('anchor-ada')
    expect((await sync.run('full')).counts).toEqual({ suspend: 1 })
  })

  it('gives the same anchor its account back when it returns in time, and leaves alone whom an administrator has suspended', async () => {
    const sync = await startSync(current())
    for (const name of ['Ada Lovelace', 'Grace Hopper', 'Alan Turing']) sync.script.person(name)
    await sync.run()
    const [first, second] = [await sync.user(ada), await sync.user('grace@corp.example')]
    await current().storage.write((tx) => tx.run(`UPDATE users SET status = 'suspended', suspended_at = 1 WHERE id = ?`, [second?.id ?? '']))
    const [old, other] = [sync.script.people.get('anchor-ada'), sync.script.people.get('anchor-grace')]
    sync.script.remove('anchor-ada')
    sync.script.remove('anchor-grace')
    await sync.run('changes')
    expect((await sync.user(ada))?.status).toBe('suspended')
    if (old) sync.script.set(old)
    if (other) sync.script.set(other)
    expect((await sync.run('changes')).counts).toEqual({ resume: 1 })
    expect(await sync.user(ada)).toMatchObject({ id: first?.id, status: 'active' })
    expect(await sync.user('grace@corp.example')).toMatchObject({ id: second?.id, status: 'suspended' })
  })

  it('SEC-65 a new entry with an old name or address never gets the old account', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    await sync.run()
    const before = await sync.user(ada)
    sync.script.remove('anchor-ada')
    sync.script.person('Ada Impostor', { anchor: 'anchor-other' })
    const run = await sync.run('changes')
    expect((await sync.items(run)).map(({ kind, anchor, details }) => [kind, anchor, details.code ?? details.because])).toEqual([['suspend', 'anchor-ada', 'left'], ['conflict', 'anchor-other', 'kept_account']])
    expect(await sync.user(ada)).toMatchObject({ id: before?.id, status: 'suspended', familyName: 'Lovelace' })
    await sync.run('full')
    expect(await sync.directories.conflicts(sync.organization.id, (await sync.directory()).id, { limit: 10 })).toMatchObject([{ anchor: 'anchor-other', code: 'kept_account', adoptable: true }])
    // Once the old account is gone, the address makes a new one.
    current().clock.advance(31 * 86_400_000)
    await sync.run('full')
    await sync.run('full')
    const after = await sync.user(ada)
    expect([after?.familyName, after?.id === before?.id]).toEqual(['Impostor', false])
  })

  it('SEC-65 takes on an account that is there only when an administrator says so, and only one that may be managed', async () => {
    const sync = await startSync(current())
    const old = await sync.addUser(ada)
    const owner = await sync.addUser('grace@corp.example', { role: 'owner' })
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    expect(await sync.run()).toMatchObject({ state: 'done', planned: 0, counts: { conflict: 2 } })
    expect(await sync.user(ada)).toMatchObject({ familyName: 'Hand', managedBy: null })
    const { id } = await sync.directory()
    const { storage } = current()
    const adopt = (anchor: string, role: 'administrator' | 'owner') => storage.write((tx) => sync.directories.adopt(tx, sync.organization.id, id, anchor, { ...operator, role }))
    await expect(adopt('anchor-grace', 'administrator')).rejects.toMatchObject({ status: 403 })
    await expect(adopt('anchor-nobody', 'owner')).rejects.toMatchObject({ code: 'directory.not_adoptable' })
    await adopt('anchor-ada', 'administrator')
    expect((await sync.run('changes')).counts).toEqual({ adopt: 1, conflict: 1 })
    expect(await sync.user(ada)).toMatchObject({ id: old.id, familyName: 'Lovelace', managedBy: id })
    expect(await sync.user('grace@corp.example')).toMatchObject({ id: owner.id, familyName: 'Hand', managedBy: null })
    expect(await sync.directories.conflicts(sync.organization.id, id, { limit: 10 })).toMatchObject([{ anchor: 'anchor-grace', code: 'exists_here' }])
  })

  it('names what stands in the way of an entry, and lets all the others through', async () => {
    const sync = await startSync(current())
    const elsewhere = await sync.addOrganization('Rivals')
    await sync.addUser('mary@corp.example', { organization: elsewhere })
    await sync.addUser('joan@corp.example', { managedBy: 'scim' })
    sync.script.person('Ada Lovelace')
    sync.script.person('Zoe Twin', { email: ada })
    sync.script.person('Mary Jackson')
    sync.script.person('Joan Clarke')
    sync.script.set({ kind: 'problem', anchor: 'anchor-printer', dn: 'uid=printer,dc=example', problem: 'no_email', detail: 'mail' })
    sync.script.person('Grace Hopper')
    const run = await sync.run()
    expect(run.counts).toEqual({ create: 2, conflict: 4 })
    const conflicts = await sync.directories.conflicts(sync.organization.id, run.directoryId, { limit: 10 })
    expect(conflicts.map(({ anchor, code }) => [anchor, code])).toEqual([['anchor-joan', 'managed_elsewhere'], ['anchor-mary', 'other_organization'], ['anchor-printer', 'no_email'], ['anchor-zoe', 'same_email']])
    expect(JSON.stringify([conflicts, await sync.items(run)])).not.toContain('Rivals')
    // Mended, it goes its way; nobody else is touched.
    sync.script.change('anchor-zoe', { email: 'zoe@corp.example' })
    expect((await sync.run('changes')).counts).toEqual({ create: 1, conflict: 3 })
  })

  it('tells of a name at Microsoft that somebody has, lets the person in all the same, and gives it when it is free', async () => {
    const sync = await startSync(current())
    sync.asked.upns.set('ada@corp.example', 'somebody')
    sync.script.person('Ada Lovelace', { upn: ada, immutableId: 'YWRh' })
    expect((await sync.run()).counts).toEqual({ create: 1, conflict: 1 })
    const { id } = await sync.directory()
    expect(await sync.directories.conflicts(sync.organization.id, id, { limit: 10 })).toMatchObject([{ anchor: 'anchor-ada', code: 'upn_taken' }])
    sync.asked.upns.clear()
    await sync.run('full')
    expect(sync.asked.upns.get(ada)).toBe((await sync.user(ada))?.id)
    expect(await sync.directories.conflicts(sync.organization.id, id, { limit: 10 })).toEqual([])
  })

  it('never takes the last owner, and says so', async () => {
    const sync = await startSync(current())
    sync.script.person('Ada Lovelace')
    sync.script.person('Grace Hopper')
    await sync.run()
    const { storage } = current()
    await storage.write((tx) => tx.run(`UPDATE users SET role = 'owner' WHERE organization_id = ?`, [sync.organization.id]))
    sync.script.change('anchor-ada', { disabledBecause: 'disabled' })
    expect((await sync.run('changes')).counts).toEqual({ suspend: 1 })
    sync.script.change('anchor-grace', { disabledBecause: 'disabled' })
    const run = await sync.run('changes')
    expect((await sync.items(run)).map(({ kind, details }) => [kind, details.code])).toEqual([['conflict', 'last_owner']])
    expect((await sync.user('grace@corp.example'))?.status).toBe('active')
  })
})
