import { bigint, defineTable, integer, key, optional, text } from '../../../storage/index.ts'

export interface PasskeyRow {
  id: string; organizationId: string; userId: string; credentialId: string; publicKey: string; algorithm: number; counter: number; transports: string
  aaguid: string; attestationFormat: string; attestation: string; discoverable: number | null; backupEligible: number; backedUp: number; name: string
  createdAt: number; lastUsedAt: number | null; suspendedAt: number | null
}
export const PasskeyTable = defineTable<PasskeyRow>('passkeys', {
  id: key, organizationId: text, userId: text, credentialId: text, publicKey: text, algorithm: integer, counter: bigint, transports: text,
  aaguid: text, attestationFormat: text, attestation: text, discoverable: optional(integer), backupEligible: integer, backedUp: integer, name: text,
  createdAt: bigint, lastUsedAt: optional(bigint), suspendedAt: optional(bigint),
})

export interface ChallengeRow {
  id: string; ceremony: string; binding: string; userId: string | null; challenge: string; details: string; expiresAt: number; consumedAt: number | null
}
export const ChallengeTable = defineTable<ChallengeRow>('challenges', {
  id: key, ceremony: text, binding: text, userId: optional(text), challenge: text, details: text, expiresAt: bigint, consumedAt: optional(bigint),
})
