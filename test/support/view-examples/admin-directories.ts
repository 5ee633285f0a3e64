import type { Views } from '../../../src/http/index.ts'
import { mappedFields } from '../../../src/directory/sync/index.ts'
import { hours, minutes, moment } from './moment.ts'

type Page =
  | 'admin/directories' | 'admin/directory-kinds' | 'admin/directory-connection' | 'admin/directory-people' | 'admin/directory-mapping' | 'admin/directory-rules' | 'admin/directory' | 'admin/directory-check' | 'admin/directory-run'
  | 'admin/directory-conflicts' | 'admin/directory-removal'

const head = { id: 'ad', name: 'Head office' }
const trouble = { text: 'dc1.example.com did not answer on port 636 within 5 seconds.', fix: 'A firewall between the two may drop the connection; ask for it to be opened.' }
const alerts = [{ text: 'The directory Head office would change more than it may by itself. Its plan waits for a decision.', at: moment - hours(1), href: '/admin/directories/ad' }]
const sample: Views['admin/directory-check']['sample'] = [
  {
    dn: 'CN=Grace Hopper,OU=Navy,DC=example,DC=com', name: 'Grace Hopper', state: { labelKey: 'directory.sample.in', tone: 'good' }, problem: null,
    facts: [{ labelKey: 'directory.field.email', value: 'grace@example.com' }, { labelKey: 'directory.field.department', value: 'Computing' }, { labelKey: 'directory.field.anchor', value: 'vqR3gqX1rkSbnyHdPiPWmw==' }],
  },
  { dn: 'CN=Printer,OU=Navy,DC=example,DC=com', name: 'CN=Printer,OU=Navy,DC=example,DC=com', state: { labelKey: 'directory.sample.not_usable', tone: 'bad' }, problem: 'directory.conflict.no_email', facts: [{ labelKey: 'directory.sample.found', value: 'mail' }] },
]
const run: Views['admin/directory-run']['run'] = {
  id: 'r1', at: moment - minutes(3), modeKey: 'directory.mode.changes', by: 'by itself', state: { labelKey: 'directory.run.waiting', tone: 'warn' }, people: 12_003, perSecond: 9_800, seconds: 4, changes: 1_310,
}
const noErrors = <N extends string>(...names: N[]) => Object.fromEntries(names.map((name) => [name, null])) as Record<N, null>

