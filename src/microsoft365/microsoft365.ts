import type { Applications } from '../applications/index.ts'
import type { Outbound } from '../http/outbound/index.ts'
import type { Keys } from '../keys/index.ts'
import type { Log } from '../log.ts'
import type { Clock, OrganizationId, Sealer, Storage, Transaction } from '../storage/index.ts'
import { createAlerts, type NotifyOfAlert } from './alerts.ts'
import { createAutopilot } from './autopilot.ts'
import { createBackups } from './backups.ts'
import { createConnections } from './connections.ts'
import type { Domains } from './domains.ts'
import { createGuard } from './guard.ts'
import { createGuide, type DomainEvent } from './guide.ts'
import type { Identities } from './identities.ts'
import { createPeopleGuide } from './people-guide.ts'
import type { ManagedDomain } from './domain.ts'
import type { ConnectionPurpose } from './connections.ts'
import { GraphRefused, keyPolicy, usersWithin, type DeviceCode, type GraphSession } from './graph/index.ts'
import type { ImportRow } from './identity-import.ts'
import { createKeyOrders, createKeySettings, createKeyStore, createMicrosoftPasses, createPhoneSide, createUpkeep, phoneAaguid, policyFindings, type KeyAnnouncement, type KeyFinding, type KeyNeeds } from './keys/index.ts'
import { createRevocation } from './revocation.ts'
import { signInAtTerminal } from './terminal-sign-in.ts'
import { createUnattended } from './unattended.ts'

export interface Microsoft365Needs {
  readonly storage: Storage
  readonly clock: Clock
  readonly sealer: Sealer
  readonly log: Log
  readonly publicUrl: string
  readonly fetch: Outbound['fetch']
  /** Waits between tries; tests do not. */
  readonly pause?: (milliseconds: number) => Promise<unknown>
  readonly applications: Applications
  readonly keys: Keys
  readonly domains: Domains
  readonly identities: Identities
  readonly notify: NotifyOfAlert
  /** What guard and autopilot do by themselves, for the audit log. */
  readonly record: (tx: Transaction, organizationId: OrganizationId, event: DomainEvent) => Promise<void>
  readonly recordKey: KeyNeeds['recordKey']
  readonly tellOfKey: KeyNeeds['tellOfKey']
  readonly announce: KeyAnnouncement
}

export type Microsoft365 = ReturnType<typeof createMicrosoft365>

/** The whole room, joined. */
export function createMicrosoft365(needs: Microsoft365Needs) {
  const { domains, identities } = needs
  const alerts = createAlerts(needs)
  const backups = createBackups(needs)
  const connections = createConnections(needs)
  const unattended = createUnattended(needs)
  const guide = createGuide({ ...needs, alerts, backups })
  const guard = createGuard({ ...needs, alerts, guide, unattended })
  const autopilot = createAutopilot({ ...needs, alerts, guide, unattended })
  const peopleGuide = createPeopleGuide(needs)
  const settings = createKeySettings(needs)
  const keyNeeds = { ...needs, alerts, unattended, peopleGuide, settings, store: createKeyStore(needs) }
  const orders = createKeyOrders(keyNeeds)
  const keys = {
    ...orders, settings, store: keyNeeds.store, phoneSide: createPhoneSide(keyNeeds), upkeep: createUpkeep({ ...keyNeeds, orders }), passes: createMicrosoftPasses({ ...keyNeeds, orders }),
    announce: needs.announce, tell: needs.tellOfKey,
    /** What stands in the way of keys in the tenant of a domain. */
    async findings(domain: ManagedDomain): Promise<KeyFinding[]> {
      const alone = (code: string, severity: KeyFinding['severity']): KeyFinding => ({ code, severity, count: 0, examples: [] })
      // Microsoft has the calls in its global cloud only (section 5.1).
      const cloud = domain.settings.cloud === 'us-government' || domain.settings.cloud === 'china' ? [alone('cloud', 'warns')] : []
      if (!unattended.isSetUp(domain)) return [alone('no_app', 'stops'), ...cloud]
      try {
        const session = await unattended.session(domain, 5_000)
        return session ? [...policyFindings(await keyPolicy(session), phoneAaguid), ...cloud] : [alone('no_app', 'stops'), ...cloud]
      } catch (error) {
        if (!(error instanceof GraphRefused)) throw error
        needs.log.warn('the policy of a tenant for keys could not be read', { domain: domain.domain, reason: error.kind, message: error.message })
        return [alone(error.kind === 'denied' ? 'policy_unknown' : error.kind === 'unauthorized' ? 'app_refused' : 'policy_unreachable', error.kind === 'unauthorized' ? 'stops' : 'unknown'), ...cloud]
      }
    },
  }
  return {
    keys,
    domains, identities, alerts, backups, connections, unattended, guide, guard, autopilot, revocation: createRevocation({ ...needs, unattended }), peopleGuide,
    /** Who is at Entra within the domain, as rows for an import. @throws GraphRefused */
    async readPeople(session: GraphSession, domain: ManagedDomain): Promise<ImportRow[]> {
      return (await usersWithin(session, domain.domain)).map(({ upn, immutableId }) => ({ email: null, upn, immutableId }))
    },
    /** What signed for a domain that is forgotten; a new one of the same name begins with keys of its own. */
    async removeKeys(tx: Transaction, domain: ManagedDomain): Promise<void> {
      for (const purpose of [`microsoft365 ${domain.id}`, `microsoft365 client ${domain.id}`] as const) await needs.keys.removeAll(tx, purpose)
    },
    signInAtTerminal: (domain: ManagedDomain, purpose: ConnectionPurpose, show: (code: DeviceCode) => void) => signInAtTerminal(needs, domain, purpose, show),
  }
}
