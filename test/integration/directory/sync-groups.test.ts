import { expect, it } from 'vitest'
import type { DirectorySettings } from '../../../src/directory/sync/index.ts'
import { onEachDatabase } from '../../support/storage.ts'
import { settingsOf, startSync, type TestSync } from '../../support/sync/engine.ts'

const dn = (name: string): string => `uid=${name},ou=people,dc=example`
const groupDn = (name: string): string => `cn=${name},ou=groups,dc=example`
const mail = (name: string): string => `${name}@corp.example`
const all: Pick<DirectorySettings, 'groups'> = { groups: { mode: 'all', chosen: [], onlyMembers: false } }
const chosen = (names: readonly string[], onlyMembers = false): Pick<DirectorySettings, 'groups'> => ({ groups: { mode: 'chosen', chosen: names.map((name) => ({ anchor: `group-${name}`, name })), onlyMembers } })

function fill(sync: TestSync): void {
  for (const name of ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Joan Clarke']) sync.script.person(name)
}

onEachDatabase('groups of a directory', (current) => {
  it('become groups here, with their members, and follow who comes and goes', async () => {
    const sync = await startSync(current(), all)
    fill(sync)
    sync.script.group('Engines', [dn('ada'), 'UID=Grace, OU=people,dc=example'], { description: 'All of them' })
    const run = await sync.run()
    expect(run.counts).toEqual({ create: 4, group_create: 1, members: 1 })
    expect(await sync.groups()).toEqual({ Engines: [mail('ada'), mail('grace')] })
    sync.script.group('Engines', [dn('grace'), dn('alan')])
    const second = await sync.run('changes')
    expect((await sync.items(second)).map(({ kind, details }) => [kind, details.added, details.removed])).toEqual([['group_update', undefined, undefined], ['members', 1, 1]])
    expect((await sync.directories.planMembers(sync.organization.id, second.id, 'group-engines', { limit: 10 })).map(({ anchor, change }) => [anchor, change])).toEqual([['anchor-ada', 'remove'], ['anchor-alan', 'add']])
    expect(await sync.groups()).toEqual({ Engines: [mail('alan'), mail('grace')] })
    expect(await sync.actions()).toEqual(expect.arrayContaining(['group.created', 'group.changed', 'group.members_changed']))
  })

  it('take in changes that name only who came and who went', async () => {
    const sync = await startSync(current(), all)
    fill(sync)
    sync.script.group('Engines', [dn('ada'), dn('grace')])
    await sync.run()
    sync.script.group('Engines', [], { members: null, memberChanges: { added: [dn('joan')], removed: [dn('ada')] } })
    expect((await sync.run('changes')).counts).toEqual({ members: 1 })
    expect(await sync.groups()).toEqual({ Engines: [mail('grace'), mail('joan')] })
    sync.script.group('Engines', [dn('grace'), dn('joan')])
    expect((await sync.run('full')).planned).toBe(0)
  })

  it('are resolved when they are inside one another, in circles too', async () => {
    const sync = await startSync(current(), chosen(['outer']))
    fill(sync)
    sync.script.group('Outer', [groupDn('Middle'), dn('ada')])
    sync.script.group('Middle', [groupDn('Inner'), dn('grace')])
    sync.script.group('Inner', [groupDn('Outer'), dn('alan'), dn('ada')])
    await sync.run()
    expect(await sync.groups()).toEqual({ Outer: [mail('ada'), mail('alan'), mail('grace')] })
    sync.script.group('Middle', [dn('grace')])
    await sync.run('changes')
    expect(await sync.groups()).toEqual({ Outer: [mail('ada'), mail('grace')] })
    sync.script.group('Middle', [groupDn('Inner'), dn('joan')])
    await sync.run('changes')
    expect(await sync.groups()).toEqual({ Outer: [mail('ada'), mail('alan'), mail('joan')] })
  })

  it('keep a member that gets another name, and take no new one for the old', async () => {
    const sync = await startSync(current(), all)
    fill(sync)
    sync.script.group('Engines', [dn('ada'), dn('grace')])
    await sync.run()
    // Active Directory does not touch the group when a member is renamed.
    sync.script.change('anchor-ada', { dn: dn('lovelace') })
    await sync.run('changes')
    expect(await sync.groups()).toEqual({ Engines: [mail('ada'), mail('grace')] })
    sync.script.group('Engines', [dn('lovelace'), dn('grace')])
    expect((await sync.run('changes')).counts).toEqual({})
    // Somebody new under the name that Grace had: the name in the group means the new one.
    sync.script.remove('anchor-grace')
    sync.script.person('Grace Murray', { anchor: 'anchor-new', email: mail('murray') })
    await sync.run('full')
    expect(await sync.groups()).toEqual({ Engines: [mail('ada'), mail('murray')] })
  })

  it('find a member that appears after its group named it', async () => {
    const sync = await startSync(current(), all)
    sync.script.person('Ada Lovelace')
    sync.script.group('Engines', [dn('ada'), dn('grace')])
    await sync.run()
    expect(await sync.groups()).toEqual({ Engines: [mail('ada')] })
    sync.script.person('Grace Hopper')
    await sync.run('changes')
    expect(await sync.groups()).toEqual({ Engines: [mail('ada'), mail('grace')] })
  })

  it('choose who becomes a person here, where only members do', async () => {
    const sync = await startSync(current(), chosen(['engines'], true))
    fill(sync)
    sync.script.group('Engines', [dn('ada'), groupDn('Others')])
    sync.script.group('Others', [dn('grace')])
    await sync.run()
    expect(await sync.groups()).toEqual({ Engines: [mail('ada'), mail('grace')] })
    expect(await sync.user(mail('alan'))).toBeUndefined()
    sync.script.group('Others', [dn('alan')])
    const run = await sync.run('changes')
    expect(run.counts).toEqual({ create: 1, suspend: 1, members: 1 })
    expect([(await sync.user(mail('grace')))?.status, (await sync.user(mail('alan')))?.status]).toEqual(['suspended', 'active'])
    expect(await sync.groups()).toEqual({ Engines: [mail('ada'), mail('alan')] })
    sync.script.group('Others', [dn('grace'), dn('alan')])
    expect((await sync.run('changes')).counts).toEqual({ resume: 1, members: 1 })
  })

  it('go when they are gone or not chosen any more, with what their members might use', async () => {
    const sync = await startSync(current(), chosen(['engines', 'others']))
    fill(sync)
    sync.script.group('Engines', [dn('ada')])
    sync.script.group('Others', [dn('grace')])
    await sync.run()
    expect(Object.keys(await sync.groups())).toEqual(['Engines', 'Others'])
    sync.script.remove('group-engines')
    expect((await sync.run('changes')).counts).toEqual({ group_remove: 1 })
    const { id } = await sync.directory()
    await current().storage.write((tx) => sync.directories.update(tx, sync.organization.id, id, { settings: settingsOf(chosen([])) }))
    expect(await sync.run('changes')).toMatchObject({ mode: 'full', counts: { group_remove: 1 } })
    expect(await sync.groups()).toEqual({})
    expect((await sync.user(mail('ada')))?.status).toBe('active')
  })

  it('that have the name of one that is there are named, and stand in nobody else\'s way', async () => {
    const sync = await startSync(current(), all)
    fill(sync)
    await current().storage.write((tx) => tx.run(`INSERT INTO groups (id, organization_id, name, name_key, description, created_at, updated_at) VALUES ('g-own', ?, 'Engines', 'engines', '', 0, 0)`, [sync.organization.id]))
    sync.script.group('Engines', [dn('ada')])
    sync.script.group('Others', [dn('grace')])
    expect((await sync.run()).counts).toEqual({ create: 4, group_create: 1, conflict: 1, members: 1 })
    expect(await sync.groups()).toEqual({ Engines: [], Others: [mail('grace')] })
    // The name becomes free: everybody in the group comes with it.
    await current().storage.write((tx) => tx.run(`DELETE FROM groups WHERE id = 'g-own'`))
    await sync.run('full')
    expect(await sync.groups()).toEqual({ Engines: [mail('ada')], Others: [mail('grace')] })
  })
})
