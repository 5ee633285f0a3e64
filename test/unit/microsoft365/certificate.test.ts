import { describe, expect, it } from 'vitest'
import { certificateWarning, nextCertificateStep, simulateRollover, type CertificateFacts, type CertificateStep } from '../../../src/microsoft365/federation/index.ts'

const day = 86_400_000
const now = Date.UTC(2026, 10, 24)
const facts = (changes: Partial<CertificateFacts>): CertificateFacts => ({
  active: { certificate: 'A', notAfter: now + 400 * day }, next: null, retiring: [], entraSigning: 'A', entraNext: null, nextSeenAt: null, now, ...changes,
})
const ending = (days: number) => ({ certificate: 'A', notAfter: now + days * day })
const next = { certificate: 'B' }

describe('the autopilot', () => {
  it.each<[string, Partial<CertificateFacts>, CertificateStep]>([
    ['rests while there is time', {}, { step: 'rest' }],
    ['rests on the last day that is early', { active: { certificate: 'A', notAfter: now + 90 * day + 1 } }, { step: 'rest' }],
    ['publishes a quarter of a year ahead', { active: ending(90) }, { step: 'publish' }],
    ['publishes at once when asked', { hurry: true }, { step: 'publish' }],
    ['tells Entra the next one', { active: ending(80), next }, { step: 'push_next' }],
    ['tells Entra another next one that is ours', { active: ending(80), next, entraNext: 'A' }, { step: 'push_next' }],
    ['notes that Entra shows it', { active: ending(80), next, entraNext: 'B' }, { step: 'note_seen' }],
    ['waits a day', { active: ending(80), next, entraNext: 'B', nextSeenAt: now - day + 1 }, { step: 'wait', until: now + 1 }],
    ['rests until it is time to switch', { active: ending(80), next, entraNext: 'B', nextSeenAt: now - day }, { step: 'rest' }],
    ['switches when the old one has 45 days', { active: ending(45), next, entraNext: 'B', nextSeenAt: now - day }, { step: 'switch' }],
    ['switches early when asked', { hurry: true, next, entraNext: 'B', nextSeenAt: now - day }, { step: 'switch' }],
    ['never switches before Entra was seen to know it', { active: ending(1), next, entraNext: null }, { step: 'push_next' }],
    ['makes the new one the current one', { active: { certificate: 'B', notAfter: now + 900 * day }, retiring: ['A'], entraSigning: 'A', entraNext: 'B' }, { step: 'push_current' }],
    ['mends a switch that Entra never heard of', { active: { certificate: 'B', notAfter: now + 900 * day }, retiring: ['A'], entraSigning: 'A', entraNext: null }, { step: 'push_current' }],
    ['rests when all is done', { active: { certificate: 'B', notAfter: now + 900 * day }, retiring: ['A'], entraSigning: 'B', entraNext: 'B' }, { step: 'rest' }],
    ['touches nothing where a stranger\'s certificate signs', { entraSigning: 'X' }, { step: 'foreign', where: 'signing' }],
    ['touches nothing where a stranger\'s certificate waits', { entraNext: 'X', active: ending(10) }, { step: 'foreign', where: 'next' }],
    ['says it where Entra knows none', { entraSigning: null }, { step: 'push_current' }],
  ])('%s', (_title, changes, step) => { expect(nextCertificateStep(facts(changes))).toEqual(step) })

  it('SEC-32 comes from one certificate to the next without a moment in which Entra knows neither', () => {
    let time = now
    const ours = { active: 'A', next: null as string | null, retiring: [] as string[] }
    const entra = { signing: 'A', next: null as string | null }
    let seen: number | null = null
    const steps: string[] = []
    const end = new Map([['A', now + 100 * day], ['B', now + 1_100 * day]])
    for (let turn = 0; turn < 400; turn++, time += day / 2) {
      const { step } = nextCertificateStep({
        active: { certificate: ours.active, notAfter: end.get(ours.active) ?? 0 }, next: ours.next === null ? null : { certificate: ours.next }, retiring: ours.retiring,
        entraSigning: entra.signing, entraNext: entra.next, nextSeenAt: seen, now: time,
      })
      if (step !== 'rest' && step !== 'wait') steps.push(step)
      if (step === 'publish') ours.next = 'B'
      if (step === 'push_next') entra.next = ours.next
      if (step === 'note_seen') seen = time
      if (step === 'switch') { ours.retiring = [ours.active]; ours.active = ours.next ?? ''; ours.next = null }
      if (step === 'push_current') entra.signing = ours.active
      expect([entra.signing, entra.next]).toContain(ours.active)
      expect(end.get(ours.active)).toBeGreaterThan(time)
    }
    expect(steps).toEqual(['publish', 'push_next', 'note_seen', 'switch', 'push_current'])
  })
})

describe('the warning before a certificate ends', () => {
  it.each([[31, null], [30, 30], [15, 30], [14, 14], [8, 14], [7, 7], [2, 7], [1, 1], [0.5, 1], [0, 0], [-3, 0]])('%s days before: %s', (days, warning) => {
    expect(certificateWarning(now + days * day, now)).toBe(warning)
  })
})

describe('the simulation', () => {
  const steps = (changes: Partial<CertificateFacts>) => simulateRollover(facts(changes)).map(({ step, at }) => [step, Math.round((at - now) / day)])
  it('tells the whole roll-over with its days, and does nothing', () => {
    expect(steps({ active: ending(100) })).toEqual([['publish', 10], ['push_next', 11], ['note_seen', 11], ['switch', 55], ['push_current', 56]])
    expect(steps({ hurry: true })).toEqual([['publish', 0], ['push_next', 1], ['note_seen', 1], ['switch', 2], ['push_current', 3]])
    expect(steps({ active: ending(80), next, entraNext: 'B', nextSeenAt: now - day })).toEqual([['switch', 35], ['push_current', 36]])
    expect(steps({ entraNext: 'X' })).toEqual([['foreign', 0]])
  })
})
