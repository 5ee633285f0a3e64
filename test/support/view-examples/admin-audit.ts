import type { Views } from '../../../src/http/index.ts'
import { actionGroups } from '../../../src/panels/actions.ts'
import type { AuditRow } from '../../../src/panels/admin/audit-pages.ts'

const at = Date.UTC(2026, 10, 24, 9, 30)
const choice = (value: string, labelKey: string, selected = false) => ({ value, text: null, labelKey, selected })
const row: AuditRow = {
  id: 'event', at, actionKey: 'activity.action.session.opened', action: 'session.opened', outcome: 'success', actor: 'ada@example.com', actorKindKey: 'admin.audit.actor.user', target: null, application: null,
  ip: '192.0.2.7', device: 'Firefox, Linux', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', personId: 'ada', details: [{ name: 'method', value: 'passkey' }], seq: 1_042,
}

/** The log with every kind of row, filtered and in the middle. */
export const adminAuditExamples: { readonly [N in 'admin/audit']: Views[N] } = {
  'admin/audit': {
    rows: [
      { ...row, id: 'settings', actionKey: 'activity.action.settings.changed', action: 'settings.changed', actor: 'grace@example.com', details: [{ name: 'emailCode', value: 'true → false' }], seq: null },
      row,
      { ...row, id: 'refused', actionKey: 'activity.action.application.refused', action: 'application.refused', outcome: 'denied', application: 'Payroll' },
      { ...row, id: 'attempt', actionKey: 'activity.action.signin.refused', action: 'signin.refused', outcome: 'failure' },
      { ...row, id: 'suspended', actionKey: 'activity.action.user.suspended', action: 'user.suspended', target: 'edsger@example.com' },
      { ...row, id: 'job', actionKey: 'activity.action.other', action: 'moon.landed', actor: '', actorKindKey: 'admin.audit.actor.job', ip: null, device: null, userAgent: null, personId: null, details: [] },
    ],
    text: 'payroll', person: 'nobody@example.com', personUnknown: true, from: '2026-11-01', to: '2026-11-24', filtered: true,
    groups: Object.entries(actionGroups).map(([group, actions]) => ({ labelKey: `admin.audit.group.${group}`, options: actions.map((action) => choice(action, `activity.action.${action}`, action === 'user.suspended')) })),
    outcomes: [choice('', 'common.all'), choice('success', 'admin.audit.outcome.success'), choice('failure', 'admin.audit.outcome.failure'), choice('denied', 'admin.audit.outcome.denied', true)],
    sizes: ['25', '50', '100'].map((size) => ({ value: size, text: size, labelKey: null, selected: size === '25' })),
    exports: { csv: '/admin/audit/export?format=csv&text=payroll', json: '/admin/audit/export?format=json&text=payroll' }, pager: { first: '/admin/audit?text=payroll', next: '/admin/audit?text=payroll&before=abc' },
  },
}
