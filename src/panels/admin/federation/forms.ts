import { readPicture, type Application } from '../../../applications/index.ts'
import { Conflict, NotFound } from '../../../errors.ts'
import type { Context } from '../../../http/index.ts'
import { isUniqueViolation } from '../../../storage/index.ts'
import { storedBasics } from '../application-basics.ts'
import type { FederatedKind } from '../application-kind.ts'
import { targetOf } from '../application-target.ts'
import { changesBetween } from '../changes.ts'
import type { AdminNeeds } from '../needs.ts'
import { actorOf, showNav } from '../shell.ts'
import { comparableFederation } from './comparable.ts'
import { hasAny, type Draft, type Errors } from './draft.ts'
import { createSamlForm } from './saml-form.ts'
import { createWsFedForm } from './wsfed-form.ts'

/** Shows and saves the forms of both kinds; whether the visitor may is decided by the routes. */
export function createFederatedForms(needs: AdminNeeds) {
  const { storage, applications } = needs
  const forms = { saml: createSamlForm(needs), wsfed: createWsFedForm(needs) }

  async function find(ctx: Context, id: string, tx: Parameters<typeof applications.find>[2]): Promise<Application> {
    const found = await applications.find(actorOf(ctx).organizationId, id, tx)
    if (!found) throw new NotFound()
    return found
  }

  function show(ctx: Context, draft: Draft, errors: Errors): void {
    showNav(ctx)
    draft.show(ctx, errors)
  }

  /** A name or id that somebody else has is an error of its field. */
  async function orConflict(ctx: Context, draft: Draft, act: () => Promise<Application>): Promise<Application | undefined> {
    try {
      return await act()
    } catch (error) {
      const taken = error instanceof Conflict && error.code === 'name_taken' ? { name: 'admin.applications.error.name_taken' }
        : (error instanceof Conflict && error.code === 'client_id_taken') || isUniqueViolation(error) ? { [draft.idField]: 'admin.federation.error.id_taken' } : undefined
      if (!taken) throw error
      show(ctx, draft, { ...draft.errors, ...taken })
      return undefined
    }
  }

  return {
    open(ctx: Context, kind: FederatedKind, application?: Application): void {
      const draft = forms[kind].open(application)
      show(ctx, draft, draft.errors)
    },

    async create(ctx: Context, kind: FederatedKind): Promise<void> {
      const { organizationId } = actorOf(ctx)
      const form = await ctx.form()
      const draft = await forms[kind].read(form)
      const file = form.file('icon')
      const picture = file && readPicture(file)
      const errors = typeof picture === 'string' ? { ...draft.errors, icon: picture } : draft.errors
      const { settings, basics, clientId } = draft
      if (typeof picture === 'string' || hasAny(errors) || !settings) return show(ctx, draft, errors)
      const made = await orConflict(ctx, draft, () => storage.write(async (tx) => {
        // Nobody is asked for consent: what is sent has been decided by who wrote the attributes down.
        const id = await applications.create(tx, organizationId, { ...storedBasics(basics), protocol: kind, clientId, trusted: true, access: basics.access, ...settings })
        if (picture) await applications.update(tx, organizationId, id, { icon: picture })
        const application = await find(ctx, id, tx)
        await needs.record(tx, ctx, { action: 'application.created', target: targetOf(application), details: { kind, clientId, access: application.access } })
        return application
      }))
      if (made) ctx.redirectTo(`/admin/applications/${made.id}`, { key: 'admin.applications.notice.created' })
    },

    async save(ctx: Context, kind: FederatedKind, shown: Application): Promise<void> {
      const { organizationId } = actorOf(ctx)
      const form = await ctx.form()
      const draft = await forms[kind].read(form, shown)
      const file = form.file('icon')
      const picture = form.checked('remove_icon') ? null : file && readPicture(file)
      const errors = typeof picture === 'string' ? { ...draft.errors, icon: picture } : draft.errors
      const { settings, basics } = draft
      if (typeof picture === 'string' || hasAny(errors) || !settings) return show(ctx, draft, errors)
      const saved = await orConflict(ctx, draft, () => storage.write(async (tx) => {
        const before = await find(ctx, shown.id, tx)
        await applications.update(tx, organizationId, shown.id, { ...storedBasics(basics), enabled: basics.enabled, ...settings, ...(picture === undefined ? {} : { icon: picture }) })
        const after = await find(ctx, shown.id, tx)
        const details = changesBetween(comparableFederation(before), comparableFederation(after), picture === undefined ? {} : { picture: picture === null ? 'removed' : 'replaced' })
        if (Object.keys(details).length > 0) await needs.record(tx, ctx, { action: 'application.changed', target: targetOf(after), details })
        return after
      }))
      if (saved) ctx.redirectTo(`/admin/applications/${saved.id}`, { key: 'admin.applications.notice.saved' })
    },
  }
}
