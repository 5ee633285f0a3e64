import { expect, it } from 'vitest'
import { onEachDatabase } from '../../support/storage.ts'
import { operator, startSync, type TestSync } from '../../support/sync/engine.ts'

function fill(sync: TestSync, people: number): void {
  for (let number = 0; number < people; number++) sync.script.person(`P${String(number).padStart(3, '0')} Person`)
}
const anchor = (number: number): string => `anchor-p${String(number).padStart(3, '0')}`
const suspended = async (sync: TestSync, sql: { one<T>(text: string, values: readonly string[]): Promise<T | undefined> }): Promise<number> =>
  Number((await sql.one<{ people: number }>(`SELECT count(*) AS people FROM users WHERE organization_id = ? AND status = 'suspended'`, [sync.organization.id]))?.people)

onEachDatabase('what would take too many people away', (current) => {
  it.each([
    ['their share', { percent: 5, people: 500 }, 3, '3/40'], ['their number', { percent: 100, people: 2 }, 3, '3/40'],
  ])('SEC-65 waits for an administrator by %s, and applies nothing until then', async (_by, guard, count, detail) => {
    const sync = await startSync(current(), { guard })
    fill(sync, 40)
    await sync.run()
    for (let number = 0; number < count; number++) sync.script.remove(anchor(number))
    sync.script.person('New Comer')
    const run = await sync.run('changes')
    expect(run).toMatchObject({ state: 'waiting', reasons: [{ reason: 'vanish', detail }], applied: 0, counts: { create: 1, suspend: 3 } })
    expect(await suspended(sync, current().storage.read)).toBe(0)
    expect(await sync.user('new@corp.example')).toBeUndefined()
    expect(sync.asked.alerts).toContain('directory.waiting')
    // Nothing new was said, so the plan is not made again, and still waits.
    expect(await sync.run('changes')).toMatchObject({ state: 'done', planned: 0 })
    await current().storage.write((tx) => sync.directories.approve(tx, sync.organization.id, run.id, operator))
    expect(await sync.run('changes')).toMatchObject({ state: 'done', counts: { create: 1, suspend: 3 }, applied: 4 })
    expect(await suspended(sync, current().storage.read)).toBe(3)
    await expect(current().storage.write((tx) => sync.directories.approve(tx, sync.organization.id, run.id, operator))).rejects.toMatchObject({ code: 'directory.not_waiting' })
  })

  it('SEC-65 a yes is for the people who were shown: others wait again', async () => {
    const sync = await startSync(current())
    fill(sync, 40)
    await sync.run()
    for (let number = 0; number < 3; number++) sync.script.remove(anchor(number))
    const run = await sync.run('changes')
    await current().storage.write((tx) => sync.directories.approve(tx, sync.organization.id, run.id, operator))
    for (let number = 10; number < 13; number++) sync.script.remove(anchor(number))
    expect(await sync.run('changes')).toMatchObject({ state: 'waiting', counts: { suspend: 6 } })
    expect(await suspended(sync, current().storage.read)).toBe(0)
  })

  it('lets one or two leavers pass, and a no stands until the directory says something new', async () => {
    const sync = await startSync(current())
    fill(sync, 20)
    await sync.run()
    sync.script.remove(anchor(0))
    sync.script.remove(anchor(1))
    expect(await sync.run('changes')).toMatchObject({ state: 'done', counts: { suspend: 2 } })
    for (let number = 2; number < 6; number++) sync.script.remove(anchor(number))
    const run = await sync.run('changes')
    await current().storage.write((tx) => sync.directories.discard(tx, sync.organization.id, run.id))
    expect(await sync.run('changes')).toMatchObject({ state: 'done', planned: 0 })
    expect(await sync.run('full')).toMatchObject({ state: 'waiting', counts: { suspend: 4 } })
    expect(await suspended(sync, current().storage.read)).toBe(2)
  })

  it('R-13 SEC-65 an answer without anybody, or with less than half, locks nobody out, whatever was set', async () => {
    const sync = await startSync(current(), { guard: { percent: 100, people: 1_000_000 } })
    fill(sync, 20)
    await sync.run()
    const entries = [...sync.script.people.values()]
    sync.script.people.clear()
    expect(await sync.run('full')).toMatchObject({ state: 'waiting', reasons: [{ reason: 'shrink', detail: '0/20' }] })
    for (const entry of entries.slice(0, 9)) sync.script.set(entry)
    expect((await sync.run('full')).state).toBe('waiting')
    expect(await suspended(sync, current().storage.read)).toBe(0)
    // The directory is whole again: what waited is over by itself.
    for (const entry of entries) sync.script.set(entry)
    expect(await sync.run('full')).toMatchObject({ state: 'done', planned: 0 })
    expect((await sync.directories.runs(sync.organization.id, (await sync.directory()).id, { limit: 10 })).map(({ state }) => state)).toEqual(['done', 'superseded', 'superseded', 'done'])
    expect(sync.asked.alerts.at(-1)).toBe('over: directory.waiting')
  })

  it('R-13 takes nobody for gone after a reading that the source calls incomplete', async () => {
    const sync = await startSync(current())
    fill(sync, 20)
    await sync.run()
    sync.script.remove(anchor(0))
    sync.script.person('New Comer')
    sync.script.incompleteBecause = 'size'
    const run = await sync.run('full')
    expect(run).toMatchObject({ state: 'waiting', reasons: [{ reason: 'incomplete', detail: 'size' }], counts: { create: 1 } })
    await current().storage.write((tx) => sync.directories.approve(tx, sync.organization.id, run.id, operator))
    expect(await sync.run('full')).toMatchObject({ state: 'done', counts: { create: 1 } })
    expect(await suspended(sync, current().storage.read)).toBe(0)
    sync.script.incompleteBecause = undefined
    expect((await sync.run('full')).counts).toEqual({ suspend: 1 })
  })

  it('R-13 concludes nothing from a reading that breaks off, wherever it does, and goes on afterwards', async () => {
    const sync = await startSync(current())
    fill(sync, 20)
    await sync.run()
    for (const pages of [1, 4, 6]) {
      sync.script.breaksAfter = pages
      sync.script.change(anchor(pages), { familyName: 'Changed' })
      expect(await sync.run('full')).toMatchObject({ state: 'failed', error: { message: 'the connection was cut' } })
    }
    expect(await suspended(sync, current().storage.read)).toBe(0)
    expect((await sync.user('p001@corp.example'))?.familyName).toBe('Person')
    expect((await sync.directory()).error?.message).toBe('the connection was cut')
    expect(await current().storage.read.one<{ rows: number }>('SELECT count(*) AS rows FROM directory_staged', [])).toEqual({ rows: 0 })
    sync.script.repeats = true
    expect((await sync.run('changes')).counts).toEqual({ update: 3 })
    expect((await sync.directory()).error).toBeNull()
  })

  it('reads everything when the source cannot go on from where it was', async () => {
    const sync = await startSync(current())
    fill(sync, 5)
    await sync.run()
    sync.script.refusesCursors = true
    sync.script.remove(anchor(0))
    expect(await sync.run('changes')).toMatchObject({ mode: 'full', counts: { suspend: 1 } })
  })

  it('is only looked at in a preview, and while the directory is switched off; all of it is applied later', async () => {
    const sync = await startSync(current(), { enabled: false })
    fill(sync, 5)
    expect(await sync.run('full')).toMatchObject({ state: 'previewed', counts: { create: 5 }, applied: 0 })
    expect(await sync.user('p001@corp.example')).toBeUndefined()
    const { id } = await sync.directory()
    await current().storage.write((tx) => sync.directories.update(tx, sync.organization.id, id, { enabled: true }))
    const preview = await sync.run('preview')
    expect(preview).toMatchObject({ state: 'previewed', preview: true, counts: { create: 5 } })
    expect((await sync.items(preview)).map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'planned'))
    expect(await sync.user('p001@corp.example')).toBeUndefined()
    expect(await sync.run('changes')).toMatchObject({ state: 'done', counts: { create: 5 } })
    expect((await sync.user('p001@corp.example'))?.status).toBe('active')
  })
})
