import { createHash, createHmac } from 'node:crypto'
import { equalInConstantTime } from '../equal.ts'
import type { OrganizationId, Sealer } from '../storage/index.ts'
import { contentColumns, type Content } from './row.ts'

/** The newest link of one organization's chain. */
export interface Head {
  readonly organizationId: OrganizationId
  readonly seq: number
  readonly hash: string
}

export interface HeadRow { organization_id: OrganizationId; seq: number; hash: string; mac: string }

/** Not an organization: this head's `seq` counts the heads, so that one cannot vanish together with its events. */
export const registerId = '*' as OrganizationId

/** What stands before an organization's first event. */
export const origin = (organizationId: OrganizationId): string => digest(['doorward audit v1', organizationId])

/** Binds an event to its place and to everything before it. An array has one JSON form only. */
export function linkHash(previousHash: string, seq: number, content: Content): string {
  return digest([previousHash, seq, ...contentColumns.map((name) => content[name])])
}

function digest(values: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url')
}

/**
 * Heads carry an HMAC under a key that is not in the database. Whoever can write to the database can make new hashes for a
 * whole chain, but no head that fits to them (SEC-78).
 */
export function createCheckpoints(sealer: Sealer) {
  const key = sealer.deriveKey('audit checkpoint')
  const macOf = ({ organizationId, seq, hash }: Head): string =>
    createHmac('sha256', key).update(JSON.stringify([organizationId, seq, hash])).digest('base64url')
  return {
    macOf,
    holds: (row: HeadRow): boolean => equalInConstantTime(row.mac, macOf({ organizationId: row.organization_id, seq: row.seq, hash: row.hash })),
  }
}

export type Checkpoints = ReturnType<typeof createCheckpoints>
