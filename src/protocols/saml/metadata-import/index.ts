/**
 * Reads what applications say about themselves: SAML metadata of a service provider, and the WS-Federation kind.
 *
 *   read.ts                 from a text to a tree, through the strict reader; entities.ts: which entity in it is meant
 *   service-provider.ts     endpoints, keys and wishes of a SAML service provider
 *   passive-application.ts  realm, reply addresses and claims of a WS-Federation application
 *   problems.ts             what is wrong with it, as codes: nothing here throws because of what a document says
 *   metadata-import.ts      the door: from a text or an address, and again every day
 *
 * Where administrators bring it → panels/admin and cli/apply. Our own metadata → the protocols.
 */
export { createMetadataImport, createMetadataReader, withMetadata, type MetadataImport, type MetadataImportNeeds, type MetadataReader, type RecordRefresh, type Refreshed } from './metadata-import.ts'
export type { PassiveApplication } from './passive-application.ts'
export type { MetadataAnswer, MetadataProblem, MetadataProblemCode } from './problems.ts'
export { metadataBytes } from './read.ts'
export type { ServiceProvider } from './service-provider.ts'
