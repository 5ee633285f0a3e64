import { deflateRawSync } from 'node:zlib'
import type { XmlFault } from '../../../src/protocols/xml/index.ts'
import { badDocuments, badEncodings } from './documents.ts'
import { messageNames, type MessageName, type Parties } from './message.ts'
import { badSignatures } from './signatures.ts'
import type { Signer } from './signer.ts'
import { carried, wrapped } from './wrapping.ts'

/** One message that must be refused, ready to be sent. */
export interface HostileCase {
  readonly name: string
  readonly message: MessageName
  readonly binding: 'post' | 'redirect'
  /** The value of SAMLRequest or SAMLResponse, for a query not yet URL-encoded. */
  readonly encoded: string
  /** The document, where there is one. */
  readonly text?: string
  readonly fault: XmlFault
  /** Whether its signature is right, and only something else is wrong. */
  readonly signatureIsRight?: boolean
}

export interface CorpusSettings {
  readonly parties: Parties
  /** Whose certificate is stored for the issuer. */
  readonly signer: Signer
  readonly foreign: Signer
  /** Where external entities point: a server of ours that counts whether anybody comes. */
  readonly listener: string
}

/** All hostile messages, made for these parties with these keys. The documents are the same for each kind, so one kind brings them. */
export function hostileCases({ parties, signer, foreign, listener }: CorpusSettings): HostileCase[] {
  const signatures = messageNames.flatMap((message) => [
    ...wrapped(message, parties, signer).map((one): HostileCase => post(message, { ...one, fault: 'signature_shape' }, true)),
    post(message, { ...carried(message, parties, signer), fault: 'signature_shape' }, true),
    ...badSignatures(message, parties, signer, foreign).map((one) => post(message, one)),
  ])
  const documents = badDocuments('AuthnRequest', parties, listener).flatMap((one) => [
    post('AuthnRequest', one),
    { ...post('AuthnRequest', one), binding: 'redirect' as const, encoded: deflateRawSync(one.text).toString('base64') },
  ])
  return [...signatures, ...documents, ...badEncodings('AuthnRequest', parties).map((one): HostileCase => ({ ...one, message: 'AuthnRequest' }))]
}

function post(message: MessageName, { name, text, fault }: { name: string; text: string; fault: XmlFault }, signatureIsRight = false): HostileCase {
  return { name, message, binding: 'post', encoded: Buffer.from(text).toString('base64'), text, fault, ...(signatureIsRight ? { signatureIsRight } : {}) }
}
