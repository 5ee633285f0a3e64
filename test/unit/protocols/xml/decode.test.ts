import { deflateRawSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeBase64Message, decodeDocument, inflateMessage } from '../../../../src/protocols/xml/index.ts'

const text = `<a>${'Łódź '.repeat(30)}</a>`
const base64 = (content: string | Buffer): string => Buffer.from(content).toString('base64')

describe('the POST binding', () => {
  it.each([['in one piece', base64(text)], ['in lines', base64(text).replaceAll(/.{76}/g, '$&\r\n')], ['with white space around', `\n ${base64(text)} \n`]])('reads base64 %s', (_how, encoded) => {
    expect(decodeBase64Message(encoded)).toBe(text)
  })

  it.each([['of another alphabet', base64('<a>???>>></a>').replaceAll('/', '_').replaceAll('+', '-')], ['without its end', base64(`${text}1`).replace(/=+$/, '')], ['with a comma', `${base64(text)},`], ['in a URL', encodeURIComponent(base64(`${text}1`))]])('refuses base64 %s', (_how, encoded) => {
    expect(() => decodeBase64Message(encoded)).toThrow(expect.objectContaining({ fault: 'not_base64' }))
  })

  it('SEC-28 reads 256 kB, and no more', () => {
    const most = 'a'.repeat(256 * 1024)
    expect(decodeBase64Message(base64(most)).length).toBe(most.length)
    expect(decodeBase64Message(base64(most).replaceAll(/.{64}/g, '$&\r\n')).length).toBe(most.length)
    expect(() => decodeBase64Message(base64(`${most}aaa`))).toThrow(expect.objectContaining({ fault: 'too_large' }))
  })
})

describe('the Redirect binding', () => {
  it.each([0, 1, 9])('reads what was deflated at level %i', (level) => {
    expect(inflateMessage(base64(deflateRawSync(text, { level })))).toBe(text)
  })

  it('SEC-28 reads 256 kB, and no more', () => {
    expect(inflateMessage(base64(deflateRawSync('a'.repeat(256 * 1024)))).length).toBe(256 * 1024)
    expect(() => inflateMessage(base64(deflateRawSync('a'.repeat(256 * 1024 + 1))))).toThrow(expect.objectContaining({ fault: 'too_large' }))
  })
})

describe('a document as bytes', () => {
  it('may begin with the mark of UTF-8, and with no other', () => {
    expect(decodeDocument(Buffer.from(`\u{feff}${text}`))).toBe(text)
    expect(decodeDocument(Buffer.from(text))).toBe(text)
    for (const bytes of [Buffer.from(`\u{feff}\u{feff}${text}`), Buffer.from(`\u{feff}${text}`, 'utf16le'), Buffer.from('<a>\u{e4}</a>', 'latin1')]) {
      expect(() => decodeDocument(bytes)).toThrow(expect.objectContaining({ fault: 'not_utf8' }))
    }
    expect(() => decodeDocument(Buffer.alloc(256 * 1024 + 1, 'a'))).toThrow(expect.objectContaining({ fault: 'too_large' }))
  })
})
