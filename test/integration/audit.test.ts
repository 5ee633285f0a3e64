import { beforeEach, expect, it } from 'vitest'
import { createAudit, toCsv, type Audit, type AuditEntry, type AuditFilter, type Head, type ProblemKind } from '../../src/audit/index.ts'
import { linkHash, origin } from '../../src/audit/link.ts'
import { selectEvents, type Row } from '../../src/audit/row.ts'
import { InvalidRequest } from '../../src/errors.ts'
import { silentLog } from '../../src/log.ts'
import { createSealer, type OrganizationId, type UserId } from '../../src/storage/index.ts'
import { collect } from '../support/collect.ts'
import { onEachDatabase, type TestStorage } from '../support/storage.ts'

const wiki = 'org-wiki' as OrganizationId
const payroll = 'org-payroll' as OrganizationId
const ada = 'user-ada' as UserId

const entry = (change: Partial<AuditEntry> = {}): AuditEntry => ({
  organizationId: wiki, action: 'user.suspended', outcome: 'success', actor: { kind: 'user', id: ada, name: 'ada@example.com' }, ...change,
})

/** Does to the chain what a hand in the database could do: new hashes for everything, and a head that fits but for its MAC. */
async function restamp({ storage }: TestStorage, organizationId: OrganizationId, withHead: boolean): Promise<void> {
  const rows = await storage.read.all<Row>(`${selectEvents} WHERE organization_id = ? AND seq IS NOT NULL ORDER BY seq`, [organizationId])
  let hash = origin(organizationId)
  await storage.write(async (tx) => {
    for (const [index, row] of rows.entries()) {
      hash = linkHash(hash, index + 1, row)
      await tx.run('UPDATE audit_events SET seq = ?, hash = ? WHERE id = ?', [index + 1, hash, row.id])
    }
    if (withHead) await tx.run('UPDATE audit_heads SET seq = ?, hash = ? WHERE organization_id = ?', [rows.length, hash, organizationId])
  })
}

