import { NotFound } from '../../errors.ts'
import { readName } from '../../directory/index.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import type { FirstKey, Newcomer } from './first-key.ts'
import { addFirstTile } from './first-tile.ts'
import type { WelcomeNeeds } from './needs.ts'
import type { SetupDraft, SetupLinks } from './setup-link.ts'

/**
 *   GET, POST /setup/:token               who and where
 *   GET       /setup/:token/key           enroll the administrator's key
 *   POST      /setup/:token/key/options, /setup/:token/key
 *
 * Nothing exists until the key is there; afterwards these pages do not exist any more.
 */
export function mountSetup(routes: Routes, needs: WelcomeNeeds, links: SetupLinks, firstKey: FirstKey): void {
  const token = async (ctx: Context): Promise<string> => {
    const given = ctx.params['token'] ?? ''
    if (!(await links.admits(given))) throw new NotFound('setup_link_used')
    return given
  }
  const draftOf = async (): Promise<NonNullable<Awaited<ReturnType<SetupLinks['draft']>>>> => {
    const draft = await links.draft()
    if (!draft) throw new NotFound('setup_link_used')
    return draft
  }
  const newcomer = async (ctx: Context): Promise<{ draft: SetupDraft; newcomer: Newcomer } | undefined> => {
    const given = await token(ctx)
    const draft = await draftOf()
    if (!isComplete(draft)) {
      ctx.redirectTo(`/setup/${given}`)
      return undefined
    }
    return {
      draft,
      newcomer: {
        id: draft.userId, email: draft.email, name: `${draft.givenName} ${draft.familyName}`, binding: `setup ${draft.userId}`, occasion: 'setup',
        path: `/setup/${given}`, skippable: false, userVerification: 'required',
      },
    }
  }

  routes.get('/setup/:token', anyone, async (ctx) => {
    await token(ctx)
    const draft = await draftOf()
    show(ctx, { organization: draft.organization ?? '', givenName: draft.givenName ?? '', familyName: draft.familyName ?? '', email: draft.email ?? '' }, {})
  })

  routes.post('/setup/:token', anyone, async (ctx) => {
    const given = await token(ctx)
    const form = await ctx.form()
    const values = { organization: form.text('organization'), givenName: form.text('given_name'), familyName: form.text('family_name'), email: form.text('email') }
    const organization = readName(values.organization)
    const givenName = readName(values.givenName)
    const familyName = readName(values.familyName)
    const address = needs.normaliseEmail(values.email)
    if (!organization || !givenName || !familyName || !address) {
      return show(ctx, values, {
        organization: organization ? null : 'welcome.error.organization', given_name: givenName ? null : 'welcome.error.given_name',
        family_name: familyName ? null : 'welcome.error.family_name', email: address ? null : 'welcome.error.email',
      })
    }
    const { organizationId, userId } = await draftOf()
    await needs.storage.write((tx) => links.saveDraft(tx, { organizationId, userId, organization, givenName, familyName, email: address.email }))
    ctx.redirectTo(`/setup/${given}/key`)
  })

  routes.get('/setup/:token/key', anyone, async (ctx) => {
    const found = await newcomer(ctx)
    if (found) firstKey.show(ctx, found.newcomer)
  })

  routes.post('/setup/:token/key/options', anyone, async (ctx) => {
    const found = await newcomer(ctx)
    if (found) await firstKey.options(ctx, found.newcomer)
  })

  routes.post('/setup/:token/key', anyone, async (ctx) => {
    const found = await newcomer(ctx)
    if (!found) return
    const { draft } = found
    const result = await firstKey.finish(ctx, found.newcomer, async (tx) => {
      if (!(await links.complete(tx))) return undefined
      const email = needs.normaliseEmail(draft.email)
      if (!email) return undefined
      const organization = await needs.organizations.create(tx, { id: draft.organizationId, name: draft.organization, kind: 'business' })
      await addFirstTile(tx, needs.applications, organization.id)
      // The address is unproven, and stays so until a code or link of ours was read there; the key is what signs in.
      const user = await needs.users.create(tx, {
        id: draft.userId, organizationId: organization.id, email, givenName: draft.givenName, familyName: draft.familyName, role: 'owner', status: 'active', emailVerified: false,
      })
      await needs.record(tx, ctx, { action: 'setup.completed', organizationId: organization.id, user, details: { organization: organization.name } })
      return user
    })
    if (result === 'over') throw new NotFound('setup_link_used')
    if (result === 'done') ctx.redirectTo('/security/recovery-codes', { key: 'welcome.notice.set_up' })
  })
}

function show(ctx: Context, values: { organization: string; givenName: string; familyName: string; email: string }, errors: Readonly<Record<string, string | null>>): void {
  const hasErrors = Object.values(errors).some((error) => error !== null)
  ctx.page('welcome/setup', { ...values, errors: { organization: null, given_name: null, family_name: null, email: null, ...errors }, hasErrors }, { status: hasErrors ? 422 : 200 })
}

function isComplete(draft: Partial<SetupDraft>): draft is SetupDraft {
  return draft.organization !== undefined && draft.email !== undefined
}
