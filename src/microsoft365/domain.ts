import { domainToASCII } from 'node:url'
import { z } from 'zod'
import type { FederatedDomain } from '../protocols/exchange/index.ts'
import { cloudNames, type CloudName } from './clouds.ts'

export type FederationProtocol = 'saml' | 'wsfed'
export const federationProtocols: readonly FederationProtocol[] = ['saml', 'wsfed']

/** What Entra does when its policy wants more than one factor (`federatedIdpMfaBehavior`). */
export const mfaBehaviors = ['acceptIfMfaDoneByFederatedIdp', 'enforceMfaByFederatedIdp', 'rejectMfaByFederatedIdp'] as const
export type MfaBehavior = (typeof mfaBehaviors)[number]

const settings = z.object({
  cloud: z.enum(cloudNames as [CloudName, ...CloudName[]]).default('public'),
  loginHost: z.string().nullable().default(null),
  graphHost: z.string().nullable().default(null),
  /** Directory (tenant) ID or any verified name of it; null asks Entra for the signed-in administrator's own. */
  tenantId: z.string().nullable().default(null),
  /** The app registration for calls to Graph; null uses Microsoft's own command line application with device codes. */
  clientId: z.string().nullable().default(null),
  /** The app registration is trusted with a certificate of ours, so that guard and autopilot work unattended. */
  certificateCredential: z.boolean().default(false),
  displayName: z.string().default(''),
  mfaBehavior: z.enum(mfaBehaviors).default('acceptIfMfaDoneByFederatedIdp'),
  signedRequests: z.boolean().default(false),
  requestCertificates: z.array(z.string()).max(10).default([]),
  alwaysMfa: z.boolean().default(false),
  wsTrust: z.boolean().default(false),
  guard: z.boolean().default(true),
  autopilot: z.boolean().default(false),
})
export type DomainSettings = Readonly<z.infer<typeof settings>>
export const parseDomainSettings = (value: unknown): DomainSettings => settings.parse(value)

const rollover = z.object({
  /** Fingerprint of the next certificate as Entra showed it, and when it was first seen there; epoch milliseconds. */
  nextFingerprint: z.string().nullable().default(null),
  nextSeenAt: z.number().nullable().default(null),
  /** What Entra said when it was asked last. */
  lastSeen: z.record(z.string(), z.unknown()).nullable().default(null),
  lastSeenAt: z.number().nullable().default(null),
  appliedAt: z.number().nullable().default(null),
  /** Fingerprint of the certificate that shall be replaced before its time. */
  hurryFingerprint: z.string().nullable().default(null),
})
export type Rollover = Readonly<z.infer<typeof rollover>>
export const parseRollover = (value: unknown): Rollover => rollover.parse(value)

export type { FederatedDomain }

/** Everything an administrator sees of a domain. */
export interface ManagedDomain extends FederatedDomain {
  readonly settings: DomainSettings
  readonly rollover: Rollover
  /** What is stored, whatever the application's own switch says. */
  readonly switchedOn: boolean
  readonly createdAt: number
  readonly updatedAt: number
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** A domain name as typed, in the form Entra uses. `onmicrosoft.com` names cannot be federated (section 1.7), so they are none here. */
export function readDomain(text: string): string | undefined {
  const typed = text.trim().toLowerCase().replace(/^@/, '').replace(/\.$/, '')
  // Checked before the conversion, which would end the name at a slash and decode %-escapes.
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(typed)) return undefined
  const ascii = domainToASCII(typed)
  const labels = ascii.split('.')
  if (ascii.length > 253 || labels.length < 2 || !labels.every((part) => label.test(part)) || /^\d+$/.test(labels.at(-1) ?? '')) return undefined
  return /(^|\.)(partner\.)?onmicrosoft\.(com|us|cn)$/.test(ascii) ? undefined : ascii
}

/** The part behind the @ of a UPN, or ''. */
export function domainOf(upn: string): string {
  return upn.slice(upn.lastIndexOf('@') + 1).toLowerCase()
}

/** Whether a name is the root itself or lies below it. */
export function isWithin(name: string, root: string): boolean {
  return name === root || name.endsWith(`.${root}`)
}

/** `a.b.example.com` and everything above it but the top: where a root may be found for it. */
export function rootsAbove(name: string): string[] {
  const labels = name.split('.')
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join('.')).slice(0, 20)
}
