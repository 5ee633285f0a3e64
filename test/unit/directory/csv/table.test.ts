import { describe, expect, it } from 'vitest'
import { readLine } from '../../../../src/directory/csv/check.ts'
import { guessMapping, readGroups, readRole } from '../../../../src/directory/csv/columns.ts'
import { detectEncoding } from '../../../../src/directory/csv/encoding.ts'
import { readTable, type TableLine, type UnreadableTable } from '../../../../src/directory/csv/table.ts'

async function read(content: string | Buffer, limits = { lines: 1_000, size: 2 }) {
  const parts: TableLine[][] = []
  const facts = await readTable(Buffer.from(content), limits, (part) => { parts.push([...part]); return Promise.resolve() })
  return { facts, parts, lines: parts.flat() }
}
const refused = (content: string | Buffer, limits?: { lines: number; size: number }) => read(content, limits).then(() => null, (error: UnreadableTable) => [error.problem, error.line])

describe('a table', () => {
  it('knows at which line of the file each record begins, also behind line breaks in quotes and empty lines', async () => {
    for (const end of ['\n', '\r\n']) {
      const { lines } = await read(['email,note', 'a,"one', 'two', 'three"', '', 'b,"x', 'y"', 'c,z', ''].join(end))
      expect(lines.map(({ line, cells }) => [line, cells[0]])).toEqual([[2, 'a'], [6, 'b'], [8, 'c']])
      expect(lines[0]?.cells[1]).toBe(['one', 'two', 'three'].join(end))
    }
  })

  it('comes in parts of the asked size, the last one shorter, without its header', async () => {
    const { parts } = await read('email\n1\n2\n3\n4\n5')
    expect(parts.map((part) => part.map(({ cells }) => cells[0]))).toEqual([['1', '2'], ['3', '4'], ['5']])
  })

  it.each<[string, string | Buffer, [string, number]]>([
    ['an open quotation mark, with its line', 'a,b\n1,2\n3,"4\n5,6\n', ['open_quote', 3]], ['too many lines, with the first that is too many', 'a\n1\n2\n3\n4\n', ['too_many', 5]], ['nothing', '', ['empty', 1]], ['a header alone', 'a,b\n', ['empty', 1]],
    ['names that are all empty', ',,\n1,2,3\n', ['no_columns', 1]], ['more than a hundred columns', `${Array.from({ length: 101 }, (_value, index) => `c${index}`).join(',')}\n1\n`, ['no_columns', 1]], ['what is no text', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ['not_text', 1]],
  ])('SEC-86 refuses %s', async (_what, content, problem) => {
    expect(await refused(content, { lines: 3, size: 2 })).toEqual(problem)
  })

  it.each([['a;b,c;d\n', ';'], ['"a;b",c,d\n', ','], ['a\tb\n', '\t'], ['a|b\n', '|'], ['alone\n', ',']])('finds the separator of %j', async (header, separator) => {
    expect((await read(`${header}1\n`)).facts.separator).toBe(separator)
  })

  it('finds the encoding by mark, by NULs, or because it is UTF-8', () => {
    expect(detectEncoding(Buffer.from('\ufeffä', 'utf16le'))).toBe('utf-16le')
    expect(detectEncoding(Buffer.from('email,name', 'utf16le'))).toBe('utf-16le')
    expect(detectEncoding(Buffer.from('email,name', 'utf16le').swap16())).toBe('utf-16be')
    expect(detectEncoding(Buffer.from('Müller'))).toBe('utf-8')
    expect(detectEncoding(Buffer.from('M\xfcller', 'latin1'))).toBe('windows-1252')
  })
})

describe('the columns of a table', () => {
  it('are guessed by their names in English and German, each meaning once', () => {
    expect(guessMapping(['E-Mail-Adresse', 'Vorname', 'Nachname', 'Telefon', 'Sprache', 'Rolle', 'Gruppen'])).toEqual(['email', 'given_name', 'family_name', 'phone', 'locale', 'role', 'groups'])
    expect(guessMapping(['First_Name', 'LAST NAME', 'Email', 'Mail', 'Shoe size'])).toEqual(['given_name', 'family_name', 'email', '', ''])
    expect([readRole('Administrator'), readRole('benutzer'), readRole('Inhaberin'), readRole('king')]).toEqual(['administrator', 'user', 'owner', undefined])
    expect(readGroups(' A ;B|A\nC;; ')).toEqual(['A', 'B', 'C'])
  })

  it('SEC-69 give a role only as far as whoever imports may, and take the apostrophe off that an export put in front', () => {
    const rules = (actorRole: 'owner' | 'administrator') => ({ mapping: ['email', 'given_name', 'role'] as const, locales: ['en'], actorRole, groups: new Map(), createGroups: false })
    expect(readLine(['a@example.com', `'=Ada`, 'owner'], rules('owner'))).toMatchObject({ person: { givenName: '=Ada', role: 'owner' } })
    expect(readLine(['a@example.com', 'Ada', 'owner'], rules('administrator'))).toEqual({ problem: 'role_not_yours', field: 'role' })
    expect(readLine(['a@example.com', 'Ada', 'administrator'], rules('administrator'))).toMatchObject({ person: { role: 'administrator' } })
  })
})
