import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createLocate } from '../../../src/http/outbound/index.ts'
import { loadTranslations } from '../../../src/http/views/translate.ts'
import { createLooker, Trouble, type CheckReport } from '../../../src/directory/sync/ldap/index.ts'
import { anAuthority } from '../../support/directory/authority.ts'
import { ldapNeeds, ofSlapd, readAll } from '../../support/directory/connection.ts'
import { startProxy, type Proxy } from '../../support/directory/proxy.ts'
import { done, startScripted } from '../../support/directory/scripted.ts'
import { slapdBase, slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { freePort } from '../../support/port.ts'
import { skipWithout } from '../../support/skip.ts'

const translations = loadTranslations(fileURLToPath(new URL('../../../views/locales', import.meta.url)), 'en')

describe('a connection to a directory', () => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  const closing: (() => Promise<void>)[] = []
  const keep = <T extends { close(): Promise<void> }>(what: T): T => { closing.push(() => what.close()); return what }
  const troubleOf = async (reading: Promise<unknown>): Promise<Trouble> => {
    const error: unknown = await reading.then(() => undefined, (reason: unknown) => reason)
    if (!(error instanceof Trouble)) throw new Error(`expected a trouble, not ${String(error)}`)
    return error
  }
  const read = (more: Readonly<Record<string, unknown>>, needs = ldapNeeds()): Promise<unknown> => readAll(ofSlapd(slapd, more), null, needs)
  /** Who asks, with what: nothing of it may ever be heard in the plain. */
  const secrets = (): string[] => [slapd.reader.dn, slapd.reader.password, 'uid=sync', 'user00000']

  beforeAll(async () => { if (!slapdMissing()) slapd = await startSlapd({ people: 3_000, groups: 3 }) })
  afterEach(async () => { for (const close of closing.splice(0)) await close() })
  afterAll(async () => { await slapd?.stop() })

  it('SEC-62 refuses to speak in the plain before anything is sent', async () => {
    const proxy = keep(await startProxy(slapd.port))
    expect(await troubleOf(read({ servers: [{ url: `ldap://localhost:${proxy.port}` }], startTls: false }))).toMatchObject({ code: 'plain' })
    expect(proxy.connections()).toBe(0)
  })

  it.each([['http://localhost'], ['ldaps://user:secret@localhost'], ['ldaps://localhost/dc=test'], ['localhost'], ['ldaps://'], ['ldapi:///']])('SEC-62 takes %s for no address', async (url) => {
    expect(await troubleOf(read({ servers: [{ url }] }))).toMatchObject({ code: 'address' })
  })

  it('SEC-62 refuses the certificate of an authority that nobody named, and one for another host', async () => {
    expect(await troubleOf(read({ ca: null }))).toMatchObject({ code: 'tls_authority' })
    expect(await troubleOf(read({ ca: (await anAuthority()).cert }))).toMatchObject({ code: 'tls_authority' })
    expect(await troubleOf(read({ ca: (await anAuthority()).cert, startTls: true, servers: [{ url: slapd.url }] }))).toMatchObject({ code: 'tls_authority' })
    expect(await troubleOf(read({ serverName: 'dc1.corp.test' }))).toMatchObject({ code: 'tls_host', parameters: { name: 'dc1.corp.test', names: 'localhost, 127.0.0.1' } })
    expect(await troubleOf(read({ serverName: 'dc1.corp.test', startTls: true, servers: [{ url: slapd.url }] }))).toMatchObject({ code: 'tls_host' })
    await expect(read({ servers: [{ url: `ldaps://127.0.0.1:${slapd.ldapsPort}` }] })).resolves.toBeDefined()
  })

  it('SEC-62 checks the name also where a server is addressed by a number', async () => {
    const other = await startSlapd({ certificate: (authority) => authority.server(['dc1.corp.test']) })
    closing.push(() => other.stop())
    const at = { ...ofSlapd(other), settings: { ...ofSlapd(other).settings, servers: [{ url: `ldaps://127.0.0.1:${other.ldapsPort}` }] } }
    expect(await troubleOf(readAll(at))).toMatchObject({ code: 'tls_host', parameters: { name: '127.0.0.1', names: 'dc1.corp.test' } })
    expect((await readAll({ ...at, settings: { ...at.settings, serverName: 'dc1.corp.test' } })).end).toMatchObject({ incompleteBecause: 'nobody' })
    const overStartTls = { ...at.settings, serverName: 'dc2.corp.test', startTls: true, servers: [{ url: `ldap://127.0.0.1:${other.port}` }] }
    expect(await troubleOf(readAll({ ...at, settings: overStartTls }))).toMatchObject({ code: 'tls_host' })
  })

  it('SEC-62 refuses a certificate that has expired', async () => {
    const old = await startSlapd({ certificate: (authority) => authority.server(['localhost'], -1) }).catch((error: unknown) => error as Error)
    if (old instanceof Error) throw old
    closing.push(() => old.stop())
    expect(await troubleOf(readAll(ofSlapd(old)))).toMatchObject({ code: 'tls_expired' })
  })

  it('SEC-62 sends no byte of a name or password in the plain when a StartTLS connection is cut and made again', async () => {
    let cutting = true
    const proxy: Proxy = keep(await startProxy(slapd.port, { down: (chunk, passing) => (cutting && passing.received > 60_000 ? null : chunk) }))
    const through = { servers: [{ url: `ldap://localhost:${proxy.port}` }], startTls: true }
    expect(await troubleOf(read(through))).toMatchObject({ code: 'lost' })
    cutting = false
    await expect(read(through)).resolves.toBeDefined()
    expect(proxy.connections()).toBe(2)
    for (const heard of proxy.heard) {
      // The StartTLS request is all that is readable; what follows begins as TLS does.
      expect(heard.subarray(0, 2).toString('hex')).toBe('301d')
      expect(heard[31]).toBe(0x16)
      for (const secret of secrets()) expect(heard.includes(secret)).toBe(false)
    }
  })

  it('SEC-62 sends nothing more to whoever refuses StartTLS, or says a word too many before it', async () => {
    for (const [answer, code] of [[done(1, 0x78, 53), 'tls_not_offered'], [Buffer.concat([done(1, 0x78), done(2, 0x61)]), 'tls_injected']] as const) {
      const proxy = keep(await startProxy(slapd.port, { down: () => answer }))
      expect(await troubleOf(read({ servers: [{ url: `ldap://localhost:${proxy.port}` }], startTls: true }))).toMatchObject({ code })
      expect(proxy.heard[0]?.length).toBe(31)
    }
  })

  it('SEC-64 refuses an empty password before anybody is called', async () => {
    const proxy = keep(await startProxy(slapd.ldapsPort))
    const empty = { ...ofSlapd(slapd, { servers: [{ url: `ldaps://localhost:${proxy.port}` }] }), secret: '' }
    expect(await troubleOf(readAll(empty))).toMatchObject({ code: 'password_empty' })
    expect(proxy.connections()).toBe(0)
  })

  it('goes to the next server when one is away, and asks no second one whether a password is right', async () => {
    const nobody = await freePort()
    const proxy = keep(await startProxy(slapd.ldapsPort))
    const servers = [{ url: `ldaps://localhost:${nobody}` }, { url: `ldaps://localhost:${proxy.port}` }, { url: slapd.ldapsUrl }]
    await expect(read({ servers })).resolves.toBeDefined()
    expect(proxy.connections()).toBe(1)
    const wrong = { ...ofSlapd(slapd, { servers: [{ url: slapd.ldapsUrl }, { url: `ldaps://localhost:${proxy.port}` }] }), secret: 'wrong' }
    expect(await troubleOf(readAll(wrong))).toMatchObject({ code: 'credentials' })
    expect(proxy.connections()).toBe(1)
    expect(await troubleOf(read({ servers: [{ url: `ldaps://localhost:${nobody}` }] }))).toMatchObject({ code: 'refused', parameters: { port: String(nobody) } })
  })

  it('gives a server that says nothing only so long', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    closing.push(async () => { silent.close(); await Promise.resolve() })
    const started = performance.now()
    const url = `ldaps://localhost:${(silent.address() as AddressInfo).port}`
    expect(await troubleOf(read({ servers: [{ url }] }, ldapNeeds({ connectMilliseconds: 300 })))).toMatchObject({ code: 'timeout' })
    expect(performance.now() - started).toBeLessThan(2_000)
  })

  it('opens with a certificate of its own (SASL EXTERNAL), and with no other', async () => {
    const mine = await slapd.authority.client('sync')
    const external = { ...ofSlapd(slapd, { bind: { method: 'external', certificate: mine.cert } }), secret: mine.key }
    expect((await readAll(external)).people).toHaveLength(3_000)
    const stranger = await slapd.authority.client('stranger')
    expect(await troubleOf(readAll({ ...ofSlapd(slapd, { bind: { method: 'external', certificate: stranger.cert } }), secret: stranger.key }))).toMatchObject({ code: 'base' })
    expect(await troubleOf(readAll({ ...ofSlapd(slapd, { bind: { method: 'external', certificate: 'no' } }), secret: 'no' }))).toMatchObject({ code: 'own_certificate' })
  })

  it.each([['169.254.169.254'], ['127.0.0.1'], ['10.1.2.3'], ['0.0.0.0'], ['::ffff:127.0.0.1'], ['fe80::1']])('SEC-81 does not connect to %s unless whoever runs the installation allows it', async (address) => {
    const locate = createLocate({ allow: [], resolve: () => Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }]) })
    const proxy = keep(await startProxy(slapd.ldapsPort))
    expect(await troubleOf(read({ servers: [{ url: `ldaps://dc1.corp.test:${proxy.port}` }] }, ldapNeeds({ locate })))).toMatchObject({ code: 'address_refused' })
    expect(proxy.connections()).toBe(0)
  })

  it('SEC-62 follows no referral: the server it leads to hears nothing, and the read counts as incomplete', async () => {
    let heard = 0
    const elsewhere = createServer((socket) => { heard++; socket.destroy() }).listen(0, '127.0.0.1')
    await once(elsewhere, 'listening')
    closing.push(async () => { elsewhere.close(); await Promise.resolve() })
    const port = (elsewhere.address() as AddressInfo).port
    const pointing = await startSlapd({ people: 3, entries: [{ dn: `ou=abroad,${slapdBase}`, attributes: { objectClass: ['referral', 'extensibleObject'], ou: 'abroad', ref: `ldap://localhost:${port}/ou=abroad,${slapdBase}` } }] })
    closing.push(() => pointing.stop())
    const found = await readAll(ofSlapd(pointing))
    expect(found.people).toHaveLength(3)
    expect(found.end).toMatchObject({ complete: false, incompleteBecause: 'referral' })
    expect(await troubleOf(readAll(ofSlapd(pointing, { base: `ou=abroad,${slapdBase}` })))).toMatchObject({ code: 'referral' })
    expect(heard).toBe(0)
  })

  describe('is checked step by step', () => {
    const check = (more: Readonly<Record<string, unknown>> = {}, secret = slapd.reader.password): Promise<CheckReport> => createLooker(ldapNeeds(), { ...ofSlapd(slapd, more), secret }).check()
    const steps = ({ lines }: CheckReport): string[] => lines.map(({ step, ok }) => `${step} ${ok === true ? 'good' : ok === null ? 'note' : 'bad'}`)

    it('to five people as they would arrive', async () => {
      const report = await check()
      expect(steps(report)).toEqual(['name', 'tcp', 'tls', 'bind', 'base', 'people', 'paging', 'controls', 'anchor', 'groups', 'sample'].map((step) => `${step} good`))
      expect(report).toMatchObject({ ok: true })
      expect(report.sample).toHaveLength(5)
      expect(report.lines.find(({ step }) => step === 'people')?.detail).toEqual({ key: 'ldap.check.people', parameters: { count: '3000' } })
      expect(report.lines.find(({ step }) => step === 'controls')?.detail.parameters).toMatchObject({ vendor: 'OpenLDAP', controls: expect.stringContaining('paged results') as string })
    })

    it.each<[string, Readonly<Record<string, unknown>>, string | undefined, readonly string[], string]>([
      ['a name that nobody knows', { servers: [{ url: 'ldaps://directory.invalid' }] }, undefined, ['name bad'], 'ldap.fix.name_not_found'],
      ['an authority that nobody named', { ca: null }, undefined, ['name good', 'tcp good', 'tls bad'], 'ldap.fix.tls_authority'],
      ['another password', {}, 'wrong', ['name good', 'tcp good', 'tls good', 'bind bad'], 'ldap.fix.credentials'],
      ['a base that is not there', { base: 'dc=elsewhere' }, undefined, ['name good', 'tcp good', 'tls good', 'bind good', 'base bad'], 'ldap.remedy.base_missing'],
      ['a base that is no name', { base: 'elsewhere' }, undefined, ['name good', 'tcp good', 'tls good', 'bind good', 'base bad'], 'ldap.fix.dn'],
      ['a filter that cannot be read', { userFilter: '(uid=*' }, undefined, ['name good', 'tcp good', 'tls good', 'bind good', 'base good', 'people bad'], 'ldap.fix.filter'],
      ['a filter that finds nobody', { userFilter: '(uid=nobody)' }, undefined, ['name good', 'tcp good', 'tls good', 'bind good', 'base good', 'people bad'], 'ldap.remedy.nobody'],
    ])('to %s', async (_title, more, secret, expected, fix) => {
      const report = await check(more, secret ?? slapd.reader.password)
      expect(steps(report)).toEqual(expected)
      expect(report.ok).toBe(false)
      expect(report.lines.at(-1)?.fix?.key).toBe(fix)
      for (const { detail, fix: remedy } of report.lines) for (const told of remedy ? [detail, remedy] : [detail]) expect(translations.text('en', told.key, told.parameters)).not.toMatch(/[{}]/)
    })

    it('server by server: one that is away is told, and does not spoil the rest', async () => {
      const away = { url: `ldaps://localhost:${await freePort()}` }
      const report = await check({ servers: [away, { url: slapd.ldapsUrl }] })
      expect(steps(report).slice(0, 6)).toEqual(['name good', 'tcp note', 'name good', 'tcp good', 'tls good', 'bind good'])
      expect(report).toMatchObject({ ok: true })
      const neither = await check({ servers: [away, { url: slapd.ldapsUrl }], ca: null })
      expect(steps(neither)).toEqual(['name good', 'tcp bad', 'name good', 'tcp good', 'tls bad'])
      expect(neither.ok).toBe(false)
    })

    it('to an anchor that nobody has', async () => {
      const report = await check({ anchor: 'employeeType' })
      expect(steps(report)).toEqual(expect.arrayContaining(['anchor bad', 'sample bad']))
    })

    it('and lets groups and people be looked for; what is typed is a value and never a filter (SEC-63)', async () => {
      const looker = createLooker(ldapNeeds(), ofSlapd(slapd))
      expect(await looker.groups('0001')).toMatchObject([{ name: 'team0001' }])
      expect(await looker.groups('')).toHaveLength(3)
      for (const typed of ['*)(uid=*))(|(uid=*', '*', '\\', ')(', '\0', '\\2a']) expect(await looker.groups(typed)).toEqual([])
      expect(await looker.sample('(uid=user000123)')).toMatchObject([{ email: 'user000123@example.test' }])
      expect(await looker.sample('uid=user000124')).toHaveLength(1)
    })
  })

  it('ends a server that answers a bind with something else', async () => {
    const odd = keep(await startScripted(slapd.authority, ({ id }) => done(id + 1, 0x65)))
    expect(await troubleOf(readAll(ofSlapd(slapd, { servers: [{ url: odd.url }] })))).toMatchObject({ code: 'garbled' })
  })
})
