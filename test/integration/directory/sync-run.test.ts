import { expect, it } from 'vitest'
import { LeaseLost } from '../../../src/jobs/index.ts'
import { onEachDatabase } from '../../support/storage.ts'
import { operator, startSync, type TestSync } from '../../support/sync/engine.ts'

const people = 600
function fill(sync: TestSync, count = people): void {
  for (let number = 0; number < count; number++) sync.script.person(`P${String(number).padStart(3, '0')} Person`)
  sync.script.pageSize = 100
}
const until = async (done: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await done()); tries++) {
    if (tries === 400) throw new Error('it did not happen within ten seconds')
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

onEachDatabase('a run of a directory', (current) => {
  const counted = async (sync: TestSync, table: 'users' | 'audit_events', more = ''): Promise<number> =>
    Number((await current().storage.read.one<{ rows: number }>(`SELECT count(*) AS rows FROM ${table} WHERE organization_id = ? ${more}`, [sync.organization.id]))?.rows)

  it('R-05 goes on where a crash has left it, and does nothing twice', async () => {
    let transactions = 0
    const sync = await startSync(current(), {}, {
      // The process ends in the middle of the second 250: what it was about to write is not there.
      giveIdentity: () => { if (++transactions === 350) throw new LeaseLost('the node was stopped'); return Promise.resolve(null) },
    })
    fill(sync)
    for (const entry of sync.script.people.values()) if (entry.kind === 'person') sync.script.set({ ...entry, upn: entry.email })
    expect(await sync.directories.sync(await sync.directory(), { order: 'full', actor: operator })).toBeUndefined()
    expect([await counted(sync, 'users'), await counted(sync, 'audit_events', `AND action = 'user.created'`)]).toEqual([250, 250])
    const { id } = await sync.directory()
    const [broken] = await sync.directories.runs(sync.organization.id, id, { limit: 1 })
    expect(broken).toMatchObject({ state: 'applying', planned: people, applied: 250 })
    await sync.run('changes')
    expect([await counted(sync, 'users'), await counted(sync, 'audit_events', `AND action = 'user.created'`)]).toEqual([people, people])
    const runs = await sync.directories.runs(sync.organization.id, id, { limit: 5 })
    expect(runs.find((run) => run.id === broken?.id)).toMatchObject({ state: 'done', applied: people })
  })

  it('R-05 writes nothing any more once another node has taken over', async () => {
    const sync = await startSync(current())
    fill(sync)
    sync.script.onPage = async (page) => {
      // A node that was stopped for longer than its lease: another one has it now.
      if (page === 3) await current().storage.write((tx) => tx.run(`UPDATE leases SET holder = 'another node', epoch = epoch + 1 WHERE name LIKE 'sync directory%'`))
    }
    expect(await sync.directories.sync(await sync.directory(), { order: 'full', actor: operator })).toBeUndefined()
    expect(await counted(sync, 'users')).toBe(0)
    const staged = async (): Promise<number> => Number((await current().storage.read.one<{ rows: number }>('SELECT count(*) AS rows FROM directory_staged'))?.rows)
    // As after a crash: nobody has cleared away what was read.
    const [dead] = await sync.directories.runs(sync.organization.id, (await sync.directory()).id, { limit: 1 })
    await current().storage.write((tx) => tx.run(`INSERT INTO directory_staged (run_id, anchor, kind) VALUES (?, 'left', 'same')`, [dead?.id ?? '']))
    await current().storage.write((tx) => tx.run('DELETE FROM leases'))
    sync.script.onPage = () => undefined
    expect(await sync.run()).toMatchObject({ state: 'done', applied: people })
    expect([await staged(), (await sync.directories.findRun(sync.organization.id, dead?.id ?? ''))?.error?.message]).toEqual([0, 'interrupted'])
  })

  it('is one at a time: a second runner is told that it must wait', async () => {
    const sync = await startSync(current())
    fill(sync)
    const directory = await sync.directory()
    let second: unknown = 'not asked'
    sync.script.onPage = async (page) => { if (page === 2) second = await sync.directories.sync(directory, { order: 'full', actor: operator }) }
    expect(await sync.run()).toMatchObject({ state: 'done' })
    expect([second, sync.script.reads.length]).toEqual([undefined, 1])
  })

  it('tells how far it is, while it reads and while it applies', async () => {
    const sync = await startSync(current())
    fill(sync)
    const states = new Set<string>()
    await sync.directories.sync(await sync.directory(), { order: 'full', actor: operator, onProgress: (run) => states.add(run.state) })
    expect([...states]).toEqual(['reading', 'planning', 'applying', 'done'])
  })

  it('begins when it is due, also after somebody asked for it, and no slow directory stops another one', async () => {
    const sync = await startSync(current())
    fill(sync, 5)
    const signal = new AbortController().signal
    const stuck = Promise.withResolvers<void>()
    sync.script.onPage = (page) => (page === 1 ? stuck.promise : undefined)
    const second = await current().storage.write(async (tx) => sync.directories.create(tx, sync.organization.id, { name: 'Branch', kind: 'openldap', enabled: true, secret: null, settings: (await sync.directory()).settings }))
    await sync.directories.runDue(signal)
    await until(() => Promise.resolve(sync.script.reads.length === 2))
    await sync.directories.runDue(signal)
    expect(sync.script.reads).toHaveLength(2)
    stuck.resolve()
    await until(async () => (await sync.directory()).successAt !== null && (await sync.directories.find(sync.organization.id, second.id))?.successAt !== null)
    await sync.directories.runDue(signal)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(sync.script.reads).toHaveLength(2)
    current().clock.advance(60_000)
    await until(async () => { await sync.directories.runDue(signal); return sync.script.reads.length === 4 })
    await until(async () => (await sync.directories.runs(sync.organization.id, second.id, { limit: 1 }))[0]?.state === 'done')
    current().clock.advance(1_000)
    await current().storage.write((tx) => sync.directories.runNow(tx, sync.organization.id, second.id, 'full', { kind: 'user', id: 'u1', name: 'Grace' }))
    await until(async () => { await sync.directories.runDue(signal); return (await sync.directories.runs(sync.organization.id, second.id, { limit: 1 }))[0]?.startedBy.name === 'Grace' })
    await sync.settle()
  })

  it('tells administrators when nothing has come through for too long, and that it is over', async () => {
    const sync = await startSync(current(), { staleMinutes: 30 })
    fill(sync, 5)
    await sync.run()
    const signal = new AbortController().signal
    sync.asked.alerts.splice(0)
    sync.script.breaksAfter = 0
    sync.script.person('New Comer')
    current().clock.advance(31 * 60_000)
    await sync.directories.runDue(signal)
    expect(sync.asked.alerts).toEqual(['directory.stale'])
    await until(async () => (await sync.directory()).error !== null)
    await sync.run('changes')
    await sync.directories.runDue(signal)
    expect(sync.asked.alerts.at(-1)).toBe('over: directory.stale')
    await sync.settle()
  })

  it('invites by rule, no more in a day than was set, and nobody twice', async () => {
    const sync = await startSync(current(), { invite: { on: true, groups: [{ anchor: 'group-engines', name: 'Engines' }], units: ['ou=board,dc=example'], perDay: 2 } })
    for (const name of ['Ada Lovelace', 'Grace Hopper', 'Alan Turing', 'Joan Clarke']) sync.script.person(name)
    sync.script.change('anchor-joan', { dn: 'uid=joan,ou=inner,ou=board,dc=example' })
    sync.script.group('Engines', ['cn=Inner,ou=groups,dc=example', 'uid=ada,ou=people,dc=example'])
    sync.script.group('Inner', ['uid=alan,ou=people,dc=example'])
    await sync.run()
    expect(sync.asked.invited).toHaveLength(2)
    await sync.run('full')
    expect(sync.asked.invited).toHaveLength(2)
    current().clock.advance(86_400_000)
    sync.script.person('New Comer')
    await sync.run('full')
    const invited = await Promise.all(['ada', 'alan', 'joan'].map(async (name) => (await sync.user(`${name}@corp.example`))?.id))
    expect([...sync.asked.invited].sort()).toEqual(invited.sort())
  })

  it.each([['keep', 'active'], ['suspend', 'suspended']] as const)('takes a directory away and lets its people %s: %s', async (people_, status) => {
    const sync = await startSync(current(), { groups: { mode: 'all', chosen: [], onlyMembers: false } })
    fill(sync, 120)
    sync.script.group('Engines', ['uid=p001,ou=people,dc=example'])
    await sync.run()
    const { id } = await sync.directory()
    await current().storage.write((tx) => sync.directories.remove(tx, sync.organization.id, id, people_))
    await sync.directories.runDue(new AbortController().signal)
    await until(async () => await sync.directories.find(sync.organization.id, id) === undefined)
    expect(await current().storage.read.one('SELECT count(*) AS rows FROM users WHERE organization_id = ? AND status = ? AND managed_by IS NULL', [sync.organization.id, status])).toEqual({ rows: 120 })
    expect([await sync.groups(), sync.asked.ended.length]).toEqual([{ Engines: ['p001@corp.example'] }, people_ === 'keep' ? 0 : 120])
    for (const table of ['directory_entries', 'directory_memberships', 'directory_nesting']) expect(await current().storage.read.one(`SELECT count(*) AS rows FROM ${table} WHERE directory_id = ?`, [id])).toEqual({ rows: 0 })
  })

  it('SEC-73 is nobody else\'s: another organization finds neither directory, runs, plan nor conflicts', async () => {
    const sync = await startSync(current())
    fill(sync, 3)
    sync.script.set({ kind: 'problem', anchor: 'anchor-printer', dn: 'uid=printer', problem: 'no_email', detail: 'mail' })
    const run = await sync.run()
    const other = (await sync.addOrganization('Rivals')).id
    const { directories } = sync
    expect([await directories.find(other, run.directoryId), await directories.findRun(other, run.id), await directories.list(other)]).toEqual([undefined, undefined, []])
    expect([await directories.runs(other, run.directoryId, { limit: 5 }), await directories.planItems(other, run.id, { limit: 5 }), await directories.conflicts(other, run.directoryId, { limit: 5 })]).toEqual([[], [], []])
    expect((await directories.planItems(sync.organization.id, run.id, { limit: 5 })).length).toBe(4)
    const act = await current().storage.write((tx) => directories.runNow(tx, other, run.directoryId, 'full', operator))
    expect([act, await current().storage.write((tx) => directories.remove(tx, other, run.directoryId, 'suspend'))]).toEqual([false, false])
  })

  it('SEC-74 keeps its secret sealed, for this directory alone', async () => {
    const sync = await startSync(current())
    const { id } = await sync.directory()
    const row = await current().storage.read.one<{ bind_secret: string; settings: string }>('SELECT bind_secret, settings FROM directories WHERE id = ?', [id])
    expect(JSON.stringify([row, await sync.directory()])).not.toContain('"secret"')
    expect([row?.bind_secret.startsWith('v1.'), await sync.directories.secret(id)]).toEqual([true, 'secret'])
    const other = await current().storage.write(async (tx) => sync.directories.create(tx, sync.organization.id, { name: 'Branch', kind: 'openldap', enabled: false, secret: null, settings: (await sync.directory()).settings }))
    await current().storage.write((tx) => tx.run('UPDATE directories SET bind_secret = ? WHERE id = ?', [row?.bind_secret ?? '', other.id]))
    await expect(sync.directories.secret(other.id)).rejects.toThrow()
  })
})
