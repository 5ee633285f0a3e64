import { describe, expect, it } from 'vitest'
import { createXmlReader, type XmlFault } from '../../../../src/protocols/xml/index.ts'

const reader = createXmlReader()
const nested = (depth: number): string => '<a>'.repeat(depth) + '</a>'.repeat(depth)
const elements = (count: number): string => `<a>${'<b/>'.repeat(count - 1)}</a>`
const kinds = (count: number): string => `<a>${Array.from({ length: count - 1 }, (_, number) => `<b${number}/>`).join('')}</a>`
const attributes = (count: number): string => `<a>${'<b c="" d="" e="" f="" g=""/>'.repeat(count / 5)}</a>`
const bytes = (count: number, letter = 'a'): string => `<a>${letter.repeat((count - 7) / Buffer.byteLength(letter))}</a>`

describe('the gate', () => {
  it.each<[string, string, string]>([
    ['a declaration', '<?xml version="1.0" encoding="UTF-8"?>\n<a>b</a>\n', 'b'],
    ['a declaration in single quotes', "<?xml version='1.0' standalone='no'?><a>b</a>", 'b'],
    ['the five entities', '<a>&lt;&gt;&amp;&quot;&apos;</a>', '<>&"\''],
    ['references by number', '<a>&#65;&#x42;&#x1F600;</a>', 'AB😀'],
    ['a CDATA section, with anything in it', '<a>1<![CDATA[<b> & <!-- c --> <?d?>]]>2</a>', '1<b> & <!-- c --> <?d?>2'],
    ['white space where it may be', '<a \t\r\n b = "1"\nc=\'2\'  >d</a >', 'd'],
    ['an angle bracket of the other side', '<a b=">">></a>', '>'],
    ['line ends of every kind', '<a>1\r\n2\r3\n4</a>', '1\n2\n3\n4'],
    ['other quotes inside of quotes', '<a b="\'" c=\'"\'>d</a>', 'd'],
    ['xml:lang without a declaration of xml', '<a xml:lang="en">b</a>', 'b'],
  ])('lets %s through', async (_what, text, expected) => {
    expect((await reader.read(text)).text).toBe(expected)
  })

  it.each<[string, string, string, XmlFault]>([
    ['64 levels', nested(64), nested(65), 'too_deep'],
    ['5,000 elements', elements(5_000), elements(5_001), 'too_many'],
    ['250 kinds of elements', kinds(250), kinds(251), 'too_many'],
    ['10,000 attributes', attributes(10_000), attributes(10_005), 'too_many'],
    ['256 kB', bytes(256 * 1024), bytes(256 * 1024 + 1), 'too_large'],
    ['256 kB of letters that take three bytes', bytes(256 * 1024, '東'), bytes(256 * 1024 + 3, '東'), 'too_large'],
  ])('SEC-28 lets %s through, and no more', async (_what, most, more, fault) => {
    await expect(reader.read(most)).resolves.toMatchObject({ name: 'a' })
    await expect(reader.read(more)).rejects.toMatchObject({ fault })
  })

  it.each<[string, string, XmlFault]>([
    ['half a character', '<a>\u{d800}</a>', 'malformed'],
    ['half a character in an attribute', '<a b="\u{dc00}"/>', 'malformed'],
    ['a document type, even where it is only text', '<a><![CDATA[<!DOCTYPE b>]]></a>', 'doctype'],
    ['a name in other letters', '<ä/>', 'malformed'],
    ['a name that begins with a digit', '<1/>', 'malformed'],
    ['two colons', '<a:b:c xmlns:a="u:1"/>', 'malformed'],
    ['a declaration after a space', ' <?xml version="1.0"?><a/>', 'comment'],
    ['a slash apart from its bracket', '<a / >', 'malformed'],
    ['nothing', '', 'malformed'],
    ['white space', ' \n', 'malformed'],
    ['a byte order mark', '\u{feff}<a/>', 'malformed'],
    ['a declaration of the namespace of declarations', '<a xmlns:b="http://www.w3.org/2000/xmlns/"/>', 'malformed'],
    ['the prefix xmlns', '<a xmlns:xmlns="u:1"/>', 'malformed'],
    ['a prefix that inherits', '<a xmlns:b="u:1"><__proto__:c/></a>', 'malformed'],
  ])('refuses %s', async (_what, text, fault) => {
    await expect(reader.read(text)).rejects.toMatchObject({ fault })
  })

  it('tells operators what it expected, and of the document only a little, on one line', async () => {
    const error = await reader.read(`<a>&${'b\u{1b}[31m\n'.repeat(100)}</a>`.replace('\u{1b}', '')).catch((one: unknown) => one as Error)
    expect(error).toMatchObject({ name: 'XmlRefused' })
    const { message } = error as Error
    expect(message).toMatch(/^[\x20-\x7e…]+$/)
    expect(message.length).toBeLessThan(160)
  })
})
