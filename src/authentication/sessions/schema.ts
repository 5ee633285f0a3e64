import { bigint, defineTable, key, optional, text } from '../../storage/index.ts'

export interface SessionRow {
  id: string
  secretHash: string
  organizationId: string
  userId: string
  browser: string
  proofs: string
  authenticatedAt: number
  createdAt: number
  lastSeenAt: number
  idleExpiresAt: number
  expiresAt: number
  userAgent: string
  ip: string
  protocolState: string | null
}

export const SessionTable = defineTable<SessionRow>('sessions', {
  id: key, secretHash: text, organizationId: text, userId: text, browser: text, proofs: text, authenticatedAt: bigint,
  createdAt: bigint, lastSeenAt: bigint, idleExpiresAt: bigint, expiresAt: bigint, userAgent: text, ip: text, protocolState: optional(text),
})
