import { z } from 'zod'

/** Texts are `microsoft.key_finding.<code>.text` and `….fix`. */
export interface KeyFinding { readonly code: string; readonly severity: 'stops' | 'warns' | 'unknown' | 'fine'; readonly count: number; readonly examples: readonly string[] }

const restrictions = z.object({ isEnforced: z.boolean().nullish(), enforcementType: z.string().nullish(), aaGuids: z.array(z.string()).nullish() }).nullish()
const profile = z.object({ name: z.string().nullish(), attestationEnforcement: z.string().nullish(), passkeyTypes: z.string().nullish(), keyRestrictions: restrictions })
const policy = z.object({
  state: z.string(), isSelfServiceRegistrationAllowed: z.boolean().nullish(), isAttestationEnforced: z.boolean().nullish(), keyRestrictions: restrictions, passkeyProfiles: z.array(profile).nullish(),
  includeTargets: z.array(z.object({ id: z.string() })).nullish(), excludeTargets: z.array(z.object({ id: z.string() })).nullish(),
})
type Profile = z.infer<typeof profile>
type Restrictions = z.infer<typeof restrictions>

const finding = (code: string, severity: KeyFinding['severity'], examples: readonly string[] = []): KeyFinding => ({ code, severity, count: examples.length, examples: examples.slice(0, 5) })

/**
 * What the tenant's policy for passkeys (FIDO2) means for keys of our phones, which are bound to the phone and vouched for by nobody (section 5.1).
 * @param aaguid what our phones say they are
 */
export function policyFindings(configuration: unknown, aaguid: string): KeyFinding[] {
  const read = policy.safeParse(configuration)
  if (!read.success) return [finding('policy_unreadable', 'unknown')]
  const { data } = read
  const findings: KeyFinding[] = []
  if (data.state !== 'enabled') findings.push(finding('method_off', 'stops'))
  // A known fault of the service: a key on somebody's behalf is refused where they may not add one themselves.
  if (data.isSelfServiceRegistrationAllowed === false) findings.push(finding('self_service_off', 'stops'))
  findings.push(...(data.passkeyProfiles?.length ? profileFindings(data.passkeyProfiles, aaguid) : [
    ...(data.isAttestationEnforced === true ? [finding('attestation_enforced', 'stops')] : []), ...restrictionFindings(data.keyRestrictions, aaguid),
  ]))
  const groups = (data.includeTargets ?? []).map(({ id }) => id)
  if (data.state === 'enabled' && !groups.includes('all_users')) findings.push(groups.length === 0 ? finding('nobody', 'stops') : finding('groups_only', 'warns', groups))
  if (data.excludeTargets?.length) findings.push(finding('groups_excluded', 'warns', data.excludeTargets.map(({ id }) => id)))
  return findings.length === 0 ? [finding('policy_good', 'fine')] : findings
}

/** Somebody may have any of the profiles; where none lets our phones in, nobody gets in. */
function profileFindings(profiles: readonly Profile[], aaguid: string): KeyFinding[] {
  const judged = profiles.map((one) => ({
    name: one.name ?? '', findings: [
      ...(one.attestationEnforcement !== undefined && one.attestationEnforcement !== null && one.attestationEnforcement !== 'disabled' ? [finding('attestation_enforced', 'stops')] : []),
      ...(typeof one.passkeyTypes === 'string' && !one.passkeyTypes.includes('deviceBound') ? [finding('device_bound_off', 'stops')] : []), ...restrictionFindings(one.keyRestrictions, aaguid),
    ],
  }))
  const closed = judged.filter(({ findings }) => findings.length > 0)
  if (closed.length === 0) return []
  if (closed.length < judged.length) return [finding('some_profiles', 'warns', closed.map(({ name }) => name))]
  return [...new Map(closed.flatMap(({ findings }) => findings).map((one) => [one.code, one])).values()]
}

function restrictionFindings(keys: Restrictions, aaguid: string): KeyFinding[] {
  if (keys?.isEnforced !== true) return []
  const named = (keys.aaGuids ?? []).some((one) => one.toLowerCase() === aaguid)
  if (keys.enforcementType === 'block') return named ? [finding('model_blocked', 'stops', [aaguid])] : []
  return named ? [] : [finding('model_not_allowed', 'stops', [aaguid])]
}
