import type { MessageState } from '../../messaging/index.ts'
import type { Choice } from './choices.ts'
import type { HueChoice } from './colours.ts'
import type { Effect, SignInErrors, SignInValues } from './sign-in-settings.ts'

export interface Method { readonly labelKey: string; readonly on: boolean }

export interface MessageRow {
  readonly id: string
  readonly recipient: string
  readonly templateKey: string
  readonly state: MessageState
  readonly stateKey: string
  readonly attempts: number
  readonly createdAt: number
  /** The next try of what waits, the end of what does not. */
  readonly at: number | null
  readonly lastError: string | null
  readonly opens: boolean
}

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/settings': {
      readonly mayWrite: boolean
      readonly name: string
      readonly language: string | null
      readonly hueKey: string
      readonly logo: string | null
      readonly methods: readonly Method[]
      readonly idleMinutes: number
      readonly absoluteHours: number
      readonly invitationDays: number
      readonly mailConfigured: boolean
      readonly smsConfigured: boolean
    }
    'admin/settings-organization': {
      readonly name: string
      readonly languages: readonly (Choice & { readonly lang: string | null })[]
      readonly hues: readonly HueChoice[]
      readonly logo: string | null
      readonly errors: { readonly name: string | null; readonly logo: string | null }
      readonly hasErrors: boolean
    }
    'admin/settings-sign-in': { readonly values: SignInValues; readonly smsChecked: boolean; readonly smsMissing: boolean; readonly smsHintKey: string; readonly errors: SignInErrors; readonly hasErrors: boolean }
    'admin/settings-sign-in-confirmation': {
      readonly changes: readonly { readonly labelKey: string; readonly before: string; readonly after: string }[]
      readonly effects: readonly Effect[]
      readonly fields: readonly { readonly name: string; readonly value: string }[]
    }
    'admin/settings-mail': { readonly configured: boolean; readonly email: string; readonly messages: readonly MessageRow[] }
    'admin/outbox': { readonly configured: boolean; readonly messages: readonly MessageRow[]; readonly states: readonly Choice[]; readonly filtered: boolean; readonly pager: { readonly first: string | null; readonly next: string | null } }
    'admin/message': {
      readonly id: string
      readonly recipient: string
      readonly templateKey: string
      readonly subject: string
      readonly text: string
      /** A link or code in it lets its reader in. */
      readonly letsIn: boolean
      /** The one link in it, where there is one to hand over. */
      readonly link: string | null
      readonly createdAt: number
      readonly expiresAt: number
    }
  }
}
