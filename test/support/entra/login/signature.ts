import { createHash, createSign, createVerify, X509Certificate, type BinaryLike, type KeyLike } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import { refusal, type Check } from '../aadsts.ts'
import type { Federation } from '../tenant.ts'
import { childrenOf, everyElement, isThere, names, nothing, only, parse, readXml, type Dom, type XmlElement } from '../xml.ts'

/** What the checks of a signature read, and where they leave what was proven. */
export interface SignedMessage {
  /** The whole document as it came. */
  source: string
  root: XmlElement
  /** The assertion as it stands in the document; nobody has vouched for it yet. */
  assertion: XmlElement
  /** `ID` in SAML 2.0, `AssertionID` in SAML 1.1. */
  readonly idAttribute: 'ID' | 'AssertionID'
  federation: Federation | undefined
  /** The assertion read anew from the bytes that were signed; later checks read this one only. */
  signed: XmlElement
  readonly takesSha1: boolean
  readonly checksCertificateValidity: boolean
  now(): number
}

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const enveloped = `${names.ds}enveloped-signature`
const more = 'http://www.w3.org/2001/04/xmldsig-more#'
const signatureAlgorithms = [`${more}rsa-sha256`, `${more}rsa-sha384`, `${more}rsa-sha512`]
const digestAlgorithms = ['http://www.w3.org/2001/04/xmlenc#sha256', `${more}sha384`, 'http://www.w3.org/2001/04/xmlenc#sha512']

/** 7.2 #7 to #11; 7.3 #8 uses the same with another id attribute. */
export function signatureChecks(number: (check: 7 | 8 | 9 | 10 | 11) => string): readonly Check<SignedMessage>[] {
  return [
    { number: number(7), is: 'one signature, over that very assertion', refuse: refuseShape },
    { number: number(8), is: 'algorithms that are taken', refuse: refuseAlgorithms },
    { number: number(9), is: 'a key that is registered for the domain', refuse: refuseKey },
    { number: number(10), is: 'digest and signature verify', refuse: refuseValue },
    { number: number(11), is: 'the certificate is within its validity, where that is checked', refuse: refuseValidity },
  ]
}

function refuseShape({ root, assertion, idAttribute }: SignedMessage): ReturnType<typeof refusal> | undefined {
  const id = assertion.attributes[idAttribute] ?? ''
  const own = childrenOf(assertion, names.ds, 'Signature')
  if (own.length !== 1) return refusal(500081, `${own.length} signatures are children of the assertion`)
  const outer = root === assertion ? [] : childrenOf(root, names.ds, 'Signature')
  const all = everyElement(root).filter(({ namespace, name }) => namespace === names.ds && name === 'Signature')
  if (outer.length > 1 || all.length !== own.length + outer.length) return refusal(50008, `${all.length} signatures in the document`)
  if (everyElement(root).filter(({ namespace, name }) => name === 'Assertion' && namespace === assertion.namespace).length !== 1) return refusal(50008, 'more than one assertion in the document')
  const ids = everyElement(root).flatMap(({ attributes }) => ['ID', 'Id', 'id', 'AssertionID'].flatMap((attribute) => attributes[attribute] ?? []))
  if (id === '' || ids.filter((other) => other === id).length !== 1) return refusal(50008, `the id "${id}" is not unique`)
  for (const [signature, element, attribute] of [[own[0], assertion, idAttribute], [outer[0], root, 'ID']] as const) {
    if (!signature) continue
    const signedInfo = only(signature, names.ds, 'SignedInfo')
    const references = childrenOf(signedInfo, names.ds, 'Reference')
    if (references.length !== 1 || childrenOf(signature, names.ds, 'Object').length > 0) return refusal(50008, `${references.length} references in the signature`)
    const uri = references[0]?.attributes['URI']
    if (uri !== `#${element.attributes[attribute] ?? ''}`) return refusal(50008, `the signature refers to "${uri ?? ''}", not to its parent`)
    const transforms = childrenOf(only(references[0] ?? nothing, names.ds, 'Transforms'), names.ds, 'Transform').map(({ attributes }) => attributes['Algorithm'] ?? '')
    if (transforms.length !== 2 || transforms[0] !== enveloped || transforms[1] !== exclusive) return refusal(500081, `transforms are ${transforms.join(', ')}`)
    const method = only(signedInfo, names.ds, 'CanonicalizationMethod').attributes['Algorithm']
    if (method !== exclusive) return refusal(500081, `canonicalization is "${method ?? ''}"`)
  }
  return undefined
}

