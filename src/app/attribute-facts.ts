import type { AttributeFacts } from '../applications/index.ts'
import type { Users } from '../directory/index.ts'
import { factsOf } from '../protocols/exchange/index.ts'

/** What applications outside of Microsoft 365 may be told of a person, for administrators who want to see it beforehand. */
export function createAttributeFacts(needs: { users: Pick<Users, 'person'> }) {
  return async (id: string): Promise<AttributeFacts | undefined> => {
    const person = await needs.users.person(id)
    return person && factsOf(person, undefined)
  }
}
