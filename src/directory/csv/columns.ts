import { foldText, type UserRole } from '../user.ts'

/** What a column can be; '' is left out. */
export const importFields = ['email', 'given_name', 'family_name', 'phone', 'locale', 'role', 'groups'] as const
export type ImportField = (typeof importFields)[number]
export type ColumnMapping = readonly (ImportField | '')[]

const names: Readonly<Record<ImportField, readonly string[]>> = {
  email: ['email', 'e-mail', 'mail', 'email address', 'e-mail address', 'mail address', 'e-mail-adresse', 'emailadresse', 'mailadresse', 'userprincipalname', 'upn'],
  given_name: ['given name', 'givenname', 'first name', 'firstname', 'first', 'vorname', 'rufname'],
  family_name: ['family name', 'familyname', 'last name', 'lastname', 'surname', 'last', 'sn', 'nachname', 'familienname', 'name'],
  phone: ['phone', 'telephone', 'mobile', 'mobile phone', 'phone number', 'telephonenumber', 'telefon', 'telefonnummer', 'handy', 'mobil', 'mobiltelefon'],
  locale: ['locale', 'language', 'preferredlanguage', 'sprache'],
  role: ['role', 'rolle'],
  groups: ['groups', 'group', 'member of', 'memberof', 'gruppen', 'gruppe'],
}

const roles: Readonly<Record<UserRole, readonly string[]>> = {
  user: ['user', 'member', 'person', 'nutzer', 'benutzer', 'mitglied'], helpdesk: ['helpdesk', 'help desk', 'support'], administrator: ['administrator', 'admin'], owner: ['owner', 'inhaber', 'inhaberin', 'eigentumer'],
}

/** What each column is by its name, in English or German; each field at most once, the first that fits. */
export function guessMapping(columns: readonly string[]): ColumnMapping {
  const taken = new Set<ImportField>()
  return columns.map((column) => {
    const name = foldText(column.replaceAll('_', ' '))
    const field = importFields.find((one) => !taken.has(one) && (names[one].includes(name) || names[one].includes(name.replaceAll(' ', ''))))
    if (field !== undefined) taken.add(field)
    return field ?? ''
  })
}

/** A role as people write it, in English or German. */
export function readRole(text: string): UserRole | undefined {
  const name = foldText(text)
  return (Object.keys(roles) as UserRole[]).find((role) => roles[role].includes(name))
}

/** Several groups in one cell: divided by semicolons or bars, or by line breaks. */
export function readGroups(text: string): string[] {
  return [...new Set(text.split(/[;|\n\r]/).map((name) => name.normalize('NFC').replaceAll(/\s+/g, ' ').trim()).filter((name) => name !== ''))]
}

/** A small file that shows what may be in one; made-up people. */
export const sampleFile = [
  'email,given name,family name,phone,language,role,groups', 'ada.lovelace@example.com,Ada,Lovelace,+44 20 7946 0958,en,user,Engineering;Research', 'konrad.zuse@example.com,Konrad,Zuse,+49 30 901820,de,user,Engineering',
  'grace.hopper@example.com,Grace,Hopper,,en,helpdesk,', '',
].join('\r\n')
