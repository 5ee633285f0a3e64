import type { ConnectFact } from './connect-fact.ts'
import type { Choice } from './choices.ts'
import type { ExternalMfaErrors, ExternalMfaValues } from './external-mfa-form.ts'
import type { Pager } from './people-pages.ts'

export interface ExternalMfaRow { readonly id: string; readonly name: string; readonly tenantId: string; readonly cloudKey: string; readonly enabled: boolean; readonly links: number }
export interface ExternalMfaLinkRow { readonly objectId: string; readonly userId: string; readonly email: string; readonly name: string; readonly createdAt: number; readonly lastUsedAt: number | null }

declare module '../../http/views/model.ts' {
  interface Views {
    /** `insecure`: this server has no https address, so Entra will not read from it. */
    'admin/external-mfa': { readonly rows: readonly ExternalMfaRow[]; readonly mayWrite: boolean; readonly insecure: boolean }
    'admin/external-mfa-connection': {
      readonly id: string
      readonly name: string
      readonly enabled: boolean
      readonly mayWrite: boolean
      readonly insecure: boolean
      /** What Entra is told of us, and what it has told us. */
      readonly facts: readonly ConnectFact[]
      readonly more: readonly ConnectFact[]
      readonly settings: { readonly cloudKey: string; readonly tenantId: string; readonly appId: string; readonly linkingKey: string; readonly maxAgeKey: string }
      readonly graph: string
      readonly powerShell: string
      readonly links: readonly ExternalMfaLinkRow[]
      readonly linkCount: number
      readonly pager: Pager
    }
    'admin/external-mfa-form': {
      /** null while it is new. */
      readonly id: string | null
      readonly values: ExternalMfaValues
      readonly errors: ExternalMfaErrors
      readonly hasErrors: boolean
      readonly clouds: readonly Choice[]
      readonly maxAges: readonly Choice[]
    }
    'admin/external-mfa-link': { readonly id: string; readonly name: string; readonly objectId: string; readonly email: string; readonly errors: { readonly object_id: string | null; readonly email: string | null }; readonly hasErrors: boolean }
  }
}
