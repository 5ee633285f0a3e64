import type { StepName, StepState } from './topics.ts'

export interface StartStep {
  readonly name: StepName
  readonly ordinal: number
  readonly state: StepState
  /** What the organization says in place of our sentence; empty for ours. */
  readonly paragraphs: readonly string[]
  /** Where it is done; null where there is nothing to do. */
  readonly href: string | null
  readonly help: string
  readonly titleKey: string
  readonly textKey: string
}

export interface TopicLink { readonly id: string; readonly icon: string; readonly titleKey: string; readonly textKey: string }

declare module '../../http/views/model.ts' {
  interface Views {
    'guidance/help': { readonly topics: readonly TopicLink[] }
    'guidance/topic': TopicLink & { readonly steps: readonly string[]; readonly others: readonly TopicLink[] }
    'guidance/downloads': { readonly appLink: string; readonly picture: string; readonly signedIn: boolean }
    'guidance/start': { readonly steps: readonly StartStep[]; readonly open: number }
  }
}
