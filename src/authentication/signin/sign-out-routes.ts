import { anyone, signedIn, type Routes } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import type { Journey } from './journey.ts'

/** POST /signout ends the session here and at the applications; GET /signed-out says so. */
export function mountSignOutRoutes(routes: Routes, journey: Journey): void {
  const { needs } = journey

  routes.post('/signout', signedIn, async (ctx) => {
    const session = await needs.sessions.current(ctx)
    if (session) {
      const ended = await needs.storage.write(async (tx) => {
        await needs.record(tx, ctx, {
          action: 'session.ended', outcome: 'success', organizationId: session.organizationId, application: null,
          user: { id: session.userId as UserId, email: session.user.email }, details: { by: 'person' },
        })
        return needs.sessions.end(tx, session.userId, session.id)
      })
      await needs.sessions.announce(ended, session.userId)
    }
    needs.sessions.forget(ctx)
    // What the panel left in this browser's caches goes too: the back button shows nothing (S73).
    ctx.set('Clear-Site-Data', '"cache"')
    ctx.redirectTo('/signed-out')
  })

  routes.get('/signed-out', anyone, (ctx) => {
    ctx.page('signin/signed-out', { steps: [] })
  })
}
