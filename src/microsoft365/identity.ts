import { randomBytes } from 'node:crypto'
import { domainOf, isWithin } from './domain.ts'

/** Who a person is for Entra: both values must be what its directory says, or the sign-in fails (sections 1.3, 3.6). */
export interface Identity { readonly upn: string; readonly immutableId: string }

/** minted: made here. imported: from a file. graph: read from Entra. typed: by an administrator. */
export type IdentitySource = 'minted' | 'imported' | 'graph' | 'typed'

/** Only hex digits, so that the question how to encode other characters never comes up (section 1.3 E-2). */
export function mintImmutableId(): string {
  return randomBytes(16).toString('hex')
}

/**
 * An ImmutableID as typed or imported, kept character for character: base64 of an object GUID, or anything of up to 64
 * characters that a claim can carry.
 */
export function readImmutableId(text: string): string | undefined {
  const id = text.trim()
  return /^[A-Za-z0-9+/=_.~{}:@-]{1,64}$/.test(id) ? id : undefined
}

const upnName = /^[\p{L}\p{N}!#^~'._-]{1,64}$/u

/** A user principal name as typed; the part behind the @ in lower case. @returns also the key two spellings share */
export function readUpn(text: string): { readonly upn: string; readonly key: string } | undefined {
  const upn = text.trim().normalize('NFC')
  const [name = '', domain = '', more] = upn.split('@')
  if (more !== undefined || !upnName.test(name) || name.startsWith('.') || name.endsWith('.') || !/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(domain) || upn.length > 113) return undefined
  return { upn: `${name}@${domain.toLowerCase()}`, key: upn.toLowerCase() }
}

/**
 * SEC-31: whether a domain may speak for this UPN. Among the known roots the longest one decides: a subdomain with a
 * federation of its own is not its parent's any more.
 */
export function speaksFor(domain: string, upn: string, knownRoots: readonly string[]): boolean {
  const name = domainOf(upn)
  if (!isWithin(name, domain)) return false
  return !knownRoots.some((root) => root.length > domain.length && isWithin(name, root))
}

/** The UPN that goes without saying: the mail address, if its domain is one of ours. */
export function usualUpn(email: string, roots: readonly string[]): string | undefined {
  const read = readUpn(email)
  return read && roots.some((root) => isWithin(domainOf(read.upn), root)) ? read.upn : undefined
}
