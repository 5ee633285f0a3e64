import type { Adapter, AdapterPayload } from 'oidc-provider'
import type { Clock } from '../../storage/index.ts'
import { toClientMetadata } from './client.ts'
import type { OidcNeeds } from './needs.ts'
import type { PayloadRow } from './payload-statement.ts'
import type { PayloadStore } from './payloads.ts'
import { currentWork, keyOf } from './work.ts'

/** The library's storage interface over our table and our applications. */
export function createAdapter(needs: { store: PayloadStore; clock: Clock; applications: OidcNeeds['applications'] }): (kind: string) => Adapter {
  const { store, clock } = needs

  async function find(kind: string, id: string): Promise<AdapterPayload | undefined> {
    const work = currentWork()
    const key = keyOf(kind, id)
    const written = work?.rows.get(key)
    if (written) return { ...written.payload, jti: id } as AdapterPayload
    if (work?.known.has(key)) return work.known.get(key)?.payload as AdapterPayload | undefined
    if (kind === 'RefreshToken' && work) {
      const found = await store.findRefreshToken(id)
      if (!found) return undefined
      const { grantId, accountId } = found.token.payload
      work.known.set(keyOf('Grant', String(grantId)), found.grant)
      work.usable = found.usable
      work.grantsAtStake.set(String(grantId), typeof accountId === 'string' ? accountId : null)
      return found.token.payload as AdapterPayload
    }
    const found = await store.find(kind, id)
    if (kind === 'AuthorizationCode' && found && work) {
      const { grantId, accountId } = found.payload
      work.grantsAtStake.set(String(grantId), typeof accountId === 'string' ? accountId : null)
    }
    return found?.payload as AdapterPayload | undefined
  }

  return (kind) => ({
    async upsert(id, payload, expiresIn) {
      const row: PayloadRow = { kind, id, payload: kind === 'Interaction' ? freeToChange(payload) : payload as Record<string, unknown>, expiresAt: expiresIn ? clock.now() + expiresIn * 1_000 : null }
      const work = currentWork()
      if (work) work.rows.set(keyOf(kind, id), row)
      else await store.apply({ rows: [row], consumed: [], destroyed: [], revokedGrants: [] })
    },

    async find(id) {
      if (kind !== 'Client') return find(kind, id)
      // What no database can hold is no client; the request may name anything here.
      const found = id.includes('\0') ? undefined : await needs.applications.findByClientId(id)
      return found && found.application.enabled ? toClientMetadata(found) : undefined
    },

    // The provider's own memory of people is not used (session.ts), and the device flow is off.
    findByUid: () => Promise.resolve(undefined),
    findByUserCode: () => Promise.resolve(undefined),

    async consume(id) {
      const work = currentWork()
      if (!work) return store.apply({ rows: [], consumed: [{ kind, id }], destroyed: [], revokedGrants: [] })
      work.consumed.push({ kind, id })
    },

    async destroy(id) {
      const work = currentWork()
      if (!work) return store.apply({ rows: [], consumed: [], destroyed: [{ kind, id }], revokedGrants: [] })
      work.rows.delete(keyOf(kind, id))
      work.known.set(keyOf(kind, id), undefined)
      work.destroyed.push({ kind, id })
    },

    async revokeByGrantId(grantId) {
      const work = currentWork()
      if (!work) return store.apply({ rows: [], consumed: [], destroyed: [], revokedGrants: [grantId] })
      work.revokedGrants.add(grantId)
    },
  })
}

/** A sign-in may end as someone else, with a session of their own; the library would take that for an attack. Consent may not. */
function freeToChange(payload: AdapterPayload): Record<string, unknown> {
  const { session, ...rest } = payload as AdapterPayload & { session?: unknown }
  return payload.prompt?.name === 'login' || session === undefined ? rest : { ...rest, session }
}
