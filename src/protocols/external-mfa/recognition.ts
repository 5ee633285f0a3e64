import type { User } from '../../directory/index.ts'
import type { UserId } from '../../storage/index.ts'
import type { Connection } from './connections.ts'
import type { HintedPerson } from './hint.ts'
import type { Links } from './links.ts'
import type { ExternalMfaNeeds } from './needs.ts'

/** Who a person of Entra is here. */
export type Recognized =
  | { readonly kind: 'linked'; readonly userId: UserId; readonly email: string }
  /** Nobody is linked, but an account has the same name: it is linked once its owner has confirmed with a key that it is theirs. */
  | { readonly kind: 'named'; readonly userId: UserId; readonly email: string; readonly name: string }
  | { readonly kind: 'nobody'; readonly reason: 'not_linked' | 'no_account' | 'not_active' | 'no_key' }

/**
 * A link decides. A name that Entra sends can be changed and given to the next person, so it only says whose key to ask for
 * (SEC-72). An address here must have been proven by its owner; a sign-in name of Microsoft 365 comes from an administrator.
 */
export function createRecognition(needs: Pick<ExternalMfaNeeds, 'personWithAddress' | 'personWithUpn'>, links: Links): (connection: Connection, person: HintedPerson) => Promise<Recognized> {
  return async (connection, person) => {
    const link = await links.find({ connectionId: connection.id, tenantId: person.tenantId, objectId: person.objectId })
    if (link) return link.status === 'active' ? { kind: 'linked', userId: link.userId, email: link.email } : { kind: 'nobody', reason: 'not_active' }
    if (!connection.linksAtSignIn) return { kind: 'nobody', reason: 'not_linked' }
    for (const name of person.names) {
      const user = (await needs.personWithUpn(connection.organizationId, name)) ?? (await owner(connection, name))
      if (!user) continue
      // Without a key they could sign in, but never be linked: better said now.
      if (user.status === 'active' && user.passkeys === 0) return { kind: 'nobody', reason: 'no_key' }
      return user.status === 'active' ? { kind: 'named', userId: user.id, email: user.email, name } : { kind: 'nobody', reason: 'not_active' }
    }
    return { kind: 'nobody', reason: 'no_account' }
  }

  async function owner({ organizationId }: Connection, address: string): Promise<User | undefined> {
    const user = await needs.personWithAddress(address)
    return user?.organizationId === organizationId && user.emailVerified ? user : undefined
  }
}
