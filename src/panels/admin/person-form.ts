import { readName } from '../../directory/index.ts'
import type { Form } from '../../http/index.ts'
import type { AdminNeeds } from './needs.ts'

type Email = NonNullable<ReturnType<AdminNeeds['normaliseEmail']>>
type Errors = Readonly<Record<string, string | null>>

const longestNote = 500

export interface TypedInvitation {
  readonly email: string
  readonly givenName: string
  readonly familyName: string
  readonly role: string
  readonly groups: readonly string[]
  readonly note: string
}

interface Invitation { readonly email: Email; readonly givenName: string; readonly familyName: string; readonly note: string }

/** What was typed, to be shown again, and what it means when all of it is fine. Names may wait: the person adds them. */
export function readInvitation(form: Form, normaliseEmail: AdminNeeds['normaliseEmail']): { typed: TypedInvitation; read: Invitation | null; errors: Errors } {
  const typed = {
    email: form.text('email'), givenName: form.text('given_name'), familyName: form.text('family_name'), role: form.text('role') || 'user', groups: form.all('group'), note: form.text('note'),
  }
  const email = normaliseEmail(typed.email)
  const givenName = nameOrNothing(typed.givenName)
  const familyName = nameOrNothing(typed.familyName)
  const note = readNote(typed.note)
  const read = email && givenName !== undefined && familyName !== undefined && note !== undefined ? { email, givenName, familyName, note } : null
  return {
    typed, read, errors: {
      email: email ? null : 'people.error.email', given_name: givenName === undefined ? 'people.error.given_name' : null, family_name: familyName === undefined ? 'people.error.family_name' : null,
      note: note === undefined ? 'people.error.note' : null,
    },
  }
}

/** A name that may be left out. */
function nameOrNothing(text: string): string | undefined {
  return text === '' ? '' : readName(text)
}

/** One paragraph for a mail; undefined when too long or when it holds what could mislead its reader. */
function readNote(text: string): string | undefined {
  const note = text.normalize('NFC').replaceAll(/\s+/g, ' ').trim()
  return note.length <= longestNote && !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(note) ? note : undefined
}
