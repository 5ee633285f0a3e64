import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CursorRefused, type SourcePerson } from '../../../src/directory/sync/index.ts'
import { ofSlapd, readAll, type ReadResult } from '../../support/directory/connection.ts'
import { groupDn, personDn, slapdBase, slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { skipWithout } from '../../support/skip.ts'

describe.each([
  { how: 'names who is gone', sessionLog: true },
  { how: 'names who is there', sessionLog: false },
])('reading an OpenLDAP that $how', ({ sessionLog }) => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  let first: ReadResult
  /** Where the last read ended; each test goes on from there. */
  let cursor: string | null
  const changes = async (): Promise<ReadResult> => {
    const read = await readAll(ofSlapd(slapd), cursor)
    cursor = read.end.cursor
    return read
  }
  const known = (uid: string): SourcePerson => first.people.find(({ dn }) => dn === personDn(uid)) ?? ((): never => { throw new Error(uid) })()
  const isGone = (read: ReadResult, anchor: string): boolean => read.gone.includes(anchor) || (read.end.presentComplete && !read.present.includes(anchor) && ![...read.people, ...read.groups].some((entry) => entry.anchor === anchor))

  beforeAll(async () => {
    if (slapdMissing()) return
    slapd = await startSlapd({ people: 2_300, groups: 12, sessionLog })
    first = await readAll(ofSlapd(slapd))
    cursor = first.end.cursor
  })
  afterAll(async () => { await slapd?.stop() })

  it('reads everybody in pages, over ldaps and over StartTLS alike', async () => {
    expect(first.end).toMatchObject({ complete: true, everything: true, presentComplete: false })
    expect(first.people).toHaveLength(2_300)
    expect(first.batches).toBeGreaterThan(3)
    expect(known('user000000')).toMatchObject({ email: 'user000000@example.test', givenName: 'First0', familyName: 'Last0', disabledBecause: null, immutableId: null, profile: { displayName: 'First0 Last0', units: ['people'] } })
    expect(first.groups).toHaveLength(12)
    expect(first.groups[0]?.members).toContain(personDn('user000000'))
    const overStartTls = await readAll(ofSlapd(slapd, { servers: [{ url: slapd.url }], startTls: true }))
    expect(overStartTls.people).toEqual(first.people)
  })

  it('finds nothing to read when nothing changed, not even anchors', async () => {
    const read = await changes()
    expect(read).toMatchObject({ people: [], groups: [], present: [], batches: 0, end: { complete: true, everything: false, presentComplete: false } })
  })

  it('reads one changed person, and that all others are there still', async () => {
    await slapd.modify(personDn('user000007'), { sn: 'Married', telephoneNumber: '+49 30 1234567' })
    const read = await changes()
    expect(read.people).toMatchObject([{ anchor: known('user000007').anchor, familyName: 'Married', phone: '+49301234567' }])
    expect(read.groups).toEqual([])
    expect(read.end).toMatchObject({ complete: true, presentComplete: !sessionLog })
    expect(first.people.filter(({ anchor }) => isGone(read, anchor))).toEqual([])
    expect(first.groups.filter(({ anchor }) => isGone(read, anchor))).toEqual([])
    expect(read.present).toHaveLength(sessionLog ? 0 : first.people.length + first.groups.length)
  })

  it('SEC-65 knows a renamed and a moved person by the anchor, and a re-created one as somebody else', async () => {
    await slapd.rename(personDn('user000010'), personDn('grace'))
    await slapd.add(`ou=berlin,${slapdBase}`, { objectClass: 'organizationalUnit', ou: 'berlin' })
    await slapd.rename(personDn('user000011'), `uid=user000011,ou=berlin,${slapdBase}`)
    await slapd.remove(personDn('user000012'))
    await slapd.add(personDn('user000012'), { objectClass: 'inetOrgPerson', cn: 'Someone Else', sn: 'Else', mail: 'user000012@example.test' })
    const read = await changes()
    const byAnchor = new Map(read.people.map((person) => [person.anchor, person]))
    expect(byAnchor.get(known('user000010').anchor)).toMatchObject({ dn: personDn('grace') })
    expect(byAnchor.get(known('user000011').anchor)).toMatchObject({ profile: { units: ['berlin'] } })
    expect(byAnchor.has(known('user000012').anchor)).toBe(false)
    expect(read.people.find(({ dn }) => dn === personDn('user000012'))).toMatchObject({ email: 'user000012@example.test', familyName: 'Else' })
    expect(isGone(read, known('user000012').anchor)).toBe(true)
    expect(isGone(read, known('user000010').anchor)).toBe(false)
  })

  it('misses who was deleted, a group too, and who no longer fits the filter', async () => {
    await slapd.remove(personDn('user000020'))
    await slapd.remove(groupDn('team0011'))
    const read = await changes()
    expect(isGone(read, known('user000020').anchor)).toBe(true)
    expect(isGone(read, known('user000021').anchor)).toBe(false)
    expect(isGone(read, first.groups.find(({ name }) => name === 'team0011')?.anchor ?? '')).toBe(true)
    const filter = '(&(objectClass=inetOrgPerson)(!(employeeType=robot)))'
    const before = await readAll(ofSlapd(slapd, { userFilter: filter }))
    await slapd.modify(personDn('user000021'), { employeeType: 'robot' })
    await slapd.modify(personDn('user000022'), { employeeType: 'captain' })
    const after = await readAll(ofSlapd(slapd, { userFilter: filter }), before.end.cursor)
    expect(isGone(after, known('user000021').anchor)).toBe(true)
    expect(isGone(after, known('user000022').anchor)).toBe(false)
    expect(after.people).toMatchObject([{ anchor: known('user000022').anchor }])
    await changes()
  })

  it('reads the anchors of all where people are known by something else', async () => {
    const settings = { anchor: 'uid' }
    const before = await readAll(ofSlapd(slapd, settings))
    await slapd.modify(personDn('user000050'), { title: 'Captain' })
    await slapd.remove(personDn('user000051'))
    const after = await readAll(ofSlapd(slapd, settings), before.end.cursor)
    expect(after.end.presentComplete).toBe(true)
    expect(before.people.filter(({ anchor }) => isGone(after, anchor)).map(({ anchor }) => anchor)).toEqual(['user000051'])
    expect(after.present.length).toBeGreaterThan(2_000)
    await changes()
  })

  it('tells a lock without an end, and its end', async () => {
    await slapd.modify(personDn('user000030'), { pwdAccountLockedTime: '000001010000Z' })
    expect((await changes()).people).toMatchObject([{ disabledBecause: 'locked' }])
    await slapd.modify(personDn('user000030'), { pwdAccountLockedTime: [] })
    expect((await changes()).people).toMatchObject([{ disabledBecause: null }])
  })

  it('brings a changed group with all its members, nested groups among them', async () => {
    await slapd.removeValues(groupDn('team0003'), 'member', personDn('user000600'))
    await slapd.addValues(groupDn('team0003'), 'member', [groupDn('team0004'), personDn('user000001')])
    const read = await changes()
    const group = read.groups.find(({ dn }) => dn === groupDn('team0003'))
    expect(group?.members).toEqual(expect.arrayContaining([groupDn('team0004'), personDn('user000001')]))
    expect(group?.members).not.toContain(personDn('user000600'))
    expect(read.groups.map(({ name }) => name)).toEqual(['team0003'])
  })

  it('starts anew when a unit gets a new name, for everybody below it has one too', async () => {
    await slapd.add(`ou=temporary,${slapdBase}`, { objectClass: 'organizationalUnit', ou: 'temporary' })
    await changes()
    const later = { ...JSON.parse(cursor ?? '') as object, at: Date.now() + 600_000 }
    await slapd.modify(`ou=temporary,${slapdBase}`, { description: 'renamed in spirit' })
    await expect(readAll(ofSlapd(slapd), JSON.stringify(later))).rejects.toThrow(CursorRefused)
  })

  it('starts anew when the filter changed, and for each read where people are found by their groups', async () => {
    await expect(readAll(ofSlapd(slapd, { userFilter: '(uid=user00000*)' }), cursor)).rejects.toThrow(CursorRefused)
    const byGroup = await readAll(ofSlapd(slapd, { userFilter: `(&(objectClass=inetOrgPerson)(memberOf=${groupDn('team0002')}))` }))
    expect(byGroup.end).toMatchObject({ complete: true, cursor: null })
    expect(byGroup.people.length).toBeGreaterThan(100)
  })

  it('finds changes by time where the server does not count them', async () => {
    const before = await readAll(ofSlapd(slapd, { base: `ou=people,${slapdBase}`, groupBase: `ou=groups,${slapdBase}` }))
    const byTime = JSON.stringify({ ...JSON.parse(before.end.cursor ?? '') as object, kind: 'time', seen: undefined, at: Date.now() + 400_000 })
    const old = await readAll(ofSlapd(slapd, { base: `ou=people,${slapdBase}`, groupBase: `ou=groups,${slapdBase}` }), byTime)
    expect(old.people).toEqual([])
    expect(old.end).toMatchObject({ complete: true, presentComplete: true })
    const since = JSON.stringify({ ...JSON.parse(before.end.cursor ?? '') as object, kind: 'time', seen: undefined })
    await slapd.modify(personDn('user000040'), { title: 'Captain' })
    const fresh = await readAll(ofSlapd(slapd, { base: `ou=people,${slapdBase}`, groupBase: `ou=groups,${slapdBase}` }), since)
    expect(fresh.people.find(({ dn }) => dn === personDn('user000040'))).toMatchObject({ profile: { title: 'Captain' } })
  })

  it('reads no groups when none are wanted', async () => {
    expect((await readAll(ofSlapd(slapd, { groups: { mode: 'none' } }))).groups).toEqual([])
  })
})
