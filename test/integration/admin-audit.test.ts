import { expect, it } from 'vitest'
import type { AuditEntry } from '../../src/audit/index.ts'
import { withApp, type Person, type TestApp } from '../support/app.ts'
import { touchKey } from '../support/ceremonies.ts'
import { textOf } from '../support/pages.ts'

interface Cast { readonly owner: Person; readonly helpdesk: Person; readonly ada: Person; readonly grace: Person }

const day = 86_400_000

/** Ada and Grace at work for three days, Ada with a name that a spreadsheet would run. */
async function makeHistory(app: TestApp): Promise<Cast> {
  const owner = await app.addPerson({ email: 'owner@example.com', role: 'owner' })
  const helpdesk = await app.addPerson({ email: 'help@example.com', role: 'helpdesk' })
  const ada = await app.addPerson({ email: 'ada@example.com' })
  const grace = await app.addPerson({ email: 'grace@example.com', givenName: 'Grace', familyName: 'Hopper' })
  const note = async (entry: Partial<AuditEntry>): Promise<void> => {
    app.advance(1_000)
    await app.foundation.storage.write((tx) => app.foundation.audit.record(tx, {
      organizationId: app.organization.id, action: 'session.opened', outcome: 'success', actor: { kind: 'user', id: ada.user.id, name: ada.user.email }, userId: ada.user.id, ip: '192.0.2.7',
      userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', ...entry,
    }))
  }
  for (let index = 0; index < 30; index++) await note({ details: { index } })
  app.advance(day)
  await note({ action: 'signin.refused', outcome: 'failure', details: { reason: 'wrong' } })
  await note({ action: 'application.refused', outcome: 'denied', application: { id: 'payroll', name: 'Payroll' } })
  await note({ action: 'user.suspended', actor: { kind: 'user', id: owner.user.id, name: owner.user.email }, userId: grace.user.id, target: { kind: 'user', id: grace.user.id, name: grace.user.email }, ip: '192.0.2.200' })
  app.advance(day)
  await note({ action: 'profile.changed', actor: { kind: 'user', id: ada.user.id, name: '=HYPERLINK("https://evil.example","Ada")' }, details: { 'name.before': 'Ada', 'name.after': '@SUM(1+1)' } })
  await note({ action: 'moon.landed', actor: { kind: 'job', id: null, name: '' }, userId: null, ip: null, userAgent: null })
  await app.foundation.audit.chain()
  return { owner, helpdesk, ada, grace }
}

