import { bigint, defineTable, key, optional, text } from '../storage/index.ts'

export interface AuditEventRow {
  id: string
  organizationId: string
  occurredAt: number
  action: string
  outcome: string
  actorKind: string
  actorId: string | null
  actorName: string
  userId: string | null
  targetKind: string | null
  targetId: string | null
  targetName: string | null
  applicationId: string | null
  applicationName: string | null
  ip: string | null
  userAgent: string | null
  details: string
  searchKey: string
  seq: number | null
  hash: string | null
}

export const AuditEventTable = defineTable<AuditEventRow>('audit_events', {
  id: key, organizationId: text, occurredAt: bigint, action: text, outcome: text, actorKind: text, actorId: optional(text), actorName: text,
  userId: optional(text), targetKind: optional(text), targetId: optional(text), targetName: optional(text), applicationId: optional(text),
  applicationName: optional(text), ip: optional(text), userAgent: optional(text), details: text, searchKey: text, seq: optional(bigint), hash: optional(text),
})

export interface AuditHeadRow {
  organizationId: string
  seq: number
  hash: string
  mac: string
  updatedAt: number
}

export const AuditHeadTable = defineTable<AuditHeadRow>('audit_heads', { organizationId: key, seq: bigint, hash: text, mac: text, updatedAt: bigint })
