import type { Account, AccountClaims, KoaContextWithOIDC } from 'oidc-provider'
import type { UserId } from '../../storage/index.ts'
import type { Person } from '../../directory/index.ts'
import { factsOf } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import { currentWork } from './work.ts'

/** OpenID Connect Core §5.1 and §5.4; `groups` is ours, as most products spell it. */
export const claimsByScope: Readonly<Record<string, readonly string[]>> = {
  profile: ['name', 'given_name', 'family_name', 'preferred_username', 'locale', 'zoneinfo', 'updated_at'],
  email: ['email', 'email_verified'],
  phone: ['phone_number', 'phone_number_verified'],
  groups: ['groups'],
}

/** Finds the person behind a token, and nobody when they may not use the application any more (SEC-18). */
export function createFindAccount(needs: Pick<OidcNeeds, 'mayUse' | 'person'>) {
  return async (ctx: KoaContextWithOIDC, sub: string): Promise<Account | undefined> => {
    const id = sub as UserId
    // Authorization has a live session in hand, and asks for the right to use the application with a page of its own.
    const { route, client } = ctx.oidc
    if (route !== 'authorization' && route !== 'resume') {
      const known = currentWork()?.usable
      const usable = known ?? (client !== undefined && (await needs.mayUse(factsOf(client).id, id)))
      if (!usable) return undefined
    }
    return {
      accountId: sub,
      async claims(use, scope) {
        const scopes = scope.split(' ')
        // ID tokens say who and how; the rest is at userinfo (OpenID Connect Core §5.4), and costs a look there only.
        if (use === 'id_token' || !scopes.some((name) => name in claimsByScope)) return { sub }
        const person = await needs.person(id)
        return person ? personClaims(person, scopes) : { sub }
      },
    }
  }
}

export function personClaims(person: Person, scopes: readonly string[]): AccountClaims {
  const claims: AccountClaims = {
    sub: person.id,
    name: person.name, given_name: person.givenName || undefined, family_name: person.familyName || undefined, preferred_username: person.email,
    locale: person.locale ?? undefined, zoneinfo: person.timeZone ?? undefined, updated_at: Math.floor(person.updatedAt / 1_000),
    email: person.email, email_verified: person.emailVerified,
    ...(person.phone === null ? {} : { phone_number: person.phone, phone_number_verified: person.phoneVerified }),
    groups: [...person.groups],
  }
  const wanted = new Set(['sub', ...scopes.flatMap((scope) => claimsByScope[scope] ?? [])])
  return Object.fromEntries(Object.entries(claims).filter(([name, value]) => wanted.has(name) && value !== undefined)) as AccountClaims
}
