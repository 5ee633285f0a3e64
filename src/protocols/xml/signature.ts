import type { KeyObject } from 'node:crypto'
import type { DomElement } from '@xmldom/xmldom'
import { SignedXml } from 'xml-crypto'
import { acceptedDigest, acceptedSignature, bytesOf, digest, fitsOneKey, publicKeysOf } from './accepted-algorithms.ts'
import { signedLimits } from './gate.ts'
import { isElement, parse } from './parse.ts'
import { quoted, XmlRefused } from './refused.ts'
import { attribute, childrenOf, type XmlElement } from './tree.ts'

const ds = 'http://www.w3.org/2000/09/xmldsig#'
const enveloped = `${ds}enveloped-signature`
const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'

export interface ExpectedSignature {
  /** What the message must be; a genuine message of another kind is refused. */
  readonly root: { readonly namespace: string; readonly name: string }
  readonly idAttribute: 'ID' | 'AssertionID'
  /** PEM or base64 of DER, from stored metadata (SEC-22). One of them must fit. */
  readonly certificates: readonly string[]
  readonly allowSha1: boolean
}

/** What a signature says about itself, before it is believed. */
interface Claim {
  readonly id: string
  readonly signatureAlgorithm: string
  readonly digestAlgorithm: string
}

/**
 * Exactly what was signed: the canonical text that the digest was made of, read again. Nothing of the document around it gets
 * through, so whatever a wrapping attack moves about, what is handed on is what the key's owner wrote (SEC-20).
 * @throws XmlRefused
 */
export function verify(text: string, expected: ExpectedSignature): XmlElement {
  const outer = parse(text, signedLimits)
  checkRoot(outer.tree, expected)
  const claim = checkShape(outer.tree, expected)
  const signed = parse(signedText(text, signatureIn(outer.element), claim, expected)).tree
  checkRoot(signed, expected)
  if (attribute(signed, expected.idAttribute) !== claim.id) throw new XmlRefused('wrong_root', `expected the signed element to be ${quoted(claim.id)}`)
  return signed
}

function checkRoot({ namespace, name }: XmlElement, { root }: ExpectedSignature): void {
  if (namespace !== root.namespace || name !== root.name) throw new XmlRefused('wrong_root', `expected ${root.name}, found ${quoted(name)}`)
}

