import { AppError } from '../../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../../http/index.ts'
import { keyPermission, keyStates, passPermission } from '../../../microsoft365/index.ts'
import { toMicrosoftKeyRow } from '../microsoft-key-view.ts'
import { filterChoices, groupChoices, pagerOf, queryText } from '../people-view.ts'
import { actorOf, showNav } from '../shell.ts'
import { keysPath, orderFor, personOf } from './key-shared.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import { findingRow, headOf } from './shared.ts'

const pageSize = 50
const mostAtOnce = 500
const consentPoints = ['orders', 'phone', 'rights', 'mail', 'removal', 'untried'] as const

/** GET /admin/microsoft365/keys, …/check; GET, POST …/new, …/consent; POST …/rule, …/consent/withdrawal */
export function mountKeyList(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { keys, domains } = needs.room

  routes.get(keysPath, may('settings.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    showNav(ctx)
    const [text, after] = [queryText(ctx, 'text'), queryText(ctx, 'after')]
    const state = keyStates.find((one) => one === queryText(ctx, 'state'))
    const [settings, counts, listed] = await Promise.all([
      keys.settings.find(organizationId), keys.store.counts(organizationId), keys.store.list(organizationId, { ...(state ? { state } : {}), text, after, limit: pageSize + 1 }),
    ])
    const last = listed.length > pageSize ? listed[pageSize - 1] : undefined
    ctx.page('admin/microsoft-keys', {
      mayOrder: roleMay(role, 'users.reset'), mayWrite: roleMay(role, 'settings.write'), consent: settings.consent, onActivation: settings.onActivation, text, states: filterChoices(keyStates, state ?? '', (one) => `microsoft.key_state.${one}`),
      counts: keyStates.filter((one) => counts[one] > 0).map((one) => ({ labelKey: `microsoft.key_state.${one}`, value: counts[one] })),
      rows: listed.slice(0, pageSize).map(({ order, name }) => toMicrosoftKeyRow(order, { name, may: roleMay(role, 'users.reset'), back: 'list' })),
      pager: pagerOf(keysPath, { text, state: state ?? '' }, after, last?.order.id), filtered: text !== '' || state !== undefined,
    })
  })

  routes.get(`${keysPath}/check`, may('settings.read'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    showNav(ctx)
    const all = await domains.list(organizationId)
    ctx.page('admin/microsoft-keys-check', {
      permission: keyPermission, passPermission,
      domains: await Promise.all(all.map(async (domain) => ({ ...headOf(domain), findings: (await keys.findings(domain)).map((one) => {
        const row = findingRow(one)
        return { ...row, textKey: `microsoft.key_finding.${one.code}.text`, fixKey: one.severity === 'fine' ? null : `microsoft.key_finding.${one.code}.fix` }
      }) }))),
    })
  })

  routes.get(`${keysPath}/new`, mayFreshly('users.reset'), async (ctx) => { await showNew(ctx, null) })

  routes.post(`${keysPath}/new`, mayFreshly('users.reset', `${keysPath}/new`), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const form = await ctx.form()
    const group = form.text('group')
    const whole = form.text('whole') === 'yes' && group !== ''
    const chosen = whole ? (await keys.store.candidates(organizationId, { group, limit: mostAtOnce })).map(({ userId }) => userId as string) : [...new Set(form.all('user'))].slice(0, mostAtOnce)
    if (chosen.length === 0) return showNew(ctx, 'microsoft.keys.error.nobody')
    if ((await keys.settings.find(organizationId)).consent === null) return ctx.redirectTo(`${keysPath}/consent`)
    let done = 0
    for (const id of chosen) if (await tryOne(ctx, id)) done++
    const left = chosen.length - done
    ctx.redirectTo(keysPath, left === 0 ? { key: 'microsoft.notice.keys_ordered', params: { count: done } } : { key: 'microsoft.notice.keys_partly', params: { done, count: left }, kind: 'warning' })
  })

  routes.get(`${keysPath}/consent`, mayFreshly('settings.write'), async (ctx) => { await showConsent(ctx, null) })

  routes.post(`${keysPath}/consent`, mayFreshly('settings.write'), async (ctx) => {
    const { organizationId, userId, name } = actorOf(ctx)
    if (!(await ctx.form()).checked('agreed')) return showConsent(ctx, 'microsoft.consent.error')
    await needs.storage.write(async (tx) => {
      await keys.settings.consent(tx, organizationId, { id: userId, name })
      const { consent } = await keys.settings.find(organizationId, tx)
      await needs.record(tx, ctx, { action: 'microsoft.keys_consented', details: { version: consent?.version ?? null } })
    })
    ctx.redirectTo(keysPath, { key: 'microsoft.notice.keys_consented' })
  })

  routes.post(`${keysPath}/consent/withdrawal`, mayFreshly('settings.write', `${keysPath}/consent`), async (ctx) => {
    await needs.storage.write(async (tx) => {
      await keys.settings.withdraw(tx, actorOf(ctx).organizationId)
      await needs.record(tx, ctx, { action: 'microsoft.keys_consent_withdrawn' })
    })
    ctx.redirectTo(keysPath, { key: 'microsoft.notice.keys_withdrawn' })
  })

  routes.post(`${keysPath}/rule`, mayFreshly('settings.write', keysPath), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const on = (await ctx.form()).checked('on_activation')
    if (on && (await keys.settings.find(organizationId)).consent === null) return ctx.redirectTo(`${keysPath}/consent`)
    await needs.storage.write(async (tx) => {
      await keys.settings.setOnActivation(tx, organizationId, on)
      await needs.record(tx, ctx, { action: 'microsoft.keys_rule_changed', details: { onActivation: on } })
    })
    ctx.redirectTo(keysPath, { key: 'microsoft.notice.saved' })
  })

  /** One refused person does not keep the others from what was asked for. */
  async function tryOne(ctx: Context, id: string): Promise<boolean> {
    try {
      return (await orderFor(ctx, needs, await personOf(ctx, needs, id), null)).outcome === 'ordered'
    } catch (error) {
      if (!(error instanceof AppError) || error.status >= 500) throw error
      ctx.state.log.info('order of a key for one of many refused', { reason: error.code })
      return false
    }
  }

  async function showNew(ctx: Context, problem: string | null): Promise<void> {
    const { organizationId } = actorOf(ctx)
    showNav(ctx)
    const [text, group, after] = [queryText(ctx, 'text'), queryText(ctx, 'group'), queryText(ctx, 'after')]
    const [settings, groups, found] = await Promise.all([
      keys.settings.find(organizationId), needs.groups.list(organizationId), keys.store.candidates(organizationId, { text, group, after, limit: pageSize + 1 }),
    ])
    const last = found.length > pageSize ? found[pageSize - 1] : undefined
    ctx.page('admin/microsoft-keys-new', {
      consented: settings.consent !== null, text, group, groupName: groups.find(({ id }) => id === group)?.name ?? '', groups: [{ value: '', text: null, labelKey: 'common.all', selected: group === '' }, ...groupChoices(groups, group)],
      rows: found.slice(0, pageSize), pager: pagerOf(`${keysPath}/new`, { text, group }, after, last?.userId), errors: { user: problem }, hasErrors: problem !== null,
    }, { status: problem === null ? 200 : 422 })
  }

  async function showConsent(ctx: Context, problem: string | null): Promise<void> {
    showNav(ctx)
    ctx.page('admin/microsoft-consent', {
      consent: (await keys.settings.find(actorOf(ctx).organizationId)).consent, points: consentPoints.map((name) => `microsoft.consent.point_${name}`), permission: keyPermission, errors: { agreed: problem }, hasErrors: problem !== null,
    }, { status: problem === null ? 200 : 422 })
  }
}
