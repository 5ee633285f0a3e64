/**
 * People and groups as files: tables come in, tables and JSON go out.
 *
 *   table.ts      a file as spreadsheets write it, record by record (encoding.ts)
 *   columns.ts    what its columns are; check.ts: what a line says
 *   imports.ts    uploads and their lines; work.ts makes people of them, in parts that can be resumed
 *   export.ts     everybody who fits, a page at a time
 *
 * Pages → panels/admin. When the work is done → app/tasks.ts.
 */
export type { LineProblem } from './check.ts'
export { importFields, sampleFile, type ColumnMapping, type ImportField } from './columns.ts'
export { exportGroups, exportPeople, type ExportFormat, type ExportNeeds } from './export.ts'
export { createPeopleImports, type PeopleImports } from './imports.ts'
export { lineVerdicts, mappingProblem, type ImportChoices, type ImportLine, type ImportState, type LineVerdict, type PeopleImport } from './people-import.ts'
export { PeopleImportLineTable, PeopleImportTable } from './schema.ts'
export { UnreadableTable } from './table.ts'
export { createImportWork, type ImportWorkNeeds } from './work.ts'
