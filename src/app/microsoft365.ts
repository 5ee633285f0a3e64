import type { Outbound } from '../http/outbound/index.ts'
import type { Keys } from '../keys/index.ts'
import { createMicrosoft365, type KeyAnnouncement, type Microsoft365 } from '../microsoft365/index.ts'
import { createAlertLetters } from './alert-letters.ts'
import type { Foundation } from './foundation.ts'

const week = 7 * 86_400_000

/** For the server and for the command line alike; what runs by itself is written down as the job's act. */
export function joinMicrosoft365(foundation: Foundation, parts: { readonly outbound: Outbound; readonly keys: Keys; readonly announce?: KeyAnnouncement }): Microsoft365 {
  const { config, storage, clock, sealer, log, applications, domains, identities, audit } = foundation
  return createMicrosoft365({
    storage, clock, sealer, log, publicUrl: config.publicUrl, fetch: parts.outbound.fetch, applications, keys: parts.keys, domains, identities,
    notify: createAlertLetters({ users: foundation.users, letters: foundation.letters, publicUrl: config.publicUrl, now: () => clock.now() }),
    record: (tx, organizationId, { action, outcome = 'success', target, details }) => audit.record(tx, { organizationId, action, outcome, actor: { kind: 'job', id: null, name: 'Microsoft 365' }, target, details }),
    announce: (userId, what) => { parts.announce?.(userId, what) },
    async recordKey(tx, { action, outcome, organizationId, userId, from, details }) {
      const name = (await foundation.users.find(organizationId, userId, tx))?.email ?? String(details['upn'] ?? '')
      await audit.record(tx, {
        organizationId, action, outcome, userId, target: { kind: 'user', id: userId, name }, details,
        ...(from ? { actor: { kind: 'user', id: userId, name }, ...from } : { actor: { kind: 'job', id: null, name: 'Microsoft 365' } }),
      })
    },
    async tellOfKey(tx, { what, organizationId, userId, phone, upn, by }) {
      const user = await foundation.users.find(organizationId, userId, tx)
      if (!user) return
      await foundation.letters.mail(tx, {
        template: 'microsoft-key', to: user, expiresAt: clock.now() + week,
        model: { newsKey: `mail.microsoft-key.${what}`, registered: what === 'registered' ? 'yes' : '', phone, upn, by, link: `${config.publicUrl}/microsoft-365` },
      })
    },
  })
}
