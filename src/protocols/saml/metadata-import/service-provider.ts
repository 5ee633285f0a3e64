import { knownAttribute, nameIdFormats, readCertificate, webAddressProblem, type AttributeRule, type NameIdFormat, type SamlSettings } from '../../../applications/index.ts'
import { attribute, prefixes, type XmlElement } from '../../xml/index.ts'
import { childrenIn, findEntity, firstText } from './entities.ts'
import { problem, type MetadataAnswer, type MetadataProblem } from './problems.ts'

const { md, ds, saml } = prefixes
const mdui = 'urn:oasis:names:tc:SAML:metadata:ui'
const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'
const bindings: Readonly<Record<string, 'redirect' | 'post'>> = { 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect': 'redirect', 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST': 'post' }
const most = { acs: 50, certificates: 10 } as const

export interface ServiceProvider {
  readonly entityId: string
  /** What it calls itself; '' where it does not. */
  readonly name: string
  /** The default first. */
  readonly acs: SamlSettings['acs']
  readonly slo: SamlSettings['slo']
  readonly signingCertificates: readonly string[]
  readonly encryptionCertificate: string | null
  readonly signedRequests: boolean
  readonly wantAssertionsSigned: boolean
  /** The first of its formats that we can give; null where it names none. */
  readonly nameIdFormat: NameIdFormat | null
  readonly requestedAttributes: readonly AttributeRule[]
  readonly validUntil: number | null
}

/**
 * Reads a service provider's metadata (SAML Metadata §2.4.4). Signatures on it are not looked at: an administrator brings it, or
 * names the https address that it comes from.
 * @param wanted the entity that is meant, where several may be in it or another one must not be taken
 */
export function readServiceProvider(root: XmlElement, options: { readonly now: number; readonly wanted?: string | undefined }): MetadataAnswer<ServiceProvider> {
  const { found, problems } = findEntity(root, options.wanted, options.now, (element) => roleOf(element) !== undefined, 'no_service_provider')
  const role = found && roleOf(found.element)
  if (!found || !role) return { found: null, problems }
  const notes: MetadataProblem[] = []
  const acs = acsOf(role, notes)
  if (acs.length === 0) return { found: null, problems: [problem('no_acs', found.entityId), ...notes] }
  const { signing, encryption } = keysOf(role, notes)
  const wantsSigned = isTrue(attribute(role, 'AuthnRequestsSigned'))
  if (wantsSigned && signing.length === 0) notes.push(problem('unsigned_only'))
  return {
    found: {
      entityId: found.entityId, name: nameOf(found.element, role), acs, slo: sloOf(role, notes), signingCertificates: signing, encryptionCertificate: encryption,
      signedRequests: wantsSigned && signing.length > 0, wantAssertionsSigned: isTrue(attribute(role, 'WantAssertionsSigned')), nameIdFormat: formatOf(role, notes),
      requestedAttributes: attributesOf(role, notes), validUntil: found.validUntil,
    },
    problems: notes,
  }
}

/** A descriptor for SAML 1.1 alone is none for us. */
function roleOf(entity: XmlElement): XmlElement | undefined {
  return childrenIn(entity, md, 'SPSSODescriptor').find((role) => (attribute(role, 'protocolSupportEnumeration') ?? protocol).split(/\s+/).includes(protocol))
}

/**
 * HTTP-POST only: the other bindings would need a channel of their own. The default is the first that says so, else the first
 * that does not deny it (§2.2.3).
 */
function acsOf(role: XmlElement, notes: MetadataProblem[]): SamlSettings['acs'] {
  const posted = childrenIn(role, md, 'AssertionConsumerService').filter((one) => bindings[attribute(one, 'Binding') ?? ''] === 'post')
  const usable = posted.flatMap((one) => {
    const url = addressOf(attribute(one, 'Location'), notes)
    return url === undefined ? [] : [{ url, index: Number(attribute(one, 'index') ?? Number.NaN), isDefault: attribute(one, 'isDefault') }]
  })
  if (usable.length > most.acs) notes.push(problem('too_many', `AssertionConsumerService ${usable.length}`))
  const chosen = usable.find(({ isDefault }) => isTrue(isDefault)) ?? usable.find(({ isDefault }) => isDefault === undefined) ?? usable[0]
  const taken = new Set<number>()
  // An index that is missing or there twice is replaced by a free one; nobody can ask for it, and the address still counts.
  const free = (): number => { let index = 0; while (taken.has(index) || usable.some((one) => one.index === index)) index++; return index }
  const numbered = usable.slice(0, most.acs).map(({ url, index }, place) => {
    const own = Number.isInteger(index) && index >= 0 && index <= 65_535 && !taken.has(index) ? index : free()
    taken.add(own)
    return { url, index: own, isDefault: usable[place] === chosen }
  })
  return numbered.sort((a, b) => Number(b.isDefault) - Number(a.isDefault))
}

