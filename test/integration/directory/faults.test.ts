import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Trouble } from '../../../src/directory/sync/ldap/index.ts'
import { anAuthority, type Authority } from '../../support/directory/authority.ts'
import { ldapNeeds, ofSlapd, readAll, settingsOf } from '../../support/directory/connection.ts'
import { startProxy } from '../../support/directory/proxy.ts'
import { done, entry, reference, startScripted, type Asked } from '../../support/directory/scripted.ts'
import { slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { skipWithout } from '../../support/skip.ts'

describe('a directory that dies in the middle (R-13)', () => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  beforeAll(async () => { if (!slapdMissing()) slapd = await startSlapd({ people: 5_000, groups: 50 }) })
  afterAll(async () => { await slapd?.stop() })

  it.each([10, 50, 90])('ends the read with a throw when it is killed at %i percent, and is read whole when it is back', async (percent) => {
    const through = (port: number): ReturnType<typeof ofSlapd> => ofSlapd(slapd, { servers: [{ url: `ldaps://localhost:${port}` }] })
    let total = 0
    const counting = await startProxy(slapd.ldapsPort, { down: (chunk) => { total += chunk.length; return chunk } })
    const whole = await readAll(through(counting.port))
    await counting.close()
    let killed: Promise<void> | undefined
    const killing = await startProxy(slapd.ldapsPort, { down: (chunk, { received }) => {
      if (received < total * percent / 100) return chunk
      killed ??= slapd.kill()
      return null
    } })
    let batches = 0
    await expect(readAll(through(killing.port), null, ldapNeeds(), () => { batches++ })).rejects.toThrow(Trouble)
    expect(killed).toBeDefined()
    expect(batches).toBeLessThan(whole.batches)
    await killed
    await killing.close()
    await slapd.start()
    const again = await readAll(ofSlapd(slapd))
    expect(again.end.complete).toBe(true)
    expect(again.people).toEqual(whole.people)
  })

  it('says so when the account may not read as much as there is', async () => {
    const limited = await startSlapd({ people: 700, configuration: `limits dn.exact="uid=clerk,ou=service,dc=example,dc=test" size=600 size.prtotal=600\naccess to * by users read` })
    try {
      await limited.add('uid=clerk,ou=service,dc=example,dc=test', { objectClass: ['account', 'simpleSecurityObject'], uid: 'clerk', userPassword: 'clerk-7-Password' })
      const found = await readAll({ ...ofSlapd(limited, { bind: { name: 'uid=clerk,ou=service,dc=example,dc=test' } }), secret: 'clerk-7-Password' })
      expect(found.people).toHaveLength(600)
      expect(found.end).toMatchObject({ complete: false, incompleteBecause: 'size', cursor: null })
    } finally {
      await limited.stop()
    }
  })
})

