import type { ComputerRow } from '../computer-rows.ts'
import type { StepRow, StepsCard } from './first-steps.ts'

type Errors = Readonly<Record<string, string | null>>

export interface Tile { readonly id: string; readonly name: string; readonly icon: string | null; readonly letter: string }

export interface KeyRow {
  readonly id: string
  readonly name: string
  readonly kindKey: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly suspended: boolean
}

export interface AuthenticatorRow { readonly id: string; readonly name: string; readonly createdAt: number; readonly lastUsedAt: number | null; readonly blocked: boolean }

export interface PhoneRow {
  readonly id: string
  readonly name: string
  readonly model: string
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly lastIp: string | null
  readonly suspended: boolean
  readonly computers: readonly ComputerRow[]
}

export interface SessionRow { readonly id: string; readonly device: string; readonly ip: string; readonly createdAt: number; readonly lastSeenAt: number; readonly current: boolean }

export interface ActivityRow {
  readonly at: number
  readonly site: string
  readonly siteId: string
  readonly userName: string
  readonly actionKey: string
  readonly outcome: 'success' | 'failure' | 'denied'
  readonly device: string
  readonly ip: string | null
}

export interface ActivityPage {
  readonly titleKey: string
  readonly rows: readonly ActivityRow[]
  readonly text: string
  readonly action: string
  readonly from: string
  readonly to: string
  readonly actions: readonly { readonly value: string; readonly labelKey: string; readonly selected: boolean; readonly text: null }[]
  readonly sizes: readonly { readonly value: string; readonly text: string; readonly selected: boolean; readonly labelKey: null }[]
  readonly filtered: boolean
  readonly pager: { readonly first: string | null; readonly next: string | null }
}

export interface ProfilePage {
  readonly name: string
  readonly email: string
  readonly phone: string | null
  readonly phoneVerified: boolean
  readonly managedBy: string | null
  readonly language: string | null
  readonly timeZone: string
  readonly smsPossible: boolean
}

declare module '../../http/views/model.ts' {
  interface Views {
    'account/apps': { readonly tiles: readonly Tile[]; readonly withoutKey: boolean; readonly administrator: boolean; readonly microsoft: 'open' | 'there' | null; readonly firstSteps: StepsCard | null }
    'account/start': { readonly steps: readonly StepRow[]; readonly open: number; readonly done: number; readonly all: number }
    'account/microsoft': {
      readonly upn: string | null; readonly stateKey: string; readonly open: boolean; readonly done: boolean; readonly doneAt: number | null; readonly securityInfo: string; readonly ownSteps: boolean; readonly paragraphs: readonly string[]
      /** What an administrator has done, or waits for; null where nothing is. */
      readonly behalfKey: string | null
      readonly keys: readonly { readonly name: string; readonly at: number }[]
    }
    'account/my-key': { readonly active: boolean; readonly plan: string; readonly name: string; readonly email: string; readonly keys: readonly KeyRow[]; readonly lastSignInAt: number | null; readonly firstSteps: StepsCard | null }
    'account/security': {
      readonly keys: readonly KeyRow[]; readonly phones: readonly PhoneRow[]; readonly pausedUntil: number | null; readonly phonesShown: boolean; readonly sessions: readonly SessionRow[]; readonly otherSessions: boolean
      readonly recoveryOffered: boolean; readonly recoveryLeft: number; readonly recoveryMade: boolean
      readonly passwordShown: boolean; readonly mayPassword: boolean; readonly passwordChangedAt: number | null; readonly passwordBlocked: boolean
      readonly authenticatorsShown: boolean; readonly mayTotp: boolean; readonly authenticators: readonly AuthenticatorRow[]
    }
    'account/phone-new': { readonly email: string; readonly phones: readonly { readonly id: string; readonly name: string }[]; readonly full: boolean; readonly onPhone: boolean }
    'account/phone-code': {
      readonly email: string; readonly name: string; readonly picture: string; readonly link: string; readonly code: string; readonly expiresAt: number; readonly secondsLeft: number
      readonly state: 'waiting' | 'opened' | 'approved' | 'denied' | 'expired'; readonly stateUrl: string; readonly nextAction: string; readonly skipHref: string; readonly refreshAction: string
      readonly replaces: string | null; readonly problem: string | null
    }
    'account/phone-edit': { readonly id: string; readonly name: string; readonly model: string; readonly createdAt: number; readonly lastUsedAt: number | null; readonly lastIp: string | null; readonly errors: Errors; readonly hasErrors: boolean }
    'account/password': { readonly email: string; readonly shortest: number; readonly changes: boolean; readonly errors: Errors; readonly hasErrors: boolean }
    'account/authenticator': { readonly picture: string; readonly seed: string; readonly uri: string; readonly name: string; readonly errors: Errors; readonly hasErrors: boolean }
    'account/way-removal': { readonly titleKey: string; readonly textKey: string; readonly yesKey: string; readonly name: string }
    'account/key-new': {
      readonly problem: string | null; readonly existingName: string | null
      /** Which computers reach a phone of this person already, or what is missing for it (S77); null where phones are not used. */
      readonly paired: { readonly pairs: readonly { readonly computer: string; readonly phone: string }[]; readonly missing: 'phone' | 'computer' | null } | null
    }
    'account/key-edit': { readonly id: string; readonly name: string; readonly isNew: boolean; readonly errors: Errors; readonly hasErrors: boolean }
    'account/key-removal': { readonly id: string; readonly name: string; readonly last: boolean; readonly locked: boolean }
    'account/recovery-codes': { readonly codes: readonly string[] | null; readonly left: number; readonly account: string; readonly madeAt: number; readonly onward: string }
    'account/activity': ActivityPage
    'account/profile': ProfilePage
    'account/profile-name': { readonly givenName: string; readonly familyName: string; readonly errors: Errors; readonly hasErrors: boolean }
    'account/profile-contact': { readonly kind: 'email' | 'phone'; readonly value: string; readonly current: string | null; readonly errors: Errors; readonly hasErrors: boolean }
    'account/profile-code': {
      readonly kind: 'email' | 'phone'; readonly destination: string; readonly expiresAt: number; readonly secondsLeft: number; readonly startAgain: string
      readonly errors: Errors; readonly hasErrors: boolean; readonly triesLeft: number | null; readonly over: boolean
    }
    'account/profile-preferences': {
      readonly languages: readonly { readonly value: string; readonly text: string; readonly lang: string | null; readonly selected: boolean; readonly labelKey: string | null }[]
      readonly zones: readonly { readonly value: string; readonly text: string; readonly selected: boolean; readonly labelKey: null }[]
    }
    'account/settings': { readonly active: boolean; readonly email: string }
    'account/deletion': { readonly email: string }
  }
}
