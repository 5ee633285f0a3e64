import { isIP } from 'node:net'
import type { Applications } from '../applications/index.ts'
import type { CertificateSet, Keys, PublishedCertificate } from '../keys/index.ts'
import type { Clock, Storage, Transaction } from '../storage/index.ts'
import type { Alerts } from './alerts.ts'
import type { Backup, Backups } from './backups.ts'
import { domainOf, isWithin, type ManagedDomain } from './domain.ts'
import type { Domains } from './domains.ts'
import {
  differences, findingsOf, planFederation, planUndo, validate, wantedConfiguration, type ConfigurationProblem, type Difference, type DomainState, type FederationConfiguration, type Finding, type Plan, type PreflightFacts,
} from './federation/index.ts'
import { globalAdministrators, stateOfDomain, unsatisfiableStrengths, usersWithin, verifiedDomains, type EntraDomain, type GraphSession } from './graph/index.ts'
import type { Identities } from './identities.ts'
import { pointTile } from './tile.ts'

/** What is written down about an act on a domain; the caller adds who acted and from where. */
export interface DomainEvent {
  readonly action: string
  readonly outcome?: 'success' | 'failure'
  readonly target: { readonly kind: 'domain'; readonly id: string; readonly name: string }
  readonly details: Readonly<Record<string, string | number | boolean | null>>
}
export type RecordDomainEvent = (tx: Transaction, event: DomainEvent) => Promise<void>

export interface GuideNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly publicUrl: string
  readonly applications: Applications
  readonly keys: Pick<Keys, 'certificates'>
  readonly domains: Domains
  readonly identities: Identities
  readonly backups: Backups
  readonly alerts: Alerts
}

export type ApplyOutcome =
  | { readonly outcome: 'applied'; readonly plan: Plan; readonly differences: readonly Difference[] }
  | { readonly outcome: 'invalid'; readonly problems: readonly ConfigurationProblem[] }
  /** Entra would refuse it, or people would be locked out in a way nobody can want. */
  | { readonly outcome: 'not_possible'; readonly reason: 'missing' | 'unverified' | 'default' | 'not_root' }

export type UndoOutcome =
  | { readonly outcome: 'undone'; readonly plan: Plan; readonly backup: Backup }
  | { readonly outcome: 'nothing_saved' } | { readonly outcome: 'missing' }

export interface OwnCertificates { readonly set: CertificateSet; readonly active: PublishedCertificate; readonly next: PublishedCertificate | null; readonly published: readonly string[] }

export type Guide = ReturnType<typeof createGuide>

