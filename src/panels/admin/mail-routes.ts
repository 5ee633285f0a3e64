import { may, type Routes } from '../../http/index.ts'
import { toMessageRow } from './message-row.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

const dayMilliseconds = 86_400_000

/** GET /admin/settings/mail: whether mail leaves the machine and how to make it; POST …/test sends one to who asks. */
export function mountMail(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/settings/mail', may('settings.read'), async (ctx) => {
    const actor = actorOf(ctx)
    const { messages } = await needs.outbox.list({ organizationId: actor.organizationId, limit: 5 })
    showNav(ctx)
    ctx.page('admin/settings-mail', { configured: needs.mailConfigured, email: actor.email, messages: messages.map((message) => toMessageRow(message, needs.mailConfigured)) })
  })

  // To the sender's own address only: the button must not become a way to write to strangers.
  routes.post('/admin/settings/mail/test', may('settings.write'), async (ctx) => {
    const actor = actorOf(ctx)
    if (!needs.mailConfigured) return ctx.redirectTo('/admin/settings/mail', { key: 'admin.settings.notice.no_mail_server', kind: 'warning' })
    await needs.throttle.admit(needs.limits.testMails, actor.userId)
    await needs.storage.write(async (tx) => {
      const user = await needs.users.find(actor.organizationId, actor.userId, tx)
      await needs.mail(tx, {
        template: 'test-mail', to: { organizationId: actor.organizationId, email: actor.email, givenName: user?.givenName ?? '', locale: actor.locale }, model: {}, expiresAt: needs.clock.now() + dayMilliseconds, urgent: true,
      })
      await needs.record(tx, ctx, { action: 'settings.test_mail_sent', details: { to: actor.email } })
    })
    ctx.redirectTo('/admin/settings/mail', { key: 'admin.settings.notice.test_sent', params: { email: actor.email } })
  })
}
