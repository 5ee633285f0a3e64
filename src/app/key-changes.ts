import type { AuditActor } from '../audit/index.ts'
import type { KeyChange } from '../keys/index.ts'
import type { Foundation } from './foundation.ts'

/**
 * Writes down that keys changed. Every organization signs with them, so each reads of it; the keys of one Microsoft 365 domain
 * are that room's own to tell of.
 */
export async function noteKeyChanges({ storage, audit, organizations }: Pick<Foundation, 'storage' | 'audit' | 'organizations'>, changes: readonly KeyChange[], actor: AuditActor): Promise<void> {
  const common = changes.filter(({ purpose }) => !purpose.startsWith('microsoft365 '))
  if (common.length === 0) return
  await storage.write(async (tx) => {
    for (const { id } of (await organizations.list()).filter(({ kind }) => kind === 'business')) {
      for (const { purpose, kind, algorithm, id: key } of common) {
        await audit.record(tx, { organizationId: id, action: 'keys.changed', outcome: 'success', actor, details: { protocol: purpose, act: kind, algorithm, kid: key } })
      }
    }
  })
}
