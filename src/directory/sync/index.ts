/**
 * Keeps people and groups as a directory says they are: fetch → plan → apply.
 *
 *   source.ts      what any source says, page by page
 *   settings.ts    how an administrator describes a directory
 *
 * Who may sign in is decided elsewhere; this room only says who exists. Pages → panels/admin, commands → cli.
 */
export { directoryDefaults, directoryKinds, directorySettings, mappedFields, parseDirectorySettings, type DirectoryKind, type DirectorySettings, type MappedField, type Mapping } from './settings.ts'
export {
  CursorRefused, dnKey, SourceUnavailable, type DirectorySource, type DisabledBecause, type PersonProfile, type ReadOrder, type SourceBatch, type SourceEnd, type SourceGroup, type SourcePerson, type SourceProblem,
} from './source.ts'
