import { z } from 'zod'
import { readExpression } from './expression.ts'

export const nameIdFormats = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  transient: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient',
  email: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
} as const
export type NameIdFormat = keyof typeof nameIdFormats

const expression = z.string().refine((text) => !('problem' in readExpression(text)), 'is no expression')

const attribute = z.object({
  /** The whole name, e.g. `urn:oid:0.9.2342.19200300.100.1.3` or `http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress`. */
  name: z.string().min(1).max(300),
  friendlyName: z.string().max(100).nullable().default(null),
  expression,
})

const saml = z.object({
  /** HTTP-POST only; `index` is what a request may name (SAML Metadata §2.4.4). */
  acs: z.array(z.object({ url: z.string(), index: z.number().int().min(0).max(65_535), isDefault: z.boolean().default(false) })).min(1).max(50),
  /** Where sign-outs are sent; `responseUrl` where answers go that go elsewhere. */
  slo: z.array(z.object({ binding: z.enum(['redirect', 'post']), url: z.string(), responseUrl: z.string().nullable().default(null) })).max(10).default([]),
  /** base64 DER; several during the application's own roll-over. */
  signingCertificates: z.array(z.string()).max(10).default([]),
  encryptionCertificate: z.string().nullable().default(null),
  encryptAssertions: z.boolean().default(false),
  /** Unsigned requests are refused. */
  signedRequests: z.boolean().default(false),
  signResponse: z.boolean().default(false),
  /** For old software that can sign its requests only so; nothing of ours is ever signed with it. */
  allowSha1: z.boolean().default(false),
  nameIdFormat: z.enum(['persistent', 'transient', 'email', 'unspecified']).default('persistent'),
  /** Instead of the format's own value: a pairwise id, a new random one, the address, the address. */
  nameIdExpression: expression.nullable().default(null),
  attributes: z.array(attribute).max(60).default([]),
  idpInitiated: z.boolean().default(false),
  relayState: z.string().max(1_000).nullable().default(null),
  metadataUrl: z.string().nullable().default(null),
  /** Epoch milliseconds of the last good read of that address, and what went wrong since. */
  metadataReadAt: z.number().nullable().default(null),
  metadataProblem: z.string().nullable().default(null),
})
export type SamlSettings = Readonly<z.infer<typeof saml>>
export type AttributeRule = Readonly<z.infer<typeof attribute>>

const wsfed = z.object({
  /** Exact addresses; the first is the default (`wreply`). */
  replyUrls: z.array(z.string()).min(1).max(50),
  signOutUrl: z.string().nullable().default(null),
  nameIdFormat: z.enum(['persistent', 'email', 'unspecified']).default('unspecified'),
  nameIdExpression: expression.nullable().default(null),
  attributes: z.array(attribute).max(60).default([]),
  tokenMinutes: z.number().int().min(1).max(60).default(60),
})
export type WsFedSettings = Readonly<z.infer<typeof wsfed>>

export const parseSamlSettings = (value: unknown): SamlSettings => saml.parse(value)
export const parseWsFedSettings = (value: unknown): WsFedSettings => wsfed.parse(value)

const claims = 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims'

/** What a new application is told unless its administrator says otherwise: LDAP's names for SAML (X.500 profile), claims for WS-Federation. */
export const usualAttributes: Readonly<Record<'saml' | 'wsfed', readonly AttributeRule[]>> = {
  saml: [
    { name: 'urn:oid:0.9.2342.19200300.100.1.3', friendlyName: 'mail', expression: 'email' },
    { name: 'urn:oid:2.5.4.42', friendlyName: 'givenName', expression: 'given_name' },
    { name: 'urn:oid:2.5.4.4', friendlyName: 'sn', expression: 'family_name' },
    { name: 'urn:oid:2.16.840.1.113730.3.1.241', friendlyName: 'displayName', expression: 'name' },
  ],
  wsfed: [
    { name: `${claims}/emailaddress`, friendlyName: null, expression: 'email' },
    { name: `${claims}/givenname`, friendlyName: null, expression: 'given_name' },
    { name: `${claims}/surname`, friendlyName: null, expression: 'family_name' },
    { name: `${claims}/name`, friendlyName: null, expression: 'name' },
  ],
}
