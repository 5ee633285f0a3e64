import { evaluate, readExpression, type Application, type AttributeFacts } from '../../../applications/index.ts'
import type { Preview } from '../federation-part.ts'

/** The value of the name, or undefined where it is made at the first sign-in: a pairwise or a new random one. */
function nameIdOf(format: string, expression: string | null, facts: AttributeFacts): string | undefined {
  if (expression !== null) return valuesOf(expression, facts)[0] ?? ''
  return format === 'email' || format === 'unspecified' ? facts.email : undefined
}

/** What the application would be told of this person. Attributes without a value are not sent, and are shown as such. */
export function previewOf(application: Application, facts: AttributeFacts): NonNullable<Preview['result']> {
  const settings = application.saml ?? application.wsfed
  if (!settings) throw new Error('only SAML and WS-Federation have attributes')
  return {
    name: facts.name, nameIdKey: `admin.federation.name_id.${settings.nameIdFormat}`, nameId: nameIdOf(settings.nameIdFormat, settings.nameIdExpression, facts) ?? null,
    rows: settings.attributes.map(({ name, friendlyName, expression }) => ({ name, friendlyName, values: valuesOf(expression, facts) })),
  }
}

function valuesOf(text: string, facts: AttributeFacts): readonly string[] {
  const expression = readExpression(text)
  return 'problem' in expression ? [] : evaluate(expression, facts)
}
