import type { ConfigurationProblem } from './validate.ts'

/** stops: federating now would lock people out or be refused. warns: somebody should know. unknown: it could not be looked at. */
export type Severity = 'stops' | 'warns' | 'fine' | 'unknown'

/** One line of the table; its texts are `microsoft.finding.<code>.text` and, unless it is fine, `….fix`. */
export interface Finding { readonly code: string; readonly severity: Severity; readonly count: number; readonly examples: readonly string[] }

/** What was found out, each part null where it could not be. */
export interface PreflightFacts {
  readonly domain: {
    readonly verified: boolean; readonly default: boolean; readonly root: boolean; readonly authenticationType: string
    /** Issued by somebody else: a federation that is there already. */
    readonly otherIssuer: string | null
  } | null | 'missing'
  /** Of Entra, with a UPN below the domain. */
  readonly entraUsers: readonly { readonly upn: string; readonly immutableId: string | null; readonly enabled: boolean }[] | null
  /** Ours, with a UPN below the domain. */
  readonly ourUsers: readonly { readonly upn: string; readonly immutableId: string }[]
  /** Active people who may use Microsoft 365 but have no identity. */
  readonly withoutIdentity: number
  /** Global administrators of the tenant whose UPN is outside of the domain. */
  readonly breakGlass: { readonly count: number; readonly withinDomain: readonly string[] } | null
  readonly configuration: readonly ConfigurationProblem[]
  readonly certificateDaysLeft: number
  /** Entra's clock minus ours. */
  readonly clockSkewSeconds: number | null
  readonly publicHost: { readonly https: boolean; readonly local: boolean }
  /** Policies of Conditional Access that demand a strength which no federation satisfies. */
  readonly strengths: readonly string[] | null
  readonly mfaBehavior: string
  readonly protocol: 'saml' | 'wsfed'
  /** Verified subdomains, which will follow. */
  readonly subdomains: readonly string[] | null
}

const shown = 5

/** The table of the preflight, in the order in which it is best worked off. */
export function findingsOf(facts: PreflightFacts): Finding[] {
  return [...domainFindings(facts), ...peopleFindings(facts), ...ownFindings(facts), ...policyFindings(facts)]
}

export function stops(findings: readonly Finding[]): boolean {
  return findings.some(({ severity }) => severity === 'stops')
}

const finding = (code: string, severity: Severity, examples: readonly string[] = [], count = examples.length): Finding => ({ code, severity, count, examples: examples.slice(0, shown) })
const either = (bad: boolean, code: string, severity: Severity, good: string, examples: readonly string[] = []): Finding => (bad ? finding(code, severity, examples) : finding(good, 'fine'))

function domainFindings({ domain, subdomains }: PreflightFacts): Finding[] {
  if (domain === null) return [finding('domain_unknown', 'unknown')]
  if (domain === 'missing') return [finding('domain_missing', 'stops')]
  return [
    either(!domain.verified, 'domain_unverified', 'stops', 'domain_verified'),
    either(domain.default, 'domain_default', 'stops', 'domain_not_default'),
    ...(domain.root ? [] : [finding('domain_not_root', 'stops')]),
    ...(domain.otherIssuer === null ? [] : [finding('domain_federated_elsewhere', 'warns', [domain.otherIssuer])]),
    ...(subdomains === null || subdomains.length === 0 ? [] : [finding('subdomains_follow', 'warns', subdomains)]),
  ]
}

function peopleFindings({ entraUsers, ourUsers, withoutIdentity, breakGlass }: PreflightFacts): Finding[] {
  const findings: Finding[] = []
  if (entraUsers === null) findings.push(finding('users_unknown', 'unknown'))
  else {
    const ours = new Map(ourUsers.map(({ upn, immutableId }) => [upn.toLowerCase(), immutableId]))
    const active = entraUsers.filter(({ enabled }) => enabled)
    const different = active.filter(({ upn, immutableId }) => { const own = ours.get(upn.toLowerCase()); return own !== undefined && immutableId !== null && immutableId !== own })
    const without = active.filter(({ upn, immutableId }) => ours.has(upn.toLowerCase()) && immutableId === null)
    const unknown = active.filter(({ upn }) => !ours.has(upn.toLowerCase()))
    const there = new Set(entraUsers.map(({ upn }) => upn.toLowerCase()))
    const missing = ourUsers.filter(({ upn }) => !there.has(upn.toLowerCase()))
    if (different.length > 0) findings.push(finding('immutable_id_different', 'stops', different.map(({ upn }) => upn)))
    if (without.length > 0) findings.push(finding('immutable_id_missing', 'stops', without.map(({ upn }) => upn)))
    if (unknown.length > 0) findings.push(finding('users_unknown_here', 'warns', unknown.map(({ upn }) => upn)))
    if (missing.length > 0) findings.push(finding('users_missing_there', 'warns', missing.map(({ upn }) => upn)))
    if (different.length + without.length + unknown.length + missing.length === 0) findings.push(finding('users_match', 'fine', [], ourUsers.length))
  }
  if (withoutIdentity > 0) findings.push(finding('people_without_identity', 'warns', [], withoutIdentity))
  if (breakGlass === null) findings.push(finding('break_glass_unknown', 'unknown'))
  else findings.push(breakGlass.count >= 2 ? finding('break_glass_there', 'fine', [], breakGlass.count) : finding('break_glass_missing', 'stops', breakGlass.withinDomain, breakGlass.count))
  return findings
}

function ownFindings({ configuration, certificateDaysLeft, clockSkewSeconds, publicHost }: PreflightFacts): Finding[] {
  const certificate = configuration.filter(({ field }) => field.endsWith('ertificate'))
  const other = configuration.filter(({ field, problem }) => !field.endsWith('ertificate') && problem !== 'not_https')
  const skew = Math.round(Math.abs(clockSkewSeconds ?? 0))
  return [
    certificate.length > 0 ? finding('certificate_bad', 'stops', certificate.map(({ problem }) => problem)) : certificateDaysLeft <= 30 ? finding('certificate_soon', 'warns', [], certificateDaysLeft) : finding('certificate_good', 'fine', [], certificateDaysLeft),
    ...(other.length > 0 ? [finding('configuration_bad', 'stops', other.map(({ field }) => field))] : []),
    clockSkewSeconds === null ? finding('clock_unknown', 'unknown') : skew > 60 ? finding('clock_off', skew > 240 ? 'stops' : 'warns', [], skew) : finding('clock_right', 'fine', [], skew),
    publicHost.https ? publicHost.local ? finding('public_not_reachable', 'warns') : finding('public_https', 'fine') : finding('public_not_https', 'stops'),
  ]
}

function policyFindings({ strengths, mfaBehavior, protocol }: PreflightFacts): Finding[] {
  return [
    strengths === null ? finding('strengths_unknown', 'unknown') : either(strengths.length > 0, 'strengths_demanded', 'warns', 'strengths_none', strengths),
    // Nobody has documented how Entra asks a SAML provider to step up (section 8): a misunderstanding would be a loop.
    ...(mfaBehavior === 'enforceMfaByFederatedIdp' && protocol === 'saml' ? [finding('enforce_with_saml', 'warns')] : []),
  ]
}
