import { describe, expect, it } from 'vitest'
import { inOrder, nextSteps, planOf, type KeyInfo, type KeyState } from '../../../src/keys/key.ts'

const day = 86_400_000
const start = Date.UTC(2026, 0, 1)

function aKey(generation: number, state: KeyState, change: Partial<KeyInfo> = {}): KeyInfo {
  return { id: `k${generation}`, purpose: 'oidc', algorithm: 'ES256', state, generation, createdAt: start, activatesAt: start, retiresAt: null, ...change }
}

describe('what is due for signing keys', () => {
  const told = (keys: readonly KeyInfo[], now: number): string[] => nextSteps(planOf('oidc'), 'ES256', keys, now).map((step) =>
    step.kind === 'publish' ? `publish ${step.generation} for day ${(step.activatesAt - start) / day}` : `${step.kind} ${step.key.id}`)

  it.each<[string, readonly KeyInfo[], number, string[]]>([
    ['nothing for a young key', [aKey(1, 'active')], 1, []],
    ['nothing a moment before day 89', [aKey(1, 'active')], 89 - 1e-6, []],
    ['the next key from day 89 on', [aKey(1, 'active')], 89, ['publish 2 for day 90']],
    ['a full day of publication after a long sleep', [aKey(1, 'active')], 200, ['publish 2 for day 201']],
    ['no third key while one waits', [aKey(1, 'active'), aKey(2, 'upcoming', { activatesAt: start + 90 * day })], 89.5, []],
    ['the change on day 90', [aKey(1, 'active'), aKey(2, 'upcoming', { activatesAt: start + 90 * day })], 90, ['activate k2']],
    ['the older of two waiting keys', [aKey(1, 'active'), aKey(3, 'upcoming', { activatesAt: start + day }), aKey(2, 'upcoming', { activatesAt: start + day })], 2, ['activate k2']],
    ['nothing for a key that retires later', [aKey(2, 'active'), aKey(1, 'retiring', { retiresAt: start + 14 * day })], 13.9, []],
    ['the end of a retired key', [aKey(2, 'active'), aKey(1, 'retiring', { retiresAt: start + 14 * day })], 14, ['remove k1']],
    ['generations that go on behind removed keys', [aKey(4, 'active'), aKey(5, 'removed')], 89, ['publish 6 for day 90']],
    ['nothing where no key was ever made', [], 0, []],
  ])('SEC-77 finds %s', (_title, keys, days, expected) => {
    expect(told(keys, start + days * day)).toEqual(expected)
  })

  it('puts signing keys first, RS256 before the others', () => {
    const keys = [aKey(1, 'retiring'), aKey(3, 'upcoming'), aKey(2, 'active'), aKey(7, 'active', { algorithm: 'EdDSA' }), aKey(8, 'active', { algorithm: 'RS256' })]
    expect(inOrder(keys).map(({ id }) => id)).toEqual(['k8', 'k2', 'k7', 'k3', 'k1'])
  })
})
