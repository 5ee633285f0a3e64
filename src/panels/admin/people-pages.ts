import type { GroupMethodFlags } from '../../directory/index.ts'
import type { ComputerRow } from '../computer-rows.ts'
import type { Choice } from './choices.ts'

type Errors = Readonly<Record<string, string | null>>

/** A status, role or outcome as a tag: words first, the tone is only the colour. */
export interface Tag { readonly labelKey: string; readonly tone: 'good' | 'warn' | 'bad' | 'plain' }
export interface Check { readonly id: string; readonly value: string; readonly label: string; readonly checked: boolean }
export interface Pager { readonly first: string | null; readonly next: string | null }

export interface EventRow {
  readonly at: number
  readonly actionKey: string
  readonly actor: string
  /** Whom or what it was done to; null when that is the person whose page it is. */
  readonly target: string | null
  readonly outcome: 'success' | 'failure' | 'denied'
  /** '' for what was not done in a browser. */
  readonly device: string
  readonly ip: string | null
}

export interface DashboardPage {
  /** Open alerts about Microsoft 365, for those who may look at them. */
  readonly alerts: number
  readonly directoryAlerts: number
  readonly numbers: readonly { readonly href: string; readonly labelKey: string; readonly value: number }[]
  /** Empty once all of them are done. */
  readonly steps: readonly { readonly titleKey: string; readonly textKey: string; readonly href: string; readonly linkKey: string; readonly done: boolean }[]
  readonly events: readonly EventRow[]
}

export interface PersonRow {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly status: Tag
  readonly roleKey: string
  readonly keys: number
  readonly phone: Tag
  readonly lastSignInAt: number | null
  /** Whether the visitor may choose this person for an act on many. */
  readonly selectable: boolean
}

export interface PhoneAssignmentsPage {
  readonly groups: readonly Choice[]
  readonly note: string
  /** Whom a look beforehand found; null before it. */
  readonly preview: { readonly count: number; readonly more: boolean; readonly group: string | null; readonly names: readonly string[] } | null
  readonly runs: readonly { readonly id: string; readonly at: number; readonly group: string | null; readonly state: Tag; readonly sent: number; readonly passed: number; readonly waitingUntil: number | null; readonly running: boolean }[]
  readonly mailConfigured: boolean
  readonly phonesAllowed: boolean
}

export interface PeoplePage {
  readonly rows: readonly PersonRow[]
  readonly text: string
  readonly statuses: readonly Choice[]
  readonly roles: readonly Choice[]
  readonly groups: readonly Choice[]
  readonly keyStates: readonly Choice[]
  readonly filtered: boolean
  readonly mayInvite: boolean
  /** Where what is shown can be had as a file; null without the right to it, or to bring one. */
  readonly files: { readonly csv: string; readonly json: string } | null
  /** What may be done to many; empty for roles without a say. */
  readonly acts: readonly Choice[]
  readonly pager: Pager
}

export interface PersonForm {
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly groups: readonly Check[]
  readonly errors: Errors
  readonly hasErrors: boolean
}

export interface InvitationView {
  readonly purpose: 'invitation' | 'reset'
  readonly sentAt: number
  readonly expiresAt: number
  readonly openedAt: number | null
  readonly note: string
}

export interface KeyView {
  readonly id: string
  readonly name: string
  readonly kindKey: string
  readonly model: string | null
  readonly createdAt: number
  readonly lastUsedAt: number | null
  readonly suspended: boolean
}

/** One order as lists and the person's page show it. */
export interface MicrosoftKeyRow {
  readonly id: string
  readonly userId: string
  /** Empty on the person's own page. */
  readonly name: string
  readonly upn: string
  readonly phone: string
  readonly state: Tag
  readonly causeKey: string | null
  readonly fixKey: string | null
  /** Who ordered; empty for the rule. */
  readonly by: string
  readonly at: number
  readonly expiresAt: number | null
  readonly decidedAt: number | null
  readonly removing: boolean
  /** Which list the act comes back to. */
  readonly back: 'person' | 'list'
  readonly acts: { readonly cancel: boolean; readonly retry: boolean; readonly remove: boolean }
}

/** The card on a person's page; null where no domain of the organization can tell Microsoft of a key. */
export interface MicrosoftCard {
  readonly rows: readonly MicrosoftKeyRow[]
  readonly upn: string | null
  readonly mayOrder: boolean
  /** Why nothing can be ordered; null when something can. */
  readonly whyNotKey: string | null
  readonly whyNotHref: string | null
  readonly phones: readonly { readonly id: string; readonly name: string }[]
  readonly severalPhones: boolean
  readonly mayPass: boolean
}

