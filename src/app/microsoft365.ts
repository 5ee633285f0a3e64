import type { Outbound } from '../http/outbound/index.ts'
import type { Keys } from '../keys/index.ts'
import { createMicrosoft365, type Microsoft365 } from '../microsoft365/index.ts'
import { createAlertLetters } from './alert-letters.ts'
import type { Foundation } from './foundation.ts'

/** For the server and for the command line alike; what runs by itself is written down as the job's act. */
export function joinMicrosoft365(foundation: Foundation, parts: { readonly outbound: Outbound; readonly keys: Keys }): Microsoft365 {
  const { config, storage, clock, sealer, log, applications, domains, identities, audit } = foundation
  return createMicrosoft365({
    storage, clock, sealer, log, publicUrl: config.publicUrl, fetch: parts.outbound.fetch, applications, keys: parts.keys, domains, identities,
    notify: createAlertLetters({ users: foundation.users, letters: foundation.letters, publicUrl: config.publicUrl, now: () => clock.now() }),
    record: (tx, organizationId, { action, outcome = 'success', target, details }) => audit.record(tx, { organizationId, action, outcome, actor: { kind: 'job', id: null, name: 'Microsoft 365' }, target, details }),
  })
}
