import { BerWriter } from 'ldapts'
import { describe, expect, it } from 'vitest'
import { enter, peek, readerOf } from '../../../../../src/directory/sync/ldap/ber.ts'
import { readContentSync } from '../../../../../src/directory/sync/ldap/content-sync.ts'
import { Trouble } from '../../../../../src/directory/sync/ldap/trouble.ts'
import type { Answer, Wire } from '../../../../../src/directory/sync/ldap/wire.ts'
import { settingsOf } from '../../../../support/directory/connection.ts'
import { done, entry } from '../../../../support/directory/scripted.ts'

const oid = '1.3.6.1.4.1.4203.1.9.1'
const [ada, bob, cleo] = ['1', '2', '3'].map((digit) => digit.repeat(8) + '-1111-1111-1111-111111111111') as [string, string, string]
const bytesOf = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')
const written = (write: (writer: BerWriter) => void): Buffer => {
  const writer = new BerWriter()
  write(writer)
  return Buffer.from(writer.buffer)
}
const sequence = (tag: number, write: (writer: BerWriter) => void): Buffer => written((writer) => {
  writer.startSequence(tag)
  write(writer)
  writer.endSequence()
})
const answer = (message: Buffer, controls: Readonly<Record<string, Buffer>> = {}): Answer => {
  const reader = enter(readerOf(message), 0x30)
  enter(reader)
  const kind = peek(reader) ?? 0
  return { kind, content: enter(reader), controls: new Map(Object.entries(controls)) }
}

const found = (uuid: string): Answer => answer(entry(1, `uid=${uuid[0]},dc=test`, { entryUUID: [uuid], mail: [`p${uuid[0]}@example.test`], sn: ['P'], givenName: ['Q'] }), { [`${oid}.2`]: stateOf(2, uuid) })
const stateOf = (state: number, uuid: string): Buffer => sequence(0x30, (writer) => {
  writer.writeEnumeration(state)
  writer.writeBuffer(bytesOf(uuid), 0x04)
})
const state = (code: number, uuid: string): Answer => answer(entry(1, 'uid=x,dc=test', {}), { [`${oid}.2`]: stateOf(code, uuid) })
const idSet = (deletes: boolean, uuids: readonly Buffer[]): Answer => {
  const set = sequence(0xa3, (writer) => {
    writer.writeString('cookie')
    if (deletes) writer.writeBoolean(true)
    writer.startSequence(0x31)
    for (const uuid of uuids) writer.writeBuffer(uuid, 0x04)
    writer.endSequence()
  })
  const content = written((writer) => {
    writer.writeString(`${oid}.4`, 0x80)
    writer.writeBuffer(set, 0x81)
  })
  return { kind: 0x79, content: readerOf(content), controls: new Map() }
}
const gone = (...uuids: string[]): Answer => idSet(true, uuids.map(bytesOf))
const present = (...uuids: string[]): Answer => idSet(false, uuids.map(bytesOf))
const end = (deletes: boolean): Answer => answer(done(1, 0x65), { [`${oid}.3`]: sequence(0x30, (writer) => {
  writer.writeString('cookie')
  if (deletes) writer.writeBoolean(true)
}) })
const ended = (status: number): Answer => answer(done(1, 0x65, status))

/** Reads as from a server that gives these answers, search by search: people, then groups. */
async function read(searches: readonly (readonly Answer[])[], more: Readonly<Record<string, unknown>> = {}) {
  const left = [...searches]
  const wire = { host: 'test', closed: false, async *ask() { yield left.shift() ?? [] }, close: () => undefined } as unknown as Wire
  const settings = settingsOf('openldap', { servers: [{ url: 'ldaps://localhost' }], bind: { name: 'cn=reader' }, base: 'dc=test', groups: { mode: searches.length > 1 ? 'all' : 'none' }, ...more })
  const root = { controls: new Set([`${oid}.1`]), namingContexts: ['dc=test'], vendor: '', domain: undefined, usn: undefined, service: undefined }
  const reading = readContentSync({ wire, root, kind: 'openldap', settings, rules: { kind: 'openldap', settings, now: 0 } }, { '000': '20261126022022.069881Z#000000#000#000000' })
  const [people, left2, there]: [string[], string[], string[]] = [[], [], []]
  for (;;) {
    const next = await reading.next()
    if (next.done === true) return { end: next.value, people, gone: left2, present: there }
    people.push(...next.value.people.map(({ anchor }) => anchor))
    left2.push(...next.value.gone)
    there.push(...next.value.present ?? [])
  }
}

describe('what a server says of its content (RFC 4533)', () => {
  it('takes who is named as gone for gone, and who is named as there for there', async () => {
    expect(await read([[found(ada), gone(bob), end(true)]])).toMatchObject({ people: [ada], gone: [bob], present: [], end: { gap: undefined, presentComplete: false } })
    expect(await read([[found(ada), state(3, bob), end(true)]])).toMatchObject({ people: [ada], gone: [bob] })
    expect(await read([[found(ada), present(bob), state(0, cleo), end(false)]])).toMatchObject({ people: [ada], gone: [], present: [bob, cleo], end: { gap: undefined, presentComplete: true } })
    expect(await read([[end(true)]])).toMatchObject({ people: [], gone: [], end: { presentComplete: false } })
  })

  it('SEC-65 takes for gone only what no search finds any more', async () => {
    // Changed between the two searches: the second one calls gone what the first one did not speak of.
    expect((await read([[end(true)], [gone(ada), end(true)]])).gone).toEqual([])
    // A person is never a group.
    expect((await read([[found(ada), end(true)], [gone(ada), end(true)]])).gone).toEqual([])
    expect((await read([[gone(ada, bob), end(true)], [gone(bob), end(true)]])).gone).toEqual([bob])
  })

  it.each<[string, readonly (readonly Answer[])[]]>([
    ['nothing and nobody', [[end(false)]]],
    ['both who is gone and who is there', [[present(ada), gone(bob), end(true)]]],
    ['who is gone, and that all others are gone', [[gone(bob), end(false)]]],
    ['no word about it', [[found(ada), ended(0)]]],
    ['people one way and groups the other', [[present(ada), end(false)], [gone(bob), end(true)]]],
    ['a limit', [[found(ada), ended(4)]]],
    ['that it is unwilling', [[ended(53)]]],
    ['that all must be read anew (§2.4)', [[ended(4096)]]],
    ['that the control is not for this account', [[ended(12)]]],
  ])('concludes nothing from %s', async (_title, searches) => {
    const { end: told, gone: left } = await read(searches)
    expect(told).toBeUndefined()
    expect(left).toEqual([])
  })

  it('ends at a number that is none', async () => {
    await expect(read([[idSet(true, [Buffer.alloc(15)]), end(true)]])).rejects.toThrow(Trouble)
    await expect(read([[{ kind: 0x79, content: readerOf(Buffer.from([0x80, 0x7f, 0x31])), controls: new Map() }, end(true)]])).rejects.toThrow(Trouble)
  })

  it('asks only where people are known by the numbers of the server', async () => {
    expect((await read([[found(ada), end(true)]], { anchor: 'uid' })).end).toBeUndefined()
  })
})
