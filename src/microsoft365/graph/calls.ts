import { domainOf, isWithin } from '../domain.ts'
import { readConfiguration, type ActualConfiguration, type DomainState } from '../federation/index.ts'
import { GraphRefused } from './refused.ts'
import type { GraphSession } from './session.ts'

export interface EntraDomain {
  readonly name: string
  readonly authenticationType: 'Managed' | 'Federated'
  readonly isDefault: boolean
  readonly isRoot: boolean
  readonly isVerified: boolean
}

export interface EntraUser { readonly id: string; readonly upn: string; readonly immutableId: string | null; readonly enabled: boolean }

const path = (domain: string): string => `/v1.0/domains/${encodeURIComponent(domain)}`

/** @returns undefined for a domain that is not in the tenant */
export async function stateOfDomain(session: GraphSession, domain: string): Promise<{ readonly domain: EntraDomain; readonly state: DomainState } | undefined> {
  const found = await unlessMissing(session.get(path(domain)))
  if (!found) return undefined
  const entra = readDomain(found)
  return { domain: entra, state: { authenticationType: entra.authenticationType, configuration: await federationOf(session, domain) ?? null } }
}

/** A domain has one configuration or none (section 3.2). */
export async function federationOf(session: GraphSession, domain: string): Promise<ActualConfiguration | undefined> {
  const entries = await unlessMissing(session.all(`${path(domain)}/federationConfiguration`, 10))
  return entries?.[0] && readConfiguration(entries[0])
}

export async function verifiedDomains(session: GraphSession): Promise<EntraDomain[]> {
  return (await session.all('/v1.0/domains')).map(readDomain).filter(({ isVerified }) => isVerified)
}

/** Everybody whose UPN is within the domain; filtered here, since Graph has no filter for the end of a name without extra rights. */
export async function usersWithin(session: GraphSession, domain: string): Promise<EntraUser[]> {
  const users = await session.all('/v1.0/users?$select=id,userPrincipalName,onPremisesImmutableId,accountEnabled&$top=999')
  return users.flatMap((user): EntraUser[] => {
    const { id, userPrincipalName: upn, onPremisesImmutableId: immutableId, accountEnabled: enabled } = user
    if (typeof id !== 'string' || typeof upn !== 'string' || !isWithin(domainOf(upn), domain)) return []
    return [{ id, upn, immutableId: typeof immutableId === 'string' && immutableId !== '' ? immutableId : null, enabled: enabled !== false }]
  })
}

/** Ends somebody's sessions and refresh tokens at Microsoft. @returns false for somebody who is not there */
export async function revokeSessions(session: GraphSession, upn: string): Promise<boolean> {
  return await unlessMissing(session.send({ method: 'POST', path: `/v1.0/users/${encodeURIComponent(upn)}/revokeSignInSessions`, body: null }).then(() => true)) ?? false
}

/** The role's id is the same in every tenant. */
const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10'

/** UPNs of those who can always get in to repair; null where we may not look. */
export async function globalAdministrators(session: GraphSession): Promise<string[] | null> {
  const members = await unlessDenied(session.all(`/v1.0/directoryRoles(roleTemplateId='${globalAdministrator}')/members`))
  return members && members.flatMap(({ userPrincipalName: upn, accountEnabled: enabled }) => (typeof upn === 'string' && enabled !== false ? [upn] : []))
}

/**
 * Policies that demand a strength which no answer of ours meets: none of its combinations is a federated one.
 * @returns their names; null where we may not look
 */
export async function unsatisfiableStrengths(session: GraphSession): Promise<string[] | null> {
  const policies = await unlessDenied(session.all('/v1.0/identity/conditionalAccess/policies'))
  return policies && policies.flatMap((policy) => {
    const strength = (policy['grantControls'] as { authenticationStrength?: { allowedCombinations?: unknown } | null } | null | undefined)?.authenticationStrength
    if (!strength || policy['state'] === 'disabled') return []
    const combinations = Array.isArray(strength.allowedCombinations) ? strength.allowedCombinations : []
    return combinations.some((combination) => String(combination).includes('federated')) ? [] : [String(policy['displayName'] ?? policy['id'])]
  })
}

function readDomain(entry: Readonly<Record<string, unknown>>): EntraDomain {
  return {
    name: String(entry['id'] ?? '').toLowerCase(), authenticationType: entry['authenticationType'] === 'Federated' ? 'Federated' : 'Managed', isDefault: entry['isDefault'] === true,
    isRoot: entry['isRoot'] !== false, isVerified: entry['isVerified'] === true,
  }
}

const unlessMissing = <T>(work: Promise<T>): Promise<T | undefined> => unless(work, ['not_found'], undefined)
const unlessDenied = <T>(work: Promise<T>): Promise<T | null> => unless(work, ['denied', 'not_found', 'other'], null)

async function unless<T, E>(work: Promise<T>, kinds: readonly string[], otherwise: E): Promise<T | E> {
  try {
    return await work
  } catch (error) {
    if (error instanceof GraphRefused && kinds.includes(error.kind)) return otherwise
    throw error
  }
}