/** One of each page about directories, with everything on it that can be. */
export const adminDirectoriesExamples: { readonly [N in Page]: Views[N] } = {
  'admin/directories': {
    rows: [
      { ...head, kindKey: 'directory.kind.active-directory', state: { labelKey: 'directory.state.waiting', tone: 'warn' }, successAt: moment - hours(2), nextAt: moment + minutes(1), people: 12_003, conflicts: 2 },
      { id: 'lab', name: 'Laboratory', kindKey: 'directory.kind.openldap', state: { labelKey: 'directory.state.off', tone: 'plain' }, successAt: null, nextAt: null, people: 0, conflicts: 0 },
    ],
    alerts, mayWrite: true,
  },
  'admin/directory-kinds': { kinds: ['active-directory', 'openldap', 'generic'] },
  'admin/directory-connection': {
    id: null, kind: 'active-directory', name: 'Head office', servers: 'ldap://dc1.example.com\nldaps://dc2.example.com', startTls: false, serverName: '', ca: '', method: 'simple', bindName: 'sync@example.com', certificate: '', hasSecret: false,
    errors: { ...noErrors('name', 'server_name', 'ca', 'bind_name', 'certificate', 'private_key'), servers: 'directory.form.error.plain', secret: 'directory.form.error.secret' }, hasErrors: true,
  },
  'admin/directory-people': {
    ...head, base: 'dc=example,dc=com', groupBase: '', scope: 'sub', userFilter: '(objectClass=inetOrgPerson', groupFilter: '(objectClass=groupOfNames)', anchor: 'entryUUID', mode: 'chosen', onlyMembers: true,
    groups: [{ id: 'group-0', value: '["a","Engineering"]', label: 'Engineering', checked: true, dn: '' }, { id: 'group-1', value: '["b","Engines"]', label: 'Engines', checked: false, dn: 'cn=engines,ou=groups,dc=example,dc=com' }],
    search: 'eng', found: 2, trouble, errors: { ...noErrors('base', 'group_base', 'group_filter', 'anchor', 'search'), user_filter: 'directory.form.error.filter' }, hasErrors: true,
  },
  'admin/directory-mapping': {
    ...head, fields: mappedFields.map((field) => ({ name: field, labelKey: `directory.field.${field}`, value: field === 'email' ? 'mail, userPrincipalName' : field, error: field === 'phone' ? 'directory.form.error.attributes' : null })), filter: '(mail=g*)', sample, looked: true, trouble: null,
    errors: { filter: null, phone: 'directory.form.error.attributes' }, hasErrors: true,
  },
  'admin/directory-rules': {
    ...head, values: { every_seconds: '60', full_every_hours: '24', stale_minutes: '60', guard_percent: '5', guard_people: '500', keep_days: '-1', invite_per_day: '100', invite_units: 'ou=people,dc=example,dc=com' }, revokesMicrosoft: true, invites: true,
    groups: [{ id: 'invite-0', value: 'a', label: 'Engineering', checked: true }], hasErrors: true,
    errors: { ...noErrors('every_seconds', 'full_every_hours', 'stale_minutes', 'guard_percent', 'guard_people', 'invite_per_day', 'invite_units'), keep_days: 'directory.form.error.keep_days' },
  },
  'admin/directory': {
    ...head, kindKey: 'directory.kind.active-directory', state: { labelKey: 'directory.state.waiting', tone: 'warn' }, enabled: true, working: true, refresh: 3, progressText: 'Reading · 12,003 people · 9,800 per second', removing: false, mayWrite: true, trouble, alerts: [{ text: 'The directory Head office has not been read for more than 60 minutes.', at: moment - hours(1), href: null }], servers: 'ldaps://dc1.example.com · ldaps://dc2.example.com',
    base: 'DC=example,DC=com', groupsKey: 'directory.groups.chosen', successAt: moment - hours(2), nextAt: moment + minutes(1), fullAt: moment - hours(20), overview: { people: 12_003, groups: 41, suspended: 7, conflicts: 2 }, waiting: 'r1',
    runs: [run, { ...run, id: 'r0', modeKey: 'directory.mode.full', state: { labelKey: 'directory.run.reading', tone: 'plain' }, seconds: null }], pager: { first: '/admin/directories/ad', next: '/admin/directories/ad?before=r0' },
  },
  'admin/directory-check': {
    ...head, ok: false, sample,
    lines: [
      { stepKey: 'ldap.step.name', tag: { labelKey: 'directory.check.good', tone: 'good' }, text: 'dc1.example.com was found: 192.0.2.7.', fix: null }, { stepKey: 'ldap.step.tls', tag: { labelKey: 'directory.check.bad', tone: 'bad' }, ...trouble },
      { stepKey: 'ldap.step.controls', tag: { labelKey: 'directory.check.note', tone: 'warn' }, text: 'The server does not tell where its changes stand.', fix: 'That works.' },
    ],
  },
  'admin/directory-run': {
    ...head, run, working: false, refresh: null, progressText: '', stateKey: 'directory.run_text.waiting', planned: 1_310, applied: 0, timings: [{ labelKey: 'directory.timing.read', seconds: '1.2' }, { labelKey: 'directory.timing.plan', seconds: '0.4' }],
    reasons: [{ text: '1,204 of 12,003 would be taken away.' }], trouble: null, mayDecide: true,
    counts: [{ kindKey: 'directory.plan.update', value: 106, href: '/admin/directories/ad/runs/r1?kind=update', current: false }, { kindKey: 'directory.plan.suspend', value: 1_204, href: '/admin/directories/ad/runs/r1?kind=suspend', current: true }],
    items: [
      {
        name: 'Grace Hopper', href: '/admin/users/grace', dn: 'CN=Grace Hopper,OU=Navy,DC=example,DC=com', state: null, textKey: 'directory.because.left', detail: 'grace@example.com', owned: 'Engineering, Payroll', added: 0, removed: 0,
        differences: [{ label: 'Last name', before: '', after: 'Hopper' }, { label: 'Department', before: 'Navy', after: 'Computing' }],
      },
      { name: 'Engineering', href: null, dn: 'CN=Engineering,DC=example,DC=com', state: { labelKey: 'directory.item.skipped', tone: 'warn' }, textKey: null, detail: '', owned: null, added: 2, removed: 1, differences: [] },
    ],
    exports: { csv: '/admin/directories/ad/runs/r1/export?format=csv', json: '/admin/directories/ad/runs/r1/export?format=json' }, pager: { first: null, next: '/admin/directories/ad/runs/r1?kind=suspend&after=50' },
  },
  'admin/directory-conflicts': {
    ...head, mayWrite: true, pager: { first: null, next: '/admin/directories/ad/conflicts?after=x' },
    rows: [{ anchor: 'a', dn: 'CN=Grace Hopper,DC=example,DC=com', codeKey: 'directory.conflict.exists_here', detail: 'grace@example.com', adoptable: true }, { anchor: 'b', dn: 'CN=Printer,DC=example,DC=com', codeKey: 'directory.conflict.no_email', detail: '', adoptable: false }],
  },
  'admin/directory-removal': { ...head, people: 12_003, groups: 41 },
}