/** One signature, directly in the root, of one reference, to the root, with nothing in it that has no purpose (SAML core, section 5.4). */
function checkShape(root: XmlElement, expected: ExpectedSignature): Claim {
  const count = countSignatures(root)
  if (count === 0) throw new XmlRefused('unsigned', `expected ${root.name} to be signed`)
  const [signature] = childrenOf(root, ds, 'Signature')
  if (count > 1 || signature === undefined) throw new XmlRefused('signature_shape', `expected one signature, directly in ${root.name}; there are ${count} in all`)
  const [signedInfo, signatureValue, ...rest] = partsOf(signature, ['SignedInfo', 'SignatureValue'], ['KeyInfo'])
  const [canonicalization, signatureMethod, reference] = partsOf(signedInfo, ['CanonicalizationMethod', 'SignatureMethod', 'Reference'])
  const [transforms, digestMethod, digestValue] = partsOf(reference, ['Transforms', 'DigestMethod', 'DigestValue'])
  if (rest.length > 1 || canonicalization === undefined || digestMethod === undefined) throw new XmlRefused('signature_shape', 'the signature has too many parts')
  for (const value of [signatureValue, digestValue]) {
    if (value === undefined || value.children.length > 0 || bytesOf(value.text) === undefined) throw new XmlRefused('signature_shape', `expected base64 in ${value?.name ?? 'the signature'}`)
  }
  const id = attribute(root, expected.idAttribute)
  // It becomes part of an XPath inside of the library.
  if (id === undefined || !/^[\w.-]{1,256}$/.test(id)) throw new XmlRefused('signature_shape', `expected ${root.name} to have an identifier in ${expected.idAttribute}`)
  const uri = attribute(reference ?? root, 'URI')
  if (uri !== `#${id}`) throw new XmlRefused('signature_shape', `expected the reference ${quoted(`#${id}`)}, found ${quoted(uri ?? '')}`)

  checkCanonicalization(canonicalization)
  checkTransforms(transforms)
  const claim = { id, signatureAlgorithm: algorithmOf(signatureMethod), digestAlgorithm: algorithmOf(digestMethod) }
  if ([...signatureMethod?.children ?? [], ...digestMethod.children].length > 0) throw new XmlRefused('algorithm', 'an algorithm comes with parameters')
  acceptedSignature(claim.signatureAlgorithm, expected)
  acceptedDigest(claim.digestAlgorithm, expected)
  return claim
}

function countSignatures(element: XmlElement): number {
  return element.children.reduce((sum, one) => sum + countSignatures(one), isSignature(element) ? 1 : 0)
}

function isSignature({ namespace, name }: XmlElement): boolean {
  return namespace === ds && name === 'Signature'
}

/** The children, when they are exactly these in this order and no others. */
function partsOf(element: XmlElement | undefined, needed: readonly string[], possible: readonly string[] = []): readonly (XmlElement | undefined)[] {
  const children = element?.children ?? []
  const names = [...needed, ...possible]
  const right = children.length >= needed.length && children.length <= names.length && children.every((one, place) => one.namespace === ds && one.name === names[place])
  if (!right) throw new XmlRefused('signature_shape', `expected ${names.join(', ')} in ${element?.name ?? 'the signature'}, found ${children.length} elements: ${quoted(children.slice(0, 6).map(({ name }) => name).join(', '))}`)
  return children
}

function algorithmOf(element: XmlElement | undefined): string {
  return element === undefined ? '' : attribute(element, 'Algorithm') ?? ''
}

function checkCanonicalization(element: XmlElement): void {
  const algorithm = algorithmOf(element)
  if (algorithm !== exclusive) throw new XmlRefused('algorithm', `expected exclusive canonicalization without comments, found ${quoted(algorithm)}`)
  checkPrefixes(element)
}

/** The only parameter there is (exclusive canonicalization, section 3). Some signers write it into every transform. */
function checkPrefixes(element: XmlElement): void {
  const [list, ...others] = element.children
  const prefixes = list === undefined ? '' : attribute(list, 'PrefixList') ?? ''
  // The library cannot do that and would say that the content was changed, which would send operators the wrong way.
  if (prefixes.includes('#')) throw new XmlRefused('algorithm', 'the list of prefixes names #default, which is not supported')
  const right = list === undefined || (list.namespace === algorithmOf(element) && list.name === 'InclusiveNamespaces' && list.children.length === 0 && /^[\w. -]*$/.test(prefixes))
  if (!right || others.length > 0) throw new XmlRefused('signature_shape', 'expected at most a list of prefixes as parameter')
}

/** A signature inside of what it signs needs the first one; without the second one the canonical form would be the inclusive one. */
function checkTransforms(element: XmlElement | undefined): void {
  const [first, second, ...others] = element?.children ?? []
  if (others.length > 0 || [first, second].some((one) => one !== undefined && (one.namespace !== ds || one.name !== 'Transform'))) throw new XmlRefused('signature_shape', 'expected two transforms')
  if (first === undefined || second === undefined || algorithmOf(first) !== enveloped) throw new XmlRefused('algorithm', `expected the transforms enveloped and exclusive, found ${quoted(`${algorithmOf(first)} ${algorithmOf(second)}`)}`)
  checkPrefixes(first)
  checkCanonicalization(second)
}

/** @returns the canonical text, after its digest and the signature over the digest were found right. */
function signedText(text: string, signature: DomElement, claim: Claim, expected: ExpectedSignature): string {
  const keys = publicKeysOf(expected.certificates)
  const [anyCertificate] = expected.certificates
  if (keys.length === 0 || anyCertificate === undefined) throw new XmlRefused('wrong_signature', `none of the ${expected.certificates.length} stored certificates can be used`)
  // It knows ID by itself; named again it would find the element twice and take that for an attack.
  const judge = new SignedXml({ ...(expected.idAttribute === 'ID' ? {} : { idAttribute: expected.idAttribute }), publicCert: anyCertificate, getCertFromKeyInfo: () => null })
  judge.SignatureAlgorithms = { [claim.signatureAlgorithm]: signatureClass(claim, keys, expected) }
  judge.HashAlgorithms = { [claim.digestAlgorithm]: digestClass(claim, expected) }
  // Only these two, so that nothing can be canonicalized away by another one.
  judge.CanonicalizationAlgorithms = pick(judge.CanonicalizationAlgorithms, [enveloped, exclusive])
  let verified: unknown
  try {
    judge.loadSignature(signature)
    verified = judge.checkSignature(text)
  } catch {
    // SEC-27. What the library says may quote the document.
    throw new XmlRefused('wrong_signature', `the signature fits none of ${keys.length} certificates`)
  }
  if (verified !== true) throw new XmlRefused('wrong_signature', 'the content is not what was signed')
  const [reference, ...moreReferences] = judge.getReferences()
  const [signed, ...moreSigned] = judge.getSignedReferences()
  // The library reads the references out of the canonical form. They must be those that were looked at above.
  const same = reference?.uri === `#${claim.id}` && reference.digestAlgorithm === claim.digestAlgorithm && reference.transforms.join(' ') === `${enveloped} ${exclusive}`
  if (!same || signed === undefined || signed === '' || moreReferences.length + moreSigned.length > 0) throw new XmlRefused('signature_shape', 'the signature is read in two ways')
  return signed
}

function signatureClass({ signatureAlgorithm }: Claim, keys: readonly KeyObject[], expected: ExpectedSignature): SignedXml['SignatureAlgorithms'][string] {
  const method = acceptedSignature(signatureAlgorithm, expected)
  return class {
    getAlgorithmName(): string {
      return signatureAlgorithm
    }

    getSignature(): string {
      throw new Error('this side only reads')
    }

    /** Of the stored keys, not of the one that is passed: all of them are tried while the document is canonicalized once. */
    verifySignature(content: string, _key: unknown, value: string): boolean {
      const bytes = bytesOf(value)
      return bytes !== undefined && fitsOneKey(method, content, bytes, keys)
    }
  }
}

function digestClass({ digestAlgorithm }: Claim, expected: ExpectedSignature): SignedXml['HashAlgorithms'][string] {
  const hash = acceptedDigest(digestAlgorithm, expected)
  return class {
    getAlgorithmName(): string {
      return digestAlgorithm
    }

    getHash(content: string): string {
      return digest(hash, content)
    }
  }
}

function pick<T>(all: Record<string, T>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(names.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]] as const])))
}

function signatureIn(root: DomElement): DomElement {
  for (let node = root.firstChild; node !== null; node = node.nextSibling) {
    if (isElement(node) && node.namespaceURI === ds && node.localName === 'Signature') return node
  }
  throw new XmlRefused('signature_shape', 'the signature is not where it was seen')
}
