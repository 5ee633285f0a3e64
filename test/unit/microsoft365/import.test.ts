import { describe, expect, it } from 'vitest'
import type { PersonIdentity } from '../../../src/microsoft365/index.ts'
import { planImport, readImport } from '../../../src/microsoft365/identity-import.ts'
import { signInHosts, windowsKit } from '../../../src/microsoft365/windows-kit.ts'

describe('a table of identities', () => {
  it.each<[string, string, unknown]>([
    ['UPN and ImmutableID', 'ann@corp.example,q83v+/==\nbob@corp.example,x', [{ email: null, upn: 'ann@corp.example', immutableId: 'q83v+/==' }, { email: null, upn: 'bob@corp.example', immutableId: 'x' }]],
    ['three columns with semicolons', 'a@mail.example;ann@corp.example;x', [{ email: 'a@mail.example', upn: 'ann@corp.example', immutableId: 'x' }]],
    ['an export of Entra', '"userPrincipalName","displayName","onPremisesImmutableId"\r\n"ann@corp.example","A, ""Ann""","x=="\r\n', [{ email: null, upn: 'ann@corp.example', immutableId: 'x==' }]],
    ['tabs, a mark at the start, empty lines', '\ufeffUPN\tImmutableId\n\nann@corp.example\t\n', [{ email: null, upn: 'ann@corp.example', immutableId: null }]],
  ])('is read: %s', (_title, text, rows) => { expect(readImport(text)).toMatchObject({ rows }) })

  it('says on which line of the table each row stands', () => {
    const read = readImport('\n\nupn,immutableId\n\nann@corp.example,x\r\nbob@corp.example,y')
    expect('rows' in read && read.rows.map(({ line }) => line)).toEqual([5, 6])
  })

  it.each([['', 'empty'], [' \n ', 'empty'], ['ann@corp.example', 'columns'], ['a,b,c,d', 'columns'], ['x,y\n'.repeat(20_001), 'too_many']])('is refused: %j', (text, problem) => { expect(readImport(text)).toEqual({ problem }) })
})

describe('the plan of an import', () => {
  const person = (email: string, identity: { upn: string; immutableId: string } | null): PersonIdentity =>
    ({ userId: email as PersonIdentity['userId'], name: email, email, status: 'active', identity: identity && { ...identity, userId: email as PersonIdentity['userId'], source: 'minted', updatedAt: 0 } })
  const people = [person('ann@corp.example', null), person('bob@corp.example', { upn: 'robert@corp.example', immutableId: 'b' })]
  it.each<[{ email?: string; upn: string; immutableId?: string }, string]>([
    [{ upn: 'Ann@corp.example', immutableId: 'a' }, 'new'], [{ upn: 'ann@corp.example' }, 'new'], [{ upn: 'robert@corp.example', immutableId: 'b' }, 'unchanged'], [{ upn: 'ROBERT@corp.example', immutableId: 'c' }, 'would_change'],
    [{ email: 'bob@corp.example', upn: 'bob@corp.example', immutableId: 'b' }, 'upn_changes'], [{ upn: 'eve@corp.example', immutableId: 'e' }, 'no_person'], [{ upn: 'nobody', immutableId: 'e' }, 'bad_upn'], [{ upn: 'ann@corp.example', immutableId: 'a b' }, 'bad_immutable_id'],
  ])('%j: %s', (row, verdict) => {
    expect(planImport([{ email: null, immutableId: null, ...row }], people).map((line) => line.verdict)).toEqual([verdict])
  })

  it('takes a person once', () => {
    expect(planImport([{ email: null, upn: 'ann@corp.example', immutableId: 'a' }, { email: 'ann@corp.example', upn: 'ann2@corp.example', immutableId: 'b' }], people).map(({ verdict }) => verdict)).toEqual(['new', 'twice'])
  })
})

describe('the Windows kit', () => {
  it('allows one host', () => {
    const kit = windowsKit('https://id.corp.example')
    expect(kit.settings.map(({ value }) => value)).toEqual(['1', 'id.corp.example', 'id.corp.example'])
    expect(kit.package.every(({ path }) => path.startsWith('Policies/Authentication/'))).toBe(true)
  })

  it.each<[string, string, string, string[]]>([
    ['nothing foreign', '<link href="/a.css"><form action="/signin"><script src="/x.js"></script>', `default-src 'none'; script-src 'self'`, ['id.corp.example']],
    ['a foreign script', '<script src="https://cdn.example/x.js"></script>', '', ['id.corp.example', 'cdn.example']],
    ['a foreign form', '<form action="https://other.example/?a=1&amp;b=2">', '', ['id.corp.example', 'other.example']],
    ['a host that only the policy names', '', 'img-src https://pictures.example', ['id.corp.example', 'pictures.example']],
    ['addresses that are none', '<img src="data:image/png;base64,AA"><a href="mailto:x@y.example">', 'img-src data:', ['id.corp.example']],
  ])('finds the hosts of a page: %s', (_title, html, policy, hosts) => { expect(signInHosts(html, policy, 'https://id.corp.example/signin')).toEqual(hosts) })
})
