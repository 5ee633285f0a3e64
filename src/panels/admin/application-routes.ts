import { readPicture, type Application } from '../../applications/index.ts'
import { Conflict, NotFound } from '../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import { isUniqueViolation, type Transaction } from '../../storage/index.ts'
import { mountApplicationAccess } from './application-access-routes.ts'
import { storedBasics } from './application-basics.ts'
import { hasErrors, readApplicationForm, type FieldErrors, type ReadForm } from './application-form.ts'
import { applicationKinds, isFederated, kindOf, type ApplicationKind, type PlainKind } from './application-kind.ts'
import { mountApplicationSecrets } from './application-secret-routes.ts'
import { targetOf } from './application-target.ts'
import { connectOf, firstLetter, groupChoices, iconOf, kindKey, requiredKey, toFormPage, toRow, toSecretRow } from './application-view.ts'
import { changesBetween } from './changes.ts'
import { createFederatedForms, mountFederationDetails } from './federation/index.ts'
import type { AdminNeeds } from './needs.ts'
import { actorOf, showNav } from './shell.ts'

const mostRows = 100
type Picture = { readonly bytes: Buffer; readonly type: string } | null | undefined

/**
 *   GET        /admin/applications                  all of them, with search
 *   GET        /admin/applications/new              which kind; GET, POST …/new/:kind makes one
 *   GET        /admin/applications/:id              how to connect it, its secrets, who may use it
 *   GET, POST  /admin/applications/:id/edit         GET, POST …/removal
 *
 * Whatever is saved here acts at the next request of the application or of a person.
 */
