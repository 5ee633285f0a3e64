import type { Application, AttributeFacts } from '../../../applications/index.ts'
import { mostValues, pairwiseId, valuesOf } from '../../../protocols/exchange/index.ts'
import type { Preview } from '../federation-part.ts'

/** What the application would be told of this person. Attributes without a value, or with too many, are not sent, and are shown as such. */
export function previewOf(application: Application, facts: AttributeFacts): NonNullable<Preview['result']> {
  const settings = application.saml ?? application.wsfed
  if (!settings) throw new Error('only SAML and WS-Federation have attributes')
  const nameId = nameIdOf(application.id, settings, facts)
  return {
    name: facts.name, nameIdKey: `admin.federation.name_id.${settings.nameIdFormat}`, nameId, nameIdMissing: nameId === '',
    rows: settings.attributes.map(({ name, friendlyName, expression }) => {
      const values = valuesOf(expression, facts)
      return { name, friendlyName, values: values.length > mostValues ? [] : values, tooMany: values.length > mostValues }
    }),
  }
}

/** null where it is another one each time; '' for somebody who has no value for it, and whom the application would not get. */
function nameIdOf(applicationId: string, { nameIdFormat, nameIdExpression }: { readonly nameIdFormat: string; readonly nameIdExpression: string | null }, facts: AttributeFacts): string | null {
  if (nameIdFormat === 'transient') return null
  if (nameIdExpression !== null) return valuesOf(nameIdExpression, facts)[0] ?? ''
  return nameIdFormat === 'persistent' ? pairwiseId(applicationId, facts.user_id) : facts.email
}
