import { XmlRefused, type XmlElement, type XmlReader } from '../../xml/index.ts'
import { nothing, type MetadataAnswer } from './problems.ts'

/** Metadata of one application is a few kilobytes; the reader takes no more than this either. In bytes of UTF-8. */
export const metadataBytes = 256 * 1_024

/** Opens metadata and lets `understand` look at it. Whatever is wrong with the text is an answer too. */
export async function readMetadata<T>(xml: Pick<XmlReader, 'read'>, text: string, understand: (root: XmlElement) => MetadataAnswer<T>): Promise<MetadataAnswer<T>> {
  const plain = withoutComments(text.replace(/^\uFEFF/, '').trim())
  if (plain === '') return nothing('empty')
  if (Buffer.byteLength(plain) > metadataBytes) return nothing('too_large')
  let root: XmlElement
  try {
    root = await xml.read(plain)
  } catch (error) {
    if (!(error instanceof XmlRefused)) throw error
    if (error.fault === 'too_large' || error.fault === 'too_many' || error.fault === 'too_costly') return nothing('too_large')
    return error.fault === 'malformed' || error.fault === 'not_utf8' ? nothing('not_xml') : nothing('refused_xml', error.message)
  }
  return understand(root)
}

/**
 * The strict reader refuses comments, since in a signed message they split names. Metadata is not signed for us, and products
 * begin theirs with one (Shibboleth's "This is example metadata only"), so they go. Where CDATA stands they stay and are refused:
 * what looks like a comment may be text there.
 */
function withoutComments(text: string): string {
  return text.includes('<![CDATA[') ? text : text.replaceAll(/<!--(?!-?>)(?:(?!--)[^])*-->/g, '')
}
