import { interactionPolicy, type KoaContextWithOIDC } from 'oidc-provider'
import { assurances, assuranceOf, atLeast, type Assurance } from '../../authentication/index.ts'
import { requiredAssurance } from '../../authentication/policy/index.ts'
import type { Context } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import { factsOf } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import { currentWork } from './work.ts'

/** The weakest of the levels that the application would take, or null when it asks for none we know. */
export function askedAssurance(acrValues: unknown): Assurance | null {
  if (typeof acrValues !== 'string') return null
  const known = acrValues.split(' ').filter((value): value is Assurance => (assurances as readonly string[]).includes(value))
  return assurances.find((assurance) => known.includes(assurance)) ?? null
}

/** What this authorization needs: the stronger of what it asks and what the administrator has set (SEC-19). */
export function neededAssurance(ctx: KoaContextWithOIDC): Assurance | null {
  const { client, params } = ctx.oidc
  return requiredAssurance(askedAssurance(params?.['acr_values']), client ? factsOf(client).requiredAssurance : null, assurances)
}

/** When the library must stop and ask: sign in (again, stronger, as someone else), no right, consent. */
export function createPolicy(needs: Pick<OidcNeeds, 'mayUse' | 'sessions'>): interactionPolicy.DefaultPolicy {
  const { Prompt, Check, base } = interactionPolicy
  const policy = base()
  const login = policy.get('login')
  const consent = policy.get('consent')
  if (!login || !consent) throw new Error('the interaction policy of the library has changed')

  login.checks.add(new Check('too_weak', 'a stronger sign-in is needed', 'login_required', async (ctx) => {
    const needed = neededAssurance(ctx)
    const live = await needs.sessions.current(ctx as unknown as Context)
    return needed !== null && live !== undefined && !atLeast(assuranceOf(live.proofs), needed)
  }))
  login.checks.add(new Check('other_organization', 'someone of the right organization must sign in', 'login_required', async (ctx) => {
    const live = await needs.sessions.current(ctx as unknown as Context)
    return live !== undefined && ctx.oidc.client !== undefined && live.organizationId !== factsOf(ctx.oidc.client).organizationId
  }))

  const access = new Prompt({ name: 'access', requestable: false }, new Check('may_not_use', 'this person may not use this application', 'access_denied', async (ctx) => {
    const { session, client } = ctx.oidc
    return session?.accountId !== undefined && client !== undefined && !(currentWork()?.usable ?? (await needs.mayUse(factsOf(client).id, session.accountId as UserId)))
  }))
  policy.add(access, 1)

  // RFC 8252 §8.6 wants native applications confirmed each time, unless the administrator vouches for them.
  consent.checks.remove('native_client_prompt')
  consent.checks.add(new Check('native_client_prompt', 'native clients require End-User interaction', 'interaction_required', (ctx) => {
    const { client, result } = ctx.oidc
    return client?.applicationType === 'native' && !factsOf(client).trusted && !result?.consent
  }))
  return policy
}