onEachDatabase('audit', (current) => {
  let audit: Audit
  let lines: { message: string; fields: Readonly<Record<string, unknown>> }[]
  const write = (change: Partial<AuditEntry> = {}, with_ = audit) => current().storage.write((tx) => with_.record(tx, entry(change)))
  const run = (sql: string, ...values: (string | number | null)[]) => current().storage.execute(sql, values)
  const open = (sealer = current().sealer): Audit => {
    const note = (message: string, fields: Readonly<Record<string, unknown>> = {}): void => { lines.push({ message, fields }) }
    const { storage, clock } = current()
    return createAudit({ storage, clock, sealer, log: { ...silentLog, info: note, error: note } })
  }
  const kinds = async (anchors: readonly Head[] = []): Promise<string[]> => (await audit.verify(anchors)).problems.map(({ kind, seq }) => `${kind} ${seq ?? '-'}`)
  const checkpoints = (): Head[] => lines.filter(({ message }) => message === 'audit checkpoint').map(({ fields }) => fields as unknown as Head)

  beforeEach(async () => {
    lines = []
    audit = open()
    await run('DELETE FROM audit_events')
    await run('DELETE FROM audit_heads')
  })

  async function tenEvents(): Promise<void> {
    for (let index = 1; index <= 10; index++) {
      current().clock.advance(1)
      await write({ details: { index } })
    }
    expect(await audit.chain()).toBe(10)
  }

  it('R-08 writes an event with the act or not at all', async () => {
    await expect(current().storage.write(async (tx) => {
      await audit.record(tx, entry())
      throw new Error('the act failed')
    })).rejects.toThrow('the act failed')
    expect((await audit.list({ organizationId: wiki, limit: 9 })).events).toEqual([])
  })

  it('keeps everything that was said, and nothing secret', async () => {
    await write({
      userId: ada, target: { kind: 'user', id: 'u2', name: 'Grace\nHopper' }, application: { id: 'a1', name: 'Payroll' }, ip: '203.0.113.7',
      userAgent: `Browser/${'x'.repeat(900)}`, details: { reason: 'left', clientSecret: 'canary', nested: { password: 'canary' } },
    })
    const { events: [event] } = await audit.list({ organizationId: wiki, limit: 1 })
    expect(event).toMatchObject({
      occurredAt: current().clock.now(), action: 'user.suspended', outcome: 'success', actor: { kind: 'user', id: ada, name: 'ada@example.com' }, userId: ada,
      target: { kind: 'user', id: 'u2', name: 'Grace\ufffdHopper' }, application: { id: 'a1', name: 'Payroll' }, ip: '203.0.113.7',
      details: { reason: 'left', clientSecret: '[removed]', nested: { password: '[removed]' } }, seq: null,
    })
    expect(event?.userAgent).toHaveLength(300)
    expect(JSON.stringify(await run('SELECT * FROM audit_events'))).not.toContain('canary')
  })

  it('SEC-78 chains each organization on its own, and finds nothing wrong with that', async () => {
    for (let index = 0; index < 25; index++) await write({ organizationId: index % 2 ? wiki : payroll, details: { text: 'Grüße "مریم" \\ ' } })
    expect(await audit.chain(5)).toBe(10)
    expect(await audit.chain(100)).toBe(15)
    expect(await audit.chain()).toBe(0)
    await write()
    const heads = await run('SELECT organization_id, seq, hash FROM audit_heads WHERE seq IN (12, 13) ORDER BY organization_id') as { organization_id: string; seq: number; hash: string }[]
    expect(await audit.verify()).toEqual({
      organizations: 2, events: 25, unchained: 1, problems: [],
      chains: heads.map(({ organization_id: organizationId, seq, hash }) => ({ organizationId, events: seq, head: { seq, hash } })),
    })
    const rows = await current().storage.read.all<{ seq: number }>('SELECT seq FROM audit_events WHERE organization_id = ? AND seq IS NOT NULL ORDER BY seq', [payroll])
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 13 }, (_, index) => index + 1))
  })

  it('SEC-78 lets one of several nodes extend a chain at a time', async () => {
    for (let index = 0; index < 30; index++) await write()
    for (let round = 0; round < 4; round++) await Promise.all([audit.chain(10), open().chain(10), open().chain(10)])
    expect(await audit.verify()).toMatchObject({ organizations: 1, events: 30, unchained: 0, problems: [] })
    expect(lines.filter(({ message }) => message === 'audit chain is not extended')).toEqual([])
  })

  it('SEC-78 verifies while events are written and chained', async () => {
    await tenEvents()
    const busy = (async () => { for (let index = 0; index < 20; index++) { await write(); await audit.chain() } })()
    const results = [await audit.verify(), await audit.verify(), await audit.verify()]
    await busy
    expect(results.flatMap(({ problems }) => problems)).toEqual([])
  })

  it.each<[string, string, (string | number | null)[], string[]]>([
    ['a changed outcome', `UPDATE audit_events SET outcome = 'denied' WHERE seq = 4`, [], ['altered 4']],
    ['a changed actor', `UPDATE audit_events SET actor_name = 'eve@example.com' WHERE seq = 1`, [], ['altered 1']],
    ['a changed time', 'UPDATE audit_events SET occurred_at = occurred_at + 1 WHERE seq = 10', [], ['altered 10']],
    ['a changed detail', `UPDATE audit_events SET details = '{}' WHERE seq = 7`, [], ['altered 7']],
    ['an event hidden from the search', `UPDATE audit_events SET search_key = '' WHERE seq = 7`, [], ['altered 7']],
    ['an event moved to another person', `UPDATE audit_events SET user_id = 'user-eve' WHERE seq = 7`, [], ['altered 7']],
    ['a changed hash', `UPDATE audit_events SET hash = 'x' WHERE seq = 5`, [], ['altered 5', 'altered 6']],
    ['two changes', `UPDATE audit_events SET outcome = 'denied' WHERE seq IN (2, 9)`, [], ['altered 2', 'altered 9']],
    ['the first event removed', 'DELETE FROM audit_events WHERE seq = 1', [], ['missing 1']],
    ['a middle event removed', 'DELETE FROM audit_events WHERE seq = 5', [], ['missing 5']],
    ['middle events removed', 'DELETE FROM audit_events WHERE seq IN (5, 6, 7)', [], ['missing 5']],
    ['the newest event removed', 'DELETE FROM audit_events WHERE seq = 10', [], ['truncated 10']],
    ['all events removed', 'DELETE FROM audit_events', [], ['truncated 1']],
    ['an event taken out of the chain', 'UPDATE audit_events SET seq = NULL, hash = NULL WHERE seq = 5', [], ['missing 5']],
    ['an event moved to another organization', `UPDATE audit_events SET organization_id = 'org-payroll' WHERE seq = 5`, [],
      ['missing 5', 'missing 1', 'missing_head -']],
    ['a head set back together with its events', 'DELETE FROM audit_heads WHERE organization_id = ?', [wiki], ['missing_head -', 'missing_head -']],
    ['a head that names fewer events', 'UPDATE audit_heads SET seq = 8 WHERE organization_id = ?', [wiki], ['unfitting_head 8', 'forged_head 8', 'beyond_head 9']],
    ['a forged checkpoint', `UPDATE audit_heads SET mac = 'x' WHERE organization_id = ?`, [wiki], ['forged_head 10']],
    ['a forged count of heads', `UPDATE audit_heads SET seq = 0 WHERE organization_id = '*'`, [], ['forged_head -']],
    ['no count of heads', `DELETE FROM audit_heads WHERE organization_id = '*'`, [], ['missing_head -']],
  ])('SEC-78 finds %s', async (_title, sql, values, expected) => {
    await tenEvents()
    expect(await kinds()).toEqual([])
    await run(sql, ...values)
    expect((await kinds()).sort()).toEqual(expected.sort())
  })

  it('SEC-78 finds two events that changed places', async () => {
    await tenEvents()
    await run('UPDATE audit_events SET seq = 99 WHERE seq = 4')
    await run('UPDATE audit_events SET seq = 4 WHERE seq = 5')
    await run('UPDATE audit_events SET seq = 5 WHERE seq = 99')
    expect(await kinds()).toEqual(['altered 4', 'altered 5', 'altered 6'])
  })

  it('SEC-78 finds a chain that was written anew, with and without its head', async () => {
    await tenEvents()
    await run(`UPDATE audit_events SET actor_name = 'eve@example.com' WHERE seq = 3`)
    await restamp(current(), wiki, false)
    expect(await kinds()).toEqual(['unfitting_head 10'])
    await restamp(current(), wiki, true)
    expect(await kinds()).toEqual(['forged_head 10'])
  })

  it('SEC-78 finds a chain cut at its end and stamped anew', async () => {
    await tenEvents()
    await run('DELETE FROM audit_events WHERE seq > 6')
    await restamp(current(), wiki, true)
    expect(await kinds()).toEqual(['forged_head 6'])
  })

  it('SEC-78 finds an organization whose events and head are gone', async () => {
    await tenEvents()
    await write({ organizationId: payroll })
    await audit.chain()
    await run('DELETE FROM audit_events WHERE organization_id = ?', wiki)
    await run('DELETE FROM audit_heads WHERE organization_id = ?', wiki)
    expect(await kinds()).toEqual(['missing_head -'])
  })

  it('SEC-78 finds a genuine older state put back, by checkpoints kept elsewhere', async () => {
    await tenEvents()
    const [older] = await current().storage.read.all<{ seq: number; hash: string; mac: string }>('SELECT seq, hash, mac FROM audit_heads WHERE organization_id = ?', [wiki])
    await write()
    await audit.chain()
    await run('DELETE FROM audit_events WHERE seq > 10')
    await run('UPDATE audit_heads SET seq = ?, hash = ?, mac = ? WHERE organization_id = ?', older?.seq ?? 0, older?.hash ?? '', older?.mac ?? '', wiki)
    expect(await kinds()).toEqual([])
    expect(checkpoints()).toHaveLength(2)
    expect(await kinds(checkpoints())).toEqual(['anchor 11'])
    expect(await kinds([{ organizationId: wiki, seq: 4, hash: 'another' }])).toEqual(['anchor 4'])
  })

  it.each<[string, string]>([
    ['a forged head', `UPDATE audit_heads SET hash = 'x'`], ['missing newest events', 'DELETE FROM audit_events WHERE seq = 10'],
    ['a missing head', 'DELETE FROM audit_heads'], ['a changed newest hash', `UPDATE audit_events SET hash = 'x' WHERE seq = 10`],
    ['an event beyond the head', 'UPDATE audit_events SET seq = 11 WHERE seq = 1'],
  ])('SEC-78 never puts its seal on %s', async (_title, sql) => {
    await tenEvents()
    await run(sql)
    const before = await kinds()
    expect(before).not.toEqual([])
    await write()
    expect(await audit.chain()).toBe(0)
    expect(lines.at(-1)?.message).toBe('audit chain is not extended')
    expect(await kinds()).toEqual(before)
    await write({ organizationId: payroll })
    await run('DELETE FROM audit_heads WHERE organization_id = ?', '*')
    expect(await audit.chain()).toBe(1)
  })

  it('SEC-78 takes no head made with another key', async () => {
    await write({}, open(createSealer(Buffer.alloc(32, 9))))
    await open(createSealer(Buffer.alloc(32, 9))).chain()
    expect(new Set((await audit.verify()).problems.map(({ kind }): ProblemKind => kind))).toEqual(new Set(['forged_head']))
  })

  it('pages newest first, also through events of one millisecond', async () => {
    for (let index = 0; index < 23; index++) {
      await write({ details: { index } })
      if (index % 5 === 0) current().clock.advance(1)
    }
    const seen: string[] = []
    let before: string | undefined
    let last = Infinity
    do {
      const page = await audit.list({ organizationId: wiki, limit: 5, before })
      for (const event of page.events) {
        expect(event.occurredAt).toBeLessThanOrEqual(last)
        last = event.occurredAt
        seen.push(event.id)
      }
      before = page.next ?? undefined
      await write({ organizationId: payroll })
    } while (before !== undefined)
    expect(seen).toHaveLength(23)
    expect(new Set(seen).size).toBe(23)
  })

  it('SEC-73 SEC-88 shows an organization its own events, and takes no token of another', async () => {
    for (let index = 0; index < 3; index++) await write()
    await write({ organizationId: payroll })
    expect((await audit.list({ organizationId: payroll, limit: 9 })).events).toHaveLength(1)
    const { next } = await audit.list({ organizationId: wiki, limit: 1 })
    await expect(audit.list({ organizationId: payroll, limit: 1, before: next ?? '' })).rejects.toThrow(InvalidRequest)
    await expect(audit.list({ organizationId: wiki, limit: 1, before: 'x.y' })).rejects.toThrow(InvalidRequest)
  })

  it('filters', async () => {
    const start = current().clock.now()
    await write({ action: 'user.suspended', userId: ada, target: { kind: 'user', id: 'u2', name: 'JÜRGEN Groß' } })
    current().clock.advance(1_000)
    await write({ action: 'user.invited', outcome: 'denied', ip: '203.0.113.7' })
    current().clock.advance(1_000)
    await write({ action: 'users_export.made', application: { id: 'a1', name: '100%_Payroll' } })
    const found = async (filter: Partial<AuditFilter>) => (await audit.list({ organizationId: wiki, limit: 9, ...filter })).events.map(({ action }) => action)
    expect(await found({ action: 'user.invited' })).toEqual(['user.invited'])
    expect(await found({ action: 'user.*' })).toEqual(['user.invited', 'user.suspended'])
    expect(await found({ action: 'use%.*' })).toEqual([])
    expect(await found({ userId: ada })).toEqual(['user.suspended'])
    expect(await found({ outcome: 'denied' })).toEqual(['user.invited'])
    expect(await found({ from: start + 1_000 })).toEqual(['users_export.made', 'user.invited'])
    expect(await found({ from: start + 1_000, to: start + 2_000 })).toEqual(['user.invited'])
    expect(await found({ text: 'jürgen' })).toEqual(['user.suspended'])
    expect(await found({ text: '  GROSS ada' })).toEqual([])
    expect(await found({ text: 'groß ADA@' })).toEqual(['user.suspended'])
    expect(await found({ text: '203.0.113' })).toEqual(['user.invited'])
    expect(await found({ text: '%_pay' })).toEqual(['users_export.made'])
    expect(await found({ text: '_' })).toEqual(['users_export.made'])
    expect(await found({ text: `'; DROP TABLE audit_events; --` })).toEqual([])
  })

  it('streams more events than a page, filtered, for an export', async () => {
    await current().storage.write(async (tx) => {
      for (let index = 0; index < 1_100; index++) await audit.record(tx, entry({ action: index % 11 ? 'session.opened' : 'user.invited' }))
    })
    expect(await collect(audit.stream({ organizationId: wiki }))).toHaveLength(1_100)
    const csv = (await collect(toCsv(audit.stream({ organizationId: wiki, action: 'user.invited' })))).join('')
    expect(csv.split('\r\n')).toHaveLength(102)
  })
})
