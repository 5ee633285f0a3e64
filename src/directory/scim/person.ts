import { readName } from '../user.ts'
import { invalidValue } from './errors.ts'
import type { ScimNeeds } from './needs.ts'
import type { Complex, Value } from './values.ts'

/** What SCIM's words mean for an account here. */
export interface PersonFacts {
  readonly userName: string
  readonly email: { readonly email: string; readonly key: string }
  readonly givenName: string
  readonly familyName: string
  /** Null where nothing is said, or nothing that can be used here. */
  readonly phone: string | null
  readonly locale: string | null
  readonly timeZone: string | null
}

/**
 * @throws ScimError `invalidValue` where there is no address to write to, or a name that nobody could read
 */
export function readPerson(resource: Complex, needs: Pick<ScimNeeds, 'normaliseEmail' | 'normalisePhone' | 'locales'>): PersonFacts {
  const userName = textOf(resource['userName'])
  if (userName === undefined) throw invalidValue('userName is required.')
  const emails = listOf(resource['emails'])
  const chosen = textOf((emails.find((one) => one['primary'] === true) ?? emails.find((one) => one['type'] === 'work') ?? emails[0])?.['value'])
  const email = needs.normaliseEmail(chosen ?? userName)
  if (!email) throw invalidValue(chosen === undefined ? 'emails is required where userName is not a mail address.' : `emails: ${JSON.stringify(chosen)} is not a mail address that can be written to.`)

  const name = (resource['name'] ?? {}) as Complex
  const [given, family] = [nameOf('name.givenName', name['givenName']), nameOf('name.familyName', name['familyName'])]
  const whole = given === '' && family === '' ? nameOf('displayName', resource['displayName'] ?? name['formatted']) : ''
  const phones = listOf(resource['phoneNumbers'])
  return {
    userName, email, givenName: given || whole, familyName: family,
    phone: needs.normalisePhone(textOf(phones.find((one) => one['type'] === 'mobile')?.['value']) ?? '') ?? null,
    locale: localeOf(textOf(resource['preferredLanguage']) ?? textOf(resource['locale']), needs.locales), timeZone: timeZoneOf(textOf(resource['timezone'])),
  }
}

function nameOf(where: string, value: Value | undefined): string {
  const text = textOf(value)
  if (text === undefined) return ''
  const name = readName(text)
  if (name === undefined) throw invalidValue(`${where} must be a name of at most 100 characters, without < and >.`)
  return name
}

/** `de-DE`, or a list such as `de-DE, en;q=0.8` (RFC 7643 §4.1.1): the first of our languages in it. */
function localeOf(text: string | undefined, locales: readonly string[]): string | null {
  for (const part of (text ?? '').split(',').slice(0, 10)) {
    const tag = (part.split(';')[0] ?? '').trim().replaceAll('_', '-').toLowerCase()
    const found = locales.find((locale) => locale.toLowerCase() === tag) ?? locales.find((locale) => locale.toLowerCase() === tag.split('-')[0])
    if (found !== undefined) return found
  }
  return null
}

function timeZoneOf(text: string | undefined): string | null {
  if (text === undefined) return null
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone
  } catch {
    return null
  }
}

export function textOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function listOf(value: Value | undefined): readonly Complex[] {
  return (Array.isArray(value) ? value : []) as readonly Complex[]
}
