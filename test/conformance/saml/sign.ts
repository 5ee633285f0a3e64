import { createSign, constants } from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import type { Signer } from './signer.ts'

export const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256'
export const rsaSha384 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha384'
export const rsaSha512 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512'
export const rsaPss = 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1'
export const ecdsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256'
export const rsaSha1 = 'http://www.w3.org/2000/09/xmldsig#rsa-sha1'
export const sha256 = 'http://www.w3.org/2001/04/xmlenc#sha256'
export const sha512 = 'http://www.w3.org/2001/04/xmlenc#sha512'
export const sha1 = 'http://www.w3.org/2000/09/xmldsig#sha1'
export const ds = 'http://www.w3.org/2000/09/xmldsig#'
export const enveloped = `${ds}enveloped-signature`
export const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const inclusive = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'

export interface SigningStyle {
  readonly algorithm?: string
  readonly digest?: string
  readonly transforms?: readonly string[]
  readonly canonicalization?: string
  /** Of the signature's elements; '' makes its namespace the default one. */
  readonly prefix?: string
  readonly keyInfo?: boolean
  /** What is signed, and where the signature goes, as XPath. */
  readonly target?: string
  readonly place?: { readonly reference: string; readonly action: 'append' | 'prepend' | 'before' | 'after' }
  readonly prefixList?: readonly string[]
  readonly targets?: readonly string[]
  readonly idAttribute?: string
}

export const afterIssuer = { reference: '/*/*[local-name(.)="Issuer"]', action: 'after' } as const

/** Signs as peers do, with xml-crypto. By default as most do: RSA-SHA256, after the Issuer, `ds:`, with the certificate. */
export function signed(xml: string, signer: Signer, style: SigningStyle = {}): string {
  const { algorithm = rsaSha256, digest = sha256, transforms = [enveloped, exclusive], prefix = 'ds', keyInfo = true, target = '/*', place = afterIssuer } = style
  const work = new SignedXml({ privateKey: signer.key, publicCert: signer.certificate, signatureAlgorithm: algorithm, canonicalizationAlgorithm: style.canonicalization ?? exclusive, ...(style.idAttribute === undefined ? {} : { idAttribute: style.idAttribute }), ...(keyInfo ? {} : { getKeyInfoContent: () => null }) })
  work.SignatureAlgorithms = { ...work.SignatureAlgorithms, [ecdsaSha256]: signing(ecdsaSha256, 'sha256', { dsaEncoding: 'ieee-p1363' }), [rsaSha384]: signing(rsaSha384, 'sha384', {}), [rsaPss]: signing(rsaPss, 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }) }
  for (const xpath of style.targets ?? [target]) work.addReference({ xpath, transforms: [...transforms], digestAlgorithm: digest, inclusiveNamespacesPrefixList: [...style.prefixList ?? []] })
  work.computeSignature(xml, { prefix, location: { ...place } })
  return work.getSignedXml()
}

function signing(name: string, hash: string, options: object): SignedXml['SignatureAlgorithms'][string] {
  return class {
    getAlgorithmName(): string {
      return name
    }

    getSignature(content: unknown, key: unknown): string {
      return createSign(hash).update(content as string).sign({ key: key as string, ...options }, 'base64')
    }

    verifySignature(): boolean {
      throw new Error('this side only signs')
    }
  }
}