export function mountApplications(routes: Routes, needs: AdminNeeds): void {
  const { storage, applications, access } = needs
  const federated = createFederatedForms(needs)

  routes.get('/admin/applications', may('applications.read'), async (ctx) => {
    const actor = actorOf(ctx)
    showNav(ctx)
    const text = typeof ctx.query['text'] === 'string' ? ctx.query['text'].trim().slice(0, 200) : ''
    const words = fold(text).split(/\s+/).filter((word) => word !== '')
    const all = await applications.list(actor.organizationId)
    const found = all.filter((one) => words.every((word) => fold(`${one.name} ${one.description} ${one.clientId}`).includes(word)))
    ctx.page('admin/applications', { rows: found.slice(0, mostRows).map(toRow), text, total: all.length, left: Math.max(0, found.length - mostRows), mayWrite: roleMay(actor.role, 'applications.write') })
  })

  routes.get('/admin/applications/new', may('applications.write'), (ctx) => {
    showNav(ctx)
    ctx.page('admin/application-kinds', { kinds: applicationKinds.map((kind) => ({ kind, titleKey: kindKey(kind), textKey: `admin.applications.kind_text.${kind}` })) })
  })

  routes.get('/admin/applications/new/:kind', may('applications.write'), (ctx) => {
    const kind = readKind(ctx)
    if (isFederated(kind)) federated.open(ctx, kind)
    else showForm(ctx, kind, undefined, undefined)
  })

  // No fresh proof here: a new application's secret opens nothing that the right to make applications does not.
  routes.post('/admin/applications/new/:kind', may('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const kind = readKind(ctx)
    if (isFederated(kind)) return federated.create(ctx, kind)
    const form = await ctx.form()
    const read = readApplicationForm(form, kind)
    const { values, oidc } = read
    const picture = readIcon(form.file('icon'))
    const errors = { ...read.errors, ...(typeof picture === 'string' ? { icon: picture } : {}) }
    if (typeof picture === 'string' || hasErrors(errors)) return showForm(ctx, kind, undefined, { ...read, errors })
    const made = await orConflict(ctx, kind, undefined, read, () => storage.write(async (tx) => {
      const id = await applications.create(tx, organizationId, {
        ...storedBasics(values), protocol: oidc ? 'oidc' : 'link', trusted: values.trusted, access: kind === 'service' ? 'assigned' : values.access, oidc, ...(values.clientId === '' ? {} : { clientId: values.clientId }),
      })
      if (picture) await applications.update(tx, organizationId, id, { icon: picture })
      const application = await find(ctx, id, tx)
      await needs.record(tx, ctx, { action: 'application.created', target: targetOf(application), details: { kind, clientId: application.clientId, access: application.access } })
      if (!oidc?.authMethod.startsWith('client_secret')) return { application, secret: undefined }
      const secret = await applications.addSecret(tx, organizationId, id, { overlapHours: 0 })
      await needs.record(tx, ctx, { action: 'application.secret_made', target: targetOf(application), details: { overlapHours: 0 } })
      return { application, secret }
    }))
    if (made === undefined) return
    const connect = connectOf(made.application, needs.publicUrl)
    if (made.secret === undefined || connect === null) return ctx.redirectTo(`/admin/applications/${made.application.id}`, { key: 'admin.applications.notice.created' })
    showNav(ctx)
    ctx.set('Cache-Control', 'no-store')
    ctx.page('admin/application-secret', { id: made.application.id, name: made.application.name, isNew: true, secret: made.secret, connect })
  })

  routes.get('/admin/applications/:id', may('applications.read'), async (ctx) => { await showApplication(ctx, await find(ctx), undefined) })

  // With another address or key set, somebody else is the application, as with a secret (SEC-71).
  routes.get('/admin/applications/:id/edit', mayFreshly('applications.write'), async (ctx) => {
    const application = await find(ctx)
    const kind = kindOf(application)
    if (isFederated(kind)) federated.open(ctx, kind, application)
    else showForm(ctx, kind, application, undefined)
  })

  routes.post('/admin/applications/:id/edit', mayFreshly('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const shown = await find(ctx)
    const kind = kindOf(shown)
    if (isFederated(kind)) return federated.save(ctx, kind, shown)
    const form = await ctx.form()
    const picture = form.checked('remove_icon') ? null : readIcon(form.file('icon'))
    const read = readApplicationForm(form, kind, shown)
    const errors = { ...read.errors, ...(typeof picture === 'string' ? { icon: picture } : {}) }
    if (typeof picture === 'string' || hasErrors(errors)) return showForm(ctx, kind, shown, { ...read, errors })
    const saved = await orConflict(ctx, kind, shown, read, () => storage.write(async (tx) => {
      const before = await find(ctx, shown.id, tx)
      await applications.update(tx, organizationId, shown.id, changesOf(read, picture))
      const after = await find(ctx, shown.id, tx)
      const details = changesBetween(comparable(before), comparable(after), picture === undefined ? {} : { picture: picture === null ? 'removed' : 'replaced' })
      if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'application.changed', target: targetOf(after), details })
      return after
    }))
    if (saved) ctx.redirectTo(`/admin/applications/${saved.id}`, { key: 'admin.applications.notice.saved' })
  })

  routes.get('/admin/applications/:id/removal', mayFreshly('applications.write'), async (ctx) => {
    const application = await find(ctx)
    const [people, assignments] = await Promise.all([access.countPeople(application.organizationId, application.id), access.assignments(application.organizationId, application.id)])
    showNav(ctx)
    ctx.page('admin/application-removal', {
      id: application.id, name: application.name, service: kindOf(application) === 'service', everyone: application.access === 'everyone', people, assignments: assignments.slice(0, 20), more: Math.max(0, assignments.length - 20),
    })
  })

  routes.post('/admin/applications/:id/removal', mayFreshly('applications.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const application = await find(ctx)
    const removed = await storage.write(async (tx) => {
      // Entra would go on sending everybody of the domain here, and nobody would get an answer.
      if ((await needs.microsoft365.domains.list(organizationId, tx)).some((domain) => domain.applicationId === application.id && domain.switchedOn)) return false
      if (!(await applications.remove(tx, organizationId, application.id))) throw new NotFound()
      await needs.endApplication(tx, application.clientId)
      await needs.record(tx, ctx, { action: 'application.deleted', target: targetOf(application), details: { clientId: application.clientId } })
      return true
    })
    if (!removed) return ctx.redirectTo('/admin/microsoft365', { key: 'microsoft.notice.switch_off_first', kind: 'warning' })
    ctx.redirectTo('/admin/applications', { key: 'admin.applications.notice.deleted', params: { name: application.name } })
  })

  const federationPart = mountFederationDetails(routes, needs, find)
  mountApplicationSecrets(routes, needs, find)
  mountApplicationAccess(routes, needs, { find, show: showApplication })

  async function find(ctx: Context, id = ctx.params['id'] ?? '', tx?: Transaction): Promise<Application> {
    const application = await applications.find(actorOf(ctx).organizationId, id, tx)
    if (!application) throw new NotFound()
    return application
  }

  async function showApplication(ctx: Context, application: Application, failed: { email: string; error: string } | undefined): Promise<void> {
    const { organizationId, id, oidc } = application
    const actor = actorOf(ctx)
    const kind = kindOf(application)
    const withSecrets = oidc?.authMethod.startsWith('client_secret') === true
    const [secrets, assignments, people, groups, federation] = await Promise.all([
      withSecrets ? applications.secrets(organizationId, id) : [], access.assignments(organizationId, id), access.countPeople(organizationId, id), needs.groups.list(organizationId), federationPart(ctx, application),
    ])
    showNav(ctx)
    ctx.page('admin/application', {
      id, name: application.name, description: application.description, kindKey: kindKey(kind), icon: iconOf(application), letter: firstLetter(application.name), enabled: application.enabled,
      mayWrite: roleMay(actor.role, 'applications.write'), launchUrl: application.launchUrl, requiredKey: requiredKey(application), trusted: application.trusted, asksConsent: oidc !== null && kind !== 'service', settings: kind !== 'service', federation, clientId: application.clientId, protocol: application.protocol,
      redirectUris: oidc?.redirectUris ?? [], connect: connectOf(application, needs.publicUrl), secrets: secrets.map((secret) => toSecretRow(secret, needs.clock.now())), noSecret: withSecrets && secrets.length === 0,
      access: kind === 'service' ? null : { everyone: application.access === 'everyone', assigned: application.access === 'assigned', people, assignments, groups: groupChoices(groups, assignments), email: failed?.email ?? '' },
      errors: { email: failed?.error ?? null }, hasErrors: failed !== undefined,
    }, { status: failed ? 422 : 200 })
  }

  function showForm(ctx: Context, kind: PlainKind, application: Application | undefined, read: ReadForm | undefined): void {
    showNav(ctx)
    ctx.page('admin/application-form', toFormPage(kind, application, read), { status: read ? 422 : 200 })
  }

  /** A name or client id that somebody else has is an error of its field. */
  async function orConflict<T>(ctx: Context, kind: PlainKind, application: Application | undefined, read: ReadForm, act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act()
    } catch (error) {
      const taken: Partial<FieldErrors> | undefined = error instanceof Conflict && error.code === 'name_taken' ? { name: 'admin.applications.error.name_taken' }
        : (error instanceof Conflict && error.code === 'client_id_taken') || isUniqueViolation(error) ? { client_id: 'admin.applications.error.client_id_taken' } : undefined
      if (!taken) throw error
      showForm(ctx, kind, application, { ...read, errors: { ...read.errors, ...taken } })
      return undefined
    }
  }
}

function readKind(ctx: Context): ApplicationKind {
  const kind = applicationKinds.find((one) => one === ctx.params['kind'])
  if (!kind) throw new NotFound()
  return kind
}

/** @returns undefined when no file came, or the locale key of what is wrong with it. */
function readIcon(file: { readonly bytes: Buffer } | undefined): Picture | string {
  return file && readPicture(file)
}

function changesOf({ values, oidc }: ReadForm, picture: Picture) {
  return {
    ...storedBasics(values), trusted: values.trusted, enabled: values.enabled, ...(oidc ? { oidc } : {}), ...(picture === undefined ? {} : { icon: picture }),
  }
}

/** What the audit log compares; keys are public, yet too long for a log. */
function comparable({ name, description, launchUrl, enabled, trusted, requiredAssurance, oidc }: Application): Readonly<Record<string, unknown>> {
  const { jwks = null, kind: _kind, ...settings } = oidc ?? {}
  return { name, description, launchUrl, enabled, trusted, requiredAssurance, ...settings, keys: jwks === null ? null : jwks.keys.map((key) => String(key['kid'] ?? key['kty'])).join(' ') }
}

function fold(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLocaleLowerCase('en')
}
