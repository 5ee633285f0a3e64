import { evaluate, readExpression, type AttributeFacts, type AttributeRule } from '../../applications/index.ts'
import type { Person } from '../../directory/index.ts'
import { sha256 } from '../../storage/index.ts'

export interface Attribute { readonly name: string; readonly friendlyName: string | null; readonly values: readonly string[] }

/** As Entra does with SAML: more would make the message too large for browsers and proxies on its way. */
export const mostValues = 150

export function factsOf(person: Person, identity: { readonly upn: string; readonly immutableId: string } | undefined): AttributeFacts {
  return {
    user_id: person.id, email: person.email, given_name: person.givenName, family_name: person.familyName, name: person.name, phone: person.phone, locale: person.locale,
    groups: person.groups, upn: identity?.upn ?? null, immutable_id: identity?.immutableId ?? null,
  }
}

/**
 * The attributes that have a value. One with more than 150 values is left out and named in `overage`: an application that got
 * only the first groups would take away rights without anybody noticing.
 */
export function attributesOf(rules: readonly AttributeRule[], facts: AttributeFacts): { readonly attributes: readonly Attribute[]; readonly overage: readonly string[] } {
  const all = rules.map(({ name, friendlyName, expression }): Attribute => ({ name, friendlyName, values: valuesOf(expression, facts) })).filter(({ values }) => values.length > 0)
  return { attributes: all.filter(({ values }) => values.length <= mostValues), overage: all.filter(({ values }) => values.length > mostValues).map(({ name }) => name) }
}

export function valuesOf(expression: string, facts: AttributeFacts): readonly string[] {
  const parsed = readExpression(expression)
  return 'problem' in parsed ? [] : evaluate(parsed, facts)
}

/**
 * A name for this person at this application and nowhere else (SAML Core §8.3.7). Both ids are 128 random bits, so nobody who
 * has not got them can make it, and it stays the same for as long as both exist.
 */
export function pairwiseId(applicationId: string, userId: string): string {
  return sha256(`subject ${applicationId} ${userId}`)
}