function sloOf(role: XmlElement, notes: MetadataProblem[]): SamlSettings['slo'] {
  const all = childrenIn(role, md, 'SingleLogoutService').flatMap((one) => {
    const binding = bindings[attribute(one, 'Binding') ?? '']
    const url = binding && addressOf(attribute(one, 'Location'), notes)
    if (!binding || url === undefined) return []
    const response = attribute(one, 'ResponseLocation')
    return [{ binding, url, responseUrl: response === undefined ? null : addressOf(response, notes) ?? null }]
  })
  return (['redirect', 'post'] as const).flatMap((binding) => all.find((one) => one.binding === binding) ?? [])
}

/** A KeyDescriptor without `use` is for both (§2.4.1.1). Of a chain only its first certificate is the key's. */
function keysOf(role: XmlElement, notes: MetadataProblem[]): { signing: string[]; encryption: string | null } {
  const signing: string[] = []
  let encryption: string | null = null
  for (const descriptor of childrenIn(role, md, 'KeyDescriptor')) {
    const use = attribute(descriptor, 'use')
    const data = childrenIn(descriptor, ds, 'KeyInfo').flatMap((info) => childrenIn(info, ds, 'X509Data'))
    const text = data.map((one) => firstText(one, ds, 'X509Certificate')).find((one) => one !== '')
    if (text === undefined) {
      notes.push(problem('no_certificate', use))
      continue
    }
    const read = readCertificate(text)
    if (typeof read === 'string') {
      notes.push(problem(read === 'weak' ? 'weak_key' : read === 'kind' ? 'key_kind' : 'certificate', use))
      continue
    }
    if (use !== 'encryption' && !signing.includes(read.certificate)) signing.push(read.certificate)
    // Keys are handed over by RSA-OAEP; a key for ECDSA cannot take them.
    if (use !== 'signing' && read.keyKind === 'rsa') encryption ??= read.certificate
  }
  if (signing.length > most.certificates) notes.push(problem('too_many', `KeyDescriptor ${signing.length}`))
  return { signing: signing.slice(0, most.certificates), encryption }
}

function formatOf(role: XmlElement, notes: MetadataProblem[]): NameIdFormat | null {
  const named = childrenIn(role, md, 'NameIDFormat').map(({ text }) => text.trim())
  const known = Object.entries(nameIdFormats) as [NameIdFormat, string][]
  const format = named.map((name) => known.find(([, uri]) => uri === name)?.[0]).find((one) => one !== undefined)
  if (format === undefined && named.length > 0) notes.push(problem('name_id_format', named[0]))
  return format ?? null
}

function attributesOf(role: XmlElement, notes: MetadataProblem[]): AttributeRule[] {
  const services = childrenIn(role, md, 'AttributeConsumingService')
  const service = services.find((one) => isTrue(attribute(one, 'isDefault'))) ?? services[0]
  const requested = service ? childrenIn(service, md, 'RequestedAttribute') : []
  return requested.slice(0, 60).flatMap((one) => {
    const name = attribute(one, 'Name')?.trim() ?? ''
    const friendlyName = attribute(one, 'FriendlyName')?.trim().slice(0, 100) ?? ''
    if (name === '' || name.length > 300) return []
    // A fixed value is asked for by name: which one, the administrator decides.
    const rule = childrenIn(one, saml, 'AttributeValue').length > 0 ? undefined : knownAttribute(name, friendlyName === '' ? null : friendlyName)
    if (!rule) notes.push(problem('requested_attribute', friendlyName === '' ? name : `${friendlyName} (${name})`))
    return rule ? [rule] : []
  })
}

/** The name for people where it has one (Metadata Extensions for Login UI §2.1), else the organization's. */
function nameOf(entity: XmlElement, role: XmlElement): string {
  const info = childrenIn(role, md, 'Extensions').flatMap((one) => childrenIn(one, mdui, 'UIInfo'))[0]
  const organization = childrenIn(entity, md, 'Organization')[0]
  return ((info && firstText(info, mdui, 'DisplayName')) || (organization && firstText(organization, md, 'OrganizationDisplayName')) || '').slice(0, 100)
}

/** Answers carry what people are to it, so they go over https, or to this very machine. */
function addressOf(location: string | undefined, notes: MetadataProblem[]): string | undefined {
  const url = location?.trim() ?? ''
  if (webAddressProblem(url) === undefined) return url
  notes.push(problem('skipped_address', url))
  return undefined
}

const isTrue = (text: string | undefined): boolean => text === 'true' || text === '1'