export interface PersonPage {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly emailVerified: boolean
  readonly phone: string | null
  readonly status: Tag
  readonly roleKey: string
  readonly managedBy: string | null
  /** Why nothing can be changed here; null when something can. */
  readonly closedKey: string | null
  readonly self: boolean
  readonly mayEdit: boolean
  readonly language: string | null
  readonly createdAt: number
  readonly lastSignInAt: number | null
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  readonly invitationShown: boolean
  readonly invitation: InvitationView | null
  readonly mayInvite: boolean
  readonly mailConfigured: boolean
  readonly outboxHref: string | null
  readonly keys: readonly KeyView[]
  /** Without the suspended ones. */
  readonly workingKeys: number
  readonly recoveryLeft: number
  readonly mayKeys: boolean
  readonly phones: readonly { readonly id: string; readonly name: string; readonly model: string; readonly createdAt: number; readonly lastUsedAt: number | null; readonly lastIp: string | null; readonly suspended: boolean; readonly computers: readonly ComputerRow[] }[]
  /** New, pending or active, as the last thing that happened says (S102). */
  readonly phoneState: Tag
  readonly phoneActivation: { readonly createdAt: number; readonly openedAt: number | null; readonly expiresAt: number } | null
  readonly phonesPausedUntil: number | null
  readonly mayPhone: boolean
  readonly microsoft: MicrosoftCard | null
  /** A password that is kept here; a directory's is the directory's. */
  readonly password: { readonly changedAt: number; readonly blocked: boolean } | null
  readonly authenticators: readonly { readonly id: string; readonly name: string; readonly createdAt: number; readonly lastUsedAt: number | null; readonly blocked: boolean }[]
  readonly accessPass: { readonly once: boolean; readonly createdBy: string; readonly createdAt: number; readonly expiresAt: number } | null
  readonly mayPass: boolean
  readonly otherWaysShown: boolean
  readonly sessions: readonly { readonly id: string; readonly device: string; readonly ip: string; readonly createdAt: number; readonly lastSeenAt: number }[]
  readonly maySessions: boolean
  readonly events: readonly EventRow[]
  readonly auditHref: string
  /** What may be done to the whole account, the mildest first. */
  readonly acts: readonly { readonly textKey: string; readonly href: string; readonly labelKey: string; readonly danger: boolean; readonly direct: boolean }[]
}

/** One page for every act that asks first: what it does to whom, and one button. */
export interface ActPage {
  readonly titleKey: string
  readonly name: string
  readonly backHref: string
  readonly backText: string
  readonly points: readonly { readonly key: string; readonly name: string; readonly count: number }[]
  readonly items: readonly { readonly name: string; readonly href: string }[]
  readonly yesKey: string
  readonly danger: boolean
}

export interface BulkPage {
  readonly act: string
  readonly titleKey: string
  readonly textKey: string
  readonly yesKey: string
  readonly danger: boolean
  readonly people: readonly { readonly id: string; readonly name: string; readonly email: string }[]
  readonly left: readonly { readonly name: string; readonly email: string; readonly reasonKey: string }[]
  /** Only for adding to a group. */
  readonly groups: readonly Choice[]
}

export interface AccessPassPage {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly minutes: readonly Choice[]
  readonly once: boolean
  /** In the one answer that shows it. */
  readonly code: string | null
  readonly expiresAt: number
  readonly signInAddress: string
}

export interface GroupPage {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly managedBy: string | null
  readonly members: number
  readonly mayWrite: boolean
  /** What its people may use although the others do not, by locale key. */
  readonly methodKeys: readonly string[]
  readonly mayMethods: boolean
  readonly rows: readonly { readonly id: string; readonly name: string; readonly email: string; readonly status: Tag; readonly removable: boolean }[]
  readonly applications: readonly { readonly id: string; readonly name: string }[]
  readonly email: string
  readonly errors: Errors
  readonly hasErrors: boolean
  /** What the shown members have in their names. */
  readonly text: string
  /** Whether there are enough of them to search in. */
  readonly searchable: boolean
  readonly pager: Pager
}

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/dashboard': DashboardPage
    'admin/users': PeoplePage
    'admin/users-bulk': BulkPage
    'admin/phone-assignments': PhoneAssignmentsPage
    'admin/user-new': PersonForm & { readonly roles: readonly Choice[]; readonly note: string }
    'admin/user': PersonPage
    'admin/user-edit': PersonForm & {
      readonly id: string; readonly name: string; readonly self: boolean; readonly managedBy: string | null
      /** Empty when the role cannot be changed by this visitor. */
      readonly roles: readonly Choice[]
      readonly languages: readonly (Choice & { readonly lang: string | null })[]
    }
    'admin/act': ActPage
    'admin/groups': { readonly rows: readonly { readonly id: string; readonly name: string; readonly description: string; readonly managedBy: string | null; readonly members: number }[]; readonly mayWrite: boolean; readonly text: string; readonly searchable: boolean; readonly files: { readonly csv: string; readonly json: string } | null; readonly pager: Pager }
    'admin/group': GroupPage
    'admin/group-methods': { readonly id: string; readonly name: string; readonly flags: GroupMethodFlags }
    'admin/access-pass': AccessPassPage
    'admin/group-edit': { readonly id: string | null; readonly name: string; readonly description: string; readonly errors: Errors; readonly hasErrors: boolean }
  }
}
