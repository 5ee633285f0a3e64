import { errors, type InteractionResults, type Provider } from 'oidc-provider'
import { NotFound } from '../../errors.ts'
import { anyone, type Context, type Routes } from '../../http/index.ts'
import { amrOf, assuranceOf, assurances, type Assurance } from '../../authentication/index.ts'
import { requiredAssurance } from '../../authentication/policy/index.ts'
import type { SignInId, Transaction, UserId } from '../../storage/index.ts'
import { factsOf, type ApplicationFacts } from './client.ts'
import type { OidcEvent, OidcNeeds } from './needs.ts'
import type { PayloadStore } from './payloads.ts'
import { askedAssurance } from './policy.ts'
import { maxAgeIn, newGrant, permissionOf } from './session.ts'
import { countedProofs } from '../exchange/index.ts'
import { keyOf, newWork, withWork, type Work } from './work.ts'

type Details = Awaited<ReturnType<Provider['interactionDetails']>>
type Happening = Pick<OidcEvent, 'action' | 'outcome' | 'details'> & { readonly facts: ApplicationFacts; readonly userId: UserId }

/**
 *   GET  /oidc/interaction/:uid            what the library waits for: a sign-in, consent, or the news that there is no right
 *   GET  /oidc/interaction/:uid/complete   back from the sign-in desk
 *   POST /oidc/interaction/:uid/consent    allow or deny
 *   POST /oidc/interaction/:uid/refusal    back to the application with access_denied
 */
