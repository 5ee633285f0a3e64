import { describe, expect, it } from 'vitest'
import { directoryDefaults, type DirectoryKind } from '../../../../../src/directory/sync/index.ts'
import type { Entry } from '../../../../../src/directory/sync/ldap/entry.ts'
import { groupAnchors, mapGroup, mapPerson, membersOf, personAttributes } from '../../../../../src/directory/sync/ldap/map.ts'
import { mayUsePassword } from '../../../../../src/directory/sync/ldap/bind.ts'
import { toWindowsTime } from '../../../../../src/directory/sync/ldap/values.ts'

const now = Date.UTC(2026, 10, 24)
type Values = Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>
const anEntry = (attributes: Values, dn = 'CN=Ada,OU=Staff,DC=example,DC=test'): Entry => ({
  dn, attributes: new Map(Object.entries(attributes).map(([name, values]) => [name.toLowerCase(), (Array.isArray(values) ? values : [values]).map((value: string | Buffer) => Buffer.from(value))])),
})
const guid = Buffer.from('722d8b746b70f8428b2582fd8733860f', 'hex')
const ada: Values = { objectGUID: guid, mail: 'Ada@Example.test', givenName: 'Ada', sn: 'Lovelace', userPrincipalName: 'ada@corp.example.test', userAccountControl: '512', accountExpires: '9223372036854775807' }
const map = (attributes: Values, kind: DirectoryKind = 'active-directory', more: Partial<(typeof directoryDefaults)[DirectoryKind]> = {}): ReturnType<typeof mapPerson> => mapPerson(anEntry(attributes), { kind, settings: { ...directoryDefaults[kind], ...more }, now })

describe('an entry of Active Directory', () => {
  it('becomes a person with the golden ImmutableID', () => {
    expect(map(ada)).toEqual({
      kind: 'person', anchor: '722d8b746b70f8428b2582fd8733860f', dn: 'CN=Ada,OU=Staff,DC=example,DC=test', email: 'Ada@example.test', givenName: 'Ada', familyName: 'Lovelace', phone: null, locale: null,
      disabledBecause: null, upn: 'ada@corp.example.test', immutableId: 'ci2LdGtw+EKLJYL9hzOGDw==', profile: { units: ['Staff'] },
    })
  })

  it('keeps the anchor that was chosen, also where groups have it not', () => {
    const chosen = map({ ...ada, 'mS-DS-ConsistencyGuid': Buffer.alloc(16, 0x41) }, 'active-directory', { anchor: 'mS-DS-ConsistencyGuid' })
    expect(chosen).toMatchObject({ anchor: '41'.repeat(16), immutableId: Buffer.alloc(16, 0x41).toString('base64') })
    expect(map(ada, 'active-directory', { anchor: 'mS-DS-ConsistencyGuid' })).toMatchObject({ kind: 'problem', problem: 'no_anchor', detail: 'mS-DS-ConsistencyGuid' })
    expect(groupAnchors('active-directory', 'mS-DS-ConsistencyGuid')).toEqual(['objectGUID'])
  })

  it.each<[string, Values, string | null]>([
    ['enabled', {}, null], ['disabled (2)', { userAccountControl: '514' }, 'disabled'], ['disabled among other bits', { userAccountControl: '66050' }, 'disabled'],
    ['expired yesterday', { accountExpires: toWindowsTime(now - 86_400_000) }, 'expired'], ['expiring tomorrow', { accountExpires: toWindowsTime(now + 86_400_000) }, null], ['expiring never, as 0', { accountExpires: '0' }, null],
    ['locked after wrong passwords: no password is used here', { lockoutTime: toWindowsTime(now - 60_000), 'msDS-User-Account-Control-Computed': '16' }, null],
    ['with a password to be changed: no password is used here', { pwdLastSet: '0' }, null],
    ['of a state that may not be read', { userAccountControl: [] }, 'disabled'], ['of a state that is no number', { userAccountControl: 'x' }, 'disabled'],
  ])('SEC-64 %s', (_title, change, because) => {
    expect(map({ ...ada, ...change })).toMatchObject({ disabledBecause: because })
  })

  it('is a leaver also when the address went first', () => {
    expect(map({ ...ada, mail: [], userPrincipalName: [], userAccountControl: '514' })).toMatchObject({ kind: 'problem', problem: 'no_email', disabledBecause: 'disabled' })
  })

  it('takes further addresses from proxyAddresses, mail ones only, each once', () => {
    expect(map({ ...ada, proxyAddresses: ['SMTP:ADA@example.test', 'smtp:a.lovelace@example.test', 'SMTP:A.Lovelace@example.test', 'X500:/o=Example', 'sip:ada@example.test', 'smtp:not an address', 'bare@example.test'] }))
      .toMatchObject({ profile: { otherEmails: ['a.lovelace@example.test'] } })
  })

  it.each<[string, Values, boolean]>([
    ['enabled', {}, true], ['disabled', { userAccountControl: '514' }, false], ['expired', { accountExpires: toWindowsTime(now - 1_000) }, false],
    ['locked (0x10)', { 'msDS-User-Account-Control-Computed': '16' }, false], ['unlocked again, with the time of the lock still there', { 'msDS-User-Account-Control-Computed': '0', lockoutTime: toWindowsTime(now - 1_000) }, true],
    ['locked, as far as can be seen', { lockoutTime: toWindowsTime(now - 1_000) }, false], ['with an expired password (0x800000)', { 'msDS-User-Account-Control-Computed': '8388608' }, false],
    ['with a password to be changed', { pwdLastSet: '0' }, false], ['with a password that never expires', { pwdLastSet: '0', userAccountControl: '66048' }, true],
  ])('SEC-64 may use its password or not: %s', (_title, change, may) => {
    expect(mayUsePassword(anEntry({ ...ada, ...change }), 'active-directory', now)).toBe(may)
  })
})