describe('a server that answers nonsense (R-13)', () => {
  let authority: Authority
  const closing: (() => Promise<void>)[] = []
  beforeAll(async () => { authority = await anAuthority() })
  afterEach(async () => { for (const close of closing.splice(0)) await close() })

  const person = (id: number, number: number): Buffer => entry(id, `uid=p${number},dc=test`, { entryUUID: [`u-${number}`], mail: [`p${number}@example.test`], sn: ['P'], givenName: [String(number)] })
  const people = (id: number, from: number, to: number): Buffer => Buffer.concat(Array.from({ length: to - from }, (_, at) => person(id, from + at)))
  /** Reads a directory whose searches for people are answered as the test wants; every other question finds nothing. */
  const readFrom = async (answer: (asked: Asked) => Buffer | undefined): Promise<Awaited<ReturnType<typeof readAll>>> => {
    const server = await startScripted(authority, (asked) => (asked.search === -1 ? (asked.kind === 0x63 ? done(asked.id, 0x65) : undefined) : answer(asked)))
    closing.push(() => server.close())
    const settings = settingsOf('openldap', { servers: [{ url: server.url }], ca: authority.cert, bind: { name: 'cn=reader' }, base: 'dc=test' })
    return readAll({ kind: 'openldap', settings, secret: 'secret' }, null, ldapNeeds({ silenceMilliseconds: 400 }))
  }
  const failure = async (answer: (asked: Asked) => Buffer | undefined): Promise<Trouble> => {
    const error: unknown = await readFrom(answer).then(() => undefined, (reason: unknown) => reason)
    if (!(error instanceof Trouble)) throw new Error(`expected a trouble, not ${String(error)}`)
    return error
  }

  it('goes on after an empty page that has a cookie, as Active Directory sends them', async () => {
    const found = await readFrom(({ id, search }) => (search === 0 ? Buffer.concat([people(id, 0, 3), done(id, 0x65, 0, 'a')]) : search === 1 ? done(id, 0x65, 0, 'b') : Buffer.concat([people(id, 3, 5), done(id, 0x65, 0, '')])))
    expect(found.people).toHaveLength(5)
    expect(found.end.complete).toBe(true)
  })

  it.each<[string, (asked: Asked) => Buffer, string, number]>([
    ['the same page twice, with the end behind it', ({ id, search }) => Buffer.concat([people(id, 0, 3), done(id, 0x65, 0, search === 0 ? 'a' : '')]), 'circle', 6],
    ['the same page and cookie for ever', ({ id }) => Buffer.concat([people(id, 0, 3), done(id, 0x65, 0, 'a')]), 'circle', 6],
    ['empty pages with a cookie for ever', ({ id, search }) => Buffer.concat([...(search === 0 ? [people(id, 0, 1)] : []), done(id, 0x65, 0, 'a')]), 'circle', 1],
    ['a size limit after some', ({ id }) => Buffer.concat([people(id, 0, 3), done(id, 0x65, 4)]), 'size', 3],
    ['a time limit after some', ({ id }) => Buffer.concat([people(id, 0, 3), done(id, 0x65, 3)]), 'time', 3],
    ['an administrative limit', ({ id }) => Buffer.concat([people(id, 0, 3), done(id, 0x65, 11)]), 'limit', 3],
    ['a reference to another server', ({ id }) => Buffer.concat([people(id, 0, 3), reference(id, 'ldap://elsewhere.test/dc=test'), done(id, 0x65)]), 'referral', 3],
    ['nobody at all', ({ id }) => done(id, 0x65), 'nobody', 0],
  ])('takes %s for an incomplete read', async (_title, answer, because, count) => {
    const found = await readFrom(answer)
    expect(found.people).toHaveLength(count)
    expect(found.end).toMatchObject({ complete: false, incompleteBecause: because })
    if (because !== 'referral') expect(found.end.cursor).toBeNull()
  })

  it.each<[string, (asked: Asked) => Buffer | undefined, string]>([
    ['HTML', () => Buffer.from('<!doctype html><title>Sign in to the network</title>'), 'garbled'],
    ['an answer to another question', ({ id }) => done(id + 7, 0x65), 'garbled'],
    ['an answer of another kind', ({ id }) => done(id, 0x61), 'garbled'],
    ['a message of two gigabytes', () => Buffer.from('3084800000000201', 'hex'), 'garbled'],
    ['a length without an end', () => Buffer.from('308002010165', 'hex'), 'garbled'],
    ['a length of nine bytes', () => Buffer.from('3089ffffffffffffffffff', 'hex'), 'garbled'],
    // A name of 127 bytes in a message of 12: ldapts' own reader never comes back from such an attribute.
    ['a value longer than its message', ({ id }) => Buffer.from([0x30, 0x12, 0x02, 0x01, id, 0x64, 0x0d, 0x04, 0x00, 0x30, 0x09, 0x30, 0x07, 0x04, 0x7f, 0x61, 0x31, 0x02, 0x04, 0x00]), 'garbled'],
    ['an entry cut in its middle, and then silence', ({ id }) => person(id, 1).subarray(0, 20), 'silent'],
    ['nothing', () => undefined, 'silent'],
    ['good-bye', () => done(0, 0x78, 52), 'garbled'],
  ])('ends at %s', async (_title, answer, code) => {
    expect(await failure(answer)).toMatchObject({ code })
  })

  it('hands on the entries that came before the nonsense, and then throws', async () => {
    expect(await failure(({ id }) => Buffer.concat([people(id, 0, 3), Buffer.from('garbage')]))).toMatchObject({ code: 'garbled' })
  })

  it('reads entries that arrive in pieces of any size', async () => {
    const server = await startScripted(authority, ({ id, kind, search }, socket) => {
      if (search === -1) return kind === 0x63 ? done(id, 0x65) : undefined
      const bytes = Buffer.concat([people(id, 0, 40), done(id, 0x65)])
      let at = 0
      const next = (): void => {
        if (at >= bytes.length) return
        const size = 1 + (at * 7) % 97
        socket.write(bytes.subarray(at, at += size), () => { setImmediate(next) })
      }
      next()
      return undefined
    })
    closing.push(() => server.close())
    const settings = settingsOf('openldap', { servers: [{ url: server.url }], ca: authority.cert, bind: { name: 'cn=reader' }, base: 'dc=test' })
    const found = await readAll({ kind: 'openldap', settings, secret: 'secret' })
    expect(found.people.map(({ email }) => email)).toEqual(Array.from({ length: 40 }, (_, number) => `p${number}@example.test`))
  })
})
