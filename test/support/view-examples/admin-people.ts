import type { Views } from '../../../src/http/index.ts'
import type { EventRow, Tag } from '../../../src/panels/admin/people-pages.ts'
import { microsoftKeyRows } from './microsoft-keys.ts'
import { days, hours, minutes, moment } from './moment.ts'

type Page = 'admin/dashboard' | 'admin/users' | 'admin/users-bulk' | 'admin/phone-assignments' | 'admin/user-new' | 'admin/user' | 'admin/user-edit' | 'admin/act' | 'admin/groups' | 'admin/group' | 'admin/group-methods' | 'admin/access-pass' | 'admin/group-edit'

const active: Tag = { labelKey: 'people.status.active', tone: 'good' }
const pending: Tag = { labelKey: 'people.status.pending', tone: 'warn' }
const choice = (value: string, labelKey: string, selected = false) => ({ value, text: null, labelKey, selected })
const roles = [choice('user', 'people.role.user', true), choice('helpdesk', 'people.role.helpdesk'), choice('administrator', 'people.role.administrator')]
const groups = [{ id: 'group-1', value: '1', label: 'Engineering', checked: true }, { id: 'group-2', value: '2', label: 'Finance', checked: false }]
const events: EventRow[] = [
  { at: moment, actionKey: 'activity.action.session.opened', actor: 'barbara@example.com', target: 'Payroll', outcome: 'success', device: 'Firefox, Linux', ip: '192.0.2.7' },
  { at: moment - minutes(1), actionKey: 'activity.action.signin.refused', actor: 'edsger@example.com', target: null, outcome: 'denied', device: '', ip: null },
]

