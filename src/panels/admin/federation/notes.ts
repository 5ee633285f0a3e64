import type { MetadataAnswer } from '../../../protocols/saml/metadata-import/index.ts'

export interface MetadataNote { readonly key: string; readonly detail: string }

export function toNotes(answer: MetadataAnswer<unknown> | undefined): MetadataNote[] {
  return (answer?.problems ?? []).map(({ code, detail }) => ({ key: `admin.federation.metadata.${code}`, detail }))
}
