import type { AuditOutcome } from '../../audit/index.ts'
import type { Choice } from './choices.ts'

export interface AuditRow {
  readonly id: string
  readonly at: number
  readonly actionKey: string
  /** As it is written down, for those who search for it. */
  readonly action: string
  readonly outcome: AuditOutcome
  readonly actor: string
  readonly actorKindKey: string
  readonly target: string | null
  readonly application: string | null
  readonly ip: string | null
  readonly device: string | null
  readonly userAgent: string | null
  /** For the link to everything that concerns the same person. */
  readonly personId: string | null
  readonly details: readonly { readonly name: string; readonly value: string }[]
  /** Its number in the log; null for the few seconds until it has one. */
  readonly seq: number | null
}

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/audit': {
      readonly rows: readonly AuditRow[]
      readonly text: string
      readonly person: string
      readonly personUnknown: boolean
      readonly from: string
      readonly to: string
      readonly groups: readonly { readonly labelKey: string; readonly options: readonly Choice[] }[]
      readonly outcomes: readonly Choice[]
      readonly sizes: readonly Choice[]
      readonly filtered: boolean
      /** Without these rights there is no export: null. */
      readonly exports: { readonly csv: string; readonly json: string } | null
      readonly pager: { readonly first: string | null; readonly next: string | null }
    }
  }
}
