import { signedIn, type Routes } from '../../http/index.ts'
import type { AuditEvent } from '../../audit/index.ts'
import { describeDevice } from '../../authentication/sessions/index.ts'
import { actionKey } from '../actions.ts'
import type { AccountNeeds } from './needs.ts'
import type { ActivityRow } from './pages.ts'
import { showNav, visitorOf } from './shell.ts'

const sizes = [10, 25, 50]
/** What the filter offers: the acts people look for. */
const actions = ['', 'session.opened', 'application.opened', 'phone.key_used', 'phone.key_registered', 'passkey.added', 'passkey.removed', 'code.sent', 'recovery.code_used', 'session.ended']

/** GET /activity: what happened in this account, newest first (S62, S63). */
export function mountActivity(routes: Routes, needs: AccountNeeds): void {
  // What browsers call the RP ID: the name without the port.
  const host = new URL(needs.publicUrl).hostname

  routes.get('/activity', signedIn, async (ctx) => {
    const visitor = visitorOf(ctx)
    showNav(ctx)
    const query = (name: string): string => (typeof ctx.query[name] === 'string' ? ctx.query[name].trim().slice(0, 200) : '')
    const action = actions.includes(query('action')) ? query('action') : ''
    const size = sizes.includes(Number(query('size'))) ? Number(query('size')) : 10
    const zone = visitor.timeZone ?? 'UTC'
    const from = readDay(query('from'), zone)
    const to = readDay(query('to'), zone, 1)
    const page = await needs.audit.list({
      organizationId: visitor.organizationId, userId: visitor.userId, limit: size, ...(action === '' ? {} : { action }), ...(query('text') === '' ? {} : { text: query('text') }),
      ownSite: `${visitor.brand.name} ${host}`, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), ...(query('before') === '' ? {} : { before: query('before') }),
    })
    const kept = new URLSearchParams({ text: query('text'), action, from: from === undefined ? '' : query('from'), to: to === undefined ? '' : query('to'), size: String(size) })
    ctx.page('account/activity', {
      titleKey: visitor.organizationKind === 'personal' ? 'nav.activity_logs' : 'nav.activity',
      rows: page.events.map((event) => toRow(event, visitor.email, { name: visitor.brand.name, host }, ctx.t('common.unknown_device'))),
      text: query('text'), action, from: kept.get('from') ?? '', to: kept.get('to') ?? '', filtered: query('text') !== '' || action !== '' || from !== undefined || to !== undefined,
      actions: actions.map((value) => ({ value, labelKey: value === '' ? 'common.all' : `activity.action.${value}`, selected: value === action, text: null })),
      sizes: sizes.map((value) => ({ value: String(value), text: String(value), selected: value === size, labelKey: null })),
      pager: {
        first: query('before') === '' ? null : `/activity?${kept}`,
        next: page.next === null ? null : `/activity?${kept}&before=${encodeURIComponent(page.next)}`,
      },
    })
  })
}

/** Our own sign-in counts as a site too: its name is the organization's, its id our host (S17). Elsewhere the phone's key may be of an account with another name (S64). */
function toRow(event: AuditEvent, email: string, own: { name: string; host: string }, unknownDevice: string): ActivityRow {
  return {
    at: event.occurredAt, site: event.application?.name ?? own.name, siteId: event.application?.id ?? own.host, userName: event.target?.kind === 'account' ? event.target.name : email,
    actionKey: actionKey(event.action), outcome: event.outcome, device: describeDevice(event.userAgent ?? '') || unknownDevice, ip: event.ip,
  }
}

/** A day of a date field, or one so many days later, as its first moment in the reader's time zone. */
function readDay(text: string, zone: string, later = 0): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const midnight = Date.parse(`${text}T00:00:00Z`) + later * 86_400_000
  if (Number.isNaN(midnight)) return undefined
  // Twice: the first guess may lie on the other side of a change between summer and winter time.
  return midnight - offsetAt(midnight - offsetAt(midnight, zone), zone)
}

/** How far a zone's clocks are ahead of UTC, in milliseconds. */
function offsetAt(time: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' }).formatToParts(time)
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d{2}):(\d{2})/.exec(parts.find(({ type }) => type === 'timeZoneName')?.value ?? '') ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}
