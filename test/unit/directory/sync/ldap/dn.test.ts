import { describe, expect, it } from 'vitest'
import { dnKey } from '../../../../../src/directory/sync/index.ts'
import { parseDn, unitsOf } from '../../../../../src/directory/sync/ldap/dn.ts'

describe('a distinguished name', () => {
  it.each<[string, readonly (readonly [string, string])[] | undefined]>([
    ['UID=jsmith,DC=example,DC=net', [['uid', 'jsmith'], ['dc', 'example'], ['dc', 'net']]],
    ['OU=Sales+CN=J.  Smith,DC=example', [['ou', 'Sales'], ['dc', 'example']]],
    ['CN=James \\"Jim\\" Smith\\, III,DC=net', [['cn', 'James "Jim" Smith, III'], ['dc', 'net']]],
    ['CN=Before\\0dAfter,DC=net', [['cn', 'Before\rAfter'], ['dc', 'net']]],
    ['CN=Lu\\C4\\8Di\\C4\\87', [['cn', 'Lučić']]],
    ['CN=Lučić 🦉\\2c x', [['cn', 'Lučić 🦉, x']]],
    ['1.3.6.1.4.1.1466.0=#04024869', [['1.3.6.1.4.1.1466.0', '#04024869']]],
    ['cn = "Smith, John" ; o = Example ', [['cn', 'Smith, John'], ['o', 'Example']]],
    ['cn=back\\\\2cslash', [['cn', 'back\\2cslash']]],
    ['cn=\\ blank\\ ', [['cn', ' blank ']]], ['cn=end\\\\ ', [['cn', 'end\\']]],
    ['', []],
    ['no name', undefined], ['=x', undefined], ['cn=x,', undefined], ['cn=x\\', undefined],
  ])('%j is read step by step (RFC 4514 §4)', (text, steps) => {
    expect(parseDn(text)).toEqual(steps?.map(([type, value]) => ({ type, value })))
  })

  it('tells the units above an entry, outermost first', () => {
    expect(unitsOf('CN=Ada,OU=R\\, D,OU=Berlin,DC=example')).toEqual(['Berlin', 'R, D'])
    expect(unitsOf('OU=not above itself,DC=example')).toEqual([])
  })

  it.each([
    ['UID=Ada,OU=People,DC=Example', 'uid=ada,ou=people,dc=example'],
    ['CN=Ada Lovelace, OU=R and D ,DC=Example', 'cn=ada lovelace,ou=r and d,dc=example'],
    [' cn = Ada + sn = L ', 'cn=ada+sn=l'],
    ['CN=LUČIĆ,DC=x', 'cn=lučić,dc=x'],
    ['CN=e\u0301', 'cn=\u00e9'],
    ['CN=Smith\\2C John', 'cn=smith\\2c john'],
    ['CN=a\tb ,\tDC=x', 'cn=a\tb,dc=x'],
  ])('%j has one spelling for comparing', (text, key) => {
    expect(dnKey(text)).toBe(key)
  })
})
