import type { Assurance } from '../../authentication/index.ts'
import type { LiveSession } from '../../authentication/sessions/index.ts'
import type { UserId } from '../../storage/index.ts'
import type { FederatedDomain, FederatedDomains } from './federated-domain.ts'
import type { Participants } from './participants.ts'

/** What a session remembers of its answers to Entra. */
export interface Answered {
  readonly multipleFactors: boolean
  /** How many came before this one, each within a minute of the last. */
  readonly repeats: number
}

const loopMilliseconds = 60_000
const mostRepeats = 5

export interface MicrosoftQuestion { readonly domain: FederatedDomain; readonly applicationId: string; readonly loginHint: string | null }

export type MicrosoftRules = ReturnType<typeof createMicrosoftRules>

/** What is special about a federated domain, whichever protocol it speaks (microsoft365 §8, 1d; SEC-31). */
export function createMicrosoftRules(needs: { domains: FederatedDomains; clock: { now(): number }; participants: Participants<Answered> }) {
  const { domains, participants } = needs
  const before = async (live: LiveSession, applicationId: string) => {
    const found = await participants.find(live.id, applicationId)
    return found && found.answeredAt > needs.clock.now() - loopMilliseconds ? found.details : undefined
  }
  return {
    /**
     * The assurance that the question takes. Entra asks again at once when it wants two factors and did not get them; how it
     * says so is not documented, so a second question within a minute counts as saying it.
     */
    async assuranceFor({ domain, applicationId }: MicrosoftQuestion, live: LiveSession | undefined): Promise<Assurance | null> {
      if (domain.alwaysMfa) return 'urn:doorward:acr:multi'
      const last = live && (await before(live, applicationId))
      return last?.multipleFactors === false ? 'urn:doorward:acr:multi' : null
    },

    /** The name in a request is a hint: it may choose who is asked, never who is believed (microsoft365 R-4). */
    async personMeant({ domain, loginHint }: MicrosoftQuestion): Promise<UserId | null> {
      return loginHint === null ? null : (await domains.findByUpn(domain.organizationId, loginHint)) ?? null
    },

    /** @returns the person's identity in this very domain, or why there is none */
    async identity(domain: FederatedDomain, userId: UserId): Promise<{ readonly upn: string; readonly immutableId: string } | { readonly problem: string }> {
      const found = await domains.identityFor(domain, userId)
      switch (found.outcome) {
        case 'known': return found.identity
        case 'none': return { problem: 'the person has no Microsoft identity' }
        case 'other_domain': return { problem: `the person's sign-in name is not of ${domain.domain}` }
      }
    },

    /** @returns how often Entra has come back within a minute, or that it goes round in circles */
    async repeats(live: LiveSession, applicationId: string): Promise<number | 'circles'> {
      const last = await before(live, applicationId)
      const repeats = last ? last.repeats + 1 : 0
      return repeats > mostRepeats ? 'circles' : repeats
    },
  }
}
