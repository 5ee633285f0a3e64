import type { ApplicationValues, FieldErrors, ReadForm } from './application-form.ts'
import type { PlainKind } from './application-kind.ts'
import type { Choice } from './choices.ts'
import type { ConnectFact } from './connect-fact.ts'
import type { FederationPart } from './federation-part.ts'

export interface ApplicationRow {
  readonly id: string
  readonly name: string
  readonly kindKey: string
  readonly description: string
  readonly icon: string | null
  readonly letter: string
  readonly everyone: boolean
  readonly service: boolean
  readonly enabled: boolean
}

export interface Connect { readonly facts: readonly ConnectFact[]; readonly more: readonly ConnectFact[]; readonly stepsKey: string; readonly secretTo: string | null }

export interface SecretRow { readonly id: string; readonly hint: string; readonly createdAt: number; readonly expiresAt: number | null; readonly ended: boolean }
export interface AssignmentRow { readonly kind: 'user' | 'group'; readonly id: string; readonly name: string }

export interface ApplicationFormPage {
  readonly id: string | null
  readonly kind: PlainKind
  readonly isNew: boolean
  readonly kindKey: string
  readonly titleKey: string
  readonly values: ApplicationValues
  readonly errors: FieldErrors
  readonly hasErrors: boolean
  readonly lines: ReadForm['lines']
  /** Which parts the kind has. */
  readonly signsPeopleIn: boolean
  readonly hasTile: boolean
  readonly launchHintKey: string
  readonly hasTokens: boolean
  readonly keepsSecrets: boolean
  readonly icon: string | null
  readonly authMethods: readonly Choice[]
  readonly scopes: readonly { readonly id: string; readonly value: string; readonly labelKey: string; readonly hintKey: string; readonly selected: boolean }[]
  readonly algorithms: readonly Choice[]
  readonly assurances: readonly (Choice & { readonly id: string })[]
  /** Folded parts open by themselves where something in them needs a look. */
  readonly keysOpen: boolean
  readonly moreOpen: boolean
}

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/applications': { readonly rows: readonly ApplicationRow[]; readonly text: string; readonly total: number; readonly left: number; readonly mayWrite: boolean }
    'admin/application-kinds': { readonly kinds: readonly { readonly kind: string; readonly titleKey: string; readonly textKey: string }[] }
    'admin/application-form': ApplicationFormPage
    'admin/application': {
      readonly id: string
      readonly name: string
      readonly description: string
      readonly kindKey: string
      readonly icon: string | null
      readonly letter: string
      readonly enabled: boolean
      readonly mayWrite: boolean
      readonly settings: boolean
      readonly launchUrl: string | null
      readonly requiredKey: string | null
      readonly trusted: boolean
      readonly asksConsent: boolean
      readonly clientId: string
      readonly protocol: string
      /** null for other protocols. */
      readonly federation: FederationPart | null
      readonly redirectUris: readonly string[]
      readonly connect: Connect | null
      readonly secrets: readonly SecretRow[]
      /** It should prove itself by a secret and has none. */
      readonly noSecret: boolean
      /** null for a service, which has no people. */
      readonly access: { readonly everyone: boolean; readonly assigned: boolean; readonly people: number; readonly assignments: readonly AssignmentRow[]; readonly groups: readonly Choice[]; readonly email: string } | null
      readonly errors: { readonly email: string | null }
      readonly hasErrors: boolean
    }
    'admin/application-secret': { readonly id: string; readonly name: string; readonly isNew: boolean; readonly secret: string; readonly connect: Connect }
    'admin/application-secret-new': { readonly id: string; readonly name: string; readonly overlaps: readonly Choice[]; readonly existing: number }
    'admin/application-secret-removal': { readonly id: string; readonly name: string; readonly secretId: string; readonly hint: string; readonly last: boolean }
    'admin/application-removal': { readonly id: string; readonly name: string; readonly service: boolean; readonly everyone: boolean; readonly people: number; readonly assignments: readonly AssignmentRow[]; readonly more: number }
  }
}
