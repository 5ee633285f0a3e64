import { readExpression } from '../../../applications/index.ts'
import { choicesOf, type Choice } from '../choices.ts'

/** How the person is named, with an expression of its own or the format's usual value. */
export function nameIdChoices(formats: readonly string[], selected: string): Choice[] {
  return choicesOf(formats, selected, (format) => `admin.federation.name_id.${format}`)
}

export function nameIdFault(expression: string): Partial<Record<'name_id_expression', string>> {
  return expression !== '' && 'problem' in readExpression(expression) ? { name_id_expression: 'admin.federation.error.expression' } : {}
}
