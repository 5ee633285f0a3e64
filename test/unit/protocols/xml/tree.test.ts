import { describe, expect, it } from 'vitest'
import { attribute, child, childrenOf, createXmlReader, isSigned, onlyChild, textOf } from '../../../../src/protocols/xml/index.ts'

const reader = createXmlReader()
const tree = await reader.read('<p:a xmlns:p="u:1" xmlns="u:2" b="1" p:b="2"><c> one\n</c><p:c/><d/><d>two</d><e>th<f/>ree</e></p:a>')

describe('questions to a tree', () => {
  it('go by namespace, and prefixes mean nothing', async () => {
    expect(tree).toMatchObject({ namespace: 'u:1', name: 'a' })
    expect(child(tree, 'u:2', 'c')?.text).toBe(' one\n')
    expect(child(tree, 'u:1', 'c')?.text).toBe('')
    expect(child(tree, 'u:3', 'c')).toBeUndefined()
    expect([attribute(tree, 'b'), attribute(tree, 'b', 'u:1'), attribute(tree, 'c')]).toEqual(['1', '2', undefined])
    const renamed = await reader.read('<q:a xmlns:q="u:1" b="1" q:b="2"><x:c xmlns:x="u:2"> one\n</x:c><q:c/><d xmlns="u:2"/><d xmlns="u:2">two</d><e xmlns="u:2">th<f/>ree</e></q:a>')
    // The order of attributes is the parser's and means nothing either.
    const sorted = (one: typeof tree): unknown => ({ ...one, attributes: one.attributes.toSorted((a, b) => a.namespace.localeCompare(b.namespace)), children: one.children.map(sorted) })
    expect(sorted(renamed)).toEqual(sorted(tree))
  })

  it('refuse to choose between several', () => {
    expect(childrenOf(tree, 'u:2', 'd').length).toBe(2)
    expect(() => child(tree, 'u:2', 'd')).toThrow('at most one d in a')
    expect(() => onlyChild(tree, 'u:2', 'd')).toThrow('at most one d in a')
    expect(() => onlyChild(tree, 'u:2', 'g')).toThrow('there is none')
  })

  it('SEC-25 give a text as a whole or not at all', async () => {
    expect(textOf(onlyChild(tree, 'u:2', 'c'))).toBe('one')
    expect(() => textOf(onlyChild(tree, 'u:2', 'e'))).toThrow('there are elements')
    expect(textOf(await reader.read('<a>admin@x<![CDATA[]]>.evil</a>'))).toBe('admin@x.evil')
    // A space that is none in XML belongs to the text.
    expect(textOf(await reader.read('<a>\n\u{a0}b\u{a0}\t</a>'))).toBe('\u{a0}b\u{a0}')
  })

  it('tell a signature by its namespace, and only in the root', async () => {
    const ds = 'http://www.w3.org/2000/09/xmldsig#'
    expect(isSigned(await reader.read(`<a><s:Signature xmlns:s="${ds}"/></a>`))).toBe(true)
    expect(isSigned(await reader.read('<a><Signature/></a>'))).toBe(false)
    expect(isSigned(await reader.read(`<a><b><Signature xmlns="${ds}"/></b></a>`))).toBe(false)
  })
})
