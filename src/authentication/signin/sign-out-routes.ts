import { anyone, signedIn, type Routes } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import { NotFound } from '../../errors.ts'
import type { Journey } from './journey.ts'
import type { SignOuts } from './sign-outs.ts'

/**
 *   POST /signout          ends the session here and at the applications
 *   GET  /signed-out       says so
 *   GET  /signed-out/:id   the same, and takes the browser to the applications that can only be told by it
 */
export function mountSignOutRoutes(routes: Routes, journey: Journey, signOuts: SignOuts): void {
  const { needs } = journey

  routes.post('/signout', signedIn, async (ctx) => {
    const session = await needs.sessions.ofBrowser(ctx)
    let next = '/signed-out'
    if (session) {
      const ended = await needs.storage.write(async (tx) => {
        await needs.record(tx, ctx, {
          action: 'session.ended', outcome: 'success', organizationId: session.organizationId, application: null,
          user: { id: session.userId as UserId, email: session.user.email }, details: { by: 'person' },
        })
        return needs.sessions.end(tx, session.userId, session.id)
      })
      next = await signOuts.begin(await needs.sessions.announce(ended, session.userId), null)
    }
    needs.sessions.forget(ctx)
    // What the panel left in this browser's caches goes too: the back button shows nothing (S73).
    ctx.set('Clear-Site-Data', '"cache"')
    ctx.redirectTo(next)
  })

  routes.get('/signed-out', anyone, (ctx) => {
    ctx.page('signin/signed-out', { steps: [], next: null })
  })

  routes.get('/signed-out/:id', anyone, async (ctx) => {
    const run = await signOuts.find(ctx.params['id'] ?? '')
    if (!run) throw new NotFound()
    ctx.state.frames = run.steps.map(({ origin }) => origin)
    ctx.page('signin/signed-out', { steps: run.steps.map(({ applicationName, url }) => ({ name: applicationName, url })), next: run.continuation })
  })
}
