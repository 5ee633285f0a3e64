import { bigint, defineTable, integer, key, optional, text } from '../storage/index.ts'

export interface ApplicationRow {
  id: string; organizationId: string; protocol: string; clientId: string; name: string; nameKey: string; description: string; launchUrl: string | null
  icon: string | null; iconType: string | null; access: string; trusted: number; enabled: number; requiredAssurance: string | null; settings: string
  createdAt: number; updatedAt: number
}
export const ApplicationTable = defineTable<ApplicationRow>('applications', {
  id: key, organizationId: text, protocol: text, clientId: text, name: text, nameKey: text, description: text, launchUrl: optional(text),
  icon: optional(text), iconType: optional(text), access: text, trusted: integer, enabled: integer, requiredAssurance: optional(text), settings: text,
  createdAt: bigint, updatedAt: bigint,
})

export interface ApplicationSecretRow {
  id: string; organizationId: string; applicationId: string; secretHash: string; sealed: string | null; hint: string; createdAt: number; expiresAt: number | null
}
export const ApplicationSecretTable = defineTable<ApplicationSecretRow>('application_secrets', {
  id: key, organizationId: text, applicationId: text, secretHash: text, sealed: optional(text), hint: text, createdAt: bigint, expiresAt: optional(bigint),
})

export interface ApplicationAccessRow { applicationId: string; principalKind: string; principalId: string; organizationId: string }
export const ApplicationAccessTable = defineTable<ApplicationAccessRow>('application_access', {
  applicationId: key, principalKind: key, principalId: key, organizationId: text,
})