/** One of each page about people and groups, with everything on it that can be. */
export const adminPeopleExamples: { readonly [N in Page]: Views[N] } = {
  'admin/dashboard': {
    alerts: 2, directoryAlerts: 1,
    numbers: [{ href: '/admin/users?status=active', labelKey: 'people.number.active', value: 1_204 }, { href: '/admin/applications', labelKey: 'people.number.applications', value: 3 }],
    steps: [
      { titleKey: 'people.step.spare', textKey: 'people.step.spare_text', linkKey: 'people.step.spare_link', href: '/security', done: true },
      { titleKey: 'people.step.mail', textKey: 'people.step.mail_text', linkKey: 'people.step.mail_link', href: '/admin/settings', done: false },
    ],
    events,
  },
  'admin/users': {
    rows: [
      { id: 'barbara', name: 'Barbara Liskov', email: 'barbara@example.com', status: active, roleKey: 'people.role.user', keys: 2, phone: { labelKey: 'people.phone.active', tone: 'good' }, lastSignInAt: moment - hours(2), selectable: true },
      { id: 'tim', name: 'tim@example.com', email: 'tim@example.com', status: pending, roleKey: 'people.role.user', keys: 0, phone: { labelKey: 'people.phone.pending', tone: 'warn' }, lastSignInAt: null, selectable: false },
    ],
    text: 'b', filtered: true, mayInvite: true, files: { csv: '/admin/users/export?format=csv&text=b', json: '/admin/users/export?format=json&text=b' }, statuses: [choice('', 'common.all', true), choice('invited', 'people.status.invited')], roles: [choice('', 'common.all', true), ...roles],
    groups: [choice('', 'common.all', true), { value: '1', text: 'Engineering', labelKey: null, selected: false }], keyStates: [choice('', 'common.all', true), choice('none', 'people.keys.filter_none')],
    acts: [choice('invite', 'people.bulk.invite'), choice('suspend', 'people.bulk.suspend')], pager: { first: '/admin/users', next: '/admin/users?after=x' },
  },
  'admin/phone-assignments': {
    groups: [choice('', 'people.assignment.everybody', true), { value: '1', text: 'Engineering', labelKey: null, selected: false }], note: 'Please do this before Friday.', mailConfigured: true, phonesAllowed: true,
    preview: { count: 42, more: false, group: null, names: ['Barbara Liskov', 'Tim Berners-Lee', 'Grace Hopper'] },
    runs: [
      { id: '2', at: moment - hours(1), group: 'Engineering', state: { labelKey: 'people.assignment.state.running', tone: 'warn' }, sent: 500, passed: 12, waitingUntil: moment + hours(1), running: true },
      { id: '1', at: moment - hours(30), group: null, state: { labelKey: 'people.assignment.state.done', tone: 'good' }, sent: 1, passed: 0, waitingUntil: null, running: false },
    ],
  },
  'admin/users-bulk': {
    act: 'groups', titleKey: 'people.bulk.groups', textKey: 'people.bulk.groups_text', yesKey: 'people.bulk.groups_yes', danger: false,
    people: [{ id: 'barbara', name: 'Barbara Liskov', email: 'barbara@example.com' }], left: [{ name: 'Ada Lovelace', email: 'ada@example.com', reasonKey: 'people.bulk.reason.above' }],
    groups: [{ value: '1', text: 'Engineering', labelKey: null, selected: true }],
  },
  'admin/user-new': {
    email: 'katherine@', givenName: 'Katherine', familyName: 'Johnson', note: 'Your account for the wiki.', roles, groups, hasErrors: true,
    errors: { email: 'people.error.email', given_name: null, family_name: null, note: null },
  },
  'admin/user': {
    id: 'barbara', name: 'Barbara Liskov', email: 'barbara@example.com', emailVerified: true, phone: '+49 170 1234567', status: active, roleKey: 'people.role.user', managedBy: 'Active Directory',
    closedKey: null, self: false, mayEdit: true, language: 'Persian', createdAt: moment - days(90), lastSignInAt: moment - hours(2), groups: [{ id: '1', name: 'Engineering' }],
    invitationShown: true, invitation: { purpose: 'reset', sentAt: moment - days(2), expiresAt: moment + days(5), openedAt: moment - hours(3), note: 'For your new laptop.' }, mayInvite: true, mailConfigured: false,
    outboxHref: '/admin/settings/outbox', workingKeys: 1, phones: [{ id: 'p1', name: 'Pixel of Barbara', model: 'Pixel 9', createdAt: moment - days(40), lastUsedAt: moment - hours(3), lastIp: '203.0.113.7', suspended: false, computers: [{ id: 'c1', name: 'Chrome on Windows', kindKey: 'account.computer.kind.extension', createdAt: moment - days(12), lastUsedAt: moment - hours(1), removalHref: '/admin/users/barbara/computers/c1/removal' }] }], phoneState: { labelKey: 'people.phone.active', tone: 'good' }, phoneActivation: null, phonesPausedUntil: null, mayPhone: true, microsoft: { rows: microsoftKeyRows, upn: 'barbara@corp.example', mayOrder: true, whyNotKey: 'microsoft.key_not.no_consent', whyNotHref: '/admin/microsoft365/keys/consent', phones: [{ id: 'p1', name: 'Pixel' }, { id: 'p2', name: 'iPhone' }], severalPhones: true, mayPass: true }, recoveryLeft: 7, mayKeys: true, password: { changedAt: moment - days(20), blocked: true }, authenticators: [{ id: 't1', name: 'Phone', createdAt: moment - days(9), lastUsedAt: null, blocked: false }], otherWaysShown: true, mayPass: true,
    accessPass: { once: true, createdBy: 'Ada Lovelace', createdAt: moment, expiresAt: moment + hours(1) }, maySessions: true, events, auditHref: '/admin/audit?person=barbara',
    keys: [
      { id: 'blue', name: 'Blue key on the keyring', kindKey: 'account.key.kind.security-key', model: 'YubiKey 5', createdAt: moment - days(40), lastUsedAt: moment - hours(2), suspended: false },
      { id: 'laptop', name: 'Laptop', kindKey: 'account.key.kind.platform', model: null, createdAt: moment - days(40), lastUsedAt: null, suspended: true },
    ],
    sessions: [{ id: 's1', device: 'Chrome, Windows', ip: '192.0.2.7', createdAt: moment - days(40), lastSeenAt: moment }],
    acts: [
      { textKey: 'people.suspend.short', labelKey: 'people.suspend.button', href: '/admin/users/barbara/suspension', danger: true, direct: false },
      { textKey: 'people.delete.short', labelKey: 'people.delete.button', href: '/admin/users/barbara/deletion', danger: true, direct: false },
    ],
  },
  'admin/user-edit': {
    id: 'grace', name: 'Grace Hopper', self: false, managedBy: null, email: 'grace@example.com', givenName: '', familyName: 'Hopper', roles, groups, hasErrors: true,
    languages: [{ ...choice('', 'people.language.auto', true), lang: null }, { value: 'fa', lang: 'fa', text: 'فارسی', labelKey: null, selected: false }], errors: { email: null, given_name: 'people.error.given_name', family_name: null },
  },
  'admin/act': {
    titleKey: 'people.group_delete.title', name: 'Finance', backHref: '/admin/groups/2', backText: 'Finance', yesKey: 'people.group_delete.yes', danger: true,
    points: ['text', 'point_people', 'point_applications'].map((key) => ({ key: `people.group_delete.${key}`, name: 'Finance', count: 12 })), items: [{ name: 'Payroll', href: '/admin/applications/1' }],
  },
  'admin/groups': {
    rows: [{ id: '1', name: 'Engineering', description: 'Builds and runs the machines', managedBy: null, members: 12 }, { id: '2', name: 'Finance', description: '', managedBy: 'Active Directory', members: 1 }], mayWrite: true, text: '', searchable: true, files: { csv: '/admin/groups/export?format=csv', json: '/admin/groups/export?format=json' }, pager: { first: null, next: '/admin/groups?after=x' },
  },
  'admin/group': {
    id: '1', name: 'Engineering', description: 'Builds and runs the machines', managedBy: null, members: 2, mayWrite: true, mayMethods: true, methodKeys: ['admin.settings.method.password', 'admin.settings.method.totp'], email: 'nobody@example.com', errors: { email: 'people.error.nobody' }, hasErrors: true, text: '', searchable: true,
    rows: [
      { id: 'barbara', name: 'Barbara Liskov', email: 'barbara@example.com', status: active, removable: true }, { id: 'tim', name: 'tim@example.com', email: 'tim@example.com', status: pending, removable: false },
    ],
    applications: [{ id: 'wiki', name: 'Wiki' }], pager: { first: null, next: '/admin/groups/1?after=x' },
  },
  'admin/group-methods': { id: 'g1', name: 'Warehouse', flags: { password: true, totp: false, accessPass: true, passwordEnrolsFirstKey: false } },
  'admin/access-pass': {
    id: 'u1', name: 'Grace Hopper', email: 'grace@navy.example', once: true, code: null, expiresAt: 0, signInAddress: 'https://id.navy.example/',
    minutes: ['10', '30', '60', '240', '480'].map((value) => ({ value, selected: value === '60', text: null, labelKey: `people.pass.minutes.${value}` })),
  },
  'admin/group-edit': { id: null, name: '', description: 'Who pays', errors: { name: 'people.error.group_name', description: null }, hasErrors: true },
}

