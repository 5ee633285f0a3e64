import { sha256, type Clock, type Sealer, type Sql, type Storage } from '../storage/index.ts'
import { toCertificateSet, type CertificateSet } from './certificate.ts'
import { generateKey, type NewKey } from './generate.ts'
import { inOrder, nextSteps, planOf, type KeyAlgorithm, type KeyInfo, type KeyPurpose, type KeySet, type KeyStep } from './key.ts'
import { createKeyStore } from './store.ts'

/** What happened to a key, for the audit log. */
export interface KeyChange {
  readonly kind: 'published' | 'activated' | 'removed'
  readonly id: string
  readonly purpose: KeyPurpose
  readonly algorithm: KeyAlgorithm
}

export interface Keys {
  /**
   * The purpose has an active key of each of its algorithms: at start for our own tokens, at first use for others. Nodes
   * that do so at once end up with the same keys.
   */
  ensure(purpose?: KeyPurpose): Promise<void>
  /** The key set as it is now. Opens the private parts only when the set has changed; safe to call for each request. */
  current(purpose: KeyPurpose): Promise<KeySet>
  /** What a certificate purpose signs with now, and what it publishes. Makes the first key where there is none. */
  certificates(purpose: KeyPurpose): Promise<CertificateSet>
  list(purpose: KeyPurpose): Promise<KeyInfo[]>
  /**
   * Publishes new keys that take over after a day, ahead of their time. `compromised` changes at once and withdraws the old
   * ones with all they have signed; applications that cache the key set fail until they fetch it again.
   */
  rotate(purpose: KeyPurpose, options?: { compromised?: boolean }): Promise<readonly KeyChange[]>
  /** The published key takes over now; the old one stays published for a while. Nothing happens where none waits. */
  switchOver(purpose: KeyPurpose): Promise<readonly KeyChange[]>
  /** Every key of a purpose that has gone, such as a domain that is no longer federated. */
  removeAll(sql: Sql, purpose: KeyPurpose): Promise<void>
  /** For an hourly job: publishes, activates and removes what is due (SEC-77). Does nothing twice. */
  advance(): Promise<readonly KeyChange[]>
}

