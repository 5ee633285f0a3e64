import { X509Certificate } from 'node:crypto'
import { mayFreshly, type Context, type Routes } from '../../../http/index.ts'
import { cloudNames, federationProtocols, mfaBehaviors, type DomainSettings, type FederationProtocol, type ManagedDomain } from '../../../microsoft365/index.ts'
import { changesBetween } from '../changes.ts'
import { choicesOf } from '../choices.ts'
import { cloudChoices, readHosts } from './domain-routes.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import type { FieldErrors } from './pages.ts'
import { domainOf, headOf, pathOf, root } from './shared.ts'

interface Typed { readonly protocol: FederationProtocol; readonly settings: DomainSettings; readonly certificates: string; readonly loginHost: string; readonly graphHost: string }

const longestName = 100
/** Directory and application IDs are GUIDs; a tenant may be told by a verified name too. */
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** Graph takes a tenant by its ID or by any of its domains. */
const tenantDomain = /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/i

/** GET, POST /admin/microsoft365/:id/settings */
export function mountDomainSettings(routes: Routes, needs: Microsoft365PageNeeds): void {
  routes.get(`${root}/:id/settings`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    await show(ctx, domain, typedOf(domain), {})
  })

  routes.post(`${root}/:id/settings`, mayFreshly('settings.write'), async (ctx) => {
    const domain = await domainOf(ctx, needs)
    const { typed, errors } = await read(ctx, domain)
    if (Object.values(errors).some((error) => error !== null)) return show(ctx, domain, typed, errors)
    await needs.storage.write(async (tx) => {
      await needs.room.domains.update(tx, domain.organizationId, domain.id, { protocol: typed.protocol, settings: typed.settings })
      const plain = (protocol: string, { requestCertificates, ...settings }: DomainSettings) => ({ protocol, ...settings, requestCertificates: requestCertificates.map(fingerprint) })
      await needs.record(tx, ctx, { action: 'microsoft.domain_changed', target: { kind: 'domain', id: domain.id, name: domain.domain }, details: changesBetween(plain(domain.protocol, domain.settings), plain(typed.protocol, typed.settings)) })
    })
    ctx.redirectTo(pathOf(domain), { key: domain.switchedOn ? 'microsoft.notice.saved_apply' : 'microsoft.notice.saved' })
  })

  async function show(ctx: Context, domain: ManagedDomain, { protocol, settings, certificates, loginHost, graphHost }: Typed, errors: FieldErrors): Promise<void> {
    const hasErrors = Object.values(errors).some((error) => error !== null)
    const credential = settings.certificateCredential ? (await needs.room.unattended.credential(domain)).published[0] : undefined
    ctx.page('admin/microsoft-settings', {
      ...headOf(domain), protocol, displayName: settings.displayName, behaviors: choicesOf(mfaBehaviors, settings.mfaBehavior, (value) => `microsoft.behavior.${value}`), alwaysMfa: settings.alwaysMfa, wsTrust: settings.wsTrust,
      signedRequests: settings.signedRequests, requestCertificates: certificates, tenantId: settings.tenantId ?? '', clientId: settings.clientId ?? '', certificateCredential: settings.certificateCredential, guard: settings.guard, autopilot: settings.autopilot,
      credential: credential ? { labelKey: 'microsoft.fact.credential', id: 'credential', value: `-----BEGIN CERTIFICATE-----\n${credential.certificate.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----` } : null,
      credentialUntil: credential?.notAfter ?? null, clouds: cloudChoices(settings.cloud), loginHost, graphHost,
      errors: { display_name: null, request_certificates: null, tenant_id: null, client_id: null, login_host: null, graph_host: null, ...errors }, hasErrors,
    }, { status: hasErrors ? 422 : 200 })
  }
}

function typedOf({ protocol, settings }: ManagedDomain): Typed {
  return { protocol, settings, certificates: settings.requestCertificates.join('\n\n'), loginHost: settings.loginHost ?? '', graphHost: settings.graphHost ?? '' }
}

async function read(ctx: Context, domain: ManagedDomain): Promise<{ typed: Typed; errors: FieldErrors }> {
  const form = await ctx.form()
  const cloud = cloudNames.find((name) => name === form.text('cloud')) ?? domain.settings.cloud
  const typedHosts = { cloud, loginHost: form.text('login_host'), graphHost: form.text('graph_host') }
  const { errors: hostErrors, ...hosts } = readHosts(typedHosts)
  const certificates = form.text('request_certificates')
  const requestCertificates = readCertificates(certificates)
  const [displayName, tenantId, clientId] = [form.text('display_name'), form.text('tenant_id'), form.text('client_id')]
  const signedRequests = form.checked('signed_requests')
  const certificateCredential = form.checked('certificate_credential')
  const settings: DomainSettings = {
    ...domain.settings, ...hosts, cloud, displayName, tenantId: tenantId === '' ? null : tenantId, clientId: clientId === '' ? null : clientId, signedRequests, requestCertificates: requestCertificates ?? [], certificateCredential,
    mfaBehavior: mfaBehaviors.find((value) => value === form.text('mfa_behavior')) ?? domain.settings.mfaBehavior, alwaysMfa: form.checked('always_mfa'), wsTrust: form.checked('ws_trust'), guard: form.checked('guard'), autopilot: form.checked('autopilot'),
  }
  const id = (text: string, ...kinds: readonly RegExp[]): string | null => (text === '' ? (certificateCredential ? 'microsoft.error.id_needed' : null) : kinds.some((kind) => kind.test(text)) ? null : 'microsoft.error.id')
  return {
    typed: { protocol: federationProtocols.find((value) => value === form.text('protocol')) ?? domain.protocol, settings, certificates, loginHost: typedHosts.loginHost, graphHost: typedHosts.graphHost },
    errors: {
      ...hostErrors, display_name: displayName.length > longestName ? 'microsoft.error.display_name' : null, tenant_id: id(tenantId, guid, tenantDomain), client_id: id(clientId, guid),
      request_certificates: requestCertificates === undefined ? 'microsoft.error.certificates' : signedRequests && requestCertificates.length === 0 ? 'microsoft.problem.signed_requests_without_certificates' : null,
    },
  }
}

/** Which ones, and not only how many: whoever replaces one decides whose questions are Entra's. */
const fingerprint = (certificate: string): string => `sha256:${new X509Certificate(Buffer.from(certificate, 'base64')).fingerprint256.replaceAll(':', '').toLowerCase()}`

/** Certificates one under the other, with or without armour, or the whole metadata of Entra, whose certificates are picked out. */
function readCertificates(text: string): string[] | undefined {
  const found = [...text.matchAll(/<(?:\w+:)?X509Certificate>([^<]+)</g)].map(([, value = '']) => value)
  const parts = found.length > 0 ? found : text.replaceAll(/-----(BEGIN|END) CERTIFICATE-----/g, '\n\n').split(/\n\s*\n/)
  const plain = [...new Set(parts.map((part) => part.replaceAll(/\s/g, '')).filter((part) => part !== ''))]
  try {
    return plain.length > 10 ? undefined : plain.map((part) => new X509Certificate(Buffer.from(part, 'base64')).raw.toString('base64'))
  } catch {
    return undefined
  }
}
