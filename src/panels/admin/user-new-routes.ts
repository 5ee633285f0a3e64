import type { GroupChoice, UserRole } from '../../directory/index.ts'
import { Conflict, Forbidden } from '../../errors.ts'
import { mayFreshly, roleMay, type Context, type Routes } from '../../http/index.ts'
import { choicesOf } from './choices.ts'
import type { AdminNeeds } from './needs.ts'
import { readInvitation, type TypedInvitation } from './person-form.ts'
import type { PersonActs } from './person-acts.ts'
import { grantableRoles } from './people-rules.ts'
import { groupChecks } from './people-view.ts'
import { actorOf, showNav } from './shell.ts'

/** GET, POST /admin/users/new: invites somebody; the account and its link are made in one transaction (S121). A new administrator is as good as a key, hence the fresh proof (SEC-71). */
export function mountUserNew(routes: Routes, needs: AdminNeeds, acts: PersonActs): void {
  const offer = async (ctx: Context): Promise<{ roles: UserRole[]; groups: GroupChoice[] }> => {
    const { role, organizationId } = actorOf(ctx)
    // Groups open applications, so whoever may not change groups must not hand them to a newcomer either (SEC-69).
    return { roles: grantableRoles(role, 'user'), groups: roleMay(role, 'groups.write') ? (await needs.groups.list(organizationId)).filter((group) => group.managedBy === null) : [] }
  }

  routes.get('/admin/users/new', mayFreshly('users.invite'), async (ctx) => {
    show(ctx, await offer(ctx), { email: '', givenName: '', familyName: '', role: 'user', groups: [], note: '' }, {})
  })

  routes.post('/admin/users/new', mayFreshly('users.invite'), async (ctx) => {
    const { organizationId } = actorOf(ctx)
    const offered = await offer(ctx)
    const { typed, read, errors } = readInvitation(await ctx.form(), needs.normaliseEmail)
    const role = offered.roles.find((one) => one === typed.role)
    const groups = offered.groups.filter((group) => typed.groups.includes(group.id))
    if (!role || groups.length !== new Set(typed.groups).size) throw new Forbidden('forbidden', 'a role or group that was not offered')
    if (!read) return show(ctx, offered, typed, errors)
    try {
      await acts.countInvitation(organizationId)
      const id = await needs.storage.write(async (tx) => {
        const user = await needs.users.create(tx, { organizationId, ...read, role, status: 'new', emailVerified: false })
        await acts.invite(tx, ctx, user, 'invitation', read.note)
        await needs.record(tx, ctx, { action: 'user.invited', ...acts.about(user), details: { role } })
        for (const group of groups) await acts.setMember(tx, ctx, user, group, true)
        return user.id
      })
      ctx.redirectTo(`/admin/users/${id}`, { key: needs.mailConfigured ? 'people.notice.invited' : 'people.notice.invited_waiting', params: { email: read.email.email } })
    } catch (error) {
      if (error instanceof Conflict && error.code === 'email_taken') return show(ctx, offered, typed, { email: 'people.error.email_taken' })
      if (error instanceof Conflict && error.code === 'people.too_many_invitations') return show(ctx, offered, typed, { email: 'people.refused.too_many_invitations' })
      throw error
    }
  })
}

function show(ctx: Context, offered: { roles: UserRole[]; groups: GroupChoice[] }, typed: TypedInvitation, errors: Readonly<Record<string, string | null>>): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  showNav(ctx)
  ctx.page('admin/user-new', {
    email: typed.email, givenName: typed.givenName, familyName: typed.familyName, note: typed.note, groups: groupChecks(offered.groups, new Set(typed.groups)),
    roles: offered.roles.length > 1 ? choicesOf(offered.roles, typed.role, (role) => `people.role.${role}`) : [],
    errors: { email: null, given_name: null, family_name: null, note: null, ...errors }, hasErrors,
  }, { status: hasErrors ? 422 : 200 })
}
