import { defaultSettings } from '../../../src/directory/index.ts'
import type { Views } from '../../../src/http/index.ts'
import { hueChoices } from '../../../src/panels/admin/colours.ts'
import type { MessageRow } from '../../../src/panels/admin/index.ts'
import { valuesOf } from '../../../src/panels/admin/sign-in-settings.ts'

type Settings = 'admin/settings' | 'admin/settings-organization' | 'admin/settings-sign-in' | 'admin/settings-sign-in-confirmation' | 'admin/settings-mail' | 'admin/outbox' | 'admin/message'

const at = Date.UTC(2026, 10, 24, 9, 30)
const message: MessageRow = {
  id: 'invitation', recipient: 'grace@example.com', templateKey: 'admin.outbox.template.invitation', state: 'waiting', stateKey: 'admin.outbox.state.waiting', attempts: 0, createdAt: at, at: null, lastError: null, opens: true,
}
const messages: MessageRow[] = [
  message,
  { ...message, id: 'again', templateKey: 'admin.outbox.template.key-added', attempts: 3, at: at + 60_000, lastError: 'Invalid login: 535 Authentication failed' },
  { ...message, id: 'sent', templateKey: 'admin.outbox.template.code', state: 'sent', stateKey: 'admin.outbox.state.sent', attempts: 1, at, opens: false },
  { ...message, id: 'failed', templateKey: 'admin.outbox.template.test-mail', state: 'failed', stateKey: 'admin.outbox.state.failed', attempts: 1, at, lastError: '550 no such mailbox', opens: false },
  { ...message, id: 'expired', recipient: '+491701234567', templateKey: 'admin.outbox.template.sms', state: 'expired', stateKey: 'admin.outbox.state.expired', at, opens: false },
]
const states = ['', 'waiting', 'sent', 'failed', 'expired'].map((value) => ({ value, text: null, labelKey: value === '' ? 'common.all' : `admin.outbox.state.${value}`, selected: value === 'waiting' }))

/** One of each page of the settings, with everything on it that can be. */
export const adminSettingsExamples: { readonly [N in Settings]: Views[N] } = {
  'admin/settings': {
    mayWrite: true, name: 'Analytical Engines', language: 'English', hueKey: 'admin.settings.hue.green', logo: '/brand/analytical-engines/logo?v=1', idleMinutes: 60, absoluteHours: 12, invitationDays: 7,
    methods: [{ labelKey: 'admin.settings.method.keys', on: true }, { labelKey: 'admin.settings.method.sms_code', on: false }], mailConfigured: false, smsConfigured: true,
  },
  'admin/settings-organization': {
    name: '', hues: hueChoices(42), logo: '/brand/analytical-engines/logo?v=1', errors: { name: 'admin.settings.error.name', logo: 'picture.error.too_large' }, hasErrors: true,
    languages: [{ value: '', text: null, lang: null, labelKey: 'admin.settings.language_auto', selected: true }, { value: 'de', text: 'Deutsch', lang: 'de', labelKey: null, selected: false }],
  },
  'admin/settings-sign-in': {
    values: { ...valuesOf(defaultSettings), idleMinutes: '4' }, smsChecked: false, smsMissing: true, smsHintKey: 'admin.settings.hint.sms_missing',
    errors: { idle_minutes: 'admin.settings.error.idle_minutes', absolute_hours: null, invitation_days: null }, hasErrors: true,
  },
  'admin/settings-sign-in-confirmation': {
    changes: [{ labelKey: 'admin.settings.field.emailCode', before: 'On', after: 'Off' }, { labelKey: 'admin.settings.field.idleMinutes', before: '60', after: '15' }],
    effects: [{ key: 'admin.settings.effect.locked_out', count: 37, grave: true }, { key: 'admin.settings.effect.recovery_off', count: 1, grave: false }],
    fields: [{ name: 'recovery_codes', value: 'yes' }, { name: 'user_verification', value: 'required' }],
  },
  'admin/settings-mail': { configured: false, email: 'ada@example.com', messages },
  'admin/outbox': { configured: false, messages, states, filtered: true, pager: { first: '/admin/settings/outbox?state=waiting', next: '/admin/settings/outbox?state=waiting&before=abc' } },
  'admin/message': {
    id: 'invitation', recipient: 'grace@example.com', templateKey: 'admin.outbox.template.invitation', subject: 'You are invited to Analytical Engines', text: 'Hello Grace,\n\nyou have been given an account.', letsIn: true,
    link: 'https://id.example.com/invitation/kJ3vXq0eT5mY8rW1zB6nC9uL2pS4dF7hG0aI-oE_xQw', createdAt: at, expiresAt: at + 604_800_000,
  },
}