const page = adminDirectoriesExamples['admin/directory']
const plan = adminDirectoriesExamples['admin/directory-run']

export const adminDirectoriesVariants = {
  'admin/directories': { 'none yet': { rows: [], alerts: [], mayWrite: true } },
  'admin/directory-connection': { 'an old one by certificate': { ...adminDirectoriesExamples['admin/directory-connection'], id: 'ad', kind: 'openldap' as const, method: 'external' as const, hasSecret: true, errors: noErrors('name', 'servers', 'server_name', 'ca', 'bind_name', 'secret', 'certificate', 'private_key'), hasErrors: false } },
  'admin/directory-people': { 'nothing found': { ...adminDirectoriesExamples['admin/directory-people'], groups: [], search: 'moon', found: 0, trouble: null, mode: 'all' as const } },
  'admin/directory-mapping': { 'nobody there': { ...adminDirectoriesExamples['admin/directory-mapping'], sample: [], trouble } },
  'admin/directory': {
    'a new one': { ...page, enabled: false, working: false, refresh: null, progressText: '', trouble: null, alerts: [], base: '', successAt: null, nextAt: null, fullAt: null, overview: { people: 0, groups: 0, suspended: 0, conflicts: 0 }, waiting: null, runs: [], pager: { first: null, next: null } },
    'on its way out': { ...page, removing: true, mayWrite: false },
  },
  'admin/directory-check': { good: { ...adminDirectoriesExamples['admin/directory-check'], ok: true } },
  'admin/directory-run': {
    applying: { ...plan, working: true, refresh: 2, progressText: 'Applying · 300 of 1,310 changes done', applied: 300, mayDecide: false, reasons: [], stateKey: 'directory.run_text.applying' }, failed: { ...plan, trouble, counts: [], items: [], planned: 0, mayDecide: false, reasons: [], timings: [] },
  },
  'admin/directory-conflicts': { none: { ...adminDirectoriesExamples['admin/directory-conflicts'], rows: [], pager: { first: null, next: null } } },
} satisfies { [N in Page]?: Readonly<Record<string, Views[N]>> }
