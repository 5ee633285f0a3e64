import type { XmlFault } from '../../../src/protocols/xml/index.ts'
import { aMessage, evilClaim, honestClaim, type MessageName, type Parties } from './message.ts'
import { afterIssuer, ds, ecdsaSha256, enveloped, exclusive, inclusive, rsaSha1, rsaSha256, sha1, sha256, signed, type SigningStyle } from './sign.ts'
import type { Signer } from './signer.ts'

export interface BadText {
  readonly name: string
  readonly text: string
  readonly fault: XmlFault
}

/** Messages whose signature is not what it should be: of the wrong shape, by the wrong key, with the wrong algorithm, over something else. */
export function badSignatures(name: MessageName, parties: Parties, signer: Signer, foreign: Signer): BadText[] {
  const plain = aMessage(name, parties, { id: '_1', claim: honestClaim(name, parties) })
  const sign = (style: SigningStyle = {}, text = plain): string => signed(text, signer, style)
  const genuine = sign()
  const edit = (from: string | RegExp, to: string, text = genuine): string => {
    const edited = text.replace(from, to)
    if (edited === text) throw new Error(`the corpus is wrong: ${String(from)} is not in the message`)
    return edited
  }
  const shape = (what: string, text: string): BadText => ({ name: what, text, fault: 'signature_shape' })
  const algorithm = (what: string, text: string): BadText => ({ name: what, text, fault: 'algorithm' })
  const wrong = (what: string, text: string): BadText => ({ name: what, text, fault: 'wrong_signature' })
  const signedInfo = /<ds:SignedInfo>[\s\S]*<\/ds:SignedInfo>/.exec(genuine)?.[0] ?? ''
  const reference = /<ds:Reference [\s\S]*<\/ds:Reference>/.exec(genuine)?.[0] ?? ''
  const transform = `<ds:Transform Algorithm="${exclusive}"/>`
  const value = /<ds:SignatureValue>[^<]*<\/ds:SignatureValue>/
  const digestValue = /<ds:DigestValue>[^<]*<\/ds:DigestValue>/
  const part = aMessage(name, parties, { id: '_1', claim: honestClaim(name, parties), atEnd: '<samlp:Part ID="_part">signed</samlp:Part>' })
  const evil = evilClaim(name)
  const method = (uri: string): string => edit(rsaSha256, uri)

  return [
    { name: 'no signature', text: plain, fault: 'unsigned' },
    { name: 'a signature of another namespace', text: edit(`xmlns:ds="${ds}"`, 'xmlns:ds="http://www.w3.org/2000/09/xmldsig"'), fault: 'unsigned' },
    shape('two signatures', sign({}, genuine)),
    shape('two SignedInfo, the signed one last', edit(signedInfo, signedInfo.replace('#_1', '#_2') + signedInfo)),
    shape('two SignedInfo, the signed one first', edit(signedInfo, signedInfo + signedInfo)),
    shape('no SignedInfo', edit(signedInfo, '')),
    shape('two References', edit(reference, reference + reference)),
    shape('150 References', edit(reference, reference.repeat(150))),
    { name: '400 References', text: edit(reference, reference.repeat(400)), fault: 'too_many' },
    shape('no Reference', edit(reference, '')),
    shape('the signature is over a part only', sign({ target: '//*[@ID="_part"]', transforms: [exclusive] }, part)),
    shape('the signature is over the root and a part', sign({ targets: ['/*', '//*[@ID="_part"]'] }, part)),
    shape('the signature is inside of a part', sign({ target: '//*[@ID="_part"]', place: { reference: '//*[@ID="_part"]', action: 'append' } }, part)),
    shape('the reference is empty: the whole document', edit('URI="#_1"', 'URI=""')),
    shape('the reference is to another document', edit('URI="#_1"', 'URI="https://attacker.example/#_1"')),
    shape('the reference is an XPointer', edit('URI="#_1"', 'URI="#xpointer(/)"')),
    shape('no URI', edit(' URI="#_1"', '')),
    shape('an Object', edit('</ds:Signature>', '<ds:Object><a/></ds:Object></ds:Signature>')),
    shape('a Manifest', edit('</ds:Signature>', `<ds:Object><ds:Manifest>${reference}</ds:Manifest></ds:Object></ds:Signature>`)),
    shape('two SignatureValues', edit(value, '$&$&')),
    shape('garbage for a SignatureValue', edit(value, '<ds:SignatureValue>%%%%</ds:SignatureValue>')),
    shape('an empty SignatureValue', edit(value, '<ds:SignatureValue/>')),
    shape('garbage for a DigestValue', edit(digestValue, '<ds:DigestValue>....</ds:DigestValue>')),
    shape('an element inside of the DigestValue', edit(/<ds:DigestValue>(....)/, '<ds:DigestValue>$1<ds:a/>')),
    shape('a quote in the identifier', edit(/_1"/g, '_1&apos; or &apos;1"')),
    shape('the identifier is an xml:id', edit(' ID="_1"', ' xml:id="_1"')),
    { name: 'a comment in the DigestValue', text: edit(/<ds:DigestValue>(....)/, '<ds:DigestValue>$1<!---->'), fault: 'comment' },
    { name: 'a forged digest before a comment', text: edit('<ds:DigestValue>', '<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=<!---->'), fault: 'comment' },
    { name: 'a comment that the digest does not see', text: edit(/(<saml:Issuer>.{9})/, '$1<!---->'), fault: 'comment' },
    { name: 'a comment in the SignatureValue', text: edit(/<ds:SignatureValue>(....)/, '<ds:SignatureValue>$1<!-- -->'), fault: 'comment' },
    { name: 'the same ID twice', text: edit('</samlp:', '<samlp:Part ID="_1"/></samlp:'), fault: 'duplicate_id' },
    ...['Id', 'id', 'xml:id', 'AssertionID'].map((attribute): BadText => ({ name: `the ID again as ${attribute}`, text: edit('</samlp:', `<samlp:Part ${attribute}="_1"/></samlp:`), fault: 'duplicate_id' })),
    wrong('a key of its own in KeyInfo', signed(plain, foreign)),
    wrong('the right certificate in KeyInfo beside a foreign signature', signed(plain, { ...foreign, certificate: signer.certificate })),
    wrong('a foreign key without KeyInfo', signed(plain, foreign, { keyInfo: false })),
    wrong('what it says was changed', edit(honestClaim(name, parties), evil)),
    wrong('something was added', edit('</samlp:', '<samlp:Extensions/></samlp:')),
    wrong('the SignatureValue of another message', edit(value, value.exec(sign({}, plain.replace('_1', '_2')))?.[0] ?? '')),
    wrong('the digest of the changed message', edit(digestValue, digestValue.exec(sign({}, plain.replace(honestClaim(name, parties), evil)))?.[0] ?? '', edit(honestClaim(name, parties), evil))),
    wrong('a SignatureValue of the right length', edit(value, `<ds:SignatureValue>${Buffer.alloc(256, 1).toString('base64')}</ds:SignatureValue>`)),
    wrong('a SignatureValue that is too short', edit(value, '<ds:SignatureValue>AAAA</ds:SignatureValue>')),
    wrong('the digest of nothing', edit(digestValue, '<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>')),
    wrong('an algorithm for another kind of key', method(ecdsaSha256)),
    algorithm('RSA with SHA-1', sign({ algorithm: rsaSha1 })),
    algorithm('a SHA-1 digest', sign({ digest: sha1 })),
    algorithm('HMAC with SHA-1', method(`${ds}hmac-sha1`)),
    algorithm('HMAC with SHA-256', method('http://www.w3.org/2001/04/xmldsig-more#hmac-sha256')),
    algorithm('RSA with MD5', method('http://www.w3.org/2001/04/xmldsig-more#rsa-md5')),
    algorithm('DSA', method(`${ds}dsa-sha1`)),
    algorithm('no signature algorithm', method('')),
    algorithm('a name that every object has', method('constructor')),
    algorithm('an unknown digest', edit(sha256, 'http://www.w3.org/2001/04/xmldsig-more#md5')),
    algorithm('a truncated HMAC', edit(`<ds:SignatureMethod Algorithm="${rsaSha256}"/>`, `<ds:SignatureMethod Algorithm="${rsaSha256}"><ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>`)),
    algorithm('inclusive canonicalization', sign({ transforms: [enveloped, inclusive] })),
    algorithm('inclusive canonicalization of the SignedInfo', sign({ canonicalization: inclusive })),
    algorithm('canonicalization with comments', sign({ transforms: [enveloped, `${exclusive}WithComments`] })),
    algorithm('canonicalization of the SignedInfo with comments', sign({ canonicalization: `${exclusive}WithComments` })),
    algorithm('only enveloped', sign({ transforms: [enveloped] })),
    algorithm('the transforms the other way round', sign({ transforms: [exclusive, enveloped] })),
    // An unknown algorithm that yields an empty text makes every document have the digest of nothing.
    ...[['an unknown canonicalization', 'urn:void'], ['XPath', 'http://www.w3.org/TR/1999/REC-xpath-19991116'], ['XPath filter', 'http://www.w3.org/2002/06/xmldsig-filter2'], ['XSLT', 'http://www.w3.org/TR/1999/REC-xslt-19991116'], ['base64', `${ds}base64`]]
      .map(([what, uri]) => algorithm(`void canonicalization by ${what}`, edit(digestValue, '<ds:DigestValue>47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=</ds:DigestValue>', edit(transform, `<ds:Transform Algorithm="${uri}"/>`)))),
    algorithm('void canonicalization of the SignedInfo', edit(`CanonicalizationMethod Algorithm="${exclusive}"`, 'CanonicalizationMethod Algorithm="urn:void"')),
    shape('a third transform', edit(transform, transform + transform)),
    shape('an XPath inside of a transform', edit(transform, `<ds:Transform Algorithm="${exclusive}"><ds:XPath>not(//a)</ds:XPath></ds:Transform>`)),
    algorithm('the default namespace in a list of prefixes', edit(transform, `<ds:Transform Algorithm="${exclusive}"><e:InclusiveNamespaces xmlns:e="${exclusive}" PrefixList="#default xs"/></ds:Transform>`)),
    shape('a list of prefixes that is none', edit(transform, `<ds:Transform Algorithm="${exclusive}"><e:InclusiveNamespaces xmlns:e="${exclusive}" PrefixList="a&quot;b"/></ds:Transform>`)),
    { name: 'an honest signature under another kind of message', text: signed(aMessage(name === 'Response' ? 'LogoutRequest' : 'Response', parties, { id: '_1', claim: 'ada@example.org' }), signer, { place: afterIssuer }), fault: 'wrong_root' },
  ]
}
