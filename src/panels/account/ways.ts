import { useOf } from '../../authentication/policy/index.ts'
import type { OrganizationSettings, User } from '../../directory/index.ts'
import { NotFound } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { AccountNeeds } from './needs.ts'
import { visitorOf } from './shell.ts'

/** What of passwords and authenticator apps this person may have here. */
export async function waysOfPerson(needs: AccountNeeds, ctx: Context): Promise<{ user: User; methods: OrganizationSettings['methods']; mayPassword: boolean; mayTotp: boolean }> {
  const visitor = visitorOf(ctx)
  const [user, { settings }] = await Promise.all([needs.users.findById(visitor.userId), needs.groupMethods.settings(visitor.organizationId, visitor.userId)])
  if (!user) throw new NotFound()
  const { methods } = settings
  return {
    user, methods, mayTotp: typeof useOf('totp', user, methods) === 'string',
    // Whoever comes from a directory has a password there, and a second one would outlive it.
    mayPassword: typeof useOf('password', user, methods) === 'string' && (user.managedBy === null || user.managedBy === 'scim'),
  }
}
