import type { Choice } from '../choices.ts'
import type { MicrosoftKeyRow, Pager } from '../people-pages.ts'

export type Tone = 'good' | 'warn' | 'bad' | 'plain'
export interface DomainHead { readonly id: string; readonly domain: string }

export interface FindingRow {
  readonly tone: Tone
  readonly severityKey: string
  readonly textKey: string
  readonly fixKey: string | null
  readonly count: number
  readonly examples: readonly string[]
  readonly more: boolean
}

export interface AlertRow { readonly key: string; readonly domain: string; readonly fields: string; readonly reason: string; readonly days: string; readonly grave: boolean; readonly raisedAt: number; readonly href: string }
export interface DifferenceRow { readonly field: string; readonly wanted: string; readonly actual: string; readonly grave: boolean }
export interface ProblemRow { readonly field: string; readonly problemKey: string }
export interface RequestRow { readonly id: string; readonly text: string }
export interface Fact { readonly labelKey: string; readonly id: string; readonly value: string }
export interface ConsentView { readonly by: string; readonly at: number; readonly version: number }
export type FieldErrors = Readonly<Record<string, string | null>>

export interface IdentityRow { readonly userId: string; readonly name: string; readonly email: string; readonly upn: string | null; readonly immutableId: string | null; readonly outside: boolean }
export interface ImportRowView { readonly line: number | null; readonly name: string | null; readonly upn: string; readonly immutableId: string | null; readonly before: string | null; readonly verdictKey: string; readonly tone: Tone; readonly changeId: string | null }

