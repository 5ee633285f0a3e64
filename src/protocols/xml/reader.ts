import { checkOutside } from './gate.ts'
import { parse } from './parse.ts'
import type { ExpectedSignature } from './signature.ts'
import { createThread } from './thread.ts'
import type { XmlElement } from './tree.ts'

export interface XmlReader {
  /**
   * The whole document; nobody vouches for any of it. `isSigned(tree)` tells whether it carries a signature.
   * @throws XmlRefused, and Unavailable when too many documents wait
   */
  read(text: string): Promise<XmlElement>
  /**
   * What exactly was signed by one of the certificates, and nothing else; its signature is no longer in it.
   * @throws XmlRefused, and Unavailable when too many documents wait
   */
  verify(text: string, expected: ExpectedSignature): Promise<XmlElement>
  /** Lets go of the thread. What still waits is refused as Unavailable. */
  close(): Promise<void>
}

export interface XmlReaderOptions {
  /** What is longer is read on the thread, in characters. The worst that fits into the default takes 3 ms. */
  readonly inlineLimit?: number
  /** After that a document is refused, in milliseconds. */
  readonly timeLimit?: number
  /** How many documents may wait for the thread. */
  readonly queueLimit?: number
}

/**
 * The only way for XML from outside to get in (SEC-20 … SEC-29). Signatures and whatever is long are judged on a thread of
 * their own, which starts with the first of them, so that no document can hold up anybody else's request.
 */
export function createXmlReader({ inlineLimit = 8 * 1024, timeLimit = 1_000, queueLimit = 50 }: XmlReaderOptions = {}): XmlReader {
  const thread = createThread({ timeLimit, queueLimit })
  return {
    async read(text) {
      checkOutside(text)
      return text.length > inlineLimit ? await thread.run({ text }) : parse(text).tree
    },
    async verify(text, expected) {
      checkOutside(text)
      return await thread.run({ text, expected })
    },
    close: () => thread.close(),
  }
}
