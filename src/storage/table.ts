import { EntitySchema, type EntitySchemaColumnOptions, type ObjectLiteral } from 'typeorm'

type Column = EntitySchemaColumnOptions

export const key: Column = { type: 'text', primary: true }
export const text: Column = { type: 'text' }
export const integer: Column = { type: 'integer' }
/** Epoch milliseconds, counters. */
export const bigint: Column = { type: 'bigint' }
export const optional = (column: Column): Column => ({ ...column, nullable: true })

/** `createdAt` in code is `created_at` in the database. */
export function columnName(property: string): string {
  return property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

/** Describes a table to TypeORM; a test compares every description with what the migrations made. */
export function defineTable<Row extends ObjectLiteral>(name: string, columns: Record<keyof Row & string, Column>): EntitySchema<Row> {
  return new EntitySchema<Row>({
    name,
    tableName: name,
    columns: Object.fromEntries(
      Object.entries<Column>(columns).map(([property, column]) => [property, { ...column, name: columnName(property) }]),
    ) as never,
  })
}
