import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/storage/index.ts'
import { CursorRefused, type SourcePerson } from '../../../src/directory/sync/index.ts'
import { createDirectoryPasswordKeeper, createLooker, type LdapDirectory, type Trouble } from '../../../src/directory/sync/ldap/index.ts'
import { toWindowsTime } from '../../../src/directory/sync/ldap/values.ts'
import { ldapNeeds, ofSamba, readAll, type ReadResult } from '../../support/directory/connection.ts'
import { sambaBase, sambaMissing, sambaPassword, sambaPerson, startSamba, type Samba } from '../../support/directory/samba.ts'
import { skipWithout } from '../../support/skip.ts'

const people = ['ada', 'grace', 'linus', 'margaret', 'barbara', 'ken', 'dennis', 'radia', 'frances', 'hedy']
const manyMembers = 6_000

describe('Active Directory', () => {
  skipWithout(sambaMissing())
  let samba: Samba
  let first: ReadResult
  /** How changes are asked for: by an ordinary account, by one that may see deleted objects, by one that may ask as replicas do. */
  type Way = 'counted' | 'deleted' | 'dirsync'
  const ways = ['counted', 'deleted', 'dirsync'] as const
  const cursors = new Map<Way, string | null>()
  /** Changes as an account sees them, from where that account's last read ended. */
  const changes = async (way: Way = 'counted'): Promise<ReadResult> => {
    const read = await readAll(directory(way === 'counted' ? 'reader' : 'admin'), cursors.get(way) ?? null)
    cursors.set(way, read.end.cursor)
    return read
  }
  const directory = (as: 'reader' | 'admin', more: Readonly<Record<string, unknown>> = {}): LdapDirectory => ({ ...ofSamba(samba, { bind: { name: samba[as].name }, ...more }), secret: samba[as].password })
  const known = (name: string): SourcePerson => first.people.find(({ dn }) => dn === sambaPerson(name)) ?? ((): never => { throw new Error(name) })()
  const groupNamed = ({ groups }: ReadResult, name: string): readonly string[] | undefined => groups.find((group) => group.name === name)?.members ?? undefined

  beforeAll(async () => {
    if (sambaMissing()) return
    samba = await startSamba()
    for (const name of people) await samba.addPerson(name)
    await samba.add(`OU=Berlin,${sambaBase}`, { objectClass: 'organizationalUnit', ou: 'Berlin' })
    await samba.add(`CN=inner,CN=Users,${sambaBase}`, { objectClass: 'group', sAMAccountName: 'inner', member: [sambaPerson('ada')] })
    await samba.add(`CN=outer,CN=Users,${sambaBase}`, { objectClass: 'group', sAMAccountName: 'outer', member: [`CN=inner,CN=Users,${sambaBase}`, sambaPerson('grace')] })
    await samba.stop()
    const contact = (number: number): string => `CN=contact${number},OU=Contacts,${sambaBase}`
    const contacts = Array.from({ length: manyMembers }, (_, number) => contact(number))
    await samba.addOffline([
      { dn: `OU=Contacts,${sambaBase}`, attributes: { objectClass: 'organizationalUnit' } },
      ...contacts.map((dn) => ({ dn, attributes: { objectClass: 'contact' } })),
      { dn: `CN=many,CN=Users,${sambaBase}`, attributes: { objectClass: 'group', sAMAccountName: 'many', groupType: '-2147483646', member: contacts } },
    ])
    await samba.start()
    first = await changes()
    // The administrator may do both; a cursor of the other kind makes the second way.
    cursors.set('deleted', first.end.cursor)
    await changes('dirsync')
  }, 180_000)
  afterAll(async () => { await samba?.dispose() })

  it('is read whole, with binary anchors, nested groups and no reference to its other trees', () => {
    expect(first.end).toMatchObject({ complete: true, everything: true })
    expect(first.people.map(({ dn }) => dn)).toEqual(expect.arrayContaining(people.map(sambaPerson)))
    // Administrator, Guest and krbtgt are nobody.
    expect(first.problems.map(({ dn }) => dn).filter((dn) => /^CN=(?:Administrator|Guest|krbtgt),/.test(dn))).toEqual([])
    const ada = known('ada')
    expect(ada).toMatchObject({ email: 'ada@example.test', upn: 'ada@ad.example.test', disabledBecause: null })
    expect(ada.anchor).toMatch(/^[0-9a-f]{32}$/)
    expect(ada.immutableId).toBe(Buffer.from(ada.anchor, 'hex').toString('base64'))
    expect(groupNamed(first, 'outer')).toEqual(expect.arrayContaining([`CN=inner,CN=Users,${sambaBase}`, sambaPerson('grace')]))
  })

  it('has the anchor that Windows writes as a GUID, in the order of its bytes', async () => {
    const text = (await samba.look(`<GUID=${known('ada').anchor}>`))['dn']?.[0]
    expect(text).toBe(sambaPerson('ada'))
  })

  it(`hands out a group of ${manyMembers} members in ranges, and all of them arrive once`, () => {
    const members = groupNamed(first, 'many') ?? []
    expect(new Set(members).size).toBe(manyMembers)
    expect(members).toHaveLength(manyMembers)
  })

  it('goes on by the way that the account has the right to', () => {
    expect(ways.map((way) => (JSON.parse(cursors.get(way) ?? '') as { kind: string }).kind)).toEqual(['usn', 'usn', 'dirsync'])
  })

  it.each([['counted', 'linus', 'margaret'], ['deleted', 'barbara', 'radia'], ['dirsync', 'frances', 'hedy']] as const)('tells a new name, a move, a new title and a new member (%s)', async (as, person, moved) => {
    await changes(as)
    await samba.rename(sambaPerson(person), sambaPerson(`${person} the second`))
    await samba.rename(sambaPerson(moved), `CN=${moved},OU=Berlin,${sambaBase}`)
    await samba.modify(sambaPerson('ada'), { title: `known to ${as}` })
    await samba.addValues(`CN=outer,CN=Users,${sambaBase}`, 'member', sambaPerson(`${person} the second`))
    const read = await changes(as)
    const byAnchor = new Map(read.people.map((each) => [each.anchor, each]))
    expect(byAnchor.get(known(person).anchor)).toMatchObject({ dn: sambaPerson(`${person} the second`) })
    expect(byAnchor.get(known(moved).anchor)).toMatchObject({ profile: { units: ['Berlin'] } })
    expect(byAnchor.get(known('ada').anchor)).toMatchObject({ profile: { title: `known to ${as}` } })
    expect(byAnchor.size).toBe(3)
    expect(groupNamed(read, 'outer')).toContain(sambaPerson(`${person} the second`))
    expect(read.end).toMatchObject({ complete: true, everything: false })
    for (const { anchor } of read.people) expect(read.gone).not.toContain(anchor)
    // Nothing deleted has been seen so far, which proves nothing: the anchors of all that is there are read.
    expect(read.end.presentComplete).toBe(as !== 'dirsync')
    if (as !== 'dirsync') expect(read.present).toEqual(expect.arrayContaining(people.map((name) => known(name).anchor)))
  })

  it('SEC-65 tells who was deleted, and who comes back under the same name is somebody else', async () => {
    for (const way of ways) await changes(way)
    await samba.remove(sambaPerson('ken'))
    await samba.addPerson('ken')
    const reads = { counted: await changes('counted'), deleted: await changes('deleted'), dirsync: await changes('dirsync') }
    // The ordinary account may not see what was deleted, and so reads the anchors of all that is there.
    expect(reads.counted).toMatchObject({ gone: [], end: { presentComplete: true } })
    expect(reads.counted.present).not.toContain(known('ken').anchor)
    expect(reads.counted.present).toContain(known('ada').anchor)
    for (const way of ['deleted', 'dirsync'] as const) {
      expect(reads[way]).toMatchObject({ present: [], end: { complete: true, presentComplete: false } })
      expect(reads[way].gone).toContain(known('ken').anchor)
      expect(reads[way].gone).not.toContain(known('ada').anchor)
    }
    for (const way of ways) {
      const again = reads[way].people.find(({ dn }) => dn === sambaPerson('ken'))
      expect(again).toMatchObject({ email: 'ken@example.test' })
      expect(again?.anchor).not.toBe(known('ken').anchor)
    }
  })

  it.each(['deleted', 'dirsync'] as const)('tells who left the base or the filter (%s)', async (way) => {
    const within = { base: `CN=Users,${sambaBase}`, userFilter: '(&(objectClass=user)(!(description=left)))' }
    const start = await readAll(directory(way === 'dirsync' ? 'admin' : 'reader', within))
    await samba.modify(sambaPerson('dennis'), { description: 'left' })
    await samba.rename(sambaPerson('grace'), `CN=grace,OU=Berlin,${sambaBase}`)
    const read = await readAll(directory('admin', within), start.end.cursor)
    expect(read.gone).toEqual(expect.arrayContaining([known('dennis').anchor, known('grace').anchor]))
    expect(read.people).toEqual([])
    await samba.modify(sambaPerson('dennis'), { description: [] })
    await samba.rename(`CN=grace,OU=Berlin,${sambaBase}`, sambaPerson('grace'))
  })

  it.each(['counted', 'dirsync'] as const)('SEC-64 tells who is disabled, and who expires without being changed (%s)', async (way) => {
    const changesNow = (): Promise<ReadResult> => changes(way)
    await changesNow()
    await samba.modify(sambaPerson('dennis'), { userAccountControl: '514' })
    expect((await changesNow()).people).toMatchObject([{ anchor: known('dennis').anchor, disabledBecause: 'disabled' }])
    await samba.modify(sambaPerson('dennis'), { userAccountControl: '512' })
    await samba.modify(sambaPerson('grace'), { accountExpires: toWindowsTime(Date.now() + 2_500) })
    expect((await changesNow()).people.find(({ dn }) => dn === sambaPerson('grace'))).toMatchObject({ disabledBecause: null })
    expect((await changesNow()).people).toEqual([])
    await new Promise((resolve) => { setTimeout(resolve, 3_000) })
    expect((await changesNow()).people).toMatchObject([{ anchor: known('grace').anchor, disabledBecause: 'expired' }])
    await samba.modify(sambaPerson('grace'), { accountExpires: '0' })
  })

  it('starts anew when another domain controller answers, when it has gone back in time, and when a unit changes', async () => {
    const cursor = JSON.parse((await changes()).end.cursor ?? '') as { usn: string }
    for (const change of [{ invocation: '00'.repeat(16) }, { usn: String(Number(cursor.usn) + 1_000_000) }]) {
      await expect(readAll(directory('reader'), JSON.stringify({ ...cursor, ...change }))).rejects.toThrow(CursorRefused)
    }
    await new Promise((resolve) => { setTimeout(resolve, 1_100) })
    const later = (await readAll(directory('reader'))).end.cursor
    const laterByDirSync = (await readAll(directory('admin'))).end.cursor
    await samba.rename(`OU=Berlin,${sambaBase}`, `OU=Potsdam,${sambaBase}`)
    await expect(readAll(directory('reader'), later)).rejects.toThrow(CursorRefused)
    await expect(readAll(directory('admin'), laterByDirSync)).rejects.toThrow(CursorRefused)
    // A right that was taken away since.
    await expect(readAll(directory('reader'), laterByDirSync)).rejects.toThrow(CursorRefused)
    await samba.rename(`OU=Potsdam,${sambaBase}`, `OU=Berlin,${sambaBase}`)
  })

  it('is checked step by step, over StartTLS too', async () => {
    for (const more of [{}, { servers: [{ url: samba.url }], startTls: true }]) {
      const report = await createLooker(ldapNeeds(), directory('reader', more)).check()
      expect(report.lines.map(({ step, ok }) => [step, ok])).toEqual(['name', 'tcp', 'tls', 'bind', 'base', 'people', 'paging', 'controls', 'anchor', 'groups', 'sample'].map((step) => [step, true]))
      expect(report.lines.find(({ step }) => step === 'controls')?.detail.parameters['controls']).toContain('DirSync')
    }
    expect(await createLooker(ldapNeeds(), directory('reader')).groups('oute')).toMatchObject([{ name: 'outer' }])
    const wrong = await createLooker(ldapNeeds(), { ...directory('reader'), secret: 'wrong' }).check()
    expect(wrong.lines.at(-1)).toMatchObject({ step: 'bind', ok: false, fix: { key: 'ldap.fix.wrong_password' } })
  })

  describe('keeps a password', () => {
    const troubles: Trouble[] = []
    const verify = (name: string, password: string): Promise<string> => createDirectoryPasswordKeeper({ ...ldapNeeds(), find: () => Promise.resolve({ ...directory('reader'), anchor: known(name).anchor }), onTrouble: (_id, trouble) => { troubles.push(trouble) } }).verify({ id: '1' as UserId, managedBy: 'directory' }, password)

    it('that is right or wrong, and never empty', async () => {
      expect(await verify('ada', sambaPassword)).toBe('right')
      expect(await verify('ada', 'wrong')).toBe('wrong')
      expect(await verify('ada', '')).toBe('wrong')
      expect(troubles).toEqual([])
    })

    it.each([
      ['disabled', { userAccountControl: '514' }, { userAccountControl: '512' }],
      ['expired', { accountExpires: toWindowsTime(Date.now() - 86_400_000) }, { accountExpires: '0' }],
      ['made to change it', { pwdLastSet: '0' }, { pwdLastSet: '-1' }],
    ] as const)('SEC-64 that is wrong while the account is %s', async (_state, change, back) => {
      await samba.modify(sambaPerson('ada'), change)
      expect(await verify('ada', sambaPassword)).toBe('wrong')
      await samba.modify(sambaPerson('ada'), back)
      expect(await verify('ada', sambaPassword)).toBe('right')
    })

    it('SEC-64 that is wrong while the account is locked after wrong ones', async () => {
      await samba.modify(sambaBase, { lockoutThreshold: '3' })
      for (let tries = 0; tries < 4; tries++) expect(await verify('ada', 'guessed')).toBe('wrong')
      expect(await verify('ada', sambaPassword)).toBe('wrong')
      expect((await readAll(directory('reader'))).people.find(({ anchor }) => anchor === known('ada').anchor)).toMatchObject({ disabledBecause: null })
      await samba.modify(sambaPerson('ada'), { lockoutTime: '0' })
      await samba.modify(sambaBase, { lockoutThreshold: '0' })
      expect(await verify('ada', sambaPassword)).toBe('right')
    })
  })
})
