import { normaliseEmail, normalisePhone } from '../../../messaging/index.ts'
import { readName } from '../../user.ts'
import type { DirectoryKind, DirectorySettings, MappedField, Mapping } from '../settings.ts'
import { dnKey, type DisabledBecause, type PersonProfile, type SourceGroup, type SourcePerson, type SourceProblem } from '../source.ts'
import { ownNameOf, unitsOf } from './dn.ts'
import { textOf, textsOf, valueOf, type Entry } from './entry.ts'
import { shorten } from './trouble.ts'
import { anchorOf, isBinaryAnchor, windowsTime } from './values.ts'

export interface MapRules {
  readonly kind: DirectoryKind
  readonly settings: Pick<DirectorySettings, 'anchor' | 'mapping'>
  readonly now: number
}

const stateAttributes: Readonly<Record<DirectoryKind, readonly string[]>> = {
  'active-directory': ['userAccountControl', 'accountExpires'],
  openldap: ['pwdAccountLockedTime'],
  generic: ['pwdAccountLockedTime', 'nsAccountLock', 'loginDisabled'],
}
const memberAttributes: Readonly<Record<DirectoryKind, readonly string[]>> = { 'active-directory': ['member'], openldap: ['member', 'uniqueMember'], generic: ['member', 'uniqueMember'] }
const largestPhoto = 100_000

/** What has to be asked for to map people, and nothing more. */
export function personAttributes({ kind, settings }: Pick<MapRules, 'kind' | 'settings'>): readonly string[] {
  return [...new Set([settings.anchor, ...stateAttributes[kind], ...Object.values(settings.mapping).flat()])]
}

export function groupAttributes({ kind, settings }: Pick<MapRules, 'kind' | 'settings'>): readonly string[] {
  return [...new Set([...groupAnchors(kind, settings.anchor), 'cn', 'description', ...memberAttributes[kind]])]
}

/** A group's own anchor: where people are known by something that groups have not, the directory's own number. */
export function groupAnchors(kind: DirectoryKind, anchor: string): readonly string[] {
  return kind === 'active-directory' ? ['objectGUID'] : [...new Set([anchor, 'entryUUID', 'nsUniqueId'])]
}

export function personAnchor(entry: Entry, { settings }: Pick<MapRules, 'settings'>): string | undefined {
  return anchorOf(settings.anchor, valueOf(entry, settings.anchor))
}

export function groupAnchor(entry: Entry, { kind, settings }: Pick<MapRules, 'kind' | 'settings'>): string | undefined {
  for (const attribute of groupAnchors(kind, settings.anchor)) {
    const anchor = anchorOf(attribute, valueOf(entry, attribute))
    if (anchor !== undefined) return anchor
  }
  return undefined
}

export function mapPerson(entry: Entry, rules: MapRules): SourcePerson | SourceProblem {
  const { kind, settings } = rules
  const anchor = personAnchor(entry, rules)
  const disabled = disabledBecause(entry, kind, rules.now)
  // Who is disabled often loses the address first; that must not keep the account here open.
  const problem = (name: SourceProblem['problem'], detail: string): SourceProblem => ({ kind: 'problem', anchor: anchor ?? '', dn: shorten(entry.dn, 1_000), problem: name, detail: shorten(detail), disabledBecause: disabled })
  if (anchor === undefined) return problem('no_anchor', settings.anchor)
  if (entry.dn.length > 1_000) return problem('too_large', entry.dn)
  const fields = fieldsOf(settings.mapping)
  const first = (field: MappedField): Found | undefined => firstOf(entry, fields[field])

  const written = first('email')
  if (written === undefined) return problem('no_email', settings.mapping.email.join(', '))
  const email = normaliseEmail(written.text.replace(/^smtp:/i, ''))
  if (email === undefined) return problem('bad_email', `${settings.mapping.email[written.at] ?? ''}: ${written.text}`)
  const names = { givenName: '', familyName: '' }
  for (const field of ['givenName', 'familyName'] as const) {
    const found = first(field)
    if (found === undefined) continue
    const name = found.text.includes('\ufffd') ? undefined : readName(found.text)
    if (name === undefined) return problem('bad_name', `${settings.mapping[field][found.at] ?? ''}: ${found.text}`)
    names[field] = name
  }
  const displayName = readName(first('displayName')?.text ?? '')
  if (names.givenName === '' && names.familyName === '' && displayName !== undefined) names.familyName = displayName
  const [mobile, work] = [first('mobile'), first('phone')]
  const phone = (mobile && normalisePhone(mobile.text)) ?? (work && normalisePhone(work.text))
  return {
    kind: 'person', anchor, dn: entry.dn, email: email.email, ...names, phone: phone ?? null, locale: readLocale(first('locale')?.text),
    disabledBecause: disabled, upn: first('upn')?.text.trim() ?? null,
    immutableId: isBinaryAnchor(settings.anchor) ? valueOf(entry, settings.anchor)?.toString('base64') ?? null : null,
    profile: profileOf(entry, fields, { written: written.text, key: email.key }, displayName),
  }
}