export function mountInteractions(routes: Routes, needs: OidcNeeds, store: PayloadStore, provider: () => Promise<Provider>): void {
  async function load(ctx: Context): Promise<{ provider: Provider; details: Details; facts: ApplicationFacts }> {
    const instance = await provider()
    let details: Details
    try {
      details = await instance.interactionDetails(ctx.req, ctx.res)
    } catch (error) {
      // Another browser, or too late: the application has to start again.
      if (error instanceof errors.SessionNotFound) throw new NotFound('sign_in_over')
      throw error
    }
    const client = details.uid === ctx.params['uid'] ? await instance.Client.find(String(details.params['client_id'])) : undefined
    if (!client) throw new NotFound('sign_in_over')
    ctx.state.leavesFormActionOpen = true
    ctx.state.brand = await needs.brandOf(factsOf(client).organizationId)
    return { provider: instance, details, facts: factsOf(client) }
  }

  /** The answer for the library, what it stands on and what is written down about it: one commit or nothing. */
  async function finish(ctx: Context, details: Details, answer: InteractionResults | ((work: Work) => Promise<InteractionResults>), event?: Happening): Promise<void> {
    const work = newWork()
    await withWork(work, async () => {
      details.result = { ...details.lastSubmission, ...(typeof answer === 'function' ? await answer(work) : answer) }
      await details.save(Math.max(1, details.exp - Math.floor(Date.now() / 1_000)))
    })
    await store.apply({ rows: [...work.rows.values()], consumed: [], destroyed: [], revokedGrants: [] }, event && ((tx) => record(tx, ctx, event)))
    ctx.redirectTo(new URL(details.returnTo).pathname)
  }

  async function record(tx: Transaction, ctx: Context, { facts, ...event }: Happening): Promise<void> {
    await needs.record(tx, ctx, { ...event, organizationId: facts.organizationId, application: { id: facts.id, name: facts.name } })
  }

  routes.get('/oidc/interaction/:uid', anyone, async (ctx) => {
    const { details, facts } = await load(ctx)
    const { prompt, params, uid } = details
    if (prompt.name === 'login') {
      const hint = prompt.details['id_token_hint'] === undefined ? undefined : subjectOf(params['id_token_hint'])
      return ctx.redirectTo(await needs.desk.begin(ctx.state.browser, {
        application: { id: facts.id, organizationId: facts.organizationId, name: facts.name },
        assurance: requiredAssurance(askedAssurance(params['acr_values']), facts.requiredAssurance as Assurance | null, assurances),
        maxAgeSeconds: maxAgeOf(details),
        loginHint: typeof params['login_hint'] === 'string' ? params['login_hint'].slice(0, 320) : null,
        userId: hint ?? null,
        returnTo: completionOf(uid),
      }))
    }
    const live = await needs.sessions.current(ctx)
    if (!live) throw new NotFound('sign_in_over')
    if (prompt.name === 'access') {
      await needs.storage.write((tx) => record(tx, ctx, { action: 'application.refused', outcome: 'denied', facts, userId: live.userId, details: {} }))
      return ctx.page('oidc/no-access', { application: facts.name, email: live.user.email, action: `/oidc/interaction/${uid}/refusal`, reference: ctx.state.request.id }, { status: 403 })
    }
    const scopes = String(params['scope'] ?? '').split(' ')
    ctx.page('oidc/consent', {
      application: facts.name, organization: ctx.state.brand?.name ?? '', name: `${live.user.givenName} ${live.user.familyName}`.trim() || live.user.email, email: live.user.email,
      action: `/oidc/interaction/${uid}/consent`,
      permissions: ['openid', 'profile', 'email', 'phone', 'groups', 'offline_access'].filter((scope) => scopes.includes(scope)).map((scope) => `oidc.scope.${scope}`),
    })
  })

  routes.get('/oidc/interaction/:uid/complete', anyone, async (ctx) => {
    const { details } = await load(ctx)
    const signIn = typeof ctx.query['signin'] === 'string' ? ctx.query['signin'] : ''
    const outcome = await needs.desk.outcome(ctx.state.browser, signIn as SignInId, completionOf(details.uid))
    if (outcome.kind === 'none') return ctx.redirectTo(`/oidc/interaction/${details.uid}`)
    if (outcome.kind === 'refused') return finish(ctx, details, { error: outcome.reason, error_description: 'the person could not be signed in as asked' })
    const { session } = outcome
    // A new code beside an old key is not a key of this moment.
    const counted = countedProofs(session, maxAgeOf(details), details.iat * 1_000)
    await finish(ctx, details, {
      login: { accountId: session.userId, ts: Math.floor(session.authenticatedAt / 1_000), acr: assuranceOf(counted), amr: amrOf(counted) },
    })
  })

  routes.post('/oidc/interaction/:uid/consent', anyone, async (ctx) => {
    const { provider: instance, details, facts } = await load(ctx)
    const live = await needs.sessions.current(ctx)
    if (details.prompt.name !== 'consent' || !live) throw new NotFound('sign_in_over')
    const form = await ctx.form()
    if (form.text('decision') !== 'allow') {
      return finish(ctx, details, { error: 'access_denied', error_description: 'the person did not agree' }, { action: 'consent.denied', outcome: 'denied', facts, userId: live.userId, details: {} })
    }
    const clientId = String(details.params['client_id'])
    const participant = { sessionId: live.id, clientId }
    const { grant = newGrant(instance, participant, live.userId), agreed } = await permissionOf(instance, store, participant, live.userId)
    const scope = String(details.params['scope'] ?? '')
    grant.addOIDCScope(scope)
    const consent = store.consentRow(live.userId, clientId, [...new Set([...agreed, ...scope.split(' ')])])
    await finish(ctx, details, async (work) => {
      work.rows.set(keyOf(consent.kind, consent.id), consent)
      return { consent: { grantId: await grant.save() } }
    }, { action: 'consent.granted', outcome: 'success', facts, userId: live.userId, details: { scope } })
  })

  routes.post('/oidc/interaction/:uid/refusal', anyone, async (ctx) => {
    const { details } = await load(ctx)
    await finish(ctx, details, { error: 'access_denied', error_description: 'the person may not use this application' })
  })
}

/** A wish for a new sign-in is one for a proof of this moment. */
function maxAgeOf({ prompt, params }: Details): number | null {
  return prompt.reasons.includes('login_prompt') ? 0 : maxAgeIn(params)
}

const completionOf = (uid: string): string => `/oidc/interaction/${uid}/complete?signin={id}`

/** The library has verified the hint; here only its subject is read. */
function subjectOf(hint: unknown): UserId | undefined {
  try {
    const payload = JSON.parse(Buffer.from(String(hint).split('.')[1] ?? '', 'base64url').toString()) as { sub?: unknown }
    return typeof payload.sub === 'string' ? (payload.sub as UserId) : undefined
  } catch {
    return undefined
  }
}
