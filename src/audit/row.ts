import { newId, type OrganizationId, type SqlValue, type UserId } from '../storage/index.ts'
import { writeDetails } from './details.ts'
import { plainText, searchKeyOf, type ActorKind, type AuditEntry, type AuditEvent, type AuditOutcome } from './event.ts'

/** The columns of what happened, in the order in which they are hashed; never reorder. */
export const contentColumns = [
  'id', 'organization_id', 'occurred_at', 'action', 'outcome', 'actor_kind', 'actor_id', 'actor_name', 'user_id', 'target_kind', 'target_id', 'target_name',
  'application_id', 'application_name', 'ip', 'user_agent', 'details', 'search_key',
] as const

export type Content = { [Name in (typeof contentColumns)[number]]: SqlValue } & { id: string; organization_id: OrganizationId; occurred_at: number }

export interface Row extends Content {
  action: string
  outcome: AuditOutcome
  actor_kind: ActorKind
  actor_id: string | null
  actor_name: string
  user_id: UserId | null
  target_kind: string | null
  target_id: string | null
  target_name: string | null
  application_id: string | null
  application_name: string | null
  ip: string | null
  user_agent: string | null
  details: string
  seq: number | null
  hash: string | null
}

export const selectEvents = `SELECT ${contentColumns.join(', ')}, seq, hash FROM audit_events`

export function toContent(entry: AuditEntry, occurredAt: number): Content {
  const { actor, target, application } = entry
  const name = (text: string | null | undefined): string | null => (text === null || text === undefined ? null : plainText(text, 200))
  const actorName = plainText(actor.name, 200)
  return {
    id: newId(), organization_id: entry.organizationId, occurred_at: occurredAt, action: plainText(entry.action, 100), outcome: entry.outcome,
    actor_kind: actor.kind, actor_id: name(actor.id), actor_name: actorName, user_id: entry.userId ?? null,
    target_kind: name(target?.kind), target_id: name(target?.id), target_name: name(target?.name),
    application_id: name(application?.id), application_name: name(application?.name),
    ip: name(entry.ip), user_agent: entry.userAgent === null || entry.userAgent === undefined ? null : plainText(entry.userAgent, 300),
    details: writeDetails(entry.details),
    search_key: searchKeyOf([actorName, name(target?.name), name(application?.name), name(entry.ip), plainText(entry.action, 100)]),
  }
}

export function toEvent(row: Row): AuditEvent {
  return {
    id: row.id, organizationId: row.organization_id, occurredAt: row.occurred_at, action: row.action, outcome: row.outcome,
    actor: { kind: row.actor_kind, id: row.actor_id, name: row.actor_name }, userId: row.user_id,
    target: row.target_kind === null ? null : { kind: row.target_kind, id: row.target_id ?? '', name: row.target_name ?? '' },
    application: row.application_id === null ? null : { id: row.application_id, name: row.application_name ?? '' },
    ip: row.ip, userAgent: row.user_agent, details: JSON.parse(row.details) as Record<string, unknown>, seq: row.seq,
  }
}
