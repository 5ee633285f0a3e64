/**
 * Why a document from outside is not read.
 *
 * `comment` stands for processing instructions too. `algorithm` is one that is not accepted here, `wrong_signature` one that is
 * and does not fit. `too_costly` was broken off because it took more time or memory than any honest message does.
 */
export type XmlFault =
  | 'too_large' | 'not_base64' | 'not_deflate' | 'not_utf8' | 'doctype' | 'malformed' | 'too_deep' | 'too_many' | 'comment' | 'duplicate_id'
  | 'unsigned' | 'signature_shape' | 'algorithm' | 'wrong_signature' | 'wrong_root' | 'too_costly'

/** The message is for operators: what was expected, what came. Of the document it holds names and addresses at most, shortened. */
export class XmlRefused extends Error {
  override readonly name = 'XmlRefused'
  readonly fault: XmlFault

  constructor(fault: XmlFault, message: string) {
    super(message)
    this.fault = fault
  }
}

/** What came, for a message: short, on one line, and visibly not ours. */
export function quoted(value: string): string {
  const line = value.replaceAll(/[^\x20-\x7e]+/g, '?')
  return `"${line.length > 100 ? `${line.slice(0, 100)}…` : line}"`
}
