import type { Keys } from '../keys/index.ts'
import type { Log } from '../log.ts'
import type { Clock, Storage } from '../storage/index.ts'
import type { Alerts } from './alerts.ts'
import type { ManagedDomain } from './domain.ts'
import type { Domains } from './domains.ts'
import { eachDomain } from './each-domain.ts'
import { certificateWarning, nextCertificateStep, simulateRollover, type CertificateFacts, type CertificateStep, type GraphRequest, type SimulatedStep } from './federation/index.ts'
import { federationOf, GraphRefused, type GraphSession } from './graph/index.ts'
import type { Guide, RecordDomainEvent } from './guide.ts'
import type { GuardNeeds } from './guard.ts'
import type { Unattended } from './unattended.ts'

export interface AutopilotNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Log
  readonly keys: Pick<Keys, 'rotate' | 'switchOver'>
  readonly domains: Domains
  readonly alerts: Alerts
  readonly guide: Guide
  readonly unattended: Unattended
  readonly record: GuardNeeds['record']
}

/** One step further, or why not. `missing`: Entra has no configuration of ours. */
export type AutopilotOutcome = { readonly step: CertificateStep; readonly did: readonly CertificateStep['step'][] } | { readonly missing: true }

/** More steps than one run can have; a loop would be a fault of ours. */
const most = 6

export type Autopilot = ReturnType<typeof createAutopilot>

