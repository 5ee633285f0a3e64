/** Help pages in the order people need them; each has a text in front and so many numbered steps. */
export const topics = [
  { id: 'phone-app', icon: 'phone', steps: 4 }, { id: 'activate', icon: 'qr', steps: 4 }, { id: 'approve', icon: 'check', steps: 4 }, { id: 'computer-code', icon: 'desktop', steps: 4 },
  { id: 'lost-phone', icon: 'warning', steps: 3 }, { id: 'pairing-tool', icon: 'download', steps: 2 }, { id: 'reader', icon: 'key', steps: 3 }, { id: 'microsoft', icon: 'apps', steps: 4 }, { id: 'recovery', icon: 'lock', steps: 3 },
] as const

export type Topic = (typeof topics)[number]

/** What somebody new does, in order (S118). */
export const steps = ['app', 'tool', 'activate', 'pair', 'microsoft', 'sign_in'] as const
export type StepName = (typeof steps)[number]
export type StepState = 'done' | 'open' | 'waiting' | 'not_needed'

export interface StepFacts {
  readonly phones: number
  readonly keys: number
  readonly activationSent: boolean
  readonly microsoft: 'open' | 'done' | 'done_by_admin' | 'not_needed'
  readonly signedIn: boolean
}

/** How far somebody is. A security key serves as well as a phone: then nobody is urged to have one. */
export function stateOf(step: StepName, { phones, keys, activationSent, microsoft, signedIn }: StepFacts): StepState {
  switch (step) {
    case 'app': return phones > 0 ? 'done' : keys > 0 ? 'not_needed' : 'open'
    case 'activate': return phones > 0 ? 'done' : keys > 0 ? 'not_needed' : activationSent ? 'waiting' : 'open'
    // They arrive with the pairing tool, which this version does not have.
    case 'tool': case 'pair': return 'not_needed'
    case 'microsoft': return microsoft === 'open' ? 'open' : microsoft === 'not_needed' ? 'not_needed' : 'done'
    case 'sign_in': return signedIn ? 'done' : 'open'
  }
}
