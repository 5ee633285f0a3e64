import { federationFields, type ActualConfiguration, type FederationConfiguration, type FederationField } from './configuration.ts'
import { differences, type Difference } from './difference.ts'

/** What Entra says about a domain now, and what we keep to go back to. */
export interface DomainState {
  readonly authenticationType: 'Managed' | 'Federated'
  readonly configuration: ActualConfiguration | null
}

export interface GraphRequest {
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  /** Behind the host: `/v1.0/…` */
  readonly path: string
  readonly body: Readonly<Record<string, string | boolean | null>> | null
}

export interface Plan {
  readonly kind: 'create' | 'replace' | 'update' | 'managed' | 'nothing'
  readonly requests: readonly GraphRequest[]
  readonly differences: readonly Difference[]
}

const type = '#microsoft.graph.internalDomainFederation'
const pathOf = (domain: string, id?: string): string => `/v1.0/domains/${encodeURIComponent(domain)}/federationConfiguration${id === undefined ? '' : `/${encodeURIComponent(id)}`}`

/**
 * The requests that make Entra say what we want. A configuration is created, never a type set to Federated, which Graph refuses;
 * what a domain kept from a federation that was taken back is in the way and goes first (section 3.2).
 */
export function planFederation(domain: string, wanted: FederationConfiguration, state: DomainState, published: readonly string[]): Plan {
  const create: GraphRequest = { method: 'POST', path: pathOf(domain), body: bodyOf(wanted) }
  const { configuration } = state
  if (!configuration) return { kind: 'create', requests: [create], differences: [] }
  if (state.authenticationType === 'Managed') return { kind: 'replace', requests: [{ method: 'DELETE', path: pathOf(domain, configuration.id), body: null }, create], differences: [] }
  const different = differences(wanted, configuration, published)
  const body = patchOf(different.map(({ field }) => field), wanted)
  return body === null ? { kind: 'nothing', requests: [], differences: different }
    : { kind: 'update', requests: [{ method: 'PATCH', path: pathOf(domain, configuration.id), body }], differences: different }
}

/** The way back to a saved state. */
export function planUndo(domain: string, before: DomainState, state: DomainState): Plan {
  if (before.authenticationType === 'Managed' || !before.configuration) {
    return state.authenticationType === 'Managed' ? { kind: 'nothing', requests: [], differences: [] }
      : { kind: 'managed', requests: [{ method: 'PATCH', path: `/v1.0/domains/${encodeURIComponent(domain)}`, body: { authenticationType: 'Managed' } }], differences: [] }
  }
  const { values } = before.configuration
  if (!state.configuration) return { kind: 'create', requests: [{ method: 'POST', path: pathOf(domain), body: bodyOf(values) }], differences: [] }
  const now = state.configuration
  const changed = federationFields.filter((field) => (values[field] ?? null) !== (now.values[field] ?? null))
  const body = patchOf(changed, values)
  const different = changed.map((field): Difference => ({ field, wanted: values[field] ?? null, actual: now.values[field] ?? null, grave: false }))
  return body === null ? { kind: 'nothing', requests: [], differences: different } : { kind: 'update', requests: [{ method: 'PATCH', path: pathOf(domain, now.id), body }], differences: different }
}

function bodyOf(values: Readonly<Partial<Record<FederationField, string | boolean | null>>>): Record<string, string | boolean> {
  return { '@odata.type': type, ...Object.fromEntries(federationFields.flatMap((field) => { const value = values[field] ?? null; return value === null || value === '' ? [] : [[field, value]] })) }
}

/**
 * Null empties a field. The next certificate is overwritten with the current one instead: an old one must not stay trusted, and
 * whether Entra lets it be emptied is not documented.
 */
function patchOf(fields: readonly FederationField[], values: Readonly<Partial<Record<FederationField, string | boolean | null>>>): Record<string, string | boolean | null> | null {
  if (fields.length === 0) return null
  return { '@odata.type': type, ...Object.fromEntries(fields.map((field) => [field, values[field] ?? (field === 'nextSigningCertificate' ? values.signingCertificate ?? null : null)])) }
}
