import { deflateRawSync } from 'node:zlib'
import type { XmlFault } from '../../../src/protocols/xml/index.ts'
import { aMessage, honestClaim, type MessageName, type Parties } from './message.ts'
import type { BadText } from './signatures.ts'

export interface BadBytes {
  readonly name: string
  readonly binding: 'post' | 'redirect'
  readonly encoded: string
  readonly fault: XmlFault
}

/** Documents that must not get as far as the parser, or that it would repair; whether they are signed does not come into it. */
export function badDocuments(name: MessageName, parties: Parties, listener: string): BadText[] {
  const claim = honestClaim(name, parties)
  const plain = aMessage(name, parties, { id: '_1', claim })
  const withPart = (atEnd: string): string => aMessage(name, parties, { id: '_1', claim, atEnd })
  const malformed = (what: string, text: string): BadText => ({ name: what, text, fault: 'malformed' })
  const doctype = (what: string, declared: string, use = ''): BadText => ({ name: what, text: `<?xml version="1.0"?>${declared}${withPart(use)}`, fault: 'doctype' })
  const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY lol${level + 1} "${`&lol${level};`.repeat(10)}">`).join('')
  return [
    doctype('a billion laughs', `<!DOCTYPE a [<!ENTITY lol0 "lol">${laughs}]>`, '<a>&lol9;</a>'),
    doctype('an entity that is long and used often', `<!DOCTYPE a [<!ENTITY a "${'a'.repeat(50_000)}">]>`, `<a>${'&a;'.repeat(10_000)}</a>`),
    doctype('an external entity', `<!DOCTYPE a [<!ENTITY a SYSTEM "${listener}">]>`, '<a>&a;</a>'),
    doctype('an external entity of a file', '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>', '<a>&a;</a>'),
    doctype('an external parameter entity', `<!DOCTYPE a [<!ENTITY % a SYSTEM "${listener}"> %a;]>`),
    doctype('an external document type', `<!DOCTYPE a SYSTEM "${listener}">`),
    doctype('a document type in lower case', '<!doctype a [<!entity a "b">]>', '<a>&a;</a>'),
    doctype('attributes by default', '<!DOCTYPE a [<!ATTLIST samlp:AuthnRequest ForceAuthn CDATA "false">]>'),
    { name: 'an entity after the root', text: `${plain}<!ENTITY a "b">`, fault: 'doctype' },
    { name: 'a comment in the issuer', text: plain.replace('</saml:Issuer>', '<!---->.attacker.example</saml:Issuer>'), fault: 'comment' },
    { name: 'a comment before the root', text: `<!-- a -->${plain}`, fault: 'comment' },
    { name: 'a processing instruction in the value', text: plain.replace('</saml:Issuer>', '<?a b?></saml:Issuer>'), fault: 'comment' },
    { name: 'a style sheet', text: `<?xml version="1.0"?><?xml-stylesheet href="${listener}"?>${plain}`, fault: 'comment' },
    { name: 'a second XML declaration', text: withPart('<?xml version="1.0"?>'), fault: 'comment' },
    { name: 'it says it is UTF-16', text: `<?xml version="1.0" encoding="UTF-16"?>${plain}`, fault: 'not_utf8' },
    { name: 'it says it is UTF-7', text: `<?xml version="1.0" encoding="UTF-7"?>${plain}`, fault: 'not_utf8' },
    { name: '20,000 levels', text: withPart('<a>'.repeat(20_000) + '</a>'.repeat(20_000)), fault: 'too_deep' },
    { name: '20,000 levels without end', text: withPart('<a>'.repeat(20_000)), fault: 'too_deep' },
    { name: '300 kB', text: withPart('a'.repeat(300_000)), fault: 'too_large' },
    { name: '240 kB of elements', text: withPart('<a/>'.repeat(60_000)), fault: 'too_many' },
    { name: '5,001 elements', text: withPart('<a/>'.repeat(5_001)), fault: 'too_many' },
    { name: '12,000 attributes of one element', text: withPart(`<a ${Array.from({ length: 12_000 }, (_, number) => `a${number}=""`).join(' ')}/>`), fault: 'too_many' },
    { name: '12,000 attributes of many elements', text: withPart('<a b="" c="" d="" e="" f="" g=""/>'.repeat(2_000)), fault: 'too_many' },
    { name: '11,000 namespaces', text: withPart(`<a ${Array.from({ length: 11_000 }, (_, number) => `xmlns:a${number}="b"`).join(' ')}/>`), fault: 'too_many' },
    malformed('an undeclared entity', withPart('<a>&lol;</a>')),
    malformed('an entity of HTML', withPart('<a>&nbsp;</a>')),
    malformed('a lone ampersand', withPart('<a>a & b</a>')),
    malformed('a reference to zero', withPart('<a>&#0;</a>')),
    malformed('a reference beyond Unicode', withPart('<a>&#x110000;</a>')),
    malformed('a reference to half a character', withPart('<a>&#xD800;</a>')),
    malformed('a control character', withPart('<a>\u{1}</a>')),
    malformed('a line separator, which the parser changes', withPart('<a>\u{2028}</a>')),
    malformed('an attribute twice', withPart('<a b="1" b="2"/>')),
    malformed('an attribute twice under two prefixes', withPart('<a xmlns:b="u:1" xmlns:c="u:1" b:d="1" c:d="2"/>')),
    malformed('an undeclared prefix', withPart('<a:b/>')),
    malformed('an undeclared prefix that every object has', withPart('<constructor:b/>')),
    malformed('a prefix taken back', withPart('<a xmlns:saml=""/>')),
    malformed('the prefix xml bound to another', withPart('<a xmlns:xml="u:1"/>')),
    malformed('another prefix bound to the one of xml', withPart('<a xmlns:b="http://www.w3.org/XML/1998/namespace" b:id="c"/>')),
    malformed('an attribute that looks like a declaration', withPart('<a xmlnsb="u:1"/>')),
    malformed('a namespace that breaks out of its quotes', withPart('<a xmlns="u:1&quot; ID=&quot;_2"/>')),
    malformed('a script of HTML', withPart('<script xmlns="http://www.w3.org/1999/xhtml"><b></script>')),
    malformed('an attribute without quotes', withPart('<a b=c/>')),
    malformed('an attribute without value', withPart('<a b/>')),
    malformed('attributes without space', withPart('<a b="1"c="2"/>')),
    malformed('an angle bracket in a value', withPart('<a b="<"/>')),
    malformed('a value without end', withPart('<a b="c/>')),
    malformed('an element that ends as another one', withPart('<a></A>')),
    malformed('an end with something behind its name', withPart('<a></a b>')),
    malformed('an end without beginning', withPart('</a>')),
    malformed('a CDATA section without end', withPart('<![CDATA[')),
    malformed('the end of a CDATA section alone', withPart('<a>]]></a>')),
    malformed('two roots', plain + plain),
    malformed('text after the root', `${plain}a`),
    malformed('text before the root', `a${plain}`),
    malformed('a CDATA section after the root', `${plain}<![CDATA[a]]>`),
    malformed('only a declaration', '<?xml version="1.0"?>'),
    malformed('XML 1.1', `<?xml version="1.1"?>${plain}`),
    malformed('no XML', '{"a":1}'),
    malformed('an end tag of 200,000 spaces', withPart(`<a></a${' '.repeat(200_000)}b>`)),
    malformed('100,000 beginnings', withPart('<'.repeat(100_000))),
    malformed('100,000 ampersands', withPart('&'.repeat(100_000))),
  ]
}

/** What is wrong before there is any text. */
export function badEncodings(name: MessageName, parties: Parties): BadBytes[] {
  const plain = aMessage(name, parties, { id: '_1', claim: honestClaim(name, parties) })
  const declared = `<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY a "b">]>${plain}`
  const bigEndian = Buffer.from(declared, 'utf16le').swap16()
  const post = (what: string, bytes: Buffer, fault: XmlFault): BadBytes => ({ name: what, binding: 'post', encoded: bytes.toString('base64'), fault })
  const redirect = (what: string, encoded: string, fault: XmlFault): BadBytes => ({ name: what, binding: 'redirect', encoded, fault })
  const pack = (text: string | Buffer): Buffer => deflateRawSync(text, { level: 9 })
  const bomb = pack(Buffer.alloc(200 * 1024 * 1024, ' '))
  return [
    post('UTF-16 with a document type, little end first', Buffer.from(declared, 'utf16le'), 'not_utf8'),
    post('UTF-16 with a document type, big end first', bigEndian, 'not_utf8'),
    post('UTF-16 with a mark', Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(declared, 'utf16le')]), 'not_utf8'),
    post('UTF-32 with a document type', Buffer.from([...declared].flatMap((letter) => [letter.charCodeAt(0), 0, 0, 0])), 'not_utf8'),
    post('UTF-8 with a mark', Buffer.from(`\u{feff}${plain}`), 'not_utf8'),
    post('a zero byte', Buffer.from(plain.replace('_1', '_1\0')), 'not_utf8'),
    post('an overlong sequence', Buffer.concat([Buffer.from([0xc0, 0xbc]), Buffer.from(plain)]), 'not_utf8'),
    post('300 kB', Buffer.alloc(300_000, 'a'), 'too_large'),
    { name: 'no base64', binding: 'post', encoded: '<samlp:AuthnRequest/>', fault: 'not_base64' },
    { name: 'base64 with something between', binding: 'post', encoded: `${Buffer.from(plain).toString('base64').slice(0, 40)}*${Buffer.from(plain).toString('base64').slice(40)}`, fault: 'not_base64' },
    { name: 'nothing', binding: 'post', encoded: '', fault: 'not_base64' },
    redirect(`${Math.round(bomb.length / 1024)} kB that inflate to 200 MB`, bomb.toString('base64'), 'too_large'),
    redirect('300 kB that inflate to 300 MB', `${bomb.toString('base64')}${'A'.repeat(200_000)}`, 'too_large'),
    redirect('270 kB of text deflated', pack(plain + ' '.repeat(270_000)).toString('base64'), 'too_large'),
    redirect('not deflated', Buffer.from(plain).toString('base64'), 'not_deflate'),
    redirect('broken off', pack(plain).subarray(0, 100).toString('base64'), 'not_deflate'),
    redirect('something behind the deflated message', Buffer.concat([pack(plain), Buffer.from('more')]).toString('base64'), 'not_deflate'),
    redirect('UTF-16 deflated', pack(bigEndian).toString('base64'), 'not_utf8'),
    redirect('a document type deflated', pack(`<!DOCTYPE a>${plain}`).toString('base64'), 'doctype'),
  ]
}
