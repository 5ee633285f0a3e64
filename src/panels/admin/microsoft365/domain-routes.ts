import { Conflict, NotFound } from '../../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../../http/index.ts'
import { cloudNames, federationProtocols, readDomain, readHost, type Alert, type CloudName, type FederationProtocol } from '../../../microsoft365/index.ts'
import { choicesOf } from '../choices.ts'
import { actorOf, showNav } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import type { AlertRow, FieldErrors } from './pages.ts'
import { domainOf, headOf, pathOf, recordFor, root, tryAddress } from './shared.ts'

interface Typed { readonly domain: string; readonly cloud: CloudName; readonly loginHost: string; readonly graphHost: string }

const cloudKey = (value: string): string => `microsoft.cloud.${value}`

/** GET /admin/microsoft365; GET …/new; GET, POST …/new/domain; GET …/:id; GET, POST …/:id/removal; POST …/:id/switch */
export function mountDomains(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { room, storage } = needs

  routes.get(root, may('settings.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    showNav(ctx)
    const [domains, alerts] = await Promise.all([room.domains.list(organizationId), room.alerts.open(organizationId)])
    ctx.page('admin/microsoft', {
      mayWrite: roleMay(role, 'settings.write'), alerts: alerts.filter(({ kind }) => kind.startsWith('microsoft.')).map(alertRow),
      domains: await Promise.all(domains.map(async (domain) => ({ ...headOf(domain), protocolKey: `microsoft.protocol.${domain.protocol}`, on: domain.enabled, certificateUntil: (await room.guide.certificates(domain)).active.notAfter }))),
    })
  })

  routes.get(`${root}/new`, may('settings.write'), (ctx) => {
    showNav(ctx)
    ctx.page('admin/microsoft-protocol', { protocol: protocolOf(ctx.query['protocol']) })
  })

  routes.get(`${root}/new/domain`, may('settings.write'), (ctx) => { showNew(ctx, protocolOf(ctx.query['protocol']), { domain: '', cloud: 'public', loginHost: '', graphHost: '' }, {}) })

  routes.post(`${root}/new/domain`, may('settings.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const form = await ctx.form()
    const protocol = protocolOf(form.text('protocol'))
    const typed: Typed = { domain: form.text('domain'), cloud: cloudNames.find((name) => name === form.text('cloud')) ?? 'public', loginHost: form.text('login_host'), graphHost: form.text('graph_host') }
    const { errors, ...hosts } = readHosts(typed)
    const domain = readDomain(typed.domain)
    const all = { ...errors, domain: domain === undefined ? 'microsoft.error.domain' : null }
    if (domain === undefined || Object.values(all).some((error) => error !== null)) return showNew(ctx, protocol, typed, all)
    try {
      const created = await storage.write(async (tx) => {
        const made = await room.domains.create(tx, organizationId, { domain, protocol, settings: { cloud: typed.cloud, ...hosts } })
        await needs.record(tx, ctx, { action: 'microsoft.domain_added', target: { kind: 'domain', id: made.id, name: domain }, details: { protocol } })
        return made
      })
      ctx.redirectTo(pathOf(created), { key: 'microsoft.notice.added', params: { domain } })
    } catch (error) {
      if (error instanceof Conflict && error.code === 'domain_taken') return showNew(ctx, protocol, typed, { domain: 'microsoft.error.domain_taken' })
      throw error
    }
  })

  routes.get(`${root}/:id`, may('settings.read'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const { organizationId, role, userId } = actorOf(ctx)
    const [{ active, next }, connection, backups, alerts] = [await room.guide.certificates(domain), await room.connections.find(domain, userId), await room.backups.list(organizationId, domain.id), await room.alerts.open(organizationId)]
    const step = (name: string, done: boolean) => ({ titleKey: `microsoft.step.${name}`, textKey: `microsoft.step.${name}_text`, href: pathOf(domain, name), done })
    ctx.page('admin/microsoft-domain', {
      ...headOf(domain), alerts: alerts.filter(({ subject }) => subject === domain.id).map(alertRow), mayWrite: roleMay(role, 'settings.write'), on: domain.enabled, applicationOff: domain.switchedOn && !domain.enabled, protocolKey: `microsoft.protocol.${domain.protocol}`,
      steps: [step('preflight', domain.switchedOn), step('plan', domain.switchedOn), step('apply', domain.switchedOn), step('check', domain.rollover.lastSeenAt !== null), ...(backups.some(({ restoredAt }) => restoredAt === null) ? [step('undo', false)] : [])],
      facts: [
        { labelKey: 'microsoft.fact.issuer', id: 'issuer', value: domain.issuer },
        { labelKey: 'microsoft.fact.sign_in', id: 'sign-in', value: domain.protocol === 'saml' ? `${domain.issuer}/saml/sso` : `${domain.issuer}/wsfed` },
        { labelKey: 'microsoft.fact.fingerprint', id: 'fingerprint', value: active.fingerprint },
      ],
      certificateUntil: active.notAfter, nextCertificate: next !== null, lastSeenAt: domain.rollover.lastSeenAt, guardOn: domain.settings.guard && domain.settings.certificateCredential, autopilotOn: domain.settings.autopilot && domain.settings.certificateCredential,
      connectedUntil: connection?.connected ? connection.expiresAt : null, removable: !domain.switchedOn, tryHref: tryAddress(domain),
    })
  })

  // For whoever ran the script by hand, and for the day when sign-ins shall stop at once.
  routes.post(`${root}/:id/switch`, mayFreshly('settings.write', root), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const on = (await ctx.form()).text('to') === 'on'
    await (on ? room.guide.switchOn : room.guide.switchOff)(domain, recordFor(ctx, needs))
    ctx.redirectTo(pathOf(domain), { key: on ? 'microsoft.notice.switched_on' : 'microsoft.notice.switched_off', params: { domain: domain.domain } })
  })

  routes.get(`${root}/:id/removal`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    if (domain.switchedOn) return ctx.redirectTo(pathOf(domain), { key: 'microsoft.notice.switch_off_first', kind: 'warning' })
    const left = await room.keys.store.registeredThrough(domain.organizationId, domain.id)
    ctx.page('admin/act', {
      titleKey: 'microsoft.removal.title', name: domain.domain, backHref: pathOf(domain), backText: domain.domain, yesKey: 'microsoft.removal.yes', danger: true, items: [],
      points: ['text', 'point_key', 'point_entra', ...(left > 0 ? ['point_left'] : [])].map((key) => ({ key: `microsoft.removal.${key}`, name: domain.domain, count: left })),
    })
  })

  routes.post(`${root}/:id/removal`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    if (domain.switchedOn) return ctx.redirectTo(pathOf(domain), { key: 'microsoft.notice.switch_off_first', kind: 'warning' })
    await storage.write(async (tx) => {
      if (!(await room.domains.remove(tx, domain.organizationId, domain.id))) throw new NotFound()
      await room.removeKeys(tx, domain)
      await needs.record(tx, ctx, { action: 'microsoft.domain_removed', target: { kind: 'domain', id: domain.id, name: domain.domain }, details: { issuer: domain.issuer } })
    })
    ctx.redirectTo(root, { key: 'microsoft.notice.removed', params: { domain: domain.domain } })
  })
}

