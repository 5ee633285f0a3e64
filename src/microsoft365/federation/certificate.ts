const day = 86_400_000

/** Certificates by their SHA-256 fingerprint or their text; both sides the same way. */
export interface CertificateFacts {
  readonly active: { readonly certificate: string; readonly notAfter: number }
  /** Published, not used yet. */
  readonly next: { readonly certificate: string } | null
  readonly retiring: readonly string[]
  /** What Entra says. */
  readonly entraSigning: string | null
  readonly entraNext: string | null
  /** Since when Entra shows our next one as its next one; epoch milliseconds. */
  readonly nextSeenAt: number | null
  readonly now: number
  /** An administrator wants the roll-over now: for a drill, or since a key may be known to others. */
  readonly hurry?: boolean
}

export type CertificateStep =
  | { readonly step: 'rest' }
  | { readonly step: 'publish' }
  | { readonly step: 'push_next' }
  | { readonly step: 'note_seen' }
  | { readonly step: 'wait'; readonly until: number }
  | { readonly step: 'switch' }
  | { readonly step: 'push_current' }
  /** Entra trusts a certificate that is none of ours: nobody but a person may touch that. */
  | { readonly step: 'foreign'; readonly where: 'signing' | 'next' }

/** When the next certificate is published, when it takes over, and how long Entra's answer settles (section 3.4 allows a day). */
export const certificateTimes = { publishBefore: 90 * day, switchBefore: 45 * day, settle: day }

/**
 * The autopilot's next step: publish → push as next → see it there → wait → switch → push as current. The old key retires by
 * itself in the keys room. Every step can be repeated, and each is chosen from what is there, so a stop in the middle harms nothing.
 */
export function nextCertificateStep(facts: CertificateFacts): CertificateStep {
  const { active, next, retiring, entraSigning, entraNext, now, hurry = false } = facts
  const ours = new Set([active.certificate, ...(next ? [next.certificate] : []), ...retiring])
  if (entraSigning !== null && !ours.has(entraSigning)) return { step: 'foreign', where: 'signing' }
  if (entraNext !== null && !ours.has(entraNext)) return { step: 'foreign', where: 'next' }
  // We sign with something Entra may not know: nothing is more urgent.
  if (entraSigning !== active.certificate) return { step: 'push_current' }
  const left = active.notAfter - now
  if (!next) return hurry || left <= certificateTimes.publishBefore ? { step: 'publish' } : { step: 'rest' }
  if (entraNext !== next.certificate) return { step: 'push_next' }
  if (facts.nextSeenAt === null) return { step: 'note_seen' }
  if (now < facts.nextSeenAt + certificateTimes.settle) return { step: 'wait', until: facts.nextSeenAt + certificateTimes.settle }
  return hurry || left <= certificateTimes.switchBefore ? { step: 'switch' } : { step: 'rest' }
}

export const warningDays = [30, 14, 7, 1] as const

/** @returns the threshold that was crossed last, 0 for a certificate that has ended, null while there is time */
export function certificateWarning(notAfter: number, now: number): number | null {
  const left = notAfter - now
  if (left <= 0) return 0
  return warningDays.toReversed().find((days) => left <= days * day) ?? null
}

export interface SimulatedStep { readonly step: CertificateStep['step']; readonly at: number }

/**
 * The roll-over in fast motion: which steps would be taken when, if every one succeeded. Nothing is done.
 * @param facts as they are now; only the time moves, half a day each turn
 */
export function simulateRollover(facts: CertificateFacts): SimulatedStep[] {
  const steps: SimulatedStep[] = []
  let state = facts
  const nextCertificate = facts.next ?? { certificate: 'the next certificate' }
  for (let now = facts.now; now < facts.now + 1_200 * day && steps.length < 12; now += day / 2) {
    const { step } = nextCertificateStep({ ...state, now })
    if (step === 'rest' || step === 'wait') continue
    steps.push({ step, at: now })
    if (step === 'foreign') break
    if (step === 'publish') state = { ...state, next: nextCertificate }
    else if (step === 'push_next') state = { ...state, entraNext: nextCertificate.certificate }
    else if (step === 'note_seen') state = { ...state, nextSeenAt: now }
    else if (step === 'push_current') state = { ...state, entraSigning: state.active.certificate }
    else state = { ...state, active: { certificate: nextCertificate.certificate, notAfter: now + 1_095 * day }, retiring: [state.active.certificate], next: null, nextSeenAt: null, hurry: false }
    if (step === 'push_current' && state.next === null && state.active.certificate === nextCertificate.certificate) break
  }
  return steps
}
