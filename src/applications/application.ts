import { z } from 'zod'
import type { ApplicationId, OrganizationId } from '../storage/index.ts'
import type { SamlSettings, WsFedSettings } from './saml-settings.ts'

/** web: has a server that keeps a secret · public: runs in a browser or on a device · service: a machine without people */
export type OidcKind = 'web' | 'public' | 'service'
export type RequiredAssurance = 'urn:doorward:acr:code' | 'urn:doorward:acr:multi' | 'phr' | 'phrh'
export const requiredAssurances: readonly RequiredAssurance[] = ['urn:doorward:acr:code', 'urn:doorward:acr:multi', 'phr', 'phrh']
export const oidcScopes = ['openid', 'profile', 'email', 'phone', 'groups', 'offline_access'] as const

/** Everyone of the organization, or only the people and groups that are named. */
export type AccessKind = 'everyone' | 'assigned'

const oidcSettings = z.object({
  kind: z.enum(['web', 'public', 'service']),
  redirectUris: z.array(z.string()).default([]),
  postLogoutRedirectUris: z.array(z.string()).default([]),
  backchannelLogoutUri: z.string().nullable().default(null),
  initiateLoginUri: z.string().nullable().default(null),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }).nullable().default(null),
  jwksUri: z.string().nullable().default(null),
  authMethod: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none']),
  refreshTokens: z.boolean().default(false),
  scopes: z.array(z.enum(oidcScopes)).default(['openid', 'profile', 'email']),
  parRequired: z.boolean().default(false),
  dpopBound: z.boolean().default(false),
  idTokenAlg: z.enum(['RS256', 'ES256', 'EdDSA']).default('RS256'),
  accessTokenMinutes: z.number().int().min(1).max(1_440).default(15),
  refreshTokenDays: z.number().int().min(1).max(365).default(30),
})

export type OidcSettings = Readonly<z.infer<typeof oidcSettings>>

/** link: only a tile. microsoft365: its domains hold what it needs (microsoft365 room). */
export type ApplicationProtocol = 'oidc' | 'saml' | 'wsfed' | 'microsoft365' | 'link'

export interface Application {
  readonly id: ApplicationId
  readonly organizationId: OrganizationId
  readonly protocol: ApplicationProtocol
  /** `client_id` for OpenID Connect, entity ID for SAML, `wtrealm` for WS-Federation: unique in the whole installation. */
  readonly clientId: string
  readonly name: string
  readonly description: string
  /** Where the tile leads; a login initiation of the application where it has one. */
  readonly launchUrl: string | null
  readonly hasIcon: boolean
  readonly access: AccessKind
  /** Set by an administrator: people are not asked for consent. */
  readonly trusted: boolean
  readonly enabled: boolean
  readonly requiredAssurance: RequiredAssurance | null
  /** Each is null for an application of another protocol. */
  readonly oidc: OidcSettings | null
  readonly saml: SamlSettings | null
  readonly wsfed: WsFedSettings | null
  readonly createdAt: number
  readonly updatedAt: number
}

export function parseOidcSettings(value: unknown): OidcSettings {
  return oidcSettings.parse(value)
}

export function defaultOidcSettings(kind: OidcKind): OidcSettings {
  return parseOidcSettings({ kind, authMethod: kind === 'public' ? 'none' : 'client_secret_basic', scopes: kind === 'service' ? [] : ['openid', 'profile', 'email'] })
}
