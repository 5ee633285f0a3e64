import type { BasicValues } from '../application-basics.ts'
import type { LineProblem } from '../application-form.ts'
import type { Choice } from '../choices.ts'
import type { AttributeRow } from './attributes.ts'
import type { Errors } from './draft.ts'
import type { MetadataNote } from './notes.ts'
import type { SamlValues } from './saml-values.ts'
import type { WsFedValues } from './wsfed-form.ts'

export interface FederatedFormPage<Values extends BasicValues> {
  readonly id: string | null
  readonly isNew: boolean
  readonly titleKey: string
  readonly kindKey: string
  readonly hasTile: true
  readonly launchHintKey: string
  readonly icon: string | null
  readonly values: Values
  readonly errors: Errors
  readonly hasErrors: boolean
  readonly lines: readonly LineProblem[]
  readonly assurances: readonly (Choice & { readonly id: string })[]
  readonly nameIdFormats: readonly Choice[]
  readonly rows: readonly AttributeRow[]
  readonly facts: readonly string[]
  readonly functions: readonly string[]
  /** What was read from metadata waits to be looked at and saved. */
  readonly wasRead: boolean
  /** What was wrong with metadata, or left out. */
  readonly notes: readonly MetadataNote[]
  /** Folded parts open by themselves where something in them needs a look. */
  readonly importOpen: boolean
  readonly keysOpen: boolean
  readonly signOutOpen: boolean
}

declare module '../../../http/views/model.ts' {
  interface Views {
    'admin/saml-form': FederatedFormPage<SamlValues>
    'admin/wsfed-form': FederatedFormPage<WsFedValues>
  }
}
