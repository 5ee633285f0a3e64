import type { AttributeFacts, NameIdFormat } from '../../applications/index.ts'
import { newId } from '../../storage/index.ts'
import { pairwiseId, valuesOf } from '../exchange/index.ts'
import type { NameId } from './response.ts'
import type { ServiceProvider } from './service-provider.ts'

/**
 * The name that this application knows the person by (SAML Core §8.3).
 * @param asked the format of the request, where it named one that was agreed
 * @returns undefined for somebody who has no value for it, such as no ImmutableID
 */
export function nameIdOf({ application, settings }: Pick<ServiceProvider, 'application' | 'settings'>, asked: NameIdFormat | null, facts: AttributeFacts): NameId | undefined {
  const format = asked ?? settings.nameIdFormat
  if (format === 'transient') return { format, value: `_${newId()}` }
  if (settings.nameIdExpression !== null) {
    const [value] = valuesOf(settings.nameIdExpression, facts)
    return value === undefined ? undefined : { format, value }
  }
  return { format, value: format === 'persistent' ? pairwiseId(application.id, facts.user_id) : facts.email }
}