/**
 * Why the directory does not let this person in at all. A password that ran out and a lock after wrong passwords are not
 * that: they concern a password, which somebody who signs in with a key never uses, and anybody can lock anybody's by
 * guessing. Passwords themselves are asked of the directory, which then says no (bind.ts). Only OpenLDAP's lock without an
 * end is an administrator's word.
 */
export function disabledBecause(entry: Entry, kind: DirectoryKind, now: number): DisabledBecause | null {
  if (kind === 'active-directory') {
    const control = Number(textOf(entry, 'userAccountControl') ?? Number.NaN)
    // Who may not see the state of accounts must not take all of them for enabled.
    if (!Number.isInteger(control) || (control & 0x2) !== 0) return 'disabled'
    const expires = windowsTime(textOf(entry, 'accountExpires'))
    return expires !== undefined && expires <= now ? 'expired' : null
  }
  if (isTrue(textOf(entry, 'nsAccountLock')) || isTrue(textOf(entry, 'loginDisabled'))) return 'disabled'
  return /^0000(?:01)?(?:01)?0*Z$/.test(textOf(entry, 'pwdAccountLockedTime') ?? '') ? 'locked' : null
}

function isTrue(text: string | undefined): boolean {
  return text?.toLowerCase() === 'true'
}

/** A group; its members are what the entry holds, and `ranged` says that there are more. */
export function mapGroup(entry: Entry, rules: Pick<MapRules, 'kind' | 'settings'>, members: readonly string[]): SourceGroup | undefined {
  const anchor = groupAnchor(entry, rules)
  if (anchor === undefined || entry.dn.length > 1_000) return undefined
  const name = plain(textOf(entry, 'cn')) ?? plain(ownNameOf(entry.dn)) ?? anchor
  return { anchor, dn: entry.dn, name, description: plain(textOf(entry, 'description'), 500) ?? '', members }
}

