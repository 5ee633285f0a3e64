import type { Choice } from './choices.ts'

export interface ScimTokenRow {
  readonly id: string
  readonly name: string
  readonly scopeKey: string
  readonly hint: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt: number | null
  readonly expired: boolean
  /** Ends within thirty days. */
  readonly ending: boolean
}

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/scim': {
      readonly address: string
      readonly insecure: boolean
      readonly people: number
      readonly groups: number
      readonly lastRequestAt: number | null
      readonly tokens: readonly ScimTokenRow[]
      readonly takeOver: boolean
      readonly keepDays: number
      readonly mayWrite: boolean
      /** Whether there may be another token. */
      readonly mayAdd: boolean
    }
    'admin/scim-token-new': { readonly name: string; readonly scopes: readonly Choice[]; readonly days: readonly Choice[]; readonly errors: { readonly name: string | null }; readonly hasErrors: boolean }
    /** Shown once. */
    'admin/scim-token': { readonly name: string; readonly token: string; readonly address: string; readonly expiresAt: number }
    'admin/scim-settings': { readonly takeOver: boolean; readonly keepDays: string; readonly errors: { readonly keep_days: string | null }; readonly hasErrors: boolean }
  }
}
