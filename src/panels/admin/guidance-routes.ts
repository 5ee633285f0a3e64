import { longestOrganizationText } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import { may, roleMay, type Context, type Routes } from '../../http/index.ts'
import { flowsAcross } from './cross-device.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

/**
 *   GET        /admin/settings/cross-device          the risks of signing in across devices, as RFC 10027 wants them written down
 *   GET        /admin/settings/first-steps           what new people are told to do; GET, POST …/:step one step's text
 */
export function mountGuidanceSettings(routes: Routes, needs: AdminNeeds): void {
  routes.get('/admin/settings/cross-device', may('settings.read'), async (ctx) => {
    const organization = await needs.organizations.find(actorOf(ctx).organizationId)
    if (!organization) throw new NotFound()
    const { phone, phoneCode, phoneNear } = organization.settings.methods
    showNav(ctx)
    ctx.page('admin/cross-device', { flows: flowsAcross({ phone, phoneCode }), phone, phoneCode, phoneNear, push: needs.pushOffered, mayWrite: roleMay(actorOf(ctx).role, 'settings.write') })
  })

  routes.get('/admin/settings/first-steps', may('settings.read'), async (ctx) => {
    const own = await needs.texts.all(actorOf(ctx).organizationId)
    showNav(ctx)
    ctx.page('admin/first-steps', { steps: needs.firstSteps.map((name) => ({ name, own: own.has(`start.${name}`), ...keysOf(name) })), mayWrite: roleMay(actorOf(ctx).role, 'settings.write') })
  })

  routes.get('/admin/settings/first-steps/:step', may('settings.write'), async (ctx) => {
    const name = stepOf(ctx)
    show(ctx, name, (await needs.texts.all(actorOf(ctx).organizationId)).get(`start.${name}`) ?? '', null)
  })

  routes.post('/admin/settings/first-steps/:step', may('settings.write'), async (ctx) => {
    const name = stepOf(ctx)
    const { organizationId } = actorOf(ctx)
    const text = (await ctx.form()).text('text').replaceAll('\r\n', '\n').trim()
    if (text.length > longestOrganizationText) return show(ctx, name, text, 'admin.first_steps.error.long')
    const organization = await needs.organizations.find(organizationId)
    if (!organization) throw new NotFound()
    await needs.storage.write(async (tx) => {
      await needs.texts.set(tx, organizationId, `start.${name}`, text)
      await needs.record(tx, ctx, { action: 'settings.changed', target: { kind: 'organization', id: organizationId, name: organization.name }, details: { firstStep: name, text: text === '' ? 'ours' : 'own' } })
    })
    ctx.redirectTo('/admin/settings/first-steps', { key: text === '' ? 'admin.first_steps.notice.ours' : 'admin.first_steps.notice.own' })
  })

  const keysOf = (name: string) => ({ titleKey: `start.step.${name}.title`, textKey: `start.step.${name}.text` })

  function stepOf(ctx: Context): string {
    const name = needs.firstSteps.find((one) => one === ctx.params['step'])
    if (name === undefined) throw new NotFound()
    return name
  }

  function show(ctx: Context, name: string, text: string, error: string | null): void {
    showNav(ctx)
    ctx.page('admin/first-step', { name, ...keysOf(name), text, errors: { text: error }, hasErrors: error !== null }, { status: error === null ? 200 : 422 })
  }
}
