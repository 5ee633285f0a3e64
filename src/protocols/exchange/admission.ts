import type { AttributeFacts } from '../../applications/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { Person } from '../../directory/index.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import type { Context } from '../../http/index.ts'
import type { ApplicationId, Storage, Transaction, UserId } from '../../storage/index.ts'
import type { FederationEvent } from './event.ts'
import type { FederatedDomain } from './federated-domain.ts'
import type { Party } from './flow.ts'
import type { MicrosoftRules } from './microsoft.ts'
import { factsOf } from './subject.ts'

export interface AdmissionNeeds {
  readonly storage: Storage
  readonly mayUse: (applicationId: ApplicationId, userId: UserId) => Promise<boolean>
  readonly person: (id: UserId) => Promise<Person | undefined>
  readonly record: (tx: Transaction, ctx: Context, event: FederationEvent) => Promise<void>
}

type Told = Pick<FederationEvent, 'action' | 'outcome' | 'details'>
type Asking = Party & { readonly microsoft: FederatedDomain | null }

/** What may be said of a person to whoever asks, and what is written down about it; the same for every protocol. */
export function createAdmission(needs: AdmissionNeeds, rules: MicrosoftRules, protocol: string) {
  const audit = (tx: Transaction, ctx: Context, { application }: Party, live: LiveSession | undefined, event: Told): Promise<void> => needs.record(tx, ctx, {
    ...event, organizationId: application.organizationId, userId: live?.userId ?? null, ...(live ? { userName: live.user.email } : {}),
    application: { id: application.id, name: application.name }, details: { protocol, ...event.details },
  })

  return {
    audit,

    /** @returns what the answer may be made of, or that the person may not use this application (a page says so then) */
    async admit(ctx: Context, party: Asking, live: LiveSession): Promise<{ readonly facts: AttributeFacts; readonly repeats: number } | 'no_access'> {
      const { application, microsoft } = party
      if (!(await needs.mayUse(application.id, live.userId))) {
        await needs.storage.write((tx) => audit(tx, ctx, party, live, { action: 'application.refused', outcome: 'denied', details: {} }))
        return 'no_access'
      }
      const person = await needs.person(live.userId)
      if (!person) throw new NotFound('sign_in_over')
      const identity = microsoft ? await rules.identity(microsoft, live.userId) : undefined
      if (identity && 'problem' in identity) return this.refuse(ctx, party, live, new InvalidRequest('microsoft_identity', identity.problem))
      const repeats = microsoft ? await rules.repeats(live, application.id) : 0
      if (repeats === 'circles') return this.refuse(ctx, party, live, new InvalidRequest('microsoft_loop', 'Entra came back for the same sign-in again and again within a minute'))
      return { facts: factsOf(person, identity), repeats }
    },

    /** There is nothing true that the application could be told, or it must not be told: the person reads it here. */
    async refuse(ctx: Context, party: Party, live: LiveSession, refusal: InvalidRequest): Promise<never> {
      await needs.storage.write((tx) => audit(tx, ctx, party, live, { action: 'application.refused', outcome: 'failure', details: { reason: refusal.message } }))
      throw refusal
    },
  }
}
