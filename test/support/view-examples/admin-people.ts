import type { Views } from '../../../src/http/index.ts'
import type { EventRow, Tag } from '../../../src/panels/admin/people-pages.ts'

type People = 'admin/dashboard' | 'admin/users' | 'admin/users-bulk' | 'admin/user-new' | 'admin/user' | 'admin/user-edit' | 'admin/act' | 'admin/groups' | 'admin/group' | 'admin/group-edit'

const at = Date.UTC(2026, 10, 24, 9, 30)
const active: Tag = { labelKey: 'people.status.active', tone: 'good' }
const pending: Tag = { labelKey: 'people.status.pending', tone: 'warn' }
const choice = (value: string, labelKey: string, selected = false) => ({ value, text: null, labelKey, selected })
const roles = [choice('user', 'people.role.user', true), choice('helpdesk', 'people.role.helpdesk'), choice('administrator', 'people.role.administrator')]
const groups = [{ id: 'group-1', value: '1', label: 'Engineering', checked: true }, { id: 'group-2', value: '2', label: 'Finance', checked: false }]
const events: EventRow[] = [
  { at, actionKey: 'activity.action.session.opened', actor: 'barbara@example.com', target: 'Payroll', outcome: 'success', device: 'Firefox, Linux', ip: '192.0.2.7' },
  { at: at - 60_000, actionKey: 'activity.action.signin.refused', actor: 'edsger@example.com', target: null, outcome: 'denied', device: '', ip: null },
]

/** One of each page about people and groups, with everything on it that can be. */
export const adminPeopleExamples: { readonly [N in People]: Views[N] } = {
  'admin/dashboard': {
    numbers: [{ href: '/admin/users?status=active', labelKey: 'people.number.active', value: 1_204 }, { href: '/admin/applications', labelKey: 'people.number.applications', value: 3 }],
    steps: [
      { titleKey: 'people.step.spare', textKey: 'people.step.spare_text', linkKey: 'people.step.spare_link', href: '/security', done: true },
      { titleKey: 'people.step.mail', textKey: 'people.step.mail_text', linkKey: 'people.step.mail_link', href: '/admin/settings', done: false },
    ],
    events,
  },
  'admin/users': {
    rows: [
      { id: 'barbara', name: 'Barbara Liskov', email: 'barbara@example.com', status: active, roleKey: 'people.role.user', keys: 2, lastSignInAt: at, selectable: true },
      { id: 'tim', name: 'tim@example.com', email: 'tim@example.com', status: pending, roleKey: 'people.role.user', keys: 0, lastSignInAt: null, selectable: false },
    ],
    text: 'b', filtered: true, mayInvite: true, statuses: [choice('', 'common.all', true), choice('invited', 'people.status.invited')], roles: [choice('', 'common.all', true), ...roles],
    groups: [choice('', 'common.all', true), { value: '1', text: 'Engineering', labelKey: null, selected: false }], keyStates: [choice('', 'common.all', true), choice('none', 'people.keys.filter_none')],
    acts: [choice('invite', 'people.bulk.invite'), choice('suspend', 'people.bulk.suspend')], pager: { first: '/admin/users', next: '/admin/users?after=x' },
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
    closedKey: 'people.closed.above', self: false, mayEdit: true, language: 'Persian', createdAt: at - 86_400_000, lastSignInAt: at, groups: [{ id: '1', name: 'Engineering' }],
    invitationShown: true, invitation: { purpose: 'reset', sentAt: at, expiresAt: at + 604_800_000, openedAt: at + 3_600_000, note: 'For your new laptop.' }, mayInvite: true, mailConfigured: false,
    outboxHref: '/admin/settings/outbox', recoveryLeft: 7, mayKeys: true, maySessions: true, events, auditHref: '/admin/audit?person=barbara',
    keys: [
      { id: 'blue', name: 'Blue key on the keyring', kindKey: 'account.key.kind.security-key', model: 'YubiKey 5', createdAt: at, lastUsedAt: at, suspended: false },
      { id: 'laptop', name: 'Laptop', kindKey: 'account.key.kind.platform', model: null, createdAt: at, lastUsedAt: null, suspended: true },
    ],
    sessions: [{ id: 's1', device: 'Chrome, Windows', ip: '192.0.2.7', createdAt: at, lastSeenAt: at }],
    acts: [
      { textKey: 'people.resume.short', labelKey: 'people.resume.button', href: '/admin/users/barbara/resumption', danger: false, direct: true },
      { textKey: 'people.delete.short', labelKey: 'people.delete.button', href: '/admin/users/barbara/deletion', danger: true, direct: false },
    ],
  },
  'admin/user-edit': {
    id: 'grace', name: 'Grace Hopper', self: false, managedBy: null, email: 'grace@example.com', givenName: '', familyName: 'Hopper', roles, groups, hasErrors: true,
    languages: [{ ...choice('', 'people.language.auto', true), lang: null }, { value: 'fa', lang: 'fa', text: 'فارسی', labelKey: null, selected: false }], errors: { email: null, given_name: 'people.error.name', family_name: null },
  },
  'admin/act': {
    titleKey: 'people.group_delete.title', name: 'Finance', backHref: '/admin/groups/2', backText: 'Finance', yesKey: 'people.group_delete.yes', danger: true,
    points: ['text', 'point_people', 'point_applications'].map((key) => ({ key: `people.group_delete.${key}`, name: 'Finance', count: 12 })), items: [{ name: 'Payroll', href: '/admin/applications/1' }],
  },
  'admin/groups': {
    rows: [{ id: '1', name: 'Engineering', description: 'Builds and runs the machines', managedBy: null, members: 12 }, { id: '2', name: 'Finance', description: '', managedBy: 'Active Directory', members: 1 }], mayWrite: true,
  },
  'admin/group': {
    id: '1', name: 'Engineering', description: 'Builds and runs the machines', managedBy: null, members: 2, mayWrite: true, email: 'nobody@example.com', errors: { email: 'people.error.nobody' }, hasErrors: true,
    rows: [
      { id: 'barbara', name: 'Barbara Liskov', email: 'barbara@example.com', status: active, removable: true }, { id: 'tim', name: 'tim@example.com', email: 'tim@example.com', status: pending, removable: false },
    ],
    applications: [{ id: 'wiki', name: 'Wiki' }], pager: { first: null, next: '/admin/groups/1?after=x' },
  },
  'admin/group-edit': { id: null, name: '', description: 'Who pays', errors: { name: 'people.error.group_name', description: null }, hasErrors: true },
}