export function createKeys(needs: { storage: Storage; sealer: Sealer; clock: Clock }): Keys {
  const { storage, clock } = needs
  const store = createKeyStore(needs)
  const opened = new Map<KeyPurpose, KeySet>()
  const certified = new WeakMap<KeySet, CertificateSet>()

  const make = (purpose: KeyPurpose, algorithm: KeyAlgorithm): Promise<NewKey> => {
    const { certificateLives } = planOf(purpose)
    const now = clock.now()
    // Begun a day ago: a peer whose clock is behind must not refuse it.
    return generateKey(algorithm, certificateLives === null ? undefined : { subject: 'Doorward signing', notBefore: now - 86_400_000, notAfter: now + certificateLives })
  }

  const take = async (purpose: KeyPurpose, step: KeyStep): Promise<KeyChange[]> => {
    switch (step.kind) {
      case 'publish': {
        const key = await make(purpose, step.algorithm)
        const first = await storage.write((tx) => store.insert(tx, key, { ...step, purpose, state: 'upcoming' }))
        return first ? [{ kind: 'published', id: key.id, purpose, algorithm: step.algorithm }] : []
      }
      case 'activate': {
        const { key, replaces } = step
        const now = clock.now()
        const first = await storage.write(async (tx) => {
          if (!(await store.move(tx, key, 'active', { activatesAt: now }))) return false
          for (const old of replaces) await store.move(tx, old, 'retiring', { retiresAt: now + planOf(purpose).keptAfterUse })
          return true
        })
        return first ? [{ kind: 'activated', id: key.id, purpose, algorithm: key.algorithm }] : []
      }
      case 'remove': {
        const first = await storage.write((tx) => store.remove(tx, step.key))
        return first ? [{ kind: 'removed', id: step.key.id, purpose, algorithm: step.key.algorithm }] : []
      }
    }
  }

  /** All at once: a new active key in, every older key out. */
  const replace = async (purpose: KeyPurpose, algorithm: KeyAlgorithm): Promise<KeyChange[]> => {
    const key = await make(purpose, algorithm)
    return storage.write(async (tx) => {
      const keys = (await store.list(purpose, tx)).filter((old) => old.algorithm === algorithm)
      const generation = Math.max(0, ...keys.map((old) => old.generation)) + 1
      if (!(await store.insert(tx, key, { purpose, algorithm, state: 'active', generation, activatesAt: clock.now() }))) return []
      const removed: KeyChange[] = []
      for (const old of keys) {
        if (old.state !== 'removed' && (await store.remove(tx, old))) removed.push({ kind: 'removed', id: old.id, purpose, algorithm })
      }
      return [{ kind: 'activated', id: key.id, purpose, algorithm }, ...removed]
    })
  }

  const keysOf = async (purpose: KeyPurpose, algorithm: KeyAlgorithm): Promise<KeyInfo[]> =>
    (await store.list(purpose)).filter((key) => key.algorithm === algorithm)

  const current = async (purpose: KeyPurpose): Promise<KeySet> => {
    const keys = inOrder((await store.list(purpose)).filter(({ state }) => state !== 'removed'))
    const version = sha256(JSON.stringify(keys.map(({ id, state }) => [id, state])))
    const known = opened.get(purpose)
    if (known?.version === version) return known
    const parts = await store.open(purpose)
    const found = keys.flatMap(({ id }) => parts.get(id) ?? [])
    const set: KeySet = { version, privateJwks: found.map(({ privateJwk }) => privateJwk), publicJwks: found.map(({ publicJwk }) => publicJwk), keys }
    // A key that was removed between the two reads: this answer is right, but not the version's.
    if (found.length === keys.length) opened.set(purpose, set)
    return set
  }

  return {
    async ensure(purpose = 'oidc') {
      for (const algorithm of planOf(purpose).algorithms) {
        const keys = await keysOf(purpose, algorithm)
        if (keys.some(({ state }) => state === 'active')) continue
        const key = await make(purpose, algorithm)
        const generation = Math.max(0, ...keys.map((old) => old.generation)) + 1
        // Nobody has this key set cached yet, so the first key of all may sign at once.
        await storage.write((tx) => store.insert(tx, key, { purpose, algorithm, state: 'active', generation, activatesAt: clock.now() }))
      }
    },

    current,

    async certificates(purpose) {
      let set = await current(purpose)
      if (set.keys[0]?.state !== 'active') {
        await this.ensure(purpose)
        set = await current(purpose)
      }
      const known = certified.get(set)
      if (known) return known
      const made = toCertificateSet(set)
      certified.set(set, made)
      return made
    },

    list: (purpose) => store.list(purpose),

    async rotate(purpose, { compromised = false } = {}) {
      const changes: KeyChange[] = []
      for (const algorithm of planOf(purpose).algorithms) {
        if (compromised) {
          changes.push(...(await replace(purpose, algorithm)))
          continue
        }
        const keys = await keysOf(purpose, algorithm)
        // One that waits already takes over soon enough; a second one would only make the key set longer.
        const activatesAt = clock.now() + planOf(purpose).publishedBeforeUse
        if (keys.some((key) => key.state === 'upcoming' && key.activatesAt <= activatesAt)) continue
        const generation = Math.max(0, ...keys.map((old) => old.generation)) + 1
        changes.push(...(await take(purpose, { kind: 'publish', algorithm, generation, activatesAt })))
      }
      return changes
    },

    async switchOver(purpose) {
      const changes: KeyChange[] = []
      for (const algorithm of planOf(purpose).algorithms) {
        const keys = await keysOf(purpose, algorithm)
        const [next] = keys.filter(({ state }) => state === 'upcoming').sort((a, b) => a.generation - b.generation)
        if (next) changes.push(...(await take(purpose, { kind: 'activate', key: next, replaces: keys.filter(({ state }) => state === 'active') })))
      }
      return changes
    },

    removeAll: (sql, purpose) => store.removeAll(sql, purpose),

    async advance() {
      const changes: KeyChange[] = []
      for (const purpose of await store.purposes()) {
        for (const algorithm of planOf(purpose).algorithms) {
          for (const step of nextSteps(planOf(purpose), algorithm, await keysOf(purpose, algorithm), clock.now())) changes.push(...(await take(purpose, step)))
        }
      }
      return changes
    },
  }
}