describe('an entry of OpenLDAP', () => {
  const grace: Values = { entryUUID: '597AE2F6-16A6-1027-98F4-D28B5365DC14', mail: ['grace@example.test', 'hopper@example.test'], givenName: 'Grace', sn: 'Hopper', cn: 'Grace Hopper' }

  it('becomes a person without what only Microsoft knows', () => {
    expect(map(grace, 'openldap')).toMatchObject({ anchor: '597ae2f6-16a6-1027-98f4-d28b5365dc14', email: 'grace@example.test', upn: null, immutableId: null, profile: { displayName: 'Grace Hopper', otherEmails: ['hopper@example.test'] } })
  })

  it.each<[DirectoryKind, Values, string | null]>([
    ['openldap', { pwdAccountLockedTime: '000001010000Z' }, 'locked'], ['openldap', { pwdAccountLockedTime: '20261124000000Z' }, null], ['generic', { nsAccountLock: 'TRUE' }, 'disabled'], ['generic', { loginDisabled: 'true' }, 'disabled'], ['generic', { nsAccountLock: 'false' }, null],
  ])('SEC-64 in %s with %j is disabled because %s', (kind, change, because) => {
    expect(map({ ...grace, ...change }, kind)).toMatchObject({ disabledBecause: because })
  })

  it.each<[string, Values, string]>([
    ['no_email', { mail: [] }, 'mail'], ['no_email', { mail: ' ' }, 'mail'], ['bad_email', { mail: 'grace@localhost' }, 'mail: grace@localhost'], ['bad_email', { mail: 'a@b.test\nBcc: c@d.test' }, 'mail: a@b.test Bcc: c@d.test'],
    ['bad_name', { sn: '<script>' }, 'sn: <script>'], ['bad_name', { sn: `a${'b'.repeat(100)}` }, 'sn: a'], ['bad_name', { givenName: 'a\u202eb' }, 'givenName: a b'], ['bad_name', { sn: Buffer.from([0x4d, 0xfc, 0x6c]) }, 'sn: M\ufffdl'], ['no_anchor', { entryUUID: [] }, 'entryUUID'],
  ])('is %s, and named with its fault: %j', (problem, change, detail) => {
    const mapped = map({ ...grace, ...change }, 'openldap')
    expect(mapped).toMatchObject({ kind: 'problem', problem })
    expect(mapped.kind === 'problem' ? mapped.detail : '').toContain(detail)
  })

  it('keeps what is shown to one line of sensible length, and pictures that are pictures', () => {
    const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), Buffer.alloc(2_000, 7)])
    const mapped = map({ ...grace, title: `Rear\nAdmiral ${'x'.repeat(400)}`, preferredLanguage: 'de-at, en;q=0.5', telephoneNumber: '+49 30 123456', mobile: '0151 1', jpegPhoto: jpeg, manager: 'UID=Ada, OU=People,DC=test' }, 'openldap')
    expect(mapped).toMatchObject({ locale: 'de-AT', phone: '+4930123456', profile: { photo: jpeg.toString('base64'), managerDn: 'uid=ada,ou=people,dc=test', phones: [{ kind: 'work', number: '+49 30 123456' }, { kind: 'mobile', number: '0151 1' }] } })
    expect(mapped.kind === 'person' ? mapped.profile.title : '').toMatch(/^Rear Admiral x+…$/)
    expect(mapped.kind === 'person' ? mapped.profile.title : '').toHaveLength(200)
    for (const photo of [Buffer.alloc(100, 1), Buffer.concat([jpeg, Buffer.alloc(100_000)])]) expect(map({ ...grace, jpegPhoto: photo }, 'openldap')).not.toHaveProperty('profile.photo')
  })

  it('asks for what is mapped, and no password', () => {
    expect(personAttributes({ kind: 'openldap', settings: directoryDefaults.openldap })).toEqual(expect.arrayContaining(['entryUUID', 'mail', 'jpegPhoto', 'pwdAccountLockedTime']))
    expect(personAttributes({ kind: 'openldap', settings: directoryDefaults.openldap })).not.toContain('userPassword')
  })

  it('as a group has its members, without the bits of unique ones', () => {
    const entry = anEntry({ entryUUID: 'A-1', cn: 'Team', uniqueMember: ["uid=a,dc=test#'0101'B", 'uid=b,dc=test'] }, 'cn=Team,dc=test')
    expect(mapGroup(entry, { kind: 'openldap', settings: directoryDefaults.openldap }, membersOf(entry, 'openldap'))).toEqual({ anchor: 'a-1', dn: 'cn=Team,dc=test', name: 'Team', description: '', members: ['uid=a,dc=test', 'uid=b,dc=test'] })
  })
})
