import { NotFound } from '../../../errors.ts'
import { type Context } from '../../../http/index.ts'
import { GraphRefused, hostsOf, homeRealmAddress, requestText, type ConfigurationProblem, type ConnectionPurpose, type Difference, type Finding, type GraphSession, type ManagedDomain, type Plan, type RecordDomainEvent, type SetOutcome } from '../../../microsoft365/index.ts'
import type { UserId } from '../../../storage/index.ts'
import { actorOf, showNav } from '../shell.ts'
import type { Microsoft365PageNeeds } from './needs.ts'
import type { DifferenceRow, DomainHead, FindingRow, ProblemRow, RequestRow, Tone } from './pages.ts'

export const root = '/admin/microsoft365'
export const pathOf = ({ id }: Pick<ManagedDomain, 'id'>, step = ''): string => `${root}/${id}${step === '' ? '' : `/${step}`}`
export const headOf = ({ id, domain }: ManagedDomain): DomainHead => ({ id, domain })
export const tryAddress = (domain: ManagedDomain): string => homeRealmAddress(domain.loginHost, domain.domain)

/** The domain of an address; one of another organization is not found (SEC-73). */
export async function domainOf(ctx: Context, needs: Microsoft365PageNeeds): Promise<ManagedDomain> {
  const domain = await needs.room.domains.find(actorOf(ctx).organizationId, ctx.params['id'] ?? '')
  if (!domain) throw new NotFound()
  showNav(ctx)
  return domain
}

export const recordFor = (ctx: Context, needs: Microsoft365PageNeeds): RecordDomainEvent => (tx, event) => needs.record(tx, ctx, event)

/** The app registration's session, or the administrator's own if they signed in for this purpose. */
export async function sessionFor(ctx: Context, needs: Microsoft365PageNeeds, domain: ManagedDomain, purpose: ConnectionPurpose): Promise<GraphSession | undefined> {
  const { userId } = actorOf(ctx)
  const connection = await needs.room.connections.find(domain, userId)
  if (connection?.connected && (purpose === 'read' || connection.purpose === 'write')) return needs.room.connections.session(domain, userId)
  // An app registration that only guards has no right to write; a person signs in for that.
  return purpose === 'read' || domain.settings.autopilot ? needs.room.unattended.session(domain) : undefined
}

/** Runs a step that asks Entra: without a session it leads to the sign-in, and a refusal becomes a page with cause and fix. */
export async function withSession(ctx: Context, needs: Microsoft365PageNeeds, domain: ManagedDomain, step: string, purpose: ConnectionPurpose, work: (session: GraphSession) => Promise<void>): Promise<void> {
  await orRefused(ctx, domain, async () => {
    const session = await sessionFor(ctx, needs, domain, purpose)
    if (!session) return ctx.redirectTo(pathOf(domain, `connection?for=${step}`))
    await work(session)
  })
}

export async function orRefused(ctx: Context, domain: ManagedDomain, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof GraphRefused)) throw error
    ctx.page('admin/microsoft-refused', { ...headOf(domain), causeKey: `microsoft.graph.${error.kind}.cause`, fixKey: `microsoft.graph.${error.kind}.fix`, said: error.message, requestId: error.requestId }, { status: 502 })
  }
}

const tones: Readonly<Record<Finding['severity'], Tone>> = { stops: 'bad', warns: 'warn', unknown: 'plain', fine: 'good' }

export const findingRow = ({ code, severity, count, examples }: Finding): FindingRow => ({
  tone: tones[severity], severityKey: `microsoft.severity.${severity}`, textKey: `microsoft.finding.${code}.text`, fixKey: severity === 'fine' ? null : `microsoft.finding.${code}.fix`, count, examples, more: count > examples.length && examples.length > 0,
})

const shortest = (value: string | boolean | null): string => { const text = String(value ?? '–'); return text.length > 120 ? `${text.slice(0, 117)}…` : text }
export const differenceRow = ({ field, wanted, actual, grave }: Difference): DifferenceRow => ({ field, wanted: shortest(wanted), actual: shortest(actual), grave })
export const problemRow = ({ field, problem }: ConfigurationProblem): ProblemRow => ({ field, problemKey: `microsoft.problem.${problem}` })
export const requestRows = (domain: ManagedDomain, plan: Plan): RequestRow[] => plan.requests.map((request, index) => ({ id: `request-${index + 1}`, text: requestText(hostsOf(domain.settings).graphHost, request) }))

/** Whoever gives somebody the ImmutableID of another person makes them that person at Entra, so every one stands in the audit log, from whatever page. */
export function identityEvent(user: { readonly id: UserId; readonly name: string }, { identity, before }: Extract<SetOutcome, { readonly outcome: 'saved' }>) {
  const changed = before !== null && before.immutableId !== identity.immutableId
  return {
    action: changed ? 'microsoft.identity_changed' : 'microsoft.identity_set', userId: user.id, target: { kind: 'user', id: user.id, name: user.name },
    details: {
      upn: identity.upn, ...(before !== null && before.upn !== identity.upn ? { 'upn.before': before.upn } : {}),
      ...(changed ? { 'immutableId.before': before.immutableId, 'immutableId.after': identity.immutableId } : { immutableId: identity.immutableId }),
    },
  } as const
}
