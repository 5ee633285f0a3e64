import { NotFound } from '../../../errors.ts'
import { may, mayFreshly, roleMay, type Context, type Routes } from '../../../http/index.ts'
import { domainOf as domainOfUpn, isWithin, usualUpn, type ManagedDomain, type PersonIdentity, type SetOutcome } from '../../../microsoft365/index.ts'
import type { User } from '../../../directory/index.ts'
import { judge } from '../person-acts.ts'
import { actorOf, showNav } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import type { FieldErrors, IdentityRow } from './pages.ts'
import { headOf, identityEvent, root } from './shared.ts'

const pageSize = 50
const mostAtOnce = 5_000

interface Typed { readonly upn: string; readonly immutableId: string; readonly change: boolean }

/** GET …/identities; POST …/identities/fill; GET, POST …/identities/:user; POST …/identities/:user/set-up */
export function mountIdentities(routes: Routes, needs: Microsoft365PageNeeds): void {
  const { room, storage } = needs
  const { identities } = room

  routes.get(`${root}/identities`, may('settings.read'), async (ctx) => {
    const { organizationId, role } = actorOf(ctx)
    showNav(ctx)
    const [text, without, after] = [one(ctx.query['text']), ctx.query['without'] === 'yes', one(ctx.query['after'])]
    const domains = await room.domains.list(organizationId)
    const rows = await identities.people(organizationId, { text, without, limit: pageSize + 1, ...(after === '' ? {} : { after }) })
    const last = rows.length > pageSize ? rows[pageSize - 1] : undefined
    const address = (next: string): string => `${root}/identities?${new URLSearchParams({ ...(text === '' ? {} : { text }), ...(without ? { without: 'yes' } : {}), ...(next === '' ? {} : { after: next }) }).toString()}`
    ctx.page('admin/microsoft-identities', {
      mayWrite: roleMay(role, 'settings.write'), text, without, rows: rows.slice(0, pageSize).map((person) => toRow(person, domains)), domains: domains.map(headOf),
      pager: { first: after === '' ? null : address(''), next: last ? address(last.userId) : null }, fillable: (await fillable(organizationId, domains)).length,
    })
  })

  // Only people who have none yet: what is there is never changed by it.
  routes.post(`${root}/identities/fill`, mayFreshly('settings.write', `${root}/identities`), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const people = await fillable(organizationId, await room.domains.list(organizationId))
    const filled = await storage.write(async (tx) => {
      let count = 0
      for (const { userId, upn } of people) if ((await identities.set(tx, organizationId, userId, { upn, source: 'minted' })).outcome === 'saved') count++
      await needs.record(tx, ctx, { action: 'microsoft.identities_imported', details: { people: count, from: 'email' } })
      return count
    })
    ctx.redirectTo(`${root}/identities`, { key: 'microsoft.notice.filled', params: { count: filled } })
  })

  routes.get(`${root}/identities/:user`, mayFreshly('settings.write'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const user = await find(ctx)
    const identity = await identities.of(user.id)
    await show(ctx, user, { upn: identity?.upn ?? usualUpn(user.email, (await room.domains.list(organizationId)).map(({ domain }) => domain)) ?? '', immutableId: identity?.immutableId ?? '', change: false }, {})
  })

  routes.post(`${root}/identities/:user`, mayFreshly('settings.write'), async (ctx) => {
    const { organizationId, userId, role } = actorOf(ctx)
    const user = await find(ctx)
    // Whoever could take an owner's ImmutableID away could give it to themselves, and be the owner at Entra (SEC-69).
    judge({ id: userId, role }, user, 'edit')
    const form = await ctx.form()
    const typed: Typed = { upn: form.text('upn'), immutableId: form.text('immutable_id'), change: form.checked('change') }
    const result = await storage.write(async (tx): Promise<SetOutcome> => {
      const set = await identities.set(tx, organizationId, user.id, { upn: typed.upn, source: 'typed', ...(typed.immutableId === '' ? {} : { immutableId: typed.immutableId }), ...(typed.change ? { change: true } : {}) })
      if (set.outcome === 'saved') await needs.record(tx, ctx, identityEvent({ id: user.id, name: user.email }, set))
      return set
    })
    const errors = errorsOf(result)
    if (errors) return show(ctx, user, typed, errors)
    ctx.redirectTo(`${root}/identities`, { key: 'microsoft.notice.identity_saved', params: { name: user.name } })
  })

  routes.post(`${root}/identities/:user/set-up`, mayFreshly('settings.write', `${root}/identities`), async (ctx) => {
    const user = await find(ctx)
    const done = (await ctx.form()).text('to') === 'done'
    await storage.write(async (tx) => {
      await room.peopleGuide.mark(tx, user.organizationId, user.id, done ? 'admin' : null)
      await needs.record(tx, ctx, { action: 'microsoft.set_up_marked', userId: user.id, target: { kind: 'user', id: user.id, name: user.email }, details: { done } })
    })
    ctx.redirectTo(`${root}/identities/${user.id}`, { key: done ? 'microsoft.notice.set_up_done' : 'microsoft.notice.set_up_open', params: { name: user.name } })
  })

  async function find(ctx: Context): Promise<User> {
    const user = await needs.users.find(actorOf(ctx).organizationId, ctx.params['user'] ?? '')
    if (!user) throw new NotFound()
    showNav(ctx)
    return user
  }

  /** People without an identity whose mail address belongs to a domain of ours. */
  async function fillable(organizationId: Parameters<typeof identities.people>[0], domains: readonly ManagedDomain[]) {
    const roots = domains.map(({ domain }) => domain)
    if (roots.length === 0) return []
    const people = await identities.people(organizationId, { without: true, limit: mostAtOnce })
    return people.flatMap(({ userId, email }) => { const upn = usualUpn(email, roots); return upn === undefined ? [] : [{ userId, upn }] })
  }

  async function show(ctx: Context, user: User, typed: Typed, errors: FieldErrors): Promise<void> {
    const hasErrors = Object.values(errors).some((error) => error !== null)
    const [identity, setUp] = [await identities.of(user.id), await room.peopleGuide.setUpOf(user.organizationId, user.id)]
    ctx.page('admin/microsoft-identity', {
      userId: user.id, name: user.name, email: user.email, ...typed, before: identity?.immutableId ?? null, setUpKey: `microsoft.set_up.${setUp.state}`, setUpDone: setUp.doneAt !== null,
      errors: { upn: null, immutable_id: null, change: null, ...errors }, hasErrors,
    }, { status: hasErrors ? 422 : 200 })
  }
}

function errorsOf(result: SetOutcome): FieldErrors | null {
  switch (result.outcome) {
    case 'saved': case 'unchanged': return null
    case 'bad_upn': return { upn: 'microsoft.error.upn' }
    case 'upn_taken': return { upn: 'microsoft.error.upn_taken' }
    case 'bad_immutable_id': return { immutable_id: 'microsoft.error.immutable_id' }
    case 'immutable_id_taken': return { immutable_id: 'microsoft.error.immutable_id_taken' }
    case 'would_change': return { change: 'microsoft.error.would_change' }
    case 'no_person': throw new NotFound()
  }
}

function toRow({ userId, name, email, identity }: PersonIdentity, domains: readonly ManagedDomain[]): IdentityRow {
  return { userId, name, email, upn: identity?.upn ?? null, immutableId: identity?.immutableId ?? null, outside: identity !== null && !domains.some(({ domain }) => isWithin(domainOfUpn(identity.upn), domain)) }
}

const one = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 200) : '')
