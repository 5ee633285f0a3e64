import { expect, it } from 'vitest'
import { sweepExpired } from '../../src/app/sweep.ts'
import { withApp } from '../support/app.ts'
import { onEachDatabase } from '../support/storage.ts'

const hour = 3_600_000

onEachDatabase('sweeping', (current) => {
  it('removes what expired more than an hour ago, however much it is, and nothing else', async () => {
    const { storage, clock } = current()
    const now = clock.now()
    const times = [...Array.from({ length: 1_203 }, (_value, index) => now - hour - 1 - index), now - hour, now - 1, now, now + hour]
    await storage.write(async (tx) => {
      for (const [index, at] of times.entries()) {
        await tx.run('INSERT INTO replays (name, expires_at) VALUES (?, ?)', [`r${index}`, at])
        await tx.run('INSERT INTO attempt_limits (name, attempts, resets_at) VALUES (?, 1, ?)', [`l${index}`, at])
        await tx.run(`INSERT INTO oidc_payloads (kind, id, payload, expires_at) VALUES (?, ?, '{}', ?)`, [index % 2 === 0 ? 'Session' : 'Grant', `p${index >> 1}`, at])
      }
      await tx.run(`INSERT INTO oidc_payloads (kind, id, payload, expires_at) VALUES ('Client', 'for ever', '{}', NULL)`)
    })
    expect(await sweepExpired({ storage, clock })).toBe(3 * 1_203)
    const left = async (table: string, column: string) => (await storage.read.all<{ at: number | null }>(`SELECT ${column} AS at FROM ${table} ORDER BY ${column}`)).map(({ at }) => at).filter((at) => at !== null)
    for (const [table, column] of [['replays', 'expires_at'], ['attempt_limits', 'resets_at'], ['oidc_payloads', 'expires_at']] as const) expect(await left(table, column)).toEqual(times.slice(1_203))
    expect(await storage.read.one('SELECT id FROM oidc_payloads WHERE expires_at IS NULL')).toEqual({ id: 'for ever' })
    expect(await sweepExpired({ storage, clock })).toBe(0)
    clock.advance(2 * hour + 1)
    expect(await sweepExpired({ storage, clock })).toBe(12)
  })
})

withApp('what has expired', (current) => {
  const tables = ['attempt_limits', 'replays', 'challenges', 'one_time_codes', 'sign_ins', 'sign_ups', 'sessions', 'oidc_payloads']

  it('S127 nothing that expires is forgotten', async () => {
    const { storage, clock } = current().foundation
    await current().browser().get('/')
    current().advance(400 * 86_400_000)
    await sweepExpired({ storage, clock })
    for (const table of tables) expect([table, (await storage.read.one<{ rows: number }>(`SELECT count(*) AS rows FROM ${table} WHERE ${table === 'attempt_limits' ? 'resets_at' : 'expires_at'} IS NOT NULL`))?.rows]).toEqual([table, 0])
  })
})
