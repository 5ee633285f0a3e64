/**
 * XML, for the protocols that are made of it. Everything that comes from outside is read here and nowhere else (SEC-20 … SEC-29):
 *
 *   reader.ts      the door: reads a document, or hands on what exactly was signed of it
 *   decode.ts      from the bindings' base64 and deflate to text
 *   gate.ts        what may not even reach the parser: size, depth, numbers, document types, comments, anything not well-formed
 *   parse.ts       the one parser, and its document as plain data (tree.ts, with questions to ask of it)
 *   signature.ts   an enveloped signature: shape, algorithms, stored keys; detached.ts: the one over a query
 *   thread.ts      the thread that judges what may take longer than a moment; worker.ts runs there
 *   refused.ts     why something was not read
 *   turns.ts             nobody keeps the thread to themselves
 *
 * And everything that goes out is written here, by one writer for SAML 2.0, SAML 1.1, WS-Federation and metadata:
 *
 *   write.ts       elements to text, in canonical form; namespaces.ts: the prefixes it knows
 *   sign.ts        signs what was written without parsing it again; encrypt.ts: for one service provider's eyes
 *
 * What a message means, and which certificates and applications it belongs to, the protocols know.
 */
export { acceptedAlgorithms } from './accepted-algorithms.ts'
export { decodeBase64Message, decodeDocument, inflateMessage } from './decode.ts'
export { verifyQuery } from './detached.ts'
export { encryptElement } from './encrypt.ts'
export { prefixes, type QName } from './namespaces.ts'
export { createXmlReader, type XmlReader, type XmlReaderOptions } from './reader.ts'
export { XmlRefused, type XmlFault } from './refused.ts'
export type { ExpectedSignature } from './signature.ts'
export { keyInfo, rsaSha256, signElement, signQuery, type XmlSigner } from './sign.ts'
export { attribute, child, childrenOf, isSigned, onlyChild, textOf, type XmlAttribute, type XmlElement } from './tree.ts'
export { createTurns } from './turns.ts'
export { element, write, type WrittenXml, type XmlChild, type XmlNode } from './write.ts'