const invited: Views['admin/user'] = {
  ...adminPeopleExamples['admin/user'], name: 'tim@example.com', email: 'tim@example.com', emailVerified: false, phone: null, status: { labelKey: 'people.status.new', tone: 'plain' }, managedBy: null, closedKey: null,
  language: null, lastSignInAt: null, groups: [], invitation: null, mailConfigured: true, keys: [], workingKeys: 0, phones: [], phoneState: { labelKey: 'people.phone.new', tone: 'plain' }, phoneActivation: null, phonesPausedUntil: null, mayPhone: true, microsoft: null, recoveryLeft: 0, sessions: [], events: [],
}

export const adminPeopleVariants = {
  'admin/dashboard': { 'all set': { ...adminPeopleExamples['admin/dashboard'], alerts: 0, directoryAlerts: 0, steps: [], events: [] } },
  'admin/users': { 'nobody found': { ...adminPeopleExamples['admin/users'], text: 'turing', rows: [], acts: [], mayInvite: false, files: null, pager: { first: null, next: null } } },
  'admin/users-bulk': {
    'no group yet': { ...adminPeopleExamples['admin/users-bulk'], groups: [], left: [] },
    'nobody left': { ...adminPeopleExamples['admin/users-bulk'], act: 'suspend', titleKey: 'people.bulk.suspend', textKey: 'people.bulk.suspend_text', yesKey: 'people.bulk.suspend_yes', danger: true, people: [] },
  },
  'admin/user-new': { 'by help desk': { ...adminPeopleExamples['admin/user-new'], roles: [], groups: [], hasErrors: false, errors: { email: null, given_name: null, family_name: null, note: null } } },
  'admin/user': {
    invited, 'seen by help desk': { ...adminPeopleExamples['admin/user'], mayPass: false, managedBy: null, closedKey: 'people.closed.above', mayEdit: false, mayInvite: false, outboxHref: null, mayKeys: false, maySessions: false, acts: [] },
    'of the reader': { ...adminPeopleExamples['admin/user'], managedBy: null, self: true, closedKey: 'people.closed.self', invitationShown: false, mayKeys: false, maySessions: false, acts: [] },
  },
  'admin/user-edit': {
    'of the reader': { ...adminPeopleExamples['admin/user-edit'], self: true, roles: [], hasErrors: false, errors: { email: null, given_name: null, family_name: null } },
    'kept by a directory': { ...adminPeopleExamples['admin/user-edit'], managedBy: 'Active Directory', groups: [], hasErrors: false, errors: { email: null, given_name: null, family_name: null } },
  },
  'admin/act': {
    'deleting a person': {
      titleKey: 'people.delete.title', name: 'Barbara Liskov', backHref: '/admin/users/barbara', backText: 'Barbara Liskov', yesKey: 'people.delete.yes', danger: true, items: [],
      points: ['text', 'point_keys', 'point_out', 'point_groups', 'point_log', 'point_final'].map((key) => ({ key: `people.delete.${key}`, name: 'Barbara Liskov', count: 2 })),
    },
    'resuming a key': {
      titleKey: 'people.key_resume.title', name: 'Blue key', backHref: '/admin/users/barbara', backText: 'Barbara Liskov', yesKey: 'people.key_resume.yes', danger: false, items: [],
      points: [{ key: 'people.key_resume.text', name: 'Blue key', count: 0 }],
    },
  },
  'admin/groups': {
    'none yet': { rows: [], mayWrite: false, text: '', searchable: false, files: null, pager: { first: null, next: null } },
    'none of that name': { rows: [], mayWrite: false, text: 'moon', searchable: true, files: null, pager: { first: null, next: null } },
  },
  'admin/access-pass': { 'just made': { ...adminPeopleExamples['admin/access-pass'], code: '7K2Q-X2MD-9V4T-C8HB', expiresAt: moment + hours(1) } },
  'admin/group': {
    'nobody in it': { ...adminPeopleExamples['admin/group'], mayMethods: false, methodKeys: [], members: 0, rows: [], applications: [], email: '', errors: { email: null }, hasErrors: false, pager: { first: null, next: null } },
    'kept by a directory': { ...adminPeopleExamples['admin/group'], managedBy: 'Active Directory', mayWrite: false, errors: { email: null }, hasErrors: false },
  },
  'admin/group-edit': { 'an old one': { id: '1', name: 'Engineering', description: '', errors: { name: null, description: null }, hasErrors: false } },
} satisfies { [N in Page]?: Readonly<Record<string, Views[N]>> }
