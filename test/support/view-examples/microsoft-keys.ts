import type { Views } from '../../../src/http/index.ts'
import type { MicrosoftKeyRow } from '../../../src/panels/admin/people-pages.ts'
import { days, hours, moment } from './moment.ts'

type Page = 'admin/microsoft-keys' | 'admin/microsoft-keys-check' | 'admin/microsoft-keys-new' | 'admin/microsoft-consent' | 'admin/microsoft-pass'

const row: MicrosoftKeyRow = {
  id: 'k1', userId: 'barbara', name: '', upn: 'barbara.liskov@long-name-of-a-department.corp.example', phone: 'Pixel <9>', state: { labelKey: 'microsoft.key_state.registered', tone: 'good' }, causeKey: null, fixKey: null, by: 'Ada Lovelace',
  at: moment - days(2), expiresAt: null, decidedAt: moment - hours(3), removing: false, back: 'person', acts: { cancel: false, retry: false, remove: true },
}
/** One of each standing. */
export const microsoftKeyRows: readonly MicrosoftKeyRow[] = [
  row,
  { ...row, id: 'k2', phone: '', state: { labelKey: 'microsoft.key_state.waiting', tone: 'plain' }, by: '', decidedAt: null, expiresAt: moment + days(12), acts: { cancel: true, retry: false, remove: false } },
  { ...row, id: 'k3', state: { labelKey: 'microsoft.key_state.asked', tone: 'warn' }, causeKey: 'microsoft.key_reason.too_late.cause', fixKey: 'microsoft.key_reason.too_late.fix', decidedAt: null, expiresAt: moment + days(12), acts: { cancel: true, retry: false, remove: false } },
  { ...row, id: 'k4', state: { labelKey: 'microsoft.key_state.failed', tone: 'bad' }, causeKey: 'microsoft.key_reason.denied.cause', fixKey: 'microsoft.key_reason.denied.fix', acts: { cancel: false, retry: true, remove: false } },
]
const named = microsoftKeyRows.map((one, index) => ({ ...one, back: 'list' as const, name: ['Barbara Liskov', 'Edsger', 'Grace Hopper', 'Katherine <Johnson>'][index] ?? '' }))
const consent = { by: 'Ada Lovelace', at: moment, version: 1 }
const choice = (value: string, labelKey: string, selected = false) => ({ value, text: null, labelKey, selected })
const stop = { tone: 'bad', severityKey: 'microsoft.severity.stops', textKey: 'microsoft.key_finding.model_not_allowed.text', fixKey: 'microsoft.key_finding.model_not_allowed.fix', count: 1, examples: ['b5f0c3e2-6d1a-4a87-9c44-2f7be01d83a6'], more: false } as const
const minutes = [choice('60', 'people.pass.minutes.60', true), choice('480', 'people.pass.minutes.480')]
const none = { user: null }

export const microsoftKeyExamples: { readonly [N in Page]: Views[N] } = {
  'admin/microsoft-keys': {
    mayOrder: true, mayWrite: true, consent, onActivation: true, text: 'b', states: [choice('', 'common.all', true), choice('asked', 'microsoft.key_state.asked')], filtered: true, counts: [{ labelKey: 'microsoft.key_state.asked', value: 1_240 }, { labelKey: 'microsoft.key_state.registered', value: 17 }],
    rows: named, pager: { first: '/admin/microsoft365/keys', next: '/admin/microsoft365/keys?after=x' },
  },
  'admin/microsoft-keys-check': {
    permission: 'UserAuthMethod-Passkey.ReadWrite.All', passPermission: 'UserAuthMethod-TAP.ReadWrite.All',
    domains: [{ id: 'd0ma1n', domain: 'corp.example', findings: [stop, { ...stop, tone: 'good', severityKey: 'microsoft.severity.fine', textKey: 'microsoft.key_finding.policy_good.text', fixKey: null, examples: [] }] }],
  },
  'admin/microsoft-keys-new': {
    consented: false, text: '', group: 'g1', groupName: 'Engineering', groups: [choice('', 'common.all'), { value: 'g1', text: 'Engineering', labelKey: null, selected: true }], pager: { first: null, next: '/admin/microsoft365/keys/new?after=x' },
    rows: [{ userId: 'barbara', name: 'Barbara <Liskov>', email: 'b@corp.example', upn: 'b@corp.example', phones: 1 }, { userId: 'tim', name: 'Tim', email: 't@corp.example', upn: 't@corp.example', phones: 0 }], errors: { user: 'microsoft.keys.error.nobody' }, hasErrors: true,
  },
  'admin/microsoft-consent': { consent: null, points: ['orders', 'phone', 'rights', 'mail', 'removal', 'untried'].map((name) => `microsoft.consent.point_${name}`), permission: 'UserAuthMethod-Passkey.ReadWrite.All', errors: { agreed: 'microsoft.consent.error' }, hasErrors: true },
  'admin/microsoft-pass': { id: 'barbara', name: 'Barbara Liskov', upn: 'barbara@corp.example', once: true, permission: 'UserAuthMethod-TAP.ReadWrite.All', minutes, code: null, until: 0, onceOnly: true, unusable: false, causeKey: 'microsoft.key_reason.denied.cause', fixKey: 'microsoft.key_reason.denied.fix', said: 'Graph answered 403 Authorization_RequestDenied: Insufficient privileges' },
}

export const microsoftKeyVariants = {
  'admin/microsoft-keys': { 'before the consent': { ...microsoftKeyExamples['admin/microsoft-keys'], consent: null, onActivation: false, rows: [], counts: [], filtered: false, pager: { first: null, next: null } } },
  'admin/microsoft-keys-check': { 'without a domain': { ...microsoftKeyExamples['admin/microsoft-keys-check'], domains: [] } },
  'admin/microsoft-keys-new': { 'nobody left': { ...microsoftKeyExamples['admin/microsoft-keys-new'], consented: true, rows: [], errors: none, hasErrors: false, pager: { first: null, next: null } } },
  'admin/microsoft-consent': { given: { ...microsoftKeyExamples['admin/microsoft-consent'], consent, errors: { agreed: null }, hasErrors: false } },
  'admin/microsoft-pass': { 'with the pass': { ...microsoftKeyExamples['admin/microsoft-pass'], code: 'aXY*t4Z9', until: moment + hours(1), unusable: true, causeKey: null, fixKey: null, said: '' } },
}
