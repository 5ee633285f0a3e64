import { readName, type GroupChoice, type User, type UserChanges, type UserRole } from '../../directory/index.ts'
import { Conflict, Forbidden } from '../../errors.ts'
import { mayFreshly, roleMay, type Context, type Form, type Routes } from '../../http/index.ts'
import type { Transaction } from '../../storage/index.ts'
import { choicesOf, type Choice } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { judge, type PersonActs } from './person-acts.ts'
import { grantableRoles } from './people-rules.ts'
import { groupChecks, keeperOf, me, orSayWhy } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'
import { createFindUser } from './user-routes.ts'

interface Typed { readonly givenName: string; readonly familyName: string; readonly email: string; readonly role: string; readonly language: string; readonly groups: readonly string[] }
type Errors = Readonly<Record<string, string | null>>

/**
 * GET, POST /admin/users/:id/edit: names, address, role, language, groups. A directory's people keep the names and address
 * of the directory; one's own address and role are changed in one's own panel and by others.
 */
export function mountUserEdit(routes: Routes, needs: AdminNeeds, acts: PersonActs): void {
  const find = createFindUser(needs)

  routes.get('/admin/users/:id/edit', mayFreshly('users.write'), async (ctx) => {
    const user = await find(ctx)
    judge(me(ctx), user, 'edit')
    const member = await needs.groups.ofUser(user.organizationId, user.id)
    await show(ctx, user, { ...user, language: user.locale ?? '', groups: member.map((group) => group.id) }, {})
  })

  routes.post('/admin/users/:id/edit', mayFreshly('users.write'), async (ctx) => {
    const user = await find(ctx)
    judge(me(ctx), user, 'edit')
    const self = user.id === actorOf(ctx).userId
    const typed = readTyped(await ctx.form(), user, self)
    const { changes, errors } = readChanges(typed, user)
    if (!changes) return show(ctx, user, typed, errors)
    const groups = (await needs.groups.list(user.organizationId)).filter((group) => group.managedBy === null)
    if (typed.groups.some((id) => !groups.some((group) => group.id === id))) throw new Forbidden('forbidden', 'a group that was not offered')
    const page = `/admin/users/${user.id}`
    try {
      await orSayWhy(ctx, page, async () => {
        if (changes.email && (isKeyless(user) || (await needs.invitations.latest(user.organizationId, user.id)))) await acts.countInvitation(user.organizationId)
        await needs.storage.write((tx) => save(tx, ctx, user, changes, groups, new Set(typed.groups)))
        ctx.redirectTo(page, { key: 'people.notice.saved' })
      })
    } catch (error) {
      if (error instanceof Conflict && error.code === 'email_taken') return show(ctx, user, typed, { email: 'people.error.email_taken' })
      throw error
    }
  })

  async function save(tx: Transaction, ctx: Context, { id, organizationId }: User, changes: UserChanges, groups: readonly GroupChoice[], chosen: ReadonlySet<string>): Promise<void> {
    const before = await needs.users.find(organizationId, id, tx)
    if (!before) throw new Conflict('people.status')
    const actor = await acts.admit(tx, ctx, before, 'edit')
    const role = changes.role ?? before.role
    if (role !== before.role && (actor.id === id || !grantableRoles(actor.role, before.role).includes(role))) throw new Forbidden('forbidden', `${actor.role} made ${before.role} ${role}`)
    const after = await needs.users.update(tx, organizationId, id, changes)
    if (!after) throw new Conflict('people.status')
    await acts.keepAnOwner(tx, before)
    await record(tx, ctx, before, after)
    if (after.email !== before.email) await moveMail(tx, ctx, before, after)
    const member = new Set((await needs.groups.ofUser(organizationId, id, tx)).map((group) => group.id as string))
    if (roleMay(actor.role, 'groups.write')) {
      for (const group of groups) if (chosen.has(group.id) !== member.has(group.id)) await acts.setMember(tx, ctx, after, group, chosen.has(group.id))
    }
  }

  async function record(tx: Transaction, ctx: Context, before: User, after: User): Promise<void> {
    const changed = (['givenName', 'familyName', 'email', 'locale'] as const).filter((name) => before[name] !== after[name])
    const details = { changed: changed.join(', '), ...(before.email === after.email ? {} : { 'email.before': before.email, 'email.after': after.email }) }
    if (changed.length > 0) await needs.record(tx, ctx, { action: 'user.changed', ...acts.about(after), details })
    if (before.role !== after.role) await needs.record(tx, ctx, { action: 'user.role_changed', ...acts.about(after), details: { 'role.before': before.role, 'role.after': after.role } })
  }

  /** The old address hears of it, and a link on its way there must not open the account any more. */
  async function moveMail(tx: Transaction, ctx: Context, before: User, after: User): Promise<void> {
    await acts.tell(tx, ctx, before, 'email-changed', { after: after.email })
    const open = await needs.invitations.latest(before.organizationId, before.id, tx)
    if (open) await acts.invite(tx, ctx, after, open.purpose, open.note)
    // Nothing but codes brings a keyless person in, and none goes to an address that nobody has proven.
    else if (isKeyless(after)) await acts.invite(tx, ctx, after, 'reset')
  }

  async function show(ctx: Context, user: User, typed: Typed, errors: Errors): Promise<void> {
    const actor = actorOf(ctx)
    const hasErrors = Object.values(errors).some((error) => error !== null)
    const roles = user.id === actor.userId ? [] : grantableRoles(actor.role, user.role)
    showNav(ctx)
    ctx.page('admin/user-edit', {
      id: user.id, name: user.name, self: user.id === actor.userId, managedBy: await keeperOf(needs, user.organizationId, user.managedBy), email: typed.email, givenName: typed.givenName, familyName: typed.familyName,
      roles: roles.length > 1 ? choicesOf(roles, typed.role, (role) => `people.role.${role}`) : [], languages: languageChoices(needs.locales, typed.language),
      groups: groupChecks(await needs.groups.list(user.organizationId), new Set(typed.groups)), errors: { email: null, given_name: null, family_name: null, ...errors }, hasErrors,
    }, { status: hasErrors ? 422 : 200 })
  }

  /** What may not be changed here keeps its value, whatever the form says. */
  function readTyped(form: Form, user: User, self: boolean): Typed {
    const fixed = user.managedBy !== null
    return {
      givenName: fixed ? user.givenName : form.text('given_name'), familyName: fixed ? user.familyName : form.text('family_name'), email: fixed || self ? user.email : form.text('email'),
      role: form.text('role') || user.role, language: form.text('language'), groups: form.all('group'),
    }
  }

  /** What stays as it is need not pass today's rules. */
  function readChanges(typed: Typed, user: User): { changes: UserChanges | null; errors: Errors } {
    const givenName = typed.givenName === user.givenName ? user.givenName : readName(typed.givenName)
    const familyName = typed.familyName === user.familyName ? user.familyName : readName(typed.familyName)
    const email = typed.email === user.email ? null : needs.normaliseEmail(typed.email)
    const errors = { given_name: givenName === undefined ? 'people.error.given_name' : null, family_name: familyName === undefined ? 'people.error.family_name' : null, email: email === undefined ? 'people.error.email' : null }
    if (givenName === undefined || familyName === undefined || email === undefined) return { changes: null, errors }
    return {
      errors, changes: {
        givenName, familyName, locale: needs.locales.includes(typed.language) ? typed.language : null, ...(email === null || email.email === user.email ? {} : { email }),
        ...(typed.role === user.role ? {} : { role: typed.role as UserRole }),
      },
    }
  }
}

function isKeyless(user: User): boolean {
  return user.status === 'active' && user.passkeys === 0
}

function languageChoices(locales: readonly string[], chosen: string): (Choice & { readonly lang: string | null })[] {
  return ['', ...locales].map((value) => ({
    value, lang: value === '' ? null : value, selected: value === chosen, text: value === '' ? null : new Intl.DisplayNames([value], { type: 'language' }).of(value) ?? value, labelKey: value === '' ? 'people.language.auto' : null,
  }))
}