export function membersOf(entry: Entry, kind: DirectoryKind): string[] {
  // RFC 4517 §3.3.21: a unique member may carry a number of bits behind its name.
  return memberAttributes[kind].flatMap((attribute) => textsOf(entry, attribute).map((dn) => dn.replace(/#'[01]*'B$/, '')))
}

function profileOf(entry: Entry, fields: Mapping, email: { readonly written: string; readonly key: string }, displayName: string | undefined): PersonProfile {
  const profile: { -readonly [name in keyof PersonProfile]: PersonProfile[name] } = {}
  if (displayName !== undefined) profile.displayName = displayName
  for (const field of ['title', 'department', 'company', 'employeeNumber', 'office'] as const) {
    const text = plain(firstOf(entry, fields[field])?.text)
    if (text !== undefined) profile[field] = text
  }
  const manager = firstOf(entry, fields.manager)?.text
  if (manager !== undefined && manager.length <= 1_000) profile.managerDn = dnKey(manager)
  const phones = phonesOf(entry, fields)
  if (phones.length > 0) profile.phones = phones
  const otherEmails = otherEmailsOf(entry, fields, email)
  if (otherEmails.length > 0) profile.otherEmails = otherEmails
  const units = unitsAbove(entry.dn)
  if (units.length > 0) profile.units = units
  const photo = photoOf(entry, fields)
  if (photo !== undefined) profile.photo = photo
  return profile
}

const kindsOfPhone = { phone: 'work', mobile: 'mobile', homePhone: 'home' } as const

function phonesOf(entry: Entry, fields: Mapping): NonNullable<PersonProfile['phones']> {
  const phones: { kind: 'work' | 'mobile' | 'home'; number: string }[] = []
  for (const field of ['phone', 'mobile', 'homePhone'] as const) {
    for (const attribute of fields[field]) {
      for (const written of textsOf(entry, attribute)) {
        const number = plain(written, 50)
        if (number !== undefined && phones.length < 10) phones.push({ kind: kindsOfPhone[field], number })
      }
    }
  }
  return phones
}

// One after the other, entries mostly have the same place.
let lastPlace = ''
let lastUnits: readonly string[] = []

function unitsAbove(dn: string): readonly string[] {
  const plainStep = /^[^\\",;+]+,/.exec(dn)?.[0]
  if (plainStep === undefined) return unitsOf(dn).slice(0, 20)
  const place = dn.slice(plainStep.length)
  if (place !== lastPlace) {
    lastUnits = unitsOf(dn).slice(0, 20)
    lastPlace = place
  }
  return lastUnits
}

/** `proxyAddresses` holds addresses of many kinds, each with its kind before it; the others hold addresses. */
function otherEmailsOf(entry: Entry, { otherEmails }: Mapping, main: { readonly written: string; readonly key: string }): readonly string[] {
  const known = new Set([main.key])
  const others: string[] = []
  for (const attribute of otherEmails) {
    for (const written of textsOf(entry, attribute)) {
      if (written === main.written) continue
      const address = /^smtp:/i.test(written) ? written.slice(5) : attribute === 'proxyaddresses' ? undefined : written
      const email = address === undefined ? undefined : normaliseEmail(address)
      if (email === undefined || known.has(email.key) || others.length === 20) continue
      known.add(email.key)
      others.push(email.email)
    }
  }
  return others
}

function photoOf(entry: Entry, fields: Mapping): string | undefined {
  for (const attribute of fields.photo) {
    const bytes = valueOf(entry, attribute)
    const isPicture = bytes !== undefined && (bytes.subarray(0, 3).equals(jpeg) || bytes.subarray(0, 8).equals(png))
    if (isPicture && bytes.length <= largestPhoto) return bytes.toString('base64')
  }
  return undefined
}

const jpeg = Buffer.from('ffd8ff', 'hex')
const png = Buffer.from('89504e470d0a1a0a', 'hex')

/** `de-AT, en;q=0.5` (RFC 2798 §2.7) says more than we keep. */
function readLocale(text: string | undefined): string | null {
  const tag = text?.split(/[,;]/)[0]?.trim().replace('_', '-') ?? ''
  if (!/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/.test(tag)) return null
  try {
    return Intl.getCanonicalLocales(tag)[0] ?? null
  } catch {
    return null
  }
}

const folded = new WeakMap<Mapping, Mapping>()

/** The mapping with names as entries have them, worked out once and not for every entry. */
function fieldsOf(mapping: Mapping): Mapping {
  const known = folded.get(mapping)
  if (known) return known
  const fields = Object.fromEntries(Object.entries(mapping).map(([field, attributes]) => [field, attributes.map((attribute) => attribute.toLowerCase())])) as unknown as Mapping
  folded.set(mapping, fields)
  return fields
}

interface Found { readonly at: number; readonly text: string }

/** The first attribute that has a value that is not blank: its place in the list, and that value. */
function firstOf(entry: Entry, attributes: readonly string[]): Found | undefined {
  for (const [at, attribute] of attributes.entries()) {
    const text = textOf(entry, attribute)
    if (text !== undefined && text.trim() !== '') return { at, text }
  }
  return undefined
}

/** A text that is only shown: one line, no marks that change the direction of others. */
function plain(text: string | undefined, length = 200): string | undefined {
  const shown = text === undefined ? '' : shorten(text.normalize('NFC').replaceAll('\ufffd', ''), length)
  return shown === '' ? undefined : shown
}
