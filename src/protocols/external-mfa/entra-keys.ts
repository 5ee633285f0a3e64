import type { JWK } from 'jose'
import { Unavailable } from '../../errors.ts'
import { OutboundRefused, type Outbound } from '../../http/outbound/index.ts'
import type { Log } from '../../log.ts'
import type { Clock } from '../../storage/index.ts'
import { discoveryOf, loginOf, type CloudPlace } from './cloud.ts'

/** After this they are asked for again; while that fails the old ones serve, but not for longer than a day. */
const freshMilliseconds = 3_600_000
const usableMilliseconds = 86_400_000
/** A stranger can name unknown keys as often as they like; Microsoft is asked once a minute. */
const pauseMilliseconds = 60_000
const smallestModulusBytes = 256
const mostKeys = 100

interface Known { readonly keys: ReadonlyMap<string, JWK>; readonly fetchedAt: number }

/** @returns the RSA key with this id that the cloud publishes now, or undefined. Throws Unavailable while nothing is known and Microsoft cannot be asked. */
export type FindEntraKey = (place: CloudPlace, kid: string) => Promise<JWK | undefined>

/** The keys that Entra signs hints with, one set for each cloud. */
export function createEntraKeys(needs: { fetch: Outbound['fetch']; clock: Clock; log: Log }): FindEntraKey {
  const known = new Map<string, Known>()
  const askedAt = new Map<string, number>()
  const asking = new Map<string, Promise<void>>()

  async function ask(place: CloudPlace): Promise<void> {
    try {
      known.set(loginOf(place), { keys: await fetchKeys(place), fetchedAt: needs.clock.now() })
    } catch (error) {
      // What another host does wrong is no fault of ours: the keys that are known go on.
      needs.log.warn('the keys of Entra could not be fetched', { host: loginOf(place), reason: error instanceof Error ? error.message : String(error) })
    }
  }

  async function fetchKeys(place: CloudPlace): Promise<Map<string, JWK>> {
    const document = await fetchJson(discoveryOf(place), place)
    const { jwks_uri: address } = document
    // Whoever could name another host here could sign for everyone.
    if (typeof address !== 'string' || !URL.canParse(address) || new URL(address).origin !== loginOf(place)) throw new OutboundRefused('url', `${loginOf(place)} names a jwks_uri on another host`)
    const { keys } = await fetchJson(address, place)
    if (!Array.isArray(keys)) throw new OutboundRefused('url', `${address} holds no key set`)
    return new Map((keys as unknown[]).slice(0, mostKeys).filter(isUsable).map((key) => [key.kid, key]))
  }

  async function fetchJson(address: string, place: CloudPlace): Promise<Readonly<Record<string, unknown>>> {
    const { status, body } = await needs.fetch(address, { headers: { accept: 'application/json' }, timeoutMilliseconds: 5_000, maxBytes: 262_144, requireHttps: place.cloud !== 'custom' })
    if (status !== 200) throw new OutboundRefused('unreachable', `${address} answered with status ${status}`)
    const json: unknown = JSON.parse(body.toString('utf8'))
    if (typeof json !== 'object' || json === null) throw new OutboundRefused('url', `${address} holds no JSON object`)
    return json as Readonly<Record<string, unknown>>
  }

  /** One question at a time, however many wait for its answer. */
  async function refresh(place: CloudPlace): Promise<void> {
    const origin = loginOf(place)
    const under = asking.get(origin)
    if (under) return under
    if (needs.clock.now() - (askedAt.get(origin) ?? -Infinity) < pauseMilliseconds) return
    askedAt.set(origin, needs.clock.now())
    const work = ask(place).finally(() => { asking.delete(origin) })
    asking.set(origin, work)
    return work
  }

  return async (place, kid) => {
    const origin = loginOf(place)
    const usable = (): Known | undefined => {
      const entry = known.get(origin)
      return entry && needs.clock.now() - entry.fetchedAt < usableMilliseconds ? entry : undefined
    }
    const entry = usable()
    if (!entry || needs.clock.now() - entry.fetchedAt >= freshMilliseconds || !entry.keys.has(kid)) await refresh(place)
    const now = usable()
    if (!now) throw new Unavailable('external_mfa_keys', { message: `the keys of ${origin} are not known and could not be fetched`, retryAfterSeconds: 60 })
    return now.keys.get(kid)
  }
}

function isUsable(value: unknown): value is JWK & { kid: string } {
  if (typeof value !== 'object' || value === null) return false
  const { kty, kid, n, e, use, alg } = value as JWK
  return kty === 'RSA' && typeof kid === 'string' && typeof e === 'string' && typeof n === 'string' && Buffer.from(n, 'base64url').length >= smallestModulusBytes
    && (use === undefined || use === 'sig') && (alg === undefined || alg === 'RS256')
}
