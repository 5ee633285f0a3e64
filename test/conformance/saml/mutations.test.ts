import { randomInt } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { XmlRefused } from '../../../src/protocols/xml/index.ts'
import { verify } from '../../../src/protocols/xml/signature.ts'
import { aMessage, honestClaim, messageNames, protocol } from './message.ts'
import { signed } from './sign.ts'
import { aSigner } from './signer.ts'

const turns = 1_500
const parties = { issuer: 'https://sp.example/metadata', destination: 'https://id.example/saml/sso', acsUrl: 'https://sp.example/acs', now: new Date() }
const snippets = [
  '<!---->', '<?a?>', '<![CDATA[a]]>', '&amp;', '&#x41;', '&#13;', ' ', '\r\n', '<a/>', '<saml:Issuer>https://attacker.example</saml:Issuer>', ' ID="_1"', ' xmlns="u:1"', ' xmlns:saml="u:1"', ' xmlns:ds="u:1"',
  ' a="1"', '"', '<', '>', '/', '<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>', '</saml:Issuer>', '=', '\u{2028}', '\0',
] as const

/** Numbers that look random and are the same for the same seed, so that what fails can be seen again. */
function numbers(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Cuts, copies and moves pieces between tags or anywhere, and puts things in that matter in XML. */
function mutated(text: string, below: (limit: number) => number): string {
  const edges = [...text.matchAll(/[<>]/g)].map(({ index, 0: sign }) => (sign === '<' ? index : index + 1))
  const place = (): number => (below(3) === 0 ? below(text.length) : edges[below(edges.length)] ?? 0)
  const [from, to] = [place(), place()].sort((a, b) => a - b) as [number, number]
  const piece = text.slice(from, to)
  const target = place()
  switch (below(5)) {
    case 0: return text.slice(0, from) + text.slice(to)
    case 1: return text.slice(0, target) + piece + text.slice(target)
    case 2: {
      const rest = text.slice(0, from) + text.slice(to)
      const at = Math.min(target, rest.length)
      return rest.slice(0, at) + piece + rest.slice(at)
    }
    case 3: return text.slice(0, target) + (snippets[below(snippets.length)] ?? '') + text.slice(target)
    default: return text.slice(0, target) + String.fromCharCode(32 + below(95)) + text.slice(target + 1)
  }
}

describe.each(messageNames)('a signed %s that somebody tampered with', (message) => {
  it('SEC-20 is refused, or says exactly what was signed', async () => {
    const signer = await aSigner()
    const genuine = signed(aMessage(message, parties, { id: '_1', claim: honestClaim(message, parties) }), signer)
    const expected = { root: { namespace: protocol, name: message }, idAttribute: 'ID', certificates: [signer.certificate], allowSha1: false } as const
    const right = verify(genuine, expected)
    const seed = randomInt(2 ** 31)
    const below = numbers(seed)
    const faults = new Set<string>()
    let accepted = 0
    for (let turn = 0; turn < turns; turn++) {
      const text = Array.from({ length: 1 + below(3) }).reduce<string>((changed) => mutated(changed, below), genuine)
      try {
        expect(verify(text, expected), `seed ${seed}, turn ${turn}: ${text}`).toEqual(right)
        accepted++
      } catch (error) {
        if (!(error instanceof XmlRefused)) throw error
        faults.add(error.fault)
      }
    }
    // Certificates in KeyInfo and white space between tags are nobody's signature's business.
    expect(accepted, `seed ${seed}`).toBeGreaterThan(0)
    expect(accepted, `seed ${seed}`).toBeLessThan(turns / 2)
    // The ones that no seed misses; how many of the rare ones come is luck.
    expect([...faults], `seed ${seed}`).toEqual(expect.arrayContaining(['malformed', 'wrong_signature', 'signature_shape', 'algorithm', 'comment']))
  })
})
