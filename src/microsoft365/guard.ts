import type { Log } from '../log.ts'
import type { Clock, OrganizationId, Storage, Transaction } from '../storage/index.ts'
import type { Alerts, AlertDetails } from './alerts.ts'
import type { ManagedDomain } from './domain.ts'
import type { Domains } from './domains.ts'
import { eachDomain } from './each-domain.ts'
import { certificateWarning, type Difference } from './federation/index.ts'
import { GraphRefused, stateOfDomain, type GraphSession } from './graph/index.ts'
import type { DomainEvent, Guide } from './guide.ts'
import type { Unattended } from './unattended.ts'

export type GuardOutcome =
  | { readonly outcome: 'clean' }
  | { readonly outcome: 'differs'; readonly differences: readonly Difference[] }
  /** The domain is back at Entra's own sign-in, or not there any more. */
  | { readonly outcome: 'not_federated' }

export interface GuardNeeds {
  readonly storage: Storage
  readonly clock: Clock
  readonly log: Log
  readonly domains: Domains
  readonly alerts: Alerts
  readonly guide: Guide
  readonly unattended: Unattended
  /** Acts of the job; in the transaction of the alert. */
  readonly record: (tx: Transaction, organizationId: OrganizationId, event: DomainEvent) => Promise<void>
}

export type Guard = ReturnType<typeof createGuard>

/**
 * Compares what Entra says with what we want (section 3.2): whoever changes a federated domain can sign in as anybody of it, so any
 * difference is an alert and an audit event.
 */
export function createGuard(needs: GuardNeeds) {
  const { storage, clock, log, domains, alerts, guide } = needs
  const event = (domain: ManagedDomain, action: string, details: AlertDetails): DomainEvent => ({ action, outcome: 'failure', target: { kind: 'domain', id: domain.id, name: domain.domain }, details })

  const raise = (domain: ManagedDomain, kind: string, details: AlertDetails, action: string): Promise<boolean> => storage.write(async (tx) => {
    const news = await alerts.raise(tx, domain.organizationId, { kind, subject: domain.id, details: { domain: domain.domain, ...details } })
    if (news) await needs.record(tx, domain.organizationId, event(domain, action, details))
    return news
  })
  const resolve = (domain: ManagedDomain, kind: string): Promise<unknown> => storage.write((tx) => alerts.resolve(tx, domain.organizationId, kind, domain.id))

  const check = async (session: GraphSession, domain: ManagedDomain): Promise<GuardOutcome> => {
    const found = await stateOfDomain(session, domain.domain)
    if (!found || found.state.authenticationType === 'Managed' || !found.state.configuration) {
      await raise(domain, 'microsoft.drift', { fields: 'authenticationType', grave: false }, 'microsoft.drift_found')
      return { outcome: 'not_federated' }
    }
    const different = await guide.compare(domain, found.state)
    await storage.write((tx) => guide.remember(tx, domain, found.state))
    if (different.length === 0) {
      await resolve(domain, 'microsoft.drift')
      await resolve(domain, 'microsoft.certificate_behind')
      return { outcome: 'clean' }
    }
    // A certificate of ours that Entra has not been told yet is our own delay and not somebody's deed.
    const deeds = different.filter(({ field, grave }) => grave || !field.endsWith('ertificate'))
    if (deeds.length === different.length) await resolve(domain, 'microsoft.certificate_behind')
    else await raise(domain, 'microsoft.certificate_behind', { fields: different.filter((one) => !deeds.includes(one)).map(({ field }) => field).join(', ') }, 'microsoft.certificate_ends')
    if (deeds.length === 0) await resolve(domain, 'microsoft.drift')
    else await raise(domain, 'microsoft.drift', { fields: deeds.map(({ field }) => field).join(', '), grave: deeds.some(({ grave }) => grave) }, 'microsoft.drift_found')
    return { outcome: 'differs', differences: different }
  }

  /** Needs nobody at Entra: we know when our own certificate ends. */
  const warnOfCertificate = async (domain: ManagedDomain): Promise<void> => {
    const { active, next } = await guide.certificates(domain)
    const days = certificateWarning(active.notAfter, clock.now())
    if (days === null) await resolve(domain, 'microsoft.certificate')
    else await raise(domain, 'microsoft.certificate', { days, next: next !== null }, 'microsoft.certificate_ends')
    if (!domain.settings.certificateCredential) return
    // The one that proves us to Graph has to be uploaded by hand before it ends.
    const left = certificateWarning((await needs.unattended.credential(domain)).published[0]?.notAfter ?? 0, clock.now())
    if (left === null) await resolve(domain, 'microsoft.client_certificate')
    else await raise(domain, 'microsoft.client_certificate', { days: left }, 'microsoft.certificate_ends')
  }

  return {
    /** @throws GraphRefused */
    check,

    /** The job: every domain that is switched on, one trouble not keeping the next from being looked at. */
    async checkAll(signal?: AbortSignal): Promise<void> {
      await eachDomain(await domains.listEnabled(), signal, async (domain) => {
        await warnOfCertificate(domain)
        if (!domain.settings.guard) return
        try {
          const session = await needs.unattended.session(domain)
          if (!session) return
          await check(session, domain)
          await resolve(domain, 'microsoft.unreachable')
        } catch (error) {
          if (!(error instanceof GraphRefused)) throw error
          log.warn('Entra could not be asked about a federated domain', { domain: domain.domain, reason: error.kind, message: error.message })
          // A passing trouble of the network is no alert; a right that was withdrawn is.
          if (error.kind === 'denied' || error.kind === 'unauthorized') await raise(domain, 'microsoft.unreachable', { reason: error.kind }, 'microsoft.guard_blind')
        }
      })
    },
  }
}
