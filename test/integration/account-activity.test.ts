import { expect, it } from 'vitest'
import { withApp, type Person } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { signInWithKey } from '../support/ceremonies.ts'
import { fieldOf, linkOf, textOf } from '../support/pages.ts'
import { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `active${++count}@example.com`

withApp('the activity of an account', (current) => {
  /** Someone with so many sign-ins, a minute apart. */
  async function withSignIns(times: number): Promise<{ person: Person; panel: Browser }> {
    const person = await current().addPerson({ email: address() })
    for (let time = 0; time < times; time++) {
      await signInWithKey(current().browser(), person.key as SecurityKey)
      current().advance(60_000)
    }
    return { person, panel: await current().signedIn(person) }
  }
  const rows = (body: string): string[] => [.../<tbody>([\s\S]*)<\/tbody>/.exec(body)?.[1]?.matchAll(/<tr>([\s\S]*?)<\/tr>/g) ?? []].map(([, row = '']) => textOf(row))
  const show = async (panel: Browser, query: string): Promise<string[]> => rows((await panel.get(`/activity?${query}`)).body)

  it('S17 S62 rows carry date, RP name, RP ID, user name, action, device and address, newest first, and are one’s own', async () => {
    const { person, panel } = await withSignIns(2)
    const other = await withSignIns(1)
    const { body } = await panel.get('/activity')
    expect(textOf(body)).toContain('Date RP Name RP ID User Name Action')
    expect(rows(body)).toHaveLength(2)
    for (const row of rows(body)) expect(row).toMatch(new RegExp(`^\\w{3} \\d+, \\d{4}, .* Analytical Engines localhost ${person.user.email} Login Chrome, Linux · 127\\.0\\.0\\.1$`))
    expect(body).not.toContain(other.person.user.email)
    const times = [...body.matchAll(/<time datetime="([^"]+)"/g)].map(([, time = '']) => time)
    expect(times).toEqual(times.toSorted().toReversed())
  })

  it('S62 S128 a refused try stands there too, named as one', async () => {
    const { panel } = await withSignIns(0)
    await signInWithKey(current().browser(), new SecurityKey(current().url))
    expect(rows((await panel.get('/activity')).body)).toEqual([])
    expect(textOf((await panel.get('/activity')).body)).toContain('No data')
    const suspended = await current().addPerson({ email: address(), status: 'suspended' })
    await signInWithKey(current().browser(), suspended.key as SecurityKey)
    const { events } = await current().foundation.audit.list({ organizationId: suspended.user.organizationId, userId: suspended.user.id, limit: 5 })
    expect(events).toMatchObject([{ action: 'signin.refused', outcome: 'failure' }])
    await current().app.parts.personAccess.resume({ organizationId: suspended.user.organizationId, id: suspended.user.id }, () => Promise.resolve())
    expect(rows((await (await current().signedIn(suspended)).get('/activity')).body)).toEqual([expect.stringContaining('Login attempt Refused')])
  })

  it('S63 ten rows a page unless more are asked for, and the next page goes on where this one ends', async () => {
    const { panel } = await withSignIns(13)
    const first = await panel.get('/activity')
    expect(rows(first.body)).toHaveLength(10)
    const second = await panel.get(linkOf(first.body, 'rel="next"'))
    expect(rows(second.body)).toHaveLength(3)
    expect(second.body).not.toContain('rel="next"')
    expect(second.body).toContain('First page')
    expect(new Set([...rows(first.body), ...rows(second.body)].map((row) => row.slice(0, 24))).size).toBe(13)
    expect(rows((await panel.get('/activity?size=25')).body)).toHaveLength(13)
    expect(rows((await panel.get('/activity?size=9999')).body)).toHaveLength(10)
    expect((await panel.get('/activity?before=invented')).status).toBe(400)
  })

  it('S63 the text finds RP name, RP ID and user name, in any case, and keeps the filter on the page', async () => {
    const { panel, person } = await withSignIns(1)
    await panel.get('/profile/name')
    await panel.post('/profile/name', { given_name: 'Augusta', family_name: 'King' })
    for (const text of ['analytical', 'ENGINES', 'localhost', person.user.email, 'analytical localhost', '127.0.0.1']) expect(await show(panel, `text=${encodeURIComponent(text)}`), text).toHaveLength(2)
    for (const text of ['elsewhere.example', 'analytical elsewhere', '%', '_', `' OR 1=1 --`]) expect(await show(panel, `text=${encodeURIComponent(text)}`), text).toEqual([])
    const { body } = await panel.get('/activity?text=analytical&action=session.opened')
    expect(fieldOf(body, 'text')).toContain('value="analytical"')
    expect(textOf((await panel.get('/activity?text=nothing')).body)).toContain('Nothing fits this search. Change or clear the filters.')
  })

  it('S63 S64 applications that were opened stand under their own name and id, and are found by them', async () => {
    const { storage, applications } = current().foundation
    const id = await storage.write((tx) => applications.create(tx, current().organization.id, {
      name: 'Payroll', description: '', protocol: 'link', launchUrl: 'https://payroll.example/', access: 'everyone', trusted: true, requiredAssurance: null, oidc: null,
    }))
    const { panel } = await withSignIns(1)
    await panel.get(`/apps/${id}`, { follow: false })
    const [newest = '', oldest = ''] = await show(panel, '')
    expect(newest).toContain(`Payroll ${id}`)
    expect(newest).toContain('Application opened')
    expect(oldest).toContain('Analytical Engines')
    expect(await show(panel, 'text=payroll')).toEqual([newest])
    expect(await show(panel, `text=${id}`)).toEqual([newest])
    expect(await show(panel, 'text=analytical')).toEqual([oldest])
    expect(await show(panel, 'action=application.opened')).toEqual([newest])
    expect(await show(panel, 'action=user.invented')).toHaveLength(2)
  })

  it.each([['UTC', '2030-03-10'], ['Asia/Tehran', '2030-03-10'], ['America/New_York', '2030-03-10'], ['Europe/Berlin', '2030-03-31'], ['Pacific/Kiritimati', '2030-10-31']])('S63 in %s the day %s is the reader’s day', async (zone, day) => {
    const { panel, person } = await withSignIns(0)
    await current().foundation.storage.write((tx) => current().foundation.users.update(tx, person.user.organizationId, person.user.id, { timeZone: zone }))
    const hours = Array.from({ length: 80 }, (_, hour) => Date.parse(`${day}T00:00:00Z`) + (hour - 28) * 3_600_000)
    await current().foundation.storage.write(async (tx) => {
      for (const at of hours) {
        await current().foundation.audit.record(tx, { organizationId: person.user.organizationId, action: 'session.opened', outcome: 'success', actor: { kind: 'user', id: person.user.id, name: person.user.email }, userId: person.user.id, details: { at } })
      }
      const events = await tx.all<{ id: string; details: string }>('SELECT id, details FROM audit_events WHERE user_id = ?', [person.user.id])
      for (const { id, details } of events) await tx.run('UPDATE audit_events SET occurred_at = ? WHERE id = ?', [(JSON.parse(details) as { at: number }).at, id])
    })
    const isThatDay = (at: number): boolean => new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short' }).format(at) === day
    const shown = await show(panel, `from=${day}&to=${day}&size=50`)
    expect(shown).toHaveLength(hours.filter(isThatDay).length)
    const label = new Intl.DateTimeFormat('en', { timeZone: zone, dateStyle: 'medium' }).format(hours.find(isThatDay))
    for (const row of shown) expect(row).toContain(label)
    expect(await show(panel, 'from=nonsense&to=31.03.2030&size=50')).toHaveLength(50)
  })
})