withApp('the audit log', (current) => {
  let history: Promise<Cast> | undefined
  const cast = (): Promise<Cast> => (history ??= makeHistory(current()))
  const rows = (body: string): number => body.split('<details class="event">').length - 1

  it('S128 shows what happened, newest first, in words, with outcome, place and all that was written down', async () => {
    const browser = await current().signedIn((await cast()).owner)
    const answer = await browser.get('/admin/audit')
    const body = answer.body.slice(answer.body.indexOf('<ul class="events">'))
    expect(rows(body)).toBe(25)
    expect(body.indexOf('Changed by the service')).toBeLessThan(body.indexOf('Profile changed'))
    expect(body.indexOf('Profile changed')).toBeLessThan(body.indexOf('Account suspended'))
    for (const text of ['Login attempt', 'Failed', 'Refused', 'Payroll', 'Firefox, Linux', '192.0.2.200', 'the service itself', 'Ada → @SUM(1+1)', 'moon.landed']) expect(body).toContain(text)
  })

  const filters: readonly (readonly [string, number])[] = [
    ['text=payroll', 1], ['action=signin.refused', 1], ['action=session.opened&size=100', 30], ['outcome=failure', 1], ['outcome=denied&text=ada', 1], ['person=GRACE@example.com', 1], ['person=owner@example.com', 1],
    ['text=192.0.2.200', 1], ['action=nonsense&outcome=nonsense&from=nonsense&size=7', 25], ['text=nothing%20like%20it', 0], ['text=%25', 0],
  ]
  it.each(filters)('S128 finds by %s what fits and nothing else', async (query, found) => {
    const answer = await (await current().signedIn((await cast()).owner)).get(`/admin/audit?${query}`)
    expect([answer.status, rows(answer.body)]).toEqual([200, found])
  })

  it('S128 finds by day, in the reader’s own time zone', async () => {
    const { owner } = await cast()
    const { storage, users, clock } = current().foundation
    await storage.write((tx) => users.update(tx, current().organization.id, owner.user.id, { timeZone: 'Pacific/Kiritimati' }))
    const browser = await current().signedIn(owner)
    const local = (at: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Pacific/Kiritimati' }).format(at)
    const middle = local(clock.now() - day)
    expect(rows((await browser.get(`/admin/audit?from=${middle}&to=${middle}`)).body)).toBe(3)
    expect(rows((await browser.get(`/admin/audit?to=${local(clock.now() - 2 * day)}&size=100`)).body)).toBe(30)
    expect(rows((await browser.get(`/admin/audit?from=${local(clock.now() + day)}`)).body)).toBe(0)
    await storage.write((tx) => users.update(tx, current().organization.id, owner.user.id, { timeZone: null }))
  })

  it('pages by a token of its own, keeps the filter, and takes no forged or foreign token', async () => {
    const browser = await current().signedIn((await cast()).owner)
    const first = await browser.get('/admin/audit?action=session.opened&size=25')
    const next = /rel="next" href="([^"]+)"/.exec(first.body)?.[1]?.replaceAll('&amp;', '&').replaceAll('&#x3D;', '=') ?? ''
    expect(next).toContain('action=session.opened')
    const second = await browser.get(next)
    expect([rows(second.body), second.body.includes('rel="next"')]).toEqual([5, false])
    expect((await browser.get(`/admin/audit?before=${Buffer.from('[1,"x"]').toString('base64url')}.AAAA`)).status).toBe(400)
    const other = await current().addOrganization('Difference Engines')
    const stranger = await current().signedIn(await current().addPerson({ email: 'babbage@example.net', organization: other, role: 'owner' }))
    expect((await stranger.get(next)).status).toBe(400)
  })

  it('SEC-73 shows nothing of another organization, whatever is asked for', async () => {
    const other = await current().addOrganization('Jacquard Looms')
    const stranger = await current().signedIn(await current().addPerson({ email: 'jacquard@example.net', organization: other, role: 'owner' }))
    for (const query of ['', 'text=ada', `person=${(await cast()).ada.user.id}`, 'size=100']) expect(rows((await stranger.get(`/admin/audit?${query}`)).body)).toBe(0)
    const answer = await stranger.get('/admin/audit?person=ada@example.com')
    const unknown = await stranger.get('/admin/audit?person=nobody@example.com')
    expect(answer.body).toContain('Nobody here has this address')
    expect(answer.body.replaceAll('ada@example.com', '…')).toBe(unknown.body.replaceAll('nobody@example.com', '…'))
  })

  it('SEC-69 the help desk reads and has no export; other people read nothing', async () => {
    const helpdesk = await current().signedIn((await cast()).helpdesk)
    const { status, body } = await helpdesk.get('/admin/audit')
    expect([status, rows(body), body.includes('/admin/audit/export')]).toEqual([200, 25, false])
    expect((await helpdesk.get('/admin/audit/export?format=csv')).status).toBe(403)
    expect((await (await current().signedIn((await cast()).ada)).get('/admin/audit')).status).toBe(403)
  })

  it('SEC-71 an export asks for a fresh proof and gives nothing without it', async () => {
    const browser = await current().signedIn((await cast()).owner, { fresh: false })
    const answer = await browser.get('/admin/audit/export?format=csv', { follow: false })
    expect([answer.status, answer.location?.slice(0, 8), answer.body.includes('ada@')]).toEqual([303, '/signin/', false])
  })

  it('SEC-71 after the proof the list is there again with its filters, since a download would leave the confirmation standing', async () => {
    const { owner } = await cast()
    const browser = await current().signedIn(owner, { fresh: false })
    if (!owner.key) throw new Error('the owner has no key')
    const confirmation = await browser.get('/admin/audit/export?format=csv&outcome=denied')
    expect(textOf(confirmation.body)).toContain('Confirm that it is you first. You then come back to the list; press the export there once more.')
    const list = await touchKey(browser, owner.key, confirmation.path)
    expect(list.path).toMatch(/^\/admin\/audit\?.*outcome=denied/)
    expect(list.headers['content-type']).toContain('text/html')
    expect((await browser.get('/admin/audit/export?format=csv&outcome=denied')).headers['content-disposition']).toContain('attachment')
  })

  it('S128 the CSV holds every row, runs no formula, and is itself written down', async () => {
    const browser = await current().signedIn((await cast()).owner)
    const answer = await browser.get('/admin/audit/export?format=csv&person=ada@example.com')
    expect(answer.headers['content-type']).toBe('text/csv; charset=utf-8')
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="audit-\d{4}-\d{2}-\d{2}\.csv"$/)
    expect(answer.headers['cache-control']).toBe('no-store')
    const lines = answer.body.split('\r\n').filter((line) => line !== '')
    expect(lines).toHaveLength(1 + 33)
    expect(lines[0]).toMatch(/^\ufefftime,organization,action,/)
    expect(answer.body).toContain(`"'=HYPERLINK(""https://evil.example"",""Ada"")"`)
    expect(answer.body).not.toMatch(/(^|,)"?[=@]/m)
    expect(answer.body).not.toContain('audit.exported')
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, action: 'audit.exported', limit: 5 })
    expect(events[0]).toMatchObject({ actor: { id: (await cast()).owner.user.id }, details: { format: 'csv', person: 'ada@example.com' } })
  })

  it('S128 the JSON holds one event in a line, with the filter of the page', async () => {
    const answer = await (await current().signedIn((await cast()).owner)).get('/admin/audit/export?format=json&action=user.suspended')
    expect(answer.headers['content-disposition']).toContain('.jsonl"')
    const events = answer.body.trim().split('\n').map((line) => JSON.parse(line) as { action: string; target: { name: string } })
    expect(events).toMatchObject([{ action: 'user.suspended', target: { name: 'grace@example.com' } }])
  })
})
