import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { groupDn, personDn, slapdMissing, startSlapd, type Slapd } from '../../support/directory/slapd.ts'
import { skipWithout } from '../../support/skip.ts'

describe('OpenLDAP beside the tests', () => {
  skipWithout(slapdMissing())
  let slapd: Slapd
  beforeAll(async () => { if (!slapdMissing()) slapd = await startSlapd({ people: 20, groups: 2 }) })
  afterAll(async () => { await slapd?.stop() })

  it('has the people and groups it was given, with memberOf on both sides', async () => {
    const person = await slapd.look(personDn('user000003'))
    expect(person).toMatchObject({ mail: ['user000003@example.test'], memberOf: [groupDn('team0000')] })
    expect((await slapd.look(groupDn('team0001')))['member']).toHaveLength(10)
    await slapd.removeValues(groupDn('team0000'), 'member', personDn('user000003'))
    expect((await slapd.look(personDn('user000003')))['memberOf']).toBeUndefined()
  })

  it('keeps links through a rename, and everything through being killed', async () => {
    await slapd.rename(personDn('user000004'), personDn('ada'))
    await slapd.kill()
    await slapd.start()
    expect((await slapd.look(groupDn('team0000')))['member']).toContain(personDn('ada'))
    expect((await slapd.look(personDn('ada')))['entryUUID']?.[0]).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('lets nobody bind with a password in the plain (SEC-62)', () => {
    const bind = (url: string): string => spawnSync('ldapwhoami', ['-x', '-H', url, '-D', slapd.reader.dn, '-w', slapd.reader.password], { encoding: 'utf8', env: { LDAPTLS_REQCERT: 'never' } }).stdout + ''
    expect(bind(`ldap://127.0.0.1:${slapd.port}`)).not.toContain('uid=sync')
    expect(bind(`ldaps://127.0.0.1:${slapd.ldapsPort}`)).toContain('uid=sync')
  })
})
