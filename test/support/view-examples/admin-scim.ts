import type { Views } from '../../../src/http/index.ts'
import { days, hours, moment } from './moment.ts'

type Page = 'admin/scim' | 'admin/scim-token-new' | 'admin/scim-token' | 'admin/scim-settings'

const choice = (value: string, labelKey: string, selected = false) => ({ value, labelKey, selected, text: null })

/** One of each page about SCIM, with everything on it that can be. */
export const adminScimExamples: { readonly [N in Page]: Views[N] } = {
  'admin/scim': {
    address: 'https://id.engines.example/scim/v2', insecure: true, people: 12_480, groups: 1, lastRequestAt: moment - hours(1), takeOver: true, keepDays: 30, mayWrite: true, mayAdd: true,
    tokens: [
      { id: 't1', name: 'Entra of the headquarters', scopeKey: 'admin.scim.scope.write', hint: 'x7Qk', createdAt: moment - days(20), expiresAt: moment + days(345), lastUsedAt: moment - hours(1), expired: false, ending: false },
      { id: 't2', name: 'Entra, before', scopeKey: 'admin.scim.scope.write', hint: 'a-_9', createdAt: moment - days(350), expiresAt: moment + days(15), lastUsedAt: moment - days(19), expired: false, ending: true },
      { id: 't3', name: 'Inventory <report>', scopeKey: 'admin.scim.scope.read', hint: 'ZZ0p', createdAt: moment - days(100), expiresAt: moment - days(10), lastUsedAt: null, expired: true, ending: false },
    ],
  },
  'admin/scim-token-new': {
    name: 'Entra <of> the headquarters', errors: { name: 'admin.scim.error.name' }, hasErrors: true,
    scopes: [choice('write', 'admin.scim.scope.write', true), choice('read', 'admin.scim.scope.read')], days: [choice('365', 'admin.scim.days.365', true), choice('90', 'admin.scim.days.90')],
  },
  'admin/scim-token': { name: 'Entra of the headquarters', token: 'doorward_scim_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789_-abcde', address: 'https://id.engines.example/scim/v2', expiresAt: moment + days(365) },
  'admin/scim-settings': { takeOver: true, keepDays: 'many', errors: { keep_days: 'admin.scim.error.keep_days' }, hasErrors: true },
}

export const adminScimVariants = {
  'admin/scim': { 'nothing yet, for a reader': { address: 'https://id.engines.example/scim/v2', insecure: false, people: 0, groups: 0, lastRequestAt: null, takeOver: false, keepDays: 1, mayWrite: false, mayAdd: true, tokens: [] } },
}
