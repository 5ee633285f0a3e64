import { bigint, defineTable, integer, key, optional, text } from '../../storage/index.ts'

export interface PeopleImportRow {
  id: string; organizationId: string; createdBy: string; fileName: string; encoding: string; separator: string; columns: string; mapping: string; options: string
  state: string; lines: number; position: number; counts: string; createdAt: number; updatedAt: number; expiresAt: number
}
export const PeopleImportTable = defineTable<PeopleImportRow>('people_imports', {
  id: key, organizationId: text, createdBy: text, fileName: text, encoding: text, separator: text, columns: text, mapping: text, options: text,
  state: text, lines: integer, position: integer, counts: text, createdAt: bigint, updatedAt: bigint, expiresAt: bigint,
})

export interface PeopleImportLineRow { importId: string; line: number; cells: string; emailKey: string | null; verdict: string | null; problem: string | null; problemColumn: string | null }
export const PeopleImportLineTable = defineTable<PeopleImportLineRow>('people_import_lines', {
  importId: key, line: { ...integer, primary: true }, cells: text, emailKey: optional(text), verdict: optional(text), problem: optional(text), problemColumn: optional(text),
})
