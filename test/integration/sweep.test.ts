import { expect, it } from 'vitest'
import { sweepExpired } from '../../src/app/sweep.ts'
import { withApp } from '../support/app.ts'

withApp('what has expired', (current) => {
  const tables = ['attempt_limits', 'replays', 'challenges', 'one_time_codes', 'sign_ins', 'sign_ups', 'sessions', 'oidc_payloads']

  it('goes in small steps however much strangers have made, and what is alive stays', async () => {
    await current().app.parts.jobs.stop()
    const { storage, clock } = current().foundation
    const ada = await current().addPerson({ email: 'ada@example.com' })
    const browser = await current().signedIn(ada)
    const old = clock.now() - 7_200_000
    for (let start = 0; start < 5_000; start += 500) {
      await storage.write(async (tx) => {
        const rows = Array.from({ length: 500 }, (_, index) => start + index)
        await tx.run(`INSERT INTO replays (name, expires_at) VALUES ${rows.map(() => '(?, ?)').join(', ')}`, rows.flatMap((row) => [`old ${row}`, old]))
        await tx.run(`INSERT INTO oidc_payloads (kind, id, payload, expires_at) VALUES ${rows.map(() => `(?, ?, '{}', ?)`).join(', ')}`, rows.flatMap((row) => [row % 2 === 0 ? 'Interaction' : 'Grant', `old ${row}`, old]))
      })
    }
    await storage.write((tx) => tx.run('INSERT INTO replays (name, expires_at) VALUES (?, ?)', ['new', clock.now() + 60_000]))
    const before = storage.statistics.commits
    expect(await sweepExpired({ storage, clock })).toBeGreaterThanOrEqual(10_000)
    expect(storage.statistics.commits - before).toBe(3 + 3 + tables.length - 2)
    expect(await storage.read.all(`SELECT name FROM replays WHERE name LIKE 'old%' OR name = 'new'`)).toEqual([{ name: 'new' }])
    expect((await browser.get('/profile')).path).toBe('/profile')
    expect(await sweepExpired({ storage, clock })).toBe(0)
  })

  it('S127 nothing that expires is forgotten', async () => {
    const { storage, clock } = current().foundation
    await current().browser().get('/')
    current().advance(400 * 86_400_000)
    await sweepExpired({ storage, clock })
    for (const table of tables) expect([table, (await storage.read.one<{ rows: number }>(`SELECT count(*) AS rows FROM ${table} WHERE ${table === 'attempt_limits' ? 'resets_at' : 'expires_at'} IS NOT NULL`))?.rows]).toEqual([table, 0])
  })
})
