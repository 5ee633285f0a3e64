import type { Log } from '../log.ts'
import type { OrganizationId, UserId } from '../storage/index.ts'
import type { Domains } from './domains.ts'
import { GraphRefused, revokeSessions } from './graph/index.ts'
import type { Identities } from './identities.ts'
import type { Unattended } from './unattended.ts'

export type Revocation = ReturnType<typeof createRevocation>

/**
 * Ends what people have open at Microsoft: refresh tokens and browser sessions there, which know nothing of a suspension here. Only where a
 * domain has an app registration of ours with the right to do so (`User.RevokeSessions.All`).
 */
export function createRevocation(needs: { readonly domains: Domains; readonly identities: Identities; readonly unattended: Unattended; readonly log: Log }) {
  const { domains, identities, log } = needs
  return {
    /** @returns those whose sessions were ended; for the others the log says why not */
    async revoke(organizationId: OrganizationId, users: readonly UserId[], signal: AbortSignal): Promise<UserId[]> {
      const done: UserId[] = []
      for (const domain of (await domains.listEnabled()).filter((one) => one.organizationId === organizationId)) {
        try {
          const session = await needs.unattended.session(domain)
          if (!session) continue
          for (const userId of users) {
            if (signal.aborted) return done
            const asserted = await identities.forAssertion(domain, userId)
            if (asserted.outcome === 'known' && (await revokeSessions(session, asserted.identity.upn))) done.push(userId)
          }
        } catch (error) {
          if (!(error instanceof GraphRefused)) throw error
          log.warn('sessions at Microsoft could not be ended', { domain: domain.domain, reason: error.kind, message: error.message })
        }
      }
      return done
    },
  }
}