/** A host of one's own is needed for a custom cloud, and may stand in for one of a preset. */
export function readHosts({ cloud, loginHost, graphHost }: Pick<Typed, 'cloud' | 'loginHost' | 'graphHost'>): { loginHost: string | null; graphHost: string | null; errors: FieldErrors } {
  const read = (text: string): string | null | undefined => (text === '' ? (cloud === 'custom' ? undefined : null) : readHost(text))
  const [login, graph] = [read(loginHost), read(graphHost)]
  return {
    loginHost: login ?? null, graphHost: graph ?? null,
    errors: { login_host: login === undefined ? 'microsoft.error.login_host' : null, graph_host: graph === undefined ? 'microsoft.error.graph_host' : null },
  }
}

export const cloudChoices = (selected: string) => choicesOf(cloudNames, selected, cloudKey)

function protocolOf(value: unknown): FederationProtocol {
  return federationProtocols.find((protocol) => protocol === value) ?? 'saml'
}

function showNew(ctx: Context, protocol: FederationProtocol, typed: Typed, errors: FieldErrors): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  showNav(ctx)
  ctx.page('admin/microsoft-domain-new', {
    protocol, protocolKey: `microsoft.protocol.${protocol}`, domain: typed.domain, clouds: cloudChoices(typed.cloud), loginHost: typed.loginHost, graphHost: typed.graphHost,
    errors: { domain: null, login_host: null, graph_host: null, ...errors }, hasErrors,
  }, { status: hasErrors ? 422 : 200 })
}

function alertRow({ kind, subject, details, raisedAt }: Alert): AlertRow {
  const text = (name: string): string => String(details[name] ?? '')
  return { key: `alert.${kind}`, domain: text('domain'), fields: text('fields'), reason: text('reason'), days: text('days'), grave: details['grave'] === true, raisedAt, href: kind === 'microsoft.key_removal' ? `${root}/keys?state=registered` : `${root}/${subject}/${kind.includes('certificate') || kind.endsWith('autopilot') ? 'certificate' : 'check'}` }
}
