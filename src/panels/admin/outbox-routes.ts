import type { User } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, mayFreshly, type Context, type Routes } from '../../http/index.ts'
import type { MailContent, MessageState } from '../../messaging/index.ts'
import { choicesOf } from './choices.ts'
import { linkTokenIn, mayOpenMessage } from './message-rule.ts'
import { opensHere, templateKey, toMessageRow } from './message-row.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

const states: readonly MessageState[] = ['waiting', 'sent', 'failed', 'expired']
const pageSize = 25

/** GET /admin/settings/outbox: mail on its way, and what became of it; …/:id opens one while there is no mail server. */
export function mountOutbox(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/settings/outbox', may('settings.read'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const one = (name: string): string => (typeof ctx.query[name] === 'string' ? ctx.query[name] : '')
    const state = states.find((known) => known === one('state'))
    const before = one('before')
    const { messages, next } = await needs.outbox.list({ organizationId, limit: pageSize, ...(state ? { state } : {}), ...(before === '' ? {} : { before }) })
    const kept = `/admin/settings/outbox?state=${state ?? ''}`
    showNav(ctx)
    ctx.page('admin/outbox', {
      configured: needs.mailConfigured, messages: messages.map((message) => toMessageRow(message, needs.mailConfigured)), filtered: state !== undefined,
      states: choicesOf(['', ...states], state ?? '', (value) => (value === '' ? 'common.all' : `admin.outbox.state.${value}`)),
      pager: { first: before === '' ? null : kept, next: next === null ? null : `${kept}&before=${encodeURIComponent(next)}` },
    })
  })

  routes.get('/admin/settings/outbox/:id', mayFreshly('settings.write'), async (ctx) => {
    const actor = actorOf(ctx)
    if (needs.mailConfigured) throw new NotFound()
    const message = await needs.outbox.read(ctx.params['id'] ?? '', actor.organizationId)
    if (!message) throw new NotFound()
    if (!opensHere(message, needs.mailConfigured) || message.content === null) return ctx.redirectTo('/admin/settings/outbox', { key: 'admin.outbox.notice.over', kind: 'warning' })
    const { subject, text } = message.content as MailContent
    const token = linkTokenIn(text, needs.publicUrl)
    const person = await personOf(ctx, message.recipient, token)
    const allowed = mayOpenMessage(actor.role, person)
    await needs.storage.write((tx) => needs.record(tx, ctx, {
      action: 'message.opened', outcome: allowed ? 'success' : 'denied', details: { to: message.recipient, template: message.template },
      ...(person ? { userId: person.id, target: { kind: 'user', id: person.id, name: person.email } as const } : {}),
    }))
    if (!allowed) return ctx.redirectTo('/admin/settings/outbox', { key: 'admin.outbox.notice.not_yours', kind: 'warning' })
    showNav(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.page('admin/message', {
      id: message.id, recipient: message.recipient, templateKey: templateKey(message.template), subject, text: text.trim(), letsIn: token !== undefined || message.template.endsWith('code'), link: token === undefined ? null : `${needs.publicUrl}/invitation/${token}`,
      createdAt: message.createdAt, expiresAt: message.expiresAt,
    })
  })

  async function personOf(ctx: Context, recipient: string, token: string | undefined): Promise<User | undefined> {
    const { organizationId } = actorOf(ctx)
    if (token !== undefined) {
      const invitation = await needs.invitations.find(token)
      return invitation && needs.users.find(organizationId, invitation.userId)
    }
    const address = needs.normaliseEmail(recipient)
    const user = address && (await needs.users.findByEmailKey(address.key))
    return user?.organizationId === organizationId ? user : undefined
  }
}
