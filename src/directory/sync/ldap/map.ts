import { normaliseEmail, normalisePhone } from '../../../messaging/index.ts'
import { readName } from '../../user.ts'
import type { DirectoryKind, DirectorySettings, MappedField } from '../settings.ts'
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
  const first = (field: MappedField): Found | undefined => firstOf(entry, settings.mapping[field])

  const written = first('email')
  if (written === undefined) return problem('no_email', settings.mapping.email.join(', '))
  const email = normaliseEmail(written.text.replace(/^smtp:/i, ''))
  if (email === undefined) return problem('bad_email', `${written.attribute}: ${written.text}`)
  const names = { givenName: '', familyName: '' }
  for (const field of ['givenName', 'familyName'] as const) {
    const found = first(field)
    if (found === undefined) continue
    const name = found.text.includes('\ufffd') ? undefined : readName(found.text)
    if (name === undefined) return problem('bad_name', `${found.attribute}: ${found.text}`)
    names[field] = name
  }
  const displayName = readName(first('displayName')?.text ?? '')
  if (names.givenName === '' && names.familyName === '' && displayName !== undefined) names.familyName = displayName
  const phone = [first('mobile'), first('phone')].flatMap((found) => (found ? [normalisePhone(found.text)] : [])).find((number) => number !== undefined)
  return {
    kind: 'person', anchor, dn: entry.dn, email: email.email, ...names, phone: phone ?? null, locale: readLocale(first('locale')?.text),
    disabledBecause: disabled, upn: first('upn')?.text.trim() ?? null,
    immutableId: isBinaryAnchor(settings.anchor) ? valueOf(entry, settings.anchor)?.toString('base64') ?? null : null,
    profile: profileOf(entry, settings, email.key, displayName),
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

function profileOf(entry: Entry, settings: MapRules['settings'], emailKey: string, displayName: string | undefined): PersonProfile {
  const text = (field: MappedField): string | undefined => plain(firstOf(entry, settings.mapping[field])?.text)
  const phones = (['phone', 'mobile', 'homePhone'] as const).flatMap((field) => settings.mapping[field].flatMap((attribute) => textsOf(entry, attribute)).flatMap((written) => {
    const number = plain(written, 50)
    return number === undefined ? [] : [{ kind: field === 'phone' ? 'work' as const : field === 'mobile' ? 'mobile' as const : 'home' as const, number }]
  })).slice(0, 10)
  const manager = firstOf(entry, settings.mapping.manager)?.text
  const [units, otherEmails, photo] = [unitsOf(entry.dn).slice(0, 20), otherEmailsOf(entry, settings, emailKey), photoOf(entry, settings)]
  const values = {
    displayName, title: text('title'), department: text('department'), company: text('company'), employeeNumber: text('employeeNumber'), office: text('office'),
    managerDn: manager === undefined || manager.length > 1_000 ? undefined : dnKey(manager),
    phones: phones.length > 0 ? phones : undefined, otherEmails: otherEmails.length > 0 ? otherEmails : undefined, units: units.length > 0 ? units : undefined, photo,
  }
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as PersonProfile
}

/** `proxyAddresses` holds addresses of many kinds, each with its kind before it; the others hold addresses. */
function otherEmailsOf(entry: Entry, { mapping }: MapRules['settings'], emailKey: string): readonly string[] {
  const known = new Set([emailKey])
  const others: string[] = []
  for (const attribute of mapping.otherEmails) {
    for (const written of textsOf(entry, attribute)) {
      const address = /^smtp:/i.test(written) ? written.slice(5) : attribute.toLowerCase() === 'proxyaddresses' ? undefined : written
      const email = address === undefined ? undefined : normaliseEmail(address)
      if (email === undefined || known.has(email.key) || others.length === 20) continue
      known.add(email.key)
      others.push(email.email)
    }
  }
  return others
}

function photoOf(entry: Entry, { mapping }: MapRules['settings']): string | undefined {
  for (const attribute of mapping.photo) {
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

interface Found { readonly attribute: string; readonly text: string }

/** The first attribute that has a value that is not blank, with that value. */
function firstOf(entry: Entry, attributes: readonly string[]): Found | undefined {
  for (const attribute of attributes) {
    const text = textOf(entry, attribute)
    if (text !== undefined && text.trim() !== '') return { attribute, text }
  }
  return undefined
}

/** A text that is only shown: one line, no marks that change the direction of others. */
function plain(text: string | undefined, length = 200): string | undefined {
  const shown = text === undefined ? '' : shorten(text.normalize('NFC').replaceAll('\ufffd', ''), length)
  return shown === '' ? undefined : shown
}
