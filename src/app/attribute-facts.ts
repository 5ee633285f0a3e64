import type { AttributeFacts } from '../applications/index.ts'
import type { Users } from '../directory/index.ts'

/** The facts that attribute expressions choose from: for what applications are sent, and for what administrators see beforehand. */
export function createAttributeFacts(needs: { users: Pick<Users, 'person'> }) {
  return async (id: string): Promise<AttributeFacts | undefined> => {
    const person = await needs.users.person(id)
    return person && {
      user_id: person.id, email: person.email, given_name: person.givenName, family_name: person.familyName, name: person.name, phone: person.phone, locale: person.locale, groups: person.groups,
      // Known to the rooms that provision Microsoft 365 only.
      upn: null, immutable_id: null,
    }
  }
}
