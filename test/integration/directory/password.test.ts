import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { UserId } from '../../../src/storage/index.ts'
import { createDirectoryPasswordKeeper, type LdapDirectory, type Trouble } from '../../../src/directory/sync/ldap/index.ts'
import { ldapNeeds, ofSlapd, readAll } from '../../support/directory/connection.ts'
import { startProxy } from '../../support/directory/proxy.ts'
import { personDn, slapdBase, slapdMissing, slapdPassword, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { freePort } from '../../support/port.ts'
import { skipWithout } from '../../support/skip.ts'

describe('a password of OpenLDAP', () => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  const anchors = new Map<string, string>()
  const troubles: Trouble[] = []
  const keeper = (directory: LdapDirectory = ofSlapd(slapd), milliseconds?: number): ReturnType<typeof createDirectoryPasswordKeeper> => createDirectoryPasswordKeeper({
    ...ldapNeeds(), ...(milliseconds === undefined ? {} : { verifyMilliseconds: milliseconds }),
    find: (userId) => { const anchor = anchors.get(userId); return Promise.resolve(anchor === undefined ? undefined : { ...directory, anchor }) },
    onTrouble: (_userId, trouble) => { troubles.push(trouble) },
  })
  const verify = (uid: string, password: string, directory?: LdapDirectory): Promise<string> => keeper(directory).verify({ id: uid as UserId, managedBy: 'directory' }, password)

  beforeAll(async () => {
    if (slapdMissing()) return
    const odd = ['odd*)(uid=*))(|(uid=*', 'comma, plus+ quote" back\\slash', 'tr=ick;y', 'käthe 🦉']
    slapd = await startSlapd({ people: ['ada', 'grace', 'linus', ...odd].map((name, number) => ({ uid: `person${number}`, cn: name, mail: `person${number}@example.test` })) })
    for (const [number, cn] of odd.entries()) await slapd.rename(personDn(`person${number + 3}`), `cn=${cn.replaceAll(/[,+"\\;=*()]/g, (character) => `\\${character.charCodeAt(0).toString(16)}`)},ou=people,${slapdBase}`)
    for (const { email, anchor } of (await readAll(ofSlapd(slapd))).people) anchors.set(email.split('@')[0] ?? '', anchor)
  })
  afterAll(async () => { await slapd?.stop() })

  it('is right or wrong, and nobody’s for somebody who comes from elsewhere', async () => {
    expect(await verify('person0', slapdPassword)).toBe('right')
    expect(await verify('person0', 'wrong')).toBe('wrong')
    expect(await verify('person0', `${slapdPassword} `)).toBe('wrong')
    expect(await verify('stranger', slapdPassword)).toBe('none')
  })

  it('SEC-64 that is empty is wrong before anybody is called', async () => {
    const proxy = await startProxy(slapd.ldapsPort)
    const through = ofSlapd(slapd, { servers: [{ url: `ldaps://localhost:${proxy.port}` }] })
    for (const empty of ['', '\0', `\0${slapdPassword}`, 'x'.repeat(2_000)]) expect(await verify('person0', empty, through)).toBe('wrong')
    expect(proxy.connections()).toBe(0)
    expect(await verify('person0', slapdPassword, through)).toBe('right')
    await proxy.close()
  })

  it.each([3, 4, 5, 6])('SEC-63 of somebody with a name like a filter or a path is theirs alone (person%i)', async (number) => {
    expect(await verify(`person${number}`, slapdPassword)).toBe('right')
    expect(await verify(`person${number}`, 'wrong')).toBe('wrong')
  })

  it('SEC-63 of an anchor that reads like a filter is nobody’s', async () => {
    for (const anchor of ['*', '*)(uid=*))(|(uid=*', '\\2a', '', '\0', ' ']) {
      anchors.set('forged', anchor)
      expect(await verify('forged', slapdPassword)).not.toBe('right')
    }
  })

  it('SEC-65 follows the person through a new name, and does not know who came after with the old one', async () => {
    await slapd.rename(personDn('person1'), personDn('hopper'))
    await slapd.add(personDn('person1'), { objectClass: 'inetOrgPerson', cn: 'Somebody Else', sn: 'Else', mail: 'person1@example.test', userPassword: 'Another-Password-1' })
    expect(await verify('person1', slapdPassword)).toBe('right')
    expect(await verify('person1', 'Another-Password-1')).toBe('wrong')
    await slapd.remove(personDn('hopper'))
    expect(await verify('person1', slapdPassword)).toBe('wrong')
  })

  it('SEC-64 is wrong while the account is locked or must change it, and right after', async () => {
    for (const [attribute, value] of [['pwdAccountLockedTime', '000001010000Z'], ['pwdReset', 'TRUE']] as const) {
      await slapd.modify(personDn('person2'), { [attribute]: value })
      expect(await verify('person2', slapdPassword)).toBe('wrong')
      await slapd.modify(personDn('person2'), { [attribute]: [] })
      expect(await verify('person2', slapdPassword)).toBe('right')
    }
  })

  it('R-13 is unavailable within five seconds when the directory is away, silent or refuses the account that asks', async () => {
    const away = ofSlapd(slapd, { servers: [{ url: `ldaps://localhost:${await freePort()}` }] })
    expect(await verify('person0', slapdPassword, away)).toBe('unavailable')
    expect(troubles.at(-1)).toMatchObject({ code: 'refused' })
    const started = performance.now()
    const silent = await startProxy(slapd.ldapsPort, { down: (chunk, { received }) => (received > 0 ? Buffer.alloc(0) : chunk) })
    expect(await keeper(ofSlapd(slapd, { servers: [{ url: `ldaps://localhost:${silent.port}` }, { url: `ldaps://localhost:${silent.port}` }] }), 700).verify({ id: 'person0' as UserId, managedBy: 'directory' }, slapdPassword)).toBe('unavailable')
    expect(performance.now() - started).toBeLessThan(2_000)
    await silent.close()
    expect(await verify('person0', slapdPassword, { ...ofSlapd(slapd), secret: 'changed meanwhile' })).toBe('unavailable')
    expect(troubles.at(-1)).toMatchObject({ code: 'credentials' })
    expect(JSON.stringify(troubles.map(({ message, parameters }) => [message, parameters]))).not.toContain(slapdPassword)
  })

  it('is asked of the second server when the first is away', async () => {
    expect(await verify('person0', slapdPassword, ofSlapd(slapd, { servers: [{ url: `ldaps://localhost:${await freePort()}` }, { url: slapd.ldapsUrl }] }))).toBe('right')
  })
})
