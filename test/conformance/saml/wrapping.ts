import { aMessage, assertion, evilClaim, honestClaim, type MessageName, type Parties } from './message.ts'
import { signed } from './sign.ts'
import type { Signer } from './signer.ts'

/** A genuine signature and, around or beside what it signs, a message that nobody signed. */
export interface Wrapped {
  readonly name: string
  readonly text: string
}

/**
 * The eight kinds of signature wrapping that Somorovsky and others found in 2012 ("On Breaking SAML"), for messages that are
 * themselves signed, and what became of them since. In each the signature is right, and what a careless reader reads is not it.
 */
export function wrapped(name: MessageName, parties: Parties, signer: Signer): Wrapped[] {
  const genuine = signed(aMessage(name, parties, { id: '_genuine', claim: honestClaim(name, parties) }), signer)
  const signature = /<ds:Signature[\s\S]*<\/ds:Signature>/.exec(genuine)?.[0] ?? ''
  const bare = genuine.replace(signature, '')
  const evil = (parts: { afterIssuer?: string; atEnd?: string; id?: string }): string => aMessage(name, parties, { id: '_evil', claim: evilClaim(name), ...parts })
  const inside = (more: string): string => signature.replace('</ds:Signature>', `${more}</ds:Signature>`)
  const extensions = (content: string): string => `<samlp:Extensions>${content}</samlp:Extensions>`
  const copy = evil({ id: '_copy' })
  return [
    { name: 'XSW1: the original inside of its signature', text: evil({ afterIssuer: inside(bare) }) },
    { name: 'XSW2: the original before its signature', text: evil({ afterIssuer: bare + signature }) },
    { name: 'XSW3: a copy before the signed original', text: evil({ atEnd: copy + genuine }) },
    { name: 'XSW4: the signed original inside of a copy', text: evil({ atEnd: genuine }) },
    { name: 'XSW5: the signature stays, the original is moved to the end', text: evil({ afterIssuer: signature, atEnd: bare }) },
    { name: 'XSW6: the original inside of the key', text: evil({ afterIssuer: signature.replace('</ds:KeyInfo>', `${bare}</ds:KeyInfo>`) }) },
    { name: 'XSW7: the signed original among the extensions', text: evil({ afterIssuer: extensions(genuine) }) },
    { name: 'XSW8: the original inside of an Object', text: evil({ afterIssuer: inside(`<ds:Object>${bare}</ds:Object>`) }) },
  ]
}

/** tngan/samlify#634: an assertion that was signed for somebody is carried by a message that was not. */
export function carried(name: MessageName, parties: Parties, signer: Signer): Wrapped {
  const own = signed(`<saml:Assertion xmlns:saml="${assertion}" ID="_captured" Version="2.0" IssueInstant="${parties.now.toISOString()}"><saml:Issuer>${parties.issuer}</saml:Issuer>`
    + '<saml:Subject><saml:NameID>anything</saml:NameID></saml:Subject></saml:Assertion>', signer)
  return { name: 'samlify#634: a signed assertion inside of the message', text: aMessage(name, parties, { id: '_evil', claim: evilClaim(name), atEnd: own }) }
}
