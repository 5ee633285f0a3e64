import type { MetadataAnswer } from '../../../protocols/saml/metadata-import/index.ts'

export interface MetadataNote { readonly key: string; readonly detail: string }

/** Where nothing was found, the first problem stands at its field already; it is repeated only with what it is about. */
export function toNotes(answer: MetadataAnswer<unknown> | undefined): MetadataNote[] {
  return (answer?.problems ?? []).filter(({ detail }, index) => answer?.found || index > 0 || detail !== '').map(({ code, detail }) => ({ key: `admin.federation.metadata.${code}`, detail }))
}
