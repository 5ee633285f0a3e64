/** What somebody new does, in order (S118). */
export const steps = ['app', 'tool', 'activate', 'pair', 'microsoft', 'sign_in'] as const
export type StepName = (typeof steps)[number]
export type StepState = 'done' | 'done_by_admin' | 'open' | 'waiting' | 'not_needed'

export interface StepFacts {
  readonly phones: { readonly active: number; readonly pending: boolean }
  /** Whether the organization lets phones approve. */
  readonly phonesAllowed: boolean
  readonly keys: readonly { readonly lastUsedAt: number | null }[]
  readonly microsoft: 'open' | 'done' | 'done_by_admin' | 'not_needed'
}

/** How far somebody is. A security key serves as well as a phone: then nobody is urged to have one, unless an activation was sent. */
export function stateOf(step: StepName, { phones, phonesAllowed, keys, microsoft }: StepFacts): StepState {
  const phone = phones.active > 0 ? 'done' : phonesAllowed && (phones.pending || keys.length === 0) ? 'open' : 'not_needed'
  switch (step) {
    case 'app': return phone
    case 'activate': return phone === 'open' && phones.pending ? 'waiting' : phone
    // They arrive with the pairing tool, which this version does not have.
    case 'tool': case 'pair': return 'not_needed'
    case 'microsoft': return microsoft
    case 'sign_in': return keys.some(({ lastUsedAt }) => lastUsedAt !== null) ? 'done' : 'open'
  }
}

export interface StepRow {
  readonly name: StepName
  readonly ordinal: number
  readonly titleKey: string
  readonly textKey: string
  /** What the organization says in place of our sentence; empty for ours. */
  readonly paragraphs: readonly string[]
  readonly state: StepState
  readonly stateKey: string
  readonly done: boolean
  readonly open: boolean
  /** Where it is done; null where there is nothing to do, or no place for it. */
  readonly href: string | null
  /** The step is taken by logging out and coming in again. */
  readonly logsOut: boolean
  readonly help: string
}

const places: Readonly<Record<StepName, { readonly href: string | null; readonly help: string }>> = {
  app: { href: '/downloads', help: '/help/phone-app' }, tool: { href: null, help: '/help/pairing-tool' }, activate: { href: '/security/phones/new', help: '/help/activate' }, pair: { href: null, help: '/help/pairing-tool' },
  microsoft: { href: '/microsoft-365', help: '/help/microsoft' }, sign_in: { href: null, help: '/help/approve' },
}

/** @param own the organization's words for a step, where it has some */
export function stepRows(facts: StepFacts, own: (step: StepName) => readonly string[]): StepRow[] {
  return steps.map((name, index) => {
    const state = stateOf(name, facts)
    const open = state === 'open' || state === 'waiting'
    return {
      name, ordinal: index + 1, titleKey: `start.step.${name}.title`, textKey: `start.step.${name}.text`, paragraphs: own(name), state, stateKey: `start.state.${state}`, done: state === 'done' || state === 'done_by_admin', open,
      href: open ? places[name].href : null, logsOut: open && name === 'sign_in', help: places[name].help,
    }
  })
}

/** What the first page of the panel shows of them: what is left, or nothing. */
export interface StepsCard { readonly open: readonly StepRow[]; readonly done: number; readonly all: number }

export function stepsCard(rows: readonly StepRow[]): StepsCard | null {
  const [open, done] = [rows.filter((row) => row.open), rows.filter((row) => row.done).length]
  return open.length === 0 ? null : { open, done, all: done + open.length }
}