/** The set-up of one domain: look, plan, apply, check, take back. Everything that Entra says comes through a session; nothing is kept of it but the state before. */
export function createGuide(needs: GuideNeeds) {
  const { storage, clock, domains, backups } = needs
  const target = (domain: ManagedDomain) => ({ kind: 'domain' as const, id: domain.id, name: domain.domain })

  /** Makes the first key of a domain where there is none. */
  const certificates = async (domain: ManagedDomain): Promise<OwnCertificates> => {
    const set = await needs.keys.certificates(`microsoft365 ${domain.id}`)
    const active = set.published.find(({ state }) => state === 'active')
    if (!active) throw new Error('a domain without an active certificate')
    return { set, active, next: set.published.find(({ state }) => state === 'upcoming') ?? null, published: set.published.map(({ certificate }) => certificate) }
  }

  const wanted = async (domain: ManagedDomain): Promise<{ configuration: FederationConfiguration; published: readonly string[] }> => {
    const { active, next, published } = await certificates(domain)
    return { configuration: wantedConfiguration(domain, needs.publicUrl, { active: active.certificate, next: next?.certificate ?? null }), published }
  }

  const compare = async (domain: ManagedDomain, state: DomainState): Promise<readonly Difference[]> => {
    const { configuration, published } = await wanted(domain)
    return state.configuration === null ? [] : differences(configuration, state.configuration, published)
  }

  const remember = async (tx: Transaction, domain: ManagedDomain, state: DomainState): Promise<void> => {
    await domains.note(tx, domain.organizationId, domain.id, { lastSeen: { authenticationType: state.authenticationType, ...state.configuration?.values }, lastSeenAt: clock.now() })
  }

  /** Tile and switch follow each other; another federated domain of the organization keeps the tile signing in. */
  const turn = async (tx: Transaction, domain: ManagedDomain, enabled: boolean): Promise<void> => {
    const turned = await domains.update(tx, domain.organizationId, domain.id, { enabled })
    const first = (await domains.list(domain.organizationId, tx)).find((one) => one.switchedOn)
    await pointTile(tx, needs.applications, domain.organizationId, turned?.applicationId ?? domain.applicationId, first)
  }

  return {
    certificates, wanted, compare,

    /** @param session null where nobody signed in at Entra: what can be known without is found all the same */
    async preflight(session: GraphSession | null, domain: ManagedDomain): Promise<readonly Finding[]> {
      const { configuration } = await wanted(domain)
      const { active } = await certificates(domain)
      const own = await needs.identities.all(domain.organizationId)
      const withoutIdentity = (await storage.read.one<{ people: number }>(
        `SELECT count(*) AS people FROM users u WHERE u.organization_id = ? AND u.status = 'active' AND NOT EXISTS (SELECT 1 FROM entra_identities i WHERE i.user_id = u.id)`, [domain.organizationId]))?.people ?? 0
      const url = new URL(needs.publicUrl)
      const asked = session === null ? nothingAsked : await askEntra(session, domain)
      return findingsOf({
        ...asked, ourUsers: own.filter(({ upn }) => isWithin(domainOf(upn), domain.domain)), withoutIdentity: Number(withoutIdentity), configuration: validate(configuration, clock.now()),
        certificateDaysLeft: Math.floor((active.notAfter - clock.now()) / 86_400_000), publicHost: { https: url.protocol === 'https:', local: isLocalName(url.hostname) },
        mfaBehavior: domain.settings.mfaBehavior, protocol: domain.protocol,
      })
    },

    /** What would be sent; without a session, what is sent to a domain that has no federation yet. */
    async plan(session: GraphSession | null, domain: ManagedDomain): Promise<{ readonly plan: Plan; readonly problems: readonly ConfigurationProblem[]; readonly configuration: FederationConfiguration; readonly state: DomainState | null }> {
      const { configuration, published } = await wanted(domain)
      const found = session === null ? undefined : await stateOfDomain(session, domain.domain)
      const state = found?.state ?? { authenticationType: 'Managed' as const, configuration: null }
      return { plan: planFederation(domain.domain, configuration, state, published), problems: validate(configuration, clock.now()), configuration, state: found?.state ?? null }
    },

    /**
     * Federates the domain, or brings it up to date. What was there is saved first, and our side answers before Entra sends anybody.
     * @throws GraphRefused; then the domain is switched off again if it was off before
     */
    async apply(session: GraphSession, domain: ManagedDomain, record: RecordDomainEvent): Promise<ApplyOutcome> {
      const { configuration, published } = await wanted(domain)
      const problems = validate(configuration, clock.now())
      if (problems.length > 0) return { outcome: 'invalid', problems }
      const found = await stateOfDomain(session, domain.domain)
      const reason = impossible(found?.domain)
      if (!found || reason !== null) return { outcome: 'not_possible', reason: reason ?? 'missing' }
      const plan = planFederation(domain.domain, configuration, found.state, published)
      await storage.write(async (tx) => {
        // A second try, or bringing up to date, must not bury the state that was there before us. Nor must a stranger's: while we sign people in,
        // a foreign issuer is what the guard warns of, and the way back would lead to whoever put it there.
        const isForeign = found.state.authenticationType === 'Managed' || found.state.configuration?.values.issuerUri !== domain.issuer
        const hasWayBack = domain.switchedOn && (await backups.newest(domain.organizationId, domain.id, tx)) !== undefined
        if (plan.kind !== 'nothing' && isForeign && !hasWayBack) await backups.add(tx, domain.organizationId, domain.id, found.state)
        await turn(tx, domain, true)
      })
      try {
        for (const request of plan.requests) await session.send(request)
      } catch (error) {
        // Graph may have done it and failed afterwards: then people are sent to us, and need an answer.
        const now = await stateOfDomain(session, domain.domain).catch(() => undefined)
        const happened = now?.state.authenticationType === 'Federated' && now.state.configuration?.values.issuerUri === domain.issuer
        await storage.write(async (tx) => {
          await turn(tx, domain, domain.switchedOn || happened)
          await record(tx, { action: 'microsoft.applied', outcome: 'failure', target: target(domain), details: { plan: plan.kind, reason: (error as Error).message.slice(0, 200) } })
        })
        throw error
      }
      const after = await stateOfDomain(session, domain.domain)
      const left = after ? await compare(domain, after.state) : []
      await storage.write(async (tx) => {
        await domains.note(tx, domain.organizationId, domain.id, { appliedAt: clock.now() })
        if (after) await remember(tx, domain, after.state)
        if (left.length === 0) await needs.alerts.resolve(tx, domain.organizationId, 'microsoft.drift', domain.id)
        await record(tx, { action: 'microsoft.applied', target: target(domain), details: { plan: plan.kind, protocol: domain.protocol, fields: plan.differences.map(({ field }) => field).join(', ') } })
      })
      return { outcome: 'applied', plan, differences: left }
    },

    /** For whoever ran the script by hand: from now on sign-ins are answered. */
    async switchOn(domain: ManagedDomain, record: RecordDomainEvent): Promise<void> {
      await storage.write(async (tx) => {
        await turn(tx, domain, true)
        await record(tx, { action: 'microsoft.switched_on', target: target(domain), details: { protocol: domain.protocol } })
      })
    },

    /** The other way: nothing is said to Entra, and its sign-ins get no answer any more. */
    async switchOff(domain: ManagedDomain, record: RecordDomainEvent): Promise<void> {
      await storage.write(async (tx) => {
        await turn(tx, domain, false)
        await record(tx, { action: 'microsoft.switched_off', target: target(domain), details: {} })
      })
    },

    /** What going back would send. */
    async planUndo(session: GraphSession | null, domain: ManagedDomain): Promise<{ readonly plan: Plan; readonly backup: Backup | null }> {
      const backup = await backups.newest(domain.organizationId, domain.id) ?? null
      const before: DomainState = backup?.state ?? { authenticationType: 'Managed', configuration: null }
      const found = session === null ? undefined : await stateOfDomain(session, domain.domain)
      const state: DomainState = found?.state ?? { authenticationType: 'Federated', configuration: { id: '<id>', values: {} } }
      return { plan: planUndo(domain.domain, before, state), backup }
    },

    /** One step back, to what Entra said before us. @throws GraphRefused; nothing of ours has changed then */
    async undo(session: GraphSession, domain: ManagedDomain, record: RecordDomainEvent): Promise<UndoOutcome> {
      const backup = await backups.newest(domain.organizationId, domain.id)
      if (!backup) return { outcome: 'nothing_saved' }
      const found = await stateOfDomain(session, domain.domain)
      if (!found) return { outcome: 'missing' }
      const plan = planUndo(domain.domain, backup.state, found.state)
      for (const request of plan.requests) await session.send(request)
      await storage.write(async (tx) => {
        await backups.markRestored(tx, backup, domain.id)
        await turn(tx, domain, false)
        await needs.alerts.resolve(tx, domain.organizationId, 'microsoft.drift', domain.id)
        await record(tx, { action: 'microsoft.undone', target: target(domain), details: { plan: plan.kind } })
      })
      return { outcome: 'undone', plan, backup }
    },

    remember,
  }
}

