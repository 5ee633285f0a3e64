import { NotFound } from '../../errors.ts'
import { readName, type Invitation, type Organization, type User } from '../../directory/index.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import type { Transaction } from '../../storage/index.ts'
import type { Entry, FirstKey, Newcomer } from './first-key.ts'
import type { WelcomeNeeds } from './needs.ts'

interface Guest { readonly invitation: Invitation; readonly user: User; readonly organization: Organization; readonly newcomer: Newcomer }

/**
 *   GET, POST /invitation/:token          who invites, and the names
 *   GET       /invitation/:token/key      enroll a key; POST …/key/options, …/key, …/skip
 *
 * Looking never uses the link up, since mail scanners look too; the key or the skip does (S99).
 */
export function mountInvitations(routes: Routes, needs: WelcomeNeeds, firstKey: FirstKey): void {
  const { storage, invitations, users } = needs

  async function guest(ctx: Context): Promise<Guest> {
    const token = ctx.params['token'] ?? ''
    const invitation = await invitations.find(token)
    const user = invitation && (await users.find(invitation.organizationId, invitation.userId))
    const organization = invitation && (await needs.organizations.find(invitation.organizationId))
    if (!invitation || !user || !organization || !isWaiting(user)) throw new NotFound('link_used')
    ctx.state.brand = await needs.brandOf(organization.id)
    const { methods, userVerification } = organization.settings
    return {
      invitation, user, organization,
      newcomer: {
        id: user.id, email: user.email, name: user.name, binding: `invitation ${invitation.id}`, occasion: invitation.purpose, path: `/invitation/${token}`,
        // Whoever skips must be able to come back with a code.
        skippable: user.role === 'user' && methods.emailCode, userVerification,
      },
    }
  }

  const admit = (ctx: Context, { invitation, user }: Guest, withKey: boolean) => async (tx: Transaction): Promise<Entry | undefined> => {
    // Suspended, deleted or in by another way since the page was opened.
    const now = await users.find(user.organizationId, user.id, tx)
    if (!now || !isWaiting(now) || !(await invitations.accept(tx, invitation.id))) return undefined
    const current = await users.update(tx, user.organizationId, user.id, { status: 'active', emailVerified: true })
    if (!current) return undefined
    await needs.record(tx, ctx, { action: 'invitation.accepted', organizationId: user.organizationId, user, details: { purpose: invitation.purpose, withKey } })
    return current
  }

  routes.get('/invitation/:token', anyone, async (ctx) => {
    const found = await guest(ctx)
    show(ctx, found, { givenName: found.user.givenName, familyName: found.user.familyName }, {})
  })

  routes.post('/invitation/:token', anyone, async (ctx) => {
    const found = await guest(ctx)
    const { user, invitation } = found
    const form = await ctx.form()
    const values = user.managedBy === null ? { givenName: form.text('given_name'), familyName: form.text('family_name') } : { givenName: user.givenName, familyName: user.familyName }
    const givenName = readName(values.givenName)
    const familyName = readName(values.familyName)
    if (user.managedBy === null && (!givenName || !familyName)) {
      return show(ctx, found, values, { given_name: givenName ? null : 'welcome.error.given_name', family_name: familyName ? null : 'welcome.error.family_name' })
    }
    await storage.write(async (tx) => {
      const first = await invitations.markOpened(tx, invitation.id)
      await users.update(tx, user.organizationId, user.id, {
        ...(user.managedBy === null && givenName && familyName ? { givenName, familyName } : {}), ...(user.status === 'new' ? { status: 'pending' as const } : {}),
      })
      if (first) await needs.record(tx, ctx, { action: 'invitation.opened', organizationId: user.organizationId, user, details: { purpose: invitation.purpose } })
    })
    ctx.redirectTo(`${found.newcomer.path}/key`)
  })

  routes.get('/invitation/:token/key', anyone, async (ctx) => {
    firstKey.show(ctx, (await guest(ctx)).newcomer)
  })

  routes.post('/invitation/:token/key/options', anyone, async (ctx) => {
    await firstKey.options(ctx, (await guest(ctx)).newcomer)
  })

  routes.post('/invitation/:token/key', anyone, async (ctx) => {
    const found = await guest(ctx)
    const result = await firstKey.finish(ctx, found.newcomer, admit(ctx, found, true))
    if (result === 'over') throw new NotFound('link_used')
    if (result === 'done') ctx.redirectTo(found.organization.settings.methods.recoveryCodes ? '/security/recovery-codes' : '/', { key: 'welcome.notice.key_added' })
  })

  routes.post('/invitation/:token/skip', anyone, async (ctx) => {
    const found = await guest(ctx)
    if (!found.newcomer.skippable) return ctx.redirectTo(`${found.newcomer.path}/key`)
    if ((await firstKey.skip(ctx, admit(ctx, found, false))) === 'over') throw new NotFound('link_used')
    await firstKey.onward(ctx)
  })
}

/**
 * A link is for somebody who has no key. Whoever got one meanwhile, by a code perhaps, is past it: an old mail must not be a
 * way around the key (SEC-37).
 */
function isWaiting(user: User): boolean {
  return user.status !== 'suspended' && user.passkeys === 0
}

function show(ctx: Context, { invitation, user, organization }: Guest, names: { givenName: string; familyName: string }, errors: Readonly<Record<string, string | null>>): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  ctx.page('welcome/invitation', {
    organization: organization.name, email: user.email, note: invitation.note, expiresAt: invitation.expiresAt, purpose: invitation.purpose,
    namesFixed: user.managedBy !== null, ...names, errors: { given_name: null, family_name: null, ...errors }, hasErrors,
  }, { status: hasErrors ? 422 : 200 })
}