function refuseAlgorithms({ root, takesSha1 }: SignedMessage): ReturnType<typeof refusal> | undefined {
  const signatures = takesSha1 ? [...signatureAlgorithms, `${names.ds}rsa-sha1`] : signatureAlgorithms
  const digests = takesSha1 ? [...digestAlgorithms, `${names.ds}sha1`] : digestAlgorithms
  for (const { namespace, name, attributes } of everyElement(root)) {
    if (namespace !== names.ds) continue
    const algorithm = attributes['Algorithm'] ?? ''
    if (name === 'SignatureMethod' && !signatures.includes(algorithm)) return refusal(500081, `signature method is "${algorithm}"`)
    if (name === 'DigestMethod' && !digests.includes(algorithm)) return refusal(500081, `digest method is "${algorithm}"`)
  }
  return undefined
}

function refuseKey({ assertion, federation }: SignedMessage): ReturnType<typeof refusal> | undefined {
  const carried = everyElement(only(assertion, names.ds, 'Signature', 'KeyInfo')).filter(({ name, namespace }) => name === 'X509Certificate' && namespace === names.ds)
  const registered = registeredOf(federation)
  const stranger = carried.find(({ text }) => !registered.includes(text.replaceAll(/\s/g, '')))
  return stranger && refusal(5000811, 'KeyInfo carries a certificate that is neither the signing nor the next signing certificate')
}

function refuseValue(message: SignedMessage): ReturnType<typeof refusal> | undefined {
  const proven = registeredOf(message.federation).map((der) => verify(message, message.assertion, der)).find((xml) => xml !== undefined)
  if (proven === undefined) return refusal(50006, 'no registered certificate verifies the signature of the assertion')
  const reading = readXml(proven)
  if (reading.outcome === 'malformed' || reading.root.attributes[message.idAttribute] !== message.assertion.attributes[message.idAttribute]) return refusal(50006, 'what was signed is not the assertion')
  const isOuterSigned = message.root !== message.assertion && isThere(only(message.root, names.ds, 'Signature'))
  if (isOuterSigned && !registeredOf(message.federation).some((der) => verify(message, message.root, der) !== undefined)) return refusal(50006, 'the signature of the Response does not verify')
  message.signed = reading.root
  return undefined
}

function refuseValidity(message: SignedMessage): ReturnType<typeof refusal> | undefined {
  if (!message.checksCertificateValidity) return undefined
  const used = registeredOf(message.federation).find((der) => verify(message, message.assertion, der) !== undefined) ?? ''
  const { validFrom, validTo } = new X509Certificate(Buffer.from(used, 'base64'))
  const isValid = Date.parse(validFrom) <= message.now() && message.now() < Date.parse(validTo)
  return isValid ? undefined : refusal(5000811, `the certificate is valid from ${validFrom} to ${validTo}`)
}

function registeredOf(federation: Federation | undefined): string[] {
  return [federation?.signingCertificate, federation?.nextSigningCertificate].flatMap((der) => (der ? [der] : []))
}

/** @returns the canonical text that the signature of this element covers, if it verifies with the certificate. */
function verify({ source, idAttribute }: SignedMessage, element: XmlElement, der: string): string | undefined {
  const attribute = element.name === 'Assertion' ? idAttribute : 'ID'
  const id = element.attributes[attribute]
  try {
    const signature = signaturesIn(parse(source, () => undefined)).find(({ parentNode }) => Array.from(parentNode?.attributes ?? []).some(({ name, value }) => name === attribute && value === id))
    if (!signature) return undefined
    const verifier = new SignedXml({ ...(attribute === 'AssertionID' && { idAttribute: attribute }), publicCert: new X509Certificate(Buffer.from(der, 'base64')).toString(), getCertFromKeyInfo: () => null })
    verifier.SignatureAlgorithms[`${more}rsa-sha384`] = RsaSha384
    verifier.HashAlgorithms[`${more}sha384`] = Sha384
    verifier.loadSignature(signature as unknown as Parameters<SignedXml['loadSignature']>[0])
    return verifier.checkSignature(source) ? verifier.getSignedReferences()[0] : undefined
  } catch {
    // xml-crypto throws where a signature does not verify.
    return undefined
  }
}

function signaturesIn(node: Dom): Dom[] {
  const own = node.namespaceURI === names.ds && node.localName === 'Signature' ? [node] : []
  return [...own, ...Array.from(node.childNodes ?? []).flatMap(signaturesIn)]
}

/** xml-crypto knows SHA-256 and SHA-512; Entra takes the one between as well. */
class RsaSha384 {
  getAlgorithmName(): string { return `${more}rsa-sha384` }
  getSignature(info: BinaryLike, key: KeyLike): string { return createSign('RSA-SHA384').update(info).sign(key, 'base64') }
  verifySignature(material: string, key: KeyLike, value: string): boolean { return createVerify('RSA-SHA384').update(material).verify(key, value, 'base64') }
}

class Sha384 {
  getAlgorithmName(): string { return `${more}sha384` }
  getHash(xml: string): string { return createHash('sha384').update(xml, 'utf8').digest('base64') }
}
