import { mayFreshly, type Routes } from '../../../http/index.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import { domainOf, headOf, pathOf, recordFor, root, withSession } from './shared.ts'

/** GET, POST /admin/microsoft365/:id/certificate: the certificates, the way to the next one, and one step of it now. */
export function mountCertificate(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { autopilot, guide } = needs.room

  routes.get(`${root}/:id/certificate`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const [{ set }, steps] = [await guide.certificates(domain), await autopilot.simulate(null, domain, ctx.query['now'] === 'yes')]
    ctx.page('admin/microsoft-certificate', {
      ...headOf(domain), mayWrite: domain.switchedOn,
      certificates: set.published.map(({ state, fingerprint, notAfter }) => ({ stateKey: `microsoft.certificate.${state}`, fingerprint, until: notAfter, signs: state === 'active' })),
      steps: steps.map(({ step, at }) => ({ key: `microsoft.certificate_step.${step}`, at })),
    })
  })

  routes.post(`${root}/:id/certificate`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const form = await ctx.form()
    const hurry = form.checked('now')
    await withSession(ctx, needs, domain, 'certificate', 'write', async (session) => {
      if (form.checked('compromised')) {
        const told = await autopilot.replaceAtOnce(session, domain, recordFor(ctx, needs))
        return ctx.redirectTo(pathOf(domain, 'certificate'), { key: told ? 'microsoft.notice.certificate_replaced' : 'microsoft.notice.certificate_missing', ...(told ? {} : { kind: 'warning' as const }) })
      }
      if (hurry) await autopilot.hurry(domain)
      const result = await autopilot.run(session, domain, recordFor(ctx, needs))
      const step = 'missing' in result ? 'missing' : result.step.step
      ctx.redirectTo(pathOf(domain, 'certificate'), { key: `microsoft.notice.certificate_${step}`, ...(step === 'foreign' || step === 'missing' ? { kind: 'warning' } : {}) })
    })
  })
}
