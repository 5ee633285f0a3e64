import { acceptedSignature, bytesOf, fitsOneKey, publicKeysOf, type AlgorithmRules } from './accepted-algorithms.ts'

/**
 * Checks the signature of the Redirect binding (SAML bindings, section 3.4.4.1).
 * @param octets the part of the query that was signed, exactly as it came: `SAMLRequest=…&RelayState=…&SigAlg=…`. Decoding and
 *   encoding it again would give other octets, since there is more than one way to encode (SEC-23).
 * @param algorithm the decoded SigAlg
 * @param signature the decoded Signature, base64
 * @returns whether one of the certificates fits
 * @throws XmlRefused `algorithm` when it is not accepted, so that operators see which one it was
 */
export function verifyQuery(octets: string, algorithm: string, signature: string, certificates: readonly string[], rules: AlgorithmRules): boolean {
  const method = acceptedSignature(algorithm, rules)
  const bytes = bytesOf(signature)
  return bytes !== undefined && fitsOneKey(method, octets, bytes, publicKeysOf(certificates))
}
