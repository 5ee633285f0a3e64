/** What stands in the way of metadata, or was left out of it. The sentence is the locale text `admin.federation.metadata.<code>`. */
export type MetadataProblemCode =
  // Nothing can be taken from it.
  | 'empty' | 'too_large' | 'not_xml' | 'refused_xml' | 'not_metadata' | 'many_entities' | 'other_entity' | 'no_service_provider' | 'entity_id' | 'no_acs' | 'expired' | 'no_application' | 'no_reply'
  // It could not be fetched.
  | 'address' | 'forbidden_address' | 'unreachable' | 'timeout' | 'status'
  // The rest of it can be used.
  | 'skipped_address' | 'certificate' | 'weak_key' | 'key_kind' | 'no_certificate' | 'unsigned_only' | 'name_id_format' | 'requested_attribute' | 'too_many'

/** `detail` is what it is about, shown after the sentence: an address, a name; '' where the sentence says it all. */
export interface MetadataProblem { readonly code: MetadataProblemCode; readonly detail: string }

/** `found` is null where nothing could be taken; then there is at least one problem. */
export interface MetadataAnswer<T> { readonly found: T | null; readonly problems: readonly MetadataProblem[] }

export function problem(code: MetadataProblemCode, detail = ''): MetadataProblem {
  return { code, detail: detail.replaceAll(/\s+/g, ' ').slice(0, 300) }
}

export function nothing(code: MetadataProblemCode, detail = ''): { readonly found: null; readonly problems: readonly MetadataProblem[] } {
  return { found: null, problems: [problem(code, detail)] }
}
