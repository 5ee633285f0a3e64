import { bigint, defineTable, key, optional, text } from '../../storage/index.ts'

export interface FederationRequestRow { id: string; protocol: string; browser: string | null; content: string; createdAt: number; expiresAt: number; answeredAt: number | null }
export const FederationRequestTable = defineTable<FederationRequestRow>('federation_requests', {
  id: key, protocol: text, browser: optional(text), content: text, createdAt: bigint, expiresAt: bigint, answeredAt: optional(bigint),
})

export interface FederationParticipantRow { sessionId: string; applicationId: string; protocol: string; details: string; answeredAt: number; expiresAt: number }
export const FederationParticipantTable = defineTable<FederationParticipantRow>('federation_participants', {
  sessionId: key, applicationId: key, protocol: text, details: text, answeredAt: bigint, expiresAt: bigint,
})
