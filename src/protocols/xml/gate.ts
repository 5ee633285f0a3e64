import { quoted, XmlRefused } from './refused.ts'

/** SEC-28. No honest message comes near them. */
export const limits = { bytes: 256 * 1024, depth: 64, elements: 5_000, attributes: 10_000, names: 250 } as const

/**
 * For a document whose signature is to be checked. Finding what was signed takes 50 times as long as reading it: 5,000 elements
 * under a signature copied from anywhere would occupy the thread for 260 ms, these for 50.
 */
export const signedLimits: NumberLimits = { elements: 1_000, attributes: 2_000 }

export interface NumberLimits {
  readonly elements: number
  readonly attributes: number
}

const forbidden = /<!(?:DOCTYPE|ENTITY)/i
/** Letters of ASCII only: every standard here names its elements so, and an order of names has then one meaning. */
const name = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?'
const space = '[ \\t\\r\\n]'
const declaration = new RegExp(`<\\?xml${space}+version${space}*=${space}*["']1\\.0["'](?:${space}+encoding${space}*=${space}*["']([\\w.-]+)["'])?(?:${space}+standalone${space}*=${space}*["'](?:yes|no)["'])?${space}*\\?>`, 'y')
const opening = new RegExp(`<(${name})`, 'y')
const attribute = new RegExp(`${space}+(${name})${space}*=${space}*(?:"([^<"]*)"|'([^<']*)')`, 'y')
const openingEnd = new RegExp(`${space}*(/?)>`, 'y')
const closing = new RegExp(`</(${name})${space}*>`, 'y')
// U+0085 and U+2028 are characters, but the parser turns them into line feeds: what is read would not be what was signed.
const illegal = /[^\t\n\r\x20-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]|[\u0085\u2028]/u
const reference = /&(?:(?:amp|lt|gt|quot|apos)|#(\d{1,7})|#x([\da-fA-F]{1,6}));/y

/**
 * What can be told without looking closely: its size, and that it brings declarations of its own.
 * Costs microseconds, so it comes before anything else, on whichever thread the text is.
 */
export function checkOutside(text: string): void {
  if (text.length > limits.bytes || Buffer.byteLength(text) > limits.bytes) throw new XmlRefused('too_large', `expected at most ${limits.bytes} bytes`)
  if (forbidden.test(text)) throw new XmlRefused('doctype', 'a document type or an entity is declared')
}

/**
 * Reads the text once from front to end and lets only well-formed XML through, within the limits and without comments and
 * processing instructions. The parser behind it repairs much that is broken; nothing is left here for it to repair.
 * It hands nothing on: what a document says, only the parser says (SEC-29).
 */
export function checkInside(text: string, most: NumberLimits = limits): void {
  const unfit = illegal.exec(text)
  if (unfit !== null) throw new XmlRefused('malformed', `the character U+${(unfit[0].codePointAt(0) ?? 0).toString(16)} may not stand in a document`)
  const open: string[] = []
  const names = new Set<string>()
  let elements = 0
  let attributes = 0
  let at = checkDeclaration(text)
  while (at < text.length) {
    const next = text.indexOf('<', at)
    const end = next === -1 ? text.length : next
    checkText(text.slice(at, end), open.length === 0)
    if (next === -1) break
    at = next
    if (text.startsWith('<!--', at) || text.startsWith('<?', at)) throw new XmlRefused('comment', 'a comment or a processing instruction')
    const cdata = open.length > 0 && text.startsWith('<![CDATA[', at)
    if (cdata) {
      const after = text.indexOf(']]>', at)
      if (after === -1) throw new XmlRefused('malformed', 'a CDATA section without end')
      at = after + 3
    } else if (text.startsWith('</', at)) {
      const tag = match(closing, text, at)
      const expected = open.pop()
      if (tag?.[1] === undefined || tag[1] !== expected) throw new XmlRefused('malformed', `expected the end of ${quoted(expected ?? 'the document')}, found ${quoted(text.slice(at, at + 40))}`)
      at += tag[0].length
    } else {
      if (open.length === 0 && elements > 0) throw new XmlRefused('malformed', 'more than one root')
      if (++elements > most.elements) throw new XmlRefused('too_many', `expected at most ${most.elements} elements`)
      const tag = checkOpening(text, at, most.attributes - attributes)
      attributes += tag.attributes
      // The parser looks through the whole text once for each name: 5,000 of them took 170 ms.
      if (names.add(tag.name).size > limits.names) throw new XmlRefused('too_many', `expected at most ${limits.names} kinds of elements`)
      at = tag.end
      if (!tag.empty && open.push(tag.name) > limits.depth) throw new XmlRefused('too_deep', `expected at most ${limits.depth} levels`)
    }
  }
  if (open.length > 0 || elements === 0) throw new XmlRefused('malformed', elements === 0 ? 'there is no element' : `${quoted(open.at(-1) ?? '')} has no end`)
}

/** @returns where the document itself begins. */
function checkDeclaration(text: string): number {
  if (!/^<\?xml[ \t\r\n]/.test(text)) return 0
  const found = match(declaration, text, 0)
  if (found === null) throw new XmlRefused('malformed', 'the XML declaration cannot be read')
  // The text is UTF-8 already. One that says otherwise is two documents: one for us and another for whoever believes it.
  if (found[1] !== undefined && found[1].toLowerCase() !== 'utf-8') throw new XmlRefused('not_utf8', `expected the encoding UTF-8, it says ${quoted(found[1])}`)
  return found[0].length
}

function checkOpening(text: string, start: number, attributesLeft: number): { name: string; attributes: number; empty: boolean; end: number } {
  const tag = match(opening, text, start)
  if (tag?.[1] === undefined) throw new XmlRefused('malformed', `expected an element, found ${quoted(text.slice(start, start + 40))}`)
  let at = start + tag[0].length
  const names = new Set<string>()
  for (let found = match(attribute, text, at); found !== null; found = match(attribute, text, at)) {
    const [whole, name = '', double, single] = found
    if (names.has(name)) throw new XmlRefused('malformed', `the attribute ${quoted(name)} stands twice in ${quoted(tag[1])}`)
    if (names.add(name).size > attributesLeft) throw new XmlRefused('too_many', 'there are too many attributes')
    // Canonicalization leaves out whatever begins like a declaration of a namespace.
    if (name.startsWith('xmlns') && name !== 'xmlns' && !name.startsWith('xmlns:')) throw new XmlRefused('malformed', `the name ${quoted(name)} is reserved`)
    checkReferences(double ?? single ?? '')
    at += whole.length
  }
  const end = match(openingEnd, text, at)
  if (end === null) throw new XmlRefused('malformed', `the element ${quoted(tag[1])} cannot be read: ${quoted(text.slice(at, at + 40))}`)
  return { name: tag[1], attributes: names.size, empty: end[1] === '/', end: at + end[0].length }
}

function checkText(text: string, outsideOfRoot: boolean): void {
  if (outsideOfRoot && /[^ \t\r\n]/.test(text)) throw new XmlRefused('malformed', 'there is text outside of the root')
  if (text.includes(']]>')) throw new XmlRefused('malformed', 'the end of a CDATA section that has no beginning')
  checkReferences(text)
}

function checkReferences(text: string): void {
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    const found = match(reference, text, at)
    if (found === null) throw new XmlRefused('malformed', `the reference ${quoted(text.slice(at, at + 20))} is not known`)
    const code = found[1] === undefined ? (found[2] === undefined ? undefined : Number.parseInt(found[2], 16)) : Number(found[1])
    if (code !== undefined && (code > 0x10ffff || illegal.test(String.fromCodePoint(code)))) throw new XmlRefused('malformed', `the character U+${code.toString(16)} may not stand in a document`)
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}
