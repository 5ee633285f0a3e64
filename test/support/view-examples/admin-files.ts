import type { Views } from '../../../src/http/index.ts'
import { hours, moment } from './moment.ts'

type Page = 'admin/import' | 'admin/import-columns' | 'admin/import-run'

const choice = (value: string, labelKey: string, selected = false) => ({ value, text: null, labelKey, selected })
const fields = (selected: string) => ['', 'email', 'given_name', 'family_name', 'phone', 'locale', 'role', 'groups'].map((field) => choice(field, field === '' ? 'import.field.none' : `import.field.${field}`, field === selected))
const file = { fileName: 'people.csv', lines: 12_003, encodingKey: 'import.encoding.windows_1252', separatorKey: 'import.separator.semicolon' }

/** One of each page about files of people, with everything on it that can be. */
export const adminFilesExamples: { readonly [N in Page]: Views[N] } = {
  'admin/import': {
    recent: [
      { id: '1', fileName: 'people.csv', lines: 12_003, at: moment - hours(1), state: { labelKey: 'import.state.done', tone: 'good' } }, { id: '2', fileName: 'new-people.csv', lines: 1, at: moment - hours(3), state: { labelKey: 'import.state.checked', tone: 'warn' } },
    ],
    errors: { file: 'import.error.open_quote' }, hasErrors: true, line: 17,
  },
  'admin/import-columns': {
    id: '1', file, existing: 'update', invite: 'later', createGroups: true, mailConfigured: false, errors: { columns: 'import.error.no_email' }, hasErrors: true,
    columns: [
      { name: 'column_0', label: 'Personal-Nr.', samples: '4711 · 4712', options: fields('') }, { name: 'column_1', label: 'Nachname', samples: 'Liskov · Noether', options: fields('family_name') }, { name: 'column_2', label: 'Column 3', samples: '', options: fields('') },
    ],
  },
  'admin/import-run': {
    id: '1', file, state: 'checked', working: false, refresh: null, done: 0, progressText: '', numbers: [], problems: true, people: 11_900, invites: true,
    counts: [
      { tag: { labelKey: 'import.verdict.create', tone: 'good' }, value: 11_900, href: '/admin/users/import/1?verdict=create', current: false },
      { tag: { labelKey: 'import.verdict.problem', tone: 'bad' }, value: 3, href: '/admin/users/import/1?verdict=problem', current: true },
    ],
    rows: [
      { line: 12, tag: { labelKey: 'import.verdict.problem', tone: 'bad' }, text: '4711 · Liskov · barbara@', problemKey: 'import.problem.email_bad', column: 'E-Mail' },
      { line: 19, tag: { labelKey: 'import.verdict.problem', tone: 'bad' }, text: '4712 · Noether · emmy@example.com · x', problemKey: 'import.problem.more_cells', column: null },
    ],
    pager: { first: '/admin/users/import/1?verdict=problem', next: '/admin/users/import/1?verdict=problem&after=19' },
  },
}

const run = adminFilesExamples['admin/import-run']

export const adminFilesVariants = {
  'admin/import': { 'the first time': { recent: [], errors: { file: null }, hasErrors: false, line: 0 } },
  'admin/import-columns': { 'all guessed': { ...adminFilesExamples['admin/import-columns'], mailConfigured: true, createGroups: false, existing: 'skip' as const, invite: 'now' as const, errors: { columns: null }, hasErrors: false } },
  'admin/import-run': {
    checking: { ...run, state: 'checking' as const, working: true, refresh: 2, done: 4_500, progressText: '4,500 of 12,003 lines', counts: [], rows: [], problems: false, pager: { first: null, next: null } },
    applying: { ...run, state: 'applying' as const, working: true, refresh: 2, done: 800, progressText: '800 of 11,900 people', rows: [], pager: { first: null, next: null } },
    done: { ...run, state: 'done' as const, numbers: [{ labelKey: 'import.number.created', value: 11_900 }, { labelKey: 'import.number.waiting', value: 11_400 }], rows: [], pager: { first: null, next: null } },
    stopped: { ...run, state: 'stopped' as const, people: 0, problems: false },
    'nothing to do': { ...run, people: 0, problems: false, invites: false },
  },
} satisfies { [N in Page]?: Readonly<Record<string, Views[N]>> }
