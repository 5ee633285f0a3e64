import { readExpression, usualAttributes, type AttributeRule } from '../../../applications/index.ts'
import type { Form } from '../../../http/index.ts'
import type { Errors } from './draft.ts'

export interface AttributeValues { readonly name: string; readonly friendlyName: string; readonly expression: string }

export interface AttributeRow {
  readonly number: number
  readonly name: string
  readonly friendlyName: string
  readonly expression: string
  readonly nameField: string
  readonly friendlyField: string
  readonly expressionField: string
  /** Value of the button that takes the row away. */
  readonly remove: string
  readonly nameError: string | null
  readonly friendlyError: string | null
  readonly expressionError: string | null
  /** Where reading the expression stopped. */
  readonly unreadable: string | null
}

const most = 60
const empty: AttributeValues = { name: '', friendlyName: '', expression: '' }
const isEmpty = ({ name, friendlyName, expression }: AttributeValues): boolean => name === '' && friendlyName === '' && expression === ''

export function attributeValues(rules: readonly AttributeRule[]): AttributeValues[] {
  return rules.map(({ name, friendlyName, expression }) => ({ name, friendlyName: friendlyName ?? '', expression }))
}

/** Rows are numbered fields, so that each keeps its place without script. A row that is wholly empty is none. */
export function readAttributes(form: Form): AttributeValues[] {
  const rows = Array.from({ length: most }, (_, row) => ({
    name: form.text(`attribute_name_${row}`), friendlyName: form.text(`attribute_friendly_${row}`), expression: form.text(`attribute_expression_${row}`),
  }))
  return rows.filter((row) => !isEmpty(row))
}

/** What a button of the table asks for, or undefined when another one was pressed. */
export function changeRows(act: string, form: Form, rows: readonly AttributeValues[]): AttributeValues[] | undefined {
  if (act === 'add_attribute') return [...rows, empty].slice(0, most)
  const removed = /^remove_attribute_(\d{1,2})$/.exec(act)?.[1]
  if (removed === undefined) return undefined
  // Empty rows are gone already, so the row is found again by what stands in it.
  const [name, expression] = [form.text(`attribute_name_${removed}`), form.text(`attribute_expression_${removed}`)]
  const at = rows.findIndex((row) => row.name === name && row.expression === expression)
  return rows.filter((_row, index) => index !== at)
}

export function attributeFaults(rows: readonly AttributeValues[]): Record<string, string> {
  const faults: Record<string, string> = {}
  rows.forEach((row, index) => {
    if (isEmpty(row)) return
    if (row.name === '' || row.name.length > 300) faults[`attribute_name_${index}`] = 'admin.federation.error.attribute_name'
    else if (rows.findIndex(({ name }) => name === row.name) !== index) faults[`attribute_name_${index}`] = 'admin.federation.error.attribute_twice'
    if (row.friendlyName.length > 100) faults[`attribute_friendly_${index}`] = 'admin.federation.error.friendly_name'
    if (row.expression === '') faults[`attribute_expression_${index}`] = 'admin.federation.error.expression_missing'
    else if ('problem' in readExpression(row.expression)) faults[`attribute_expression_${index}`] = 'admin.federation.error.expression'
  })
  return faults
}

export function toRules(rows: readonly AttributeValues[]): AttributeRule[] {
  return rows.filter((row) => !isEmpty(row)).map(({ name, friendlyName, expression }) => ({ name, friendlyName: friendlyName === '' ? null : friendlyName, expression }))
}

export function toAttributeRows(rows: readonly AttributeValues[], errors: Errors): AttributeRow[] {
  return rows.map((row, index) => {
    const read = row.expression === '' ? undefined : readExpression(row.expression)
    return {
      number: index + 1, ...row, nameField: `attribute_name_${index}`, friendlyField: `attribute_friendly_${index}`, expressionField: `attribute_expression_${index}`, remove: `remove_attribute_${index}`,
      nameError: errors[`attribute_name_${index}`] ?? null, friendlyError: errors[`attribute_friendly_${index}`] ?? null, expressionError: errors[`attribute_expression_${index}`] ?? null,
      unreadable: read && 'problem' in read ? read.problem : null,
    }
  })
}

/**
 * The application asks for these. An attribute that is there already stays as somebody has written it; what was only our
 * suggestion makes room for what is asked.
 */
export function withRequested(rows: readonly AttributeValues[], requested: readonly AttributeRule[], kind: 'saml' | 'wsfed'): readonly AttributeValues[] {
  if (requested.length === 0) return rows
  const suggested = JSON.stringify(attributeValues(usualAttributes[kind])) === JSON.stringify(rows)
  const kept = suggested ? [] : rows
  return [...kept, ...attributeValues(requested).filter(({ name }) => !kept.some((row) => row.name === name))].slice(0, most)
}
