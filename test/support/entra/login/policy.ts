import { randomUUID } from 'node:crypto'
import { refusal, textOf, type Code, type Failure } from '../aadsts.ts'
import type { Flow } from '../flows.ts'
import { definitions, page } from '../page.ts'
import type { Answer, Route } from '../server.ts'
import type { Start, Variant } from '../start.ts'
import type { Tenant, User } from '../tenant.ts'
import type { Evidence, World } from '../world.ts'
import { escapeXml } from '../xml.ts'
import { namesMfa } from './assertion.ts'

/** A token that passed every check; what is left is whether it is enough. */
export interface Accepted {
  readonly flow: Flow
  readonly user: User
  readonly protocol: 'saml' | 'wsFed'
  readonly methods: readonly string[]
  readonly authenticatedAt: number | undefined
  /** The instant that sign-in frequency is counted from. */
  readonly countedFrom: number | undefined
}

export interface Policy {
  readonly routes: readonly Route[]
  decide(accepted: Accepted): Answer
}

const cookie = 'ESTSAUTH'

/** 7.2 #25 and #26: second factor and sign-in frequency, each with one way back to the identity provider. */
export function createPolicy(world: World, start: Start): Policy {
  const waiting = new Map<string, Accepted>()

  const decide = (accepted: Accepted): Answer => {
    const { flow, user, protocol, methods } = accepted
    const tenant = tenantOf(user)
    const federation = world.directory.ruling(flow.domain).federation
    const behavior = federation?.federatedIdpMfaBehavior ?? 'acceptIfMfaDoneByFederatedIdp'
    const isClaimed = behavior !== 'rejectMfaByFederatedIdp' && namesMfa(methods, protocol)
    const isNeeded = flow.asked.mfa || tenant.policy.requireMfa || user.requiresMfa
    if (isNeeded && !isClaimed) {
      if (behavior !== 'enforceMfaByFederatedIdp') return askSecondFactor(accepted)
      if (flow.asked.mfa) return refuse('7.2 #25', 50196, 'the identity provider was asked for a second factor and answered without')
      return again(accepted, 'mfa', { check: '7.2 #25', refusal: refusal(53006, 'sent back to the identity provider') })
    }
    return decideAge(accepted, isClaimed ? 'identity provider' : 'nobody')
  }

  function decideAge(accepted: Accepted, mfaBy: Evidence['mfaBy']): Answer {
    const { flow, user, authenticatedAt, countedFrom } = accepted
    const oldest = world.now() - world.skewMilliseconds
    if (flow.asked.fresh && (authenticatedAt ?? 0) < flow.startedAt - world.skewMilliseconds) return refuse('7.2 #26', 50078, 'a new authentication was asked for, and an older one came')
    const minutes = tenantOf(user).policy.signInFrequencyMinutes
    if (minutes !== undefined && (countedFrom ?? 0) < oldest - minutes * 60_000) {
      if (flow.asked.fresh) return refuse('7.2 #26', 50078, `older than ${minutes} minutes though a new one was asked for`)
      return again(accepted, 'fresh', { check: '7.2 #26', refusal: refusal(70043, `older than ${minutes} minutes`) })
    }
    return signIn(accepted, mfaBy)
  }

  function again({ flow }: Accepted, wanted: 'mfa' | 'fresh', failure: Failure): Answer {
    world.interrupted(failure)
    const keep: readonly Variant[] = (['mfa', 'fresh'] as const).filter((variant) => variant === wanted || flow.asked[variant])
    return start.begin(flow.upn, flow.domain, keep, true)
  }

  function askSecondFactor(accepted: Accepted): Answer {
    world.interrupted({ check: '7.2 #25', refusal: refusal(50076, 'Entra asks for its own second factor') })
    const id = randomUUID()
    waiting.set(id, accepted)
    return page(200, 'entra-mfa', 'Entra MFA', `<p>${escapeXml(accepted.user.userPrincipalName)}</p><form method="post" action="/entra-mfa"><input type="hidden" name="pending" value="${id}"><button>Approve</button></form>`)
  }

  function signIn({ user, protocol, methods, authenticatedAt }: Accepted, mfaBy: Evidence['mfaBy']): Answer {
    const evidence: Evidence = { upn: user.userPrincipalName, tenantId: user.tenantId, protocol, methods, authenticatedAt, mfaBy }
    return signedIn(world, user, evidence)
  }

  function refuse(check: string, code: Code, detail: string): Answer {
    return refusedPage(world, { check, refusal: refusal(code, detail) })
  }

  function tenantOf({ tenantId }: User): Tenant {
    const tenant = world.directory.findTenant(tenantId)
    if (!tenant) throw new Error(`no tenant ${tenantId}`)
    return tenant
  }

  return {
    decide,
    routes: [{
      face: 'login', method: 'POST', path: '/entra-mfa', answer: ({ form }) => {
        const id = form.get('pending') ?? ''
        const accepted = waiting.get(id)
        waiting.delete(id)
        return accepted ? decideAge(accepted, 'Entra') : refuse('7.2 #25', 50089, 'nothing waits for this approval')
      },
    }],
  }
}

/** The page at the end of a sign-in; what the tests compare stands in `data-name` fields. */
export function signedIn(world: World, user: User, evidence: Evidence): Answer {
  const session = world.openSession(user, evidence)
  const { upn, protocol, methods, authenticatedAt, mfaBy } = evidence
  const shown = { upn, protocol, methods: methods.join(' '), authenticatedAt: authenticatedAt === undefined ? '' : new Date(authenticatedAt).toISOString(), mfaBy }
  return page(200, 'signed-in', `Signed in as ${evidence.upn}`, definitions(shown), { 'set-cookie': `${cookie}=${session.id}; Path=/; Secure; HttpOnly; SameSite=None` })
}

export function refusedPage(world: World, failure: Failure): Answer {
  world.refused(failure)
  return page(400, 'refused', 'Sorry, but we’re having trouble signing you in', definitions({ code: `AADSTS${failure.refusal.code}`, check: failure.check, text: textOf(failure.refusal) }))
}

/** Ends the session of this browser, if it has one. */
export function endSession(world: World, cookies: ReadonlyMap<string, string>): void {
  const session = world.sessions.find(({ id }) => id === cookies.get(cookie))
  if (session) session.isOpen = false
}
