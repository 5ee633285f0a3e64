import type { DirectoryKind } from '../../../directory/sync/index.ts'
import type { Choice } from '../choices.ts'
import type { Check, Pager, Tag } from '../people-pages.ts'

type Errors = Readonly<Record<string, string | null>>

/** A problem with a directory's server, in the reader's words, with what to do. */
export interface TroubleText { readonly text: string; readonly fix: string | null }
export interface AlertText { readonly text: string; readonly at: number; readonly href: string | null }
export interface DirectoryHead { readonly id: string; readonly name: string }

/** A person as the directory would hand them over. */
export interface SampleRow {
  readonly dn: string
  readonly name: string
  readonly state: Tag
  /** Why nobody can be made of the entry; null for a person. */
  readonly problem: string | null
  readonly facts: readonly { readonly labelKey: string; readonly value: string }[]
}

export interface RunRow {
  readonly id: string
  readonly at: number
  readonly modeKey: string
  readonly by: string
  readonly state: Tag
  readonly people: number
  readonly perSecond: number
  readonly seconds: number | null
  readonly changes: number
}

export interface ConnectionForm {
  readonly id: string | null
  readonly kind: DirectoryKind
  readonly name: string
  readonly servers: string
  readonly startTls: boolean
  readonly serverName: string
  readonly ca: string
  readonly method: 'simple' | 'external'
  readonly bindName: string
  readonly certificate: string
  /** Kept already, and not shown. */
  readonly hasSecret: boolean
  readonly errors: Errors
  readonly hasErrors: boolean
}

export interface PeopleForm extends DirectoryHead {
  readonly base: string
  readonly groupBase: string
  readonly scope: 'sub' | 'one'
  readonly userFilter: string
  readonly groupFilter: string
  readonly anchor: string
  readonly mode: 'none' | 'all' | 'chosen'
  readonly onlyMembers: boolean
  readonly groups: readonly (Check & { readonly dn: string })[]
  readonly search: string
  /** What the directory answered to the search; null before one. */
  readonly found: number | null
  readonly trouble: TroubleText | null
  readonly errors: Errors
  readonly hasErrors: boolean
}

declare module '../../../http/views/model.ts' {
  interface Views {
    'admin/directories': {
      readonly rows: readonly (DirectoryHead & { readonly kindKey: string; readonly state: Tag; readonly successAt: number | null; readonly nextAt: number | null; readonly people: number; readonly conflicts: number })[]
      readonly alerts: readonly AlertText[]
      readonly mayWrite: boolean
    }
    'admin/directory-kinds': { readonly kinds: readonly DirectoryKind[] }
    'admin/directory-connection': ConnectionForm
    'admin/directory-people': PeopleForm
    'admin/directory-mapping': DirectoryHead & {
      readonly fields: readonly { readonly name: string; readonly labelKey: string; readonly value: string; readonly error: string | null }[]
      readonly filter: string
      readonly sample: readonly SampleRow[]
      readonly looked: boolean
      readonly trouble: TroubleText | null
      readonly errors: Errors
      readonly hasErrors: boolean
    }
    'admin/directory-rules': DirectoryHead & {
      readonly values: Readonly<Record<'every_seconds' | 'full_every_hours' | 'stale_minutes' | 'guard_percent' | 'guard_people' | 'keep_days' | 'invite_per_day' | 'invite_units', string>>
      readonly revokesMicrosoft: boolean
      readonly invites: boolean
      readonly groups: readonly Check[]
      readonly errors: Errors
      readonly hasErrors: boolean
    }
    'admin/directory': DirectoryHead & {
      readonly kindKey: string
      readonly state: Tag
      readonly enabled: boolean
      readonly working: boolean
      /** Seconds after which the page comes again without script. */
      readonly refresh: number | null
      readonly progressText: string
      readonly removing: boolean
      readonly mayWrite: boolean
      readonly trouble: TroubleText | null
      readonly alerts: readonly AlertText[]
      readonly servers: string
      readonly base: string
      readonly groupsKey: string
      readonly successAt: number | null
      readonly nextAt: number | null
      readonly fullAt: number | null
      readonly overview: { readonly people: number; readonly groups: number; readonly suspended: number; readonly conflicts: number }
      /** A plan that waits for a decision; null without one. */
      readonly waiting: string | null
      readonly runs: readonly RunRow[]
      readonly pager: Pager
    }
    'admin/directory-check': DirectoryHead & { readonly ok: boolean; readonly lines: readonly { readonly stepKey: string; readonly tag: Tag; readonly text: string; readonly fix: string | null }[]; readonly sample: readonly SampleRow[] }
    'admin/directory-run': DirectoryHead & {
      readonly run: RunRow
      readonly working: boolean
      readonly refresh: number | null
      readonly progressText: string
      readonly stateKey: string
      readonly planned: number
      readonly applied: number
      readonly timings: readonly { readonly labelKey: string; readonly seconds: string }[]
      readonly reasons: readonly { readonly text: string }[]
      readonly trouble: TroubleText | null
      readonly mayDecide: boolean
      readonly counts: readonly { readonly kindKey: string; readonly value: number; readonly href: string; readonly current: boolean }[]
      readonly items: readonly {
        readonly name: string
        readonly href: string | null
        readonly dn: string
        readonly state: Tag | null
        readonly textKey: string | null
        readonly detail: string
        readonly differences: readonly { readonly label: string; readonly before: string; readonly after: string }[]
        readonly owned: string | null
        readonly added: number
        readonly removed: number
      }[]
      readonly exports: { readonly csv: string; readonly json: string }
      readonly pager: Pager
    }
    'admin/directory-conflicts': DirectoryHead & {
      readonly rows: readonly { readonly anchor: string; readonly dn: string; readonly codeKey: string; readonly detail: string; readonly adoptable: boolean }[]
      readonly mayWrite: boolean
      readonly pager: Pager
    }
    'admin/directory-removal': DirectoryHead & { readonly people: number; readonly groups: number }
  }
}

export type { Choice }
