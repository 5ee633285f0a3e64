import type { ImportState } from '../../directory/csv/index.ts'
import type { Choice } from './choices.ts'
import type { Pager, Tag } from './people-pages.ts'

type Errors = Readonly<Record<string, string | null>>

/** What was found out about a file, for the reader to agree with. */
export interface FileFacts { readonly fileName: string; readonly lines: number; readonly encodingKey: string; readonly separatorKey: string }

declare module '../../http/views/model.ts' {
  interface Views {
    'admin/import': {
      readonly recent: readonly { readonly id: string; readonly fileName: string; readonly lines: number; readonly at: number; readonly state: Tag }[]
      readonly errors: Errors
      readonly hasErrors: boolean
      /** Where the file goes wrong; 0 where that is not known. */
      readonly line: number
    }
    'admin/import-columns': {
      readonly id: string
      readonly file: FileFacts
      readonly columns: readonly { readonly name: string; readonly label: string; readonly samples: string; readonly options: readonly Choice[] }[]
      readonly existing: 'update' | 'skip'
      readonly invite: 'now' | 'later'
      readonly createGroups: boolean
      readonly mailConfigured: boolean
      readonly errors: Errors
      readonly hasErrors: boolean
    }
    'admin/import-run': {
      readonly id: string
      readonly file: FileFacts
      readonly state: ImportState
      /** The work goes on by itself; the page comes again by itself. */
      readonly working: boolean
      /** Seconds after which it does so without script. */
      readonly refresh: number | null
      readonly done: number
      readonly progressText: string
      /** By what becomes of the lines; each leads to them. */
      readonly counts: readonly { readonly tag: Tag; readonly value: number; readonly href: string; readonly current: boolean }[]
      readonly numbers: readonly { readonly labelKey: string; readonly value: number }[]
      readonly rows: readonly { readonly line: number; readonly tag: Tag; readonly text: string; readonly problemKey: string | null; readonly column: string | null }[]
      readonly problems: boolean
      /** How many people it would make or change. */
      readonly people: number
      readonly invites: boolean
      readonly pager: Pager
    }
  }
}