declare module '../../../http/views/model.ts' {
  interface Views {
    'admin/microsoft': {
      readonly mayWrite: boolean
      readonly alerts: readonly AlertRow[]
      readonly domains: readonly (DomainHead & { readonly protocolKey: string; readonly on: boolean; readonly certificateUntil: number })[]
    }
    'admin/microsoft-protocol': { readonly protocol: string }
    'admin/microsoft-domain-new': { readonly protocol: string; readonly protocolKey: string; readonly domain: string; readonly clouds: readonly Choice[]; readonly loginHost: string; readonly graphHost: string; readonly errors: FieldErrors; readonly hasErrors: boolean }
    'admin/microsoft-domain': DomainHead & {
      readonly alerts: readonly AlertRow[]
      readonly mayWrite: boolean
      readonly on: boolean
      readonly applicationOff: boolean
      readonly protocolKey: string
      readonly steps: readonly { readonly titleKey: string; readonly textKey: string; readonly href: string; readonly done: boolean }[]
      readonly facts: readonly Fact[]
      readonly certificateUntil: number
      readonly nextCertificate: boolean
      readonly lastSeenAt: number | null
      readonly guardOn: boolean
      readonly autopilotOn: boolean
      readonly connectedUntil: number | null
      readonly removable: boolean
      readonly tryHref: string
    }
    'admin/microsoft-settings': DomainHead & {
      readonly protocol: string; readonly displayName: string; readonly behaviors: readonly Choice[]; readonly alwaysMfa: boolean; readonly wsTrust: boolean; readonly signedRequests: boolean; readonly requestCertificates: string
      readonly tenantId: string; readonly clientId: string; readonly certificateCredential: boolean; readonly guard: boolean; readonly autopilot: boolean; readonly credential: Fact | null; readonly credentialUntil: number | null
      readonly clouds: readonly Choice[]; readonly loginHost: string; readonly graphHost: string; readonly errors: FieldErrors; readonly hasErrors: boolean
    }
    'admin/microsoft-connection': DomainHead & { readonly purposeKey: string; readonly goal: string; readonly back: string; readonly offlineHref: string | null; readonly code: { readonly userCode: string; readonly verificationUri: string; readonly expiresAt: number } | null; readonly problemKey: string | null; readonly said: string | null }
    'admin/microsoft-refused': DomainHead & { readonly causeKey: string; readonly fixKey: string; readonly said: string; readonly requestId: string | null }
    'admin/microsoft-preflight': DomainHead & { readonly asked: boolean; readonly stopped: boolean; readonly findings: readonly FindingRow[] }
    'admin/microsoft-plan': DomainHead & { readonly asked: boolean; readonly kindKey: string; readonly differences: readonly DifferenceRow[]; readonly problems: readonly ProblemRow[]; readonly requests: readonly RequestRow[]; readonly apply: string; readonly verify: string; readonly undo: string; readonly on: boolean; readonly mayWrite: boolean }
    'admin/microsoft-apply': DomainHead & { readonly kindKey: string; readonly problems: readonly ProblemRow[]; readonly findings: readonly FindingRow[]; readonly requests: readonly RequestRow[]; readonly reasonKey: string | null; readonly errors: FieldErrors; readonly hasErrors: boolean }
    'admin/microsoft-check': DomainHead & { readonly outcomeKey: string; readonly tone: Tone; readonly differences: readonly DifferenceRow[]; readonly tryHref: string }
    'admin/microsoft-undo': DomainHead & { readonly backup: { readonly savedAt: number; readonly managed: boolean; readonly issuer: string } | null; readonly requests: readonly RequestRow[]; readonly script: string }
    'admin/microsoft-certificate': DomainHead & {
      readonly certificates: readonly { readonly stateKey: string; readonly fingerprint: string; readonly until: number; readonly signs: boolean }[]; readonly steps: readonly { readonly key: string; readonly at: number }[]; readonly mayWrite: boolean
    }
    'admin/microsoft-identities': { readonly mayWrite: boolean; readonly text: string; readonly without: boolean; readonly rows: readonly IdentityRow[]; readonly pager: { readonly first: string | null; readonly next: string | null }; readonly domains: readonly DomainHead[]; readonly fillable: number }
    'admin/microsoft-identity': { readonly userId: string; readonly name: string; readonly email: string; readonly upn: string; readonly immutableId: string; readonly before: string | null; readonly change: boolean; readonly setUpKey: string; readonly setUpDone: boolean; readonly errors: FieldErrors; readonly hasErrors: boolean }
    'admin/microsoft-import': { readonly table: string; readonly errors: FieldErrors; readonly hasErrors: boolean }
    'admin/microsoft-import-plan': { readonly table: string; readonly from: string | null; readonly action: string; readonly lines: readonly ImportRowView[]; readonly counts: readonly { readonly labelKey: string; readonly value: number }[]; readonly nothing: boolean }
    'admin/microsoft-explain': { readonly pasted: string; readonly asked: boolean; readonly explanations: readonly { readonly code: string; readonly causeKey: string | null; readonly fixKey: string | null }[]; readonly correlationId: string | null; readonly requestId: string | null; readonly timestamp: string | null }
    'admin/microsoft-windows': { readonly settings: readonly { readonly id: string; readonly name: string; readonly omaUri: string; readonly type: string; readonly value: string }[]; readonly package: readonly { readonly path: string; readonly value: string }[]; readonly hosts: readonly string[] | null; readonly one: boolean }
    'admin/microsoft-checklist': { readonly steps: readonly string[]; readonly unproven: readonly string[]; readonly limits: readonly string[] }
    'admin/microsoft-keys': {
      readonly mayOrder: boolean; readonly mayWrite: boolean; readonly consent: ConsentView | null; readonly onActivation: boolean; readonly text: string; readonly states: readonly Choice[]; readonly filtered: boolean
      readonly counts: readonly { readonly labelKey: string; readonly value: number }[]; readonly rows: readonly MicrosoftKeyRow[]; readonly pager: Pager
    }
    'admin/microsoft-keys-check': { readonly permission: string; readonly passPermission: string; readonly domains: readonly (DomainHead & { readonly findings: readonly FindingRow[] })[] }
    'admin/microsoft-keys-new': {
      readonly consented: boolean; readonly text: string; readonly group: string; readonly groupName: string; readonly groups: readonly Choice[]; readonly pager: Pager; readonly errors: FieldErrors; readonly hasErrors: boolean
      readonly rows: readonly { readonly userId: string; readonly name: string; readonly email: string; readonly upn: string; readonly phones: number }[]
    }
    'admin/microsoft-consent': { readonly consent: ConsentView | null; readonly points: readonly string[]; readonly permission: string; readonly errors: FieldErrors; readonly hasErrors: boolean }
    'admin/microsoft-pass': {
      readonly id: string; readonly name: string; readonly upn: string; readonly once: boolean; readonly permission: string; readonly minutes: readonly Choice[]
      /** In the one answer that shows it. */
      readonly code: string | null
      readonly until: number; readonly onceOnly: boolean; readonly unusable: boolean; readonly causeKey: string | null; readonly fixKey: string | null; readonly said: string
    }
    'admin/microsoft-people': { readonly requirements: readonly Choice[]; readonly texts: readonly { readonly name: string; readonly language: string; readonly value: string }[]; readonly errors: FieldErrors; readonly hasErrors: boolean }
  }
}
