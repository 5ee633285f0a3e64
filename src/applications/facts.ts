/** What may be told of a person to an application over SAML or WS-Federation; the names are those of attribute expressions. */
export interface AttributeFacts {
  readonly user_id: string
  readonly email: string
  readonly given_name: string
  readonly family_name: string
  readonly name: string
  readonly phone: string | null
  readonly locale: string | null
  readonly groups: readonly string[]
  /** The Microsoft sign-in name; null for someone who has no place in Microsoft 365. */
  readonly upn: string | null
  readonly immutable_id: string | null
}
