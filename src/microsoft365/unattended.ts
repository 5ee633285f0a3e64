import type { CertificateSet, Keys } from '../keys/index.ts'
import { hostsOf } from './clouds.ts'
import type { ManagedDomain } from './domain.ts'
import { askWithCertificate, createGraphSession, type GraphNeeds, type GraphSession, type Token } from './graph/index.ts'

/** Tokens are asked for anew five minutes before they end (section 5.3). */
const earlyMilliseconds = 5 * 60_000
/** One piece of work. The hosts are an administrator's choice, and the domains of others wait behind this one. */
const longestMilliseconds = 5 * 60_000

export type Unattended = ReturnType<typeof createUnattended>

/** Sessions of the app registration that an administrator has trusted with a certificate of ours; only this process's memory holds its tokens. */
export function createUnattended(needs: GraphNeeds & { readonly keys: Pick<Keys, 'certificates'> }) {
  const tokens = new Map<string, Token>()
  return {
    /** The certificate to upload to the app registration; its own key, not the one that signs people in. */
    credential: (domain: ManagedDomain): Promise<CertificateSet> => needs.keys.certificates(`microsoft365 client ${domain.id}`),

    isSetUp,

    /** @param patience see `createGraphSession`. @returns undefined where nobody set it up. @throws GraphRefused */
    async session(domain: ManagedDomain, patience?: number): Promise<GraphSession | undefined> {
      const { clientId, tenantId } = domain.settings
      if (!isSetUp(domain) || clientId === null || tenantId === null) return undefined
      const { loginHost, graphHost } = hostsOf(domain.settings)
      const name = [domain.id, clientId, tenantId, loginHost, graphHost].join(' ')
      let token = tokens.get(name)
      if (!token || token.expiresAt - earlyMilliseconds <= needs.clock.now()) {
        const { signer } = await needs.keys.certificates(`microsoft365 client ${domain.id}`)
        token = await askWithCertificate(needs, { loginHost, clientId, tenantId }, graphHost, signer)
        tokens.set(name, token)
      }
      return createGraphSession(needs, graphHost, token.token, needs.clock.now() + longestMilliseconds, patience)
    },
  }
}

/** Whether an app registration was named and trusted; whether it works is known when it is used. */
function isSetUp({ settings: { certificateCredential, clientId, tenantId } }: ManagedDomain): boolean {
  return certificateCredential && clientId !== null && tenantId !== null
}