/** Takes a domain from one certificate to the next, in steps that each can be repeated (section 3.4, SEC-32). */
export function createAutopilot(needs: AutopilotNeeds) {
  const { storage, clock, domains, alerts, guide } = needs

  const factsOf = async (domain: ManagedDomain, entra: { signing: string | null; next: string | null }): Promise<{ facts: CertificateFacts; nextFingerprint: string | null }> => {
    const { active, next, set } = await guide.certificates(domain)
    const { rollover } = (await domains.find(domain.organizationId, domain.id)) ?? domain
    return {
      nextFingerprint: next?.fingerprint ?? null,
      facts: {
        active, next, retiring: set.published.filter(({ state }) => state === 'retiring').map(({ certificate }) => certificate), entraSigning: entra.signing, entraNext: entra.next,
        nextSeenAt: next !== null && rollover.nextFingerprint === next.fingerprint ? rollover.nextSeenAt : null, now: clock.now(), hurry: rollover.hurryFingerprint === active.fingerprint,
      },
    }
  }

  const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

  const run = async (session: GraphSession, domain: ManagedDomain, record: RecordDomainEvent): Promise<AutopilotOutcome> => {
    const did: CertificateStep['step'][] = []
    for (;;) {
      const actual = await federationOf(session, domain.domain)
      if (!actual) return { missing: true }
      const { facts, nextFingerprint } = await factsOf(domain, { signing: text(actual.values.signingCertificate), next: text(actual.values.nextSigningCertificate) })
      const step = nextCertificateStep(facts)
      const patch = (body: Record<string, string>): GraphRequest => ({
        method: 'PATCH', path: `/v1.0/domains/${encodeURIComponent(domain.domain)}/federationConfiguration/${encodeURIComponent(actual.id)}`, body: { '@odata.type': '#microsoft.graph.internalDomainFederation', ...body },
      })
      switch (step.step) {
        case 'rest': case 'wait': case 'foreign': return { step, did }
        case 'publish': await needs.keys.rotate(`microsoft365 ${domain.id}`); break
        case 'push_next': await session.send(patch({ nextSigningCertificate: facts.next?.certificate ?? '' })); break
        case 'note_seen': await storage.write((tx) => domains.note(tx, domain.organizationId, domain.id, { nextFingerprint, nextSeenAt: clock.now() })); break
        case 'switch': await needs.keys.switchOver(`microsoft365 ${domain.id}`); break
        case 'push_current': await session.send(patch({ signingCertificate: facts.active.certificate })); break
      }
      await storage.write((tx) => record(tx, { action: 'microsoft.certificate_step', target: { kind: 'domain', id: domain.id, name: domain.domain }, details: { step: step.step } }))
      did.push(step.step)
      // What was just sent may not show at once: the next run goes on.
      if (step.step === 'push_next' || step.step === 'push_current' || did.length >= most) return { step, did }
    }
  }

  return {
    /** Goes as far as it can now. @throws GraphRefused */
    run,

    /** What would come next, without doing it. @throws GraphRefused */
    async look(session: GraphSession, domain: ManagedDomain): Promise<CertificateStep | undefined> {
      const actual = await federationOf(session, domain.domain)
      return actual && nextCertificateStep((await factsOf(domain, { signing: text(actual.values.signingCertificate), next: text(actual.values.nextSigningCertificate) })).facts)
    },

    /**
     * The kill switch: a key that others may know is replaced at once, and Entra trusts nothing but the new one. Sign-ins fail until
     * Entra has taken it up everywhere (SEC-32).
     * @returns false where Entra has no configuration of ours; the key is replaced all the same. @throws GraphRefused
     */
    async replaceAtOnce(session: GraphSession, domain: ManagedDomain, record: RecordDomainEvent): Promise<boolean> {
      await needs.keys.rotate(`microsoft365 ${domain.id}`, { compromised: true })
      await storage.write((tx) => record(tx, { action: 'microsoft.certificate_step', target: { kind: 'domain', id: domain.id, name: domain.domain }, details: { step: 'replaced_at_once' } }))
      const actual = await federationOf(session, domain.domain)
      if (!actual) return false
      const { active } = await guide.certificates(domain)
      await session.send({
        method: 'PATCH', path: `/v1.0/domains/${encodeURIComponent(domain.domain)}/federationConfiguration/${encodeURIComponent(actual.id)}`,
        body: { '@odata.type': '#microsoft.graph.internalDomainFederation', signingCertificate: active.certificate, nextSigningCertificate: active.certificate },
      })
      return true
    },

    /** The whole roll-over in fast motion, from what Entra says now or, without a session, as if it knew our certificate. Nothing is done. */
    async simulate(session: GraphSession | null, domain: ManagedDomain, hurry: boolean): Promise<SimulatedStep[]> {
      const actual = session === null ? undefined : await federationOf(session, domain.domain)
      const { active } = await guide.certificates(domain)
      const { facts } = await factsOf(domain, { signing: actual ? text(actual.values.signingCertificate) : active.certificate, next: actual ? text(actual.values.nextSigningCertificate) : null })
      return simulateRollover({ ...facts, hurry: hurry || facts.hurry === true })
    },

    /** The certificate that signs now shall be replaced without waiting for its time: a drill, or a doubt. */
    async hurry(domain: ManagedDomain): Promise<void> {
      const { active } = await guide.certificates(domain)
      await storage.write((tx) => domains.note(tx, domain.organizationId, domain.id, { hurryFingerprint: active.fingerprint }))
    },

    /** The job: only domains whose autopilot is on, with the rights of their app registration. */
    async runAll(signal?: AbortSignal): Promise<void> {
      await eachDomain(await domains.listEnabled(), signal, async (domain) => {
        if (!domain.settings.autopilot) return
        try {
          const session = await needs.unattended.session(domain)
          if (session) await run(session, domain, (tx, event) => needs.record(tx, domain.organizationId, event))
        } catch (error) {
          if (!(error instanceof GraphRefused)) throw error
          needs.log.warn('the next certificate of a federated domain could not be told to Entra', { domain: domain.domain, reason: error.kind, message: error.message })
          const { active } = await guide.certificates(domain)
          // With time left, the next run tries again.
          if (certificateWarning(active.notAfter, clock.now()) !== null) {
            await storage.write((tx) => alerts.raise(tx, domain.organizationId, { kind: 'microsoft.autopilot', subject: domain.id, details: { domain: domain.domain, reason: error.kind } }))
          }
        }
      })
    },
  }
}
