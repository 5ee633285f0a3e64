import type { Sessions } from '../authentication/sessions/index.ts'
import { networkOf, type Throttle } from '../authentication/throttle/index.ts'
import { createScim, type Scim } from '../directory/scim/index.ts'
import { normaliseEmail, normalisePhone } from '../messaging/index.ts'
import type { PersonAccess } from '../panels/index.ts'
import type { Foundation } from './foundation.ts'
import type { AccessEnding } from './person-access.ts'
import type { Records } from './records.ts'

/** Joins SCIM with what a person holds elsewhere: whoever is set inactive loses it in the same transaction. */
export function joinScim({ config, storage, clock, users, groups, views, identities, audit }: Foundation, parts: { personAccess: PersonAccess & AccessEnding; sessions: Sessions; throttle: Throttle; records: Records }): Scim {
  const { personAccess, sessions, throttle, records } = parts
  const failures = { name: 'scim.failures', attempts: 30, windowSeconds: config.limits.windowSeconds }
  return createScim({
    storage, clock, publicUrl: config.publicUrl, users, groups, normaliseEmail, normalisePhone, locales: views.locales, countFailure: (ip) => throttle.count(failures, networkOf(ip)), record: records.scim,
    // Only a name that Microsoft 365 knew the person by is followed; the ImmutableID stays, and nobody gets one from here.
    async renamed(tx, { organizationId, id }, before, after, caller) {
      const known = await identities.of(id, tx)
      if (known?.upn.toLowerCase() !== before.toLowerCase()) return true
      const { outcome } = await identities.set(tx, organizationId, id, { upn: after, source: known.source })
      if (outcome === 'saved') {
        await audit.record(tx, {
          organizationId, action: 'microsoft.identity_changed', outcome: 'success', actor: { kind: 'application', id: caller.token.id, name: `SCIM: ${caller.token.name}` }, userId: id, target: { kind: 'user', id, name: after },
          details: { 'upn.before': before, 'upn.after': after }, ip: caller.ip, userAgent: caller.userAgent,
        })
      }
      return outcome === 'saved' || outcome === 'unchanged'
    },
    access: {
      async suspendWithin(tx, who) {
        const ended = await personAccess.endIn(tx, who.id)
        await users.update(tx, who.organizationId, who.id, { status: 'suspended' })
        return async () => { await sessions.announce(ended, who.id) }
      },
      async resumeWithin(tx, who) { await personAccess.resumeIn(tx, who) },
      remove: (who, record) => personAccess.remove(who, record),
    },
  })
}