type Asked = Pick<PreflightFacts, 'domain' | 'entraUsers' | 'breakGlass' | 'clockSkewSeconds' | 'strengths' | 'subdomains'>

const nothingAsked: Asked = { domain: null, entraUsers: null, breakGlass: null, clockSkewSeconds: null, strengths: null, subdomains: null }

async function askEntra(session: GraphSession, domain: ManagedDomain): Promise<Asked> {
  const found = await stateOfDomain(session, domain.domain)
  if (!found) return { ...nothingAsked, domain: 'missing', clockSkewSeconds: session.clockSkewSeconds() }
  const issuer = found.state.configuration?.values.issuerUri ?? null
  const [users, administrators, strengths, verified] = [await usersWithin(session, domain.domain), await globalAdministrators(session), await unsatisfiableStrengths(session), await verifiedDomains(session)]
  const [within, outside] = [administrators?.filter((upn) => isWithin(domainOf(upn), domain.domain)), administrators?.filter((upn) => !isWithin(domainOf(upn), domain.domain))]
  return {
    domain: {
      verified: found.domain.isVerified, default: found.domain.isDefault, root: found.domain.isRoot, authenticationType: found.state.authenticationType,
      otherIssuer: found.state.authenticationType === 'Federated' && issuer !== domain.issuer ? String(issuer) : null,
    },
    entraUsers: users, breakGlass: outside && within ? { count: outside.length, withinDomain: within } : null, strengths, clockSkewSeconds: session.clockSkewSeconds(),
    subdomains: verified.map(({ name }) => name).filter((name) => name !== domain.domain && isWithin(name, domain.domain)),
  }
}

function impossible(domain: EntraDomain | undefined): 'missing' | 'unverified' | 'default' | 'not_root' | null {
  if (!domain) return 'missing'
  if (!domain.isVerified) return 'unverified'
  if (domain.isDefault) return 'default'
  return domain.isRoot ? null : 'not_root'
}

/** A name that only this machine or network can know: browsers elsewhere do not find us. */
function isLocalName(host: string): boolean {
  return host === 'localhost' || !host.includes('.') || isIP(host.replace(/^\[|\]$/g, '')) !== 0 || /\.(local|localhost|internal|home|lan|test)$/.test(host)
}
