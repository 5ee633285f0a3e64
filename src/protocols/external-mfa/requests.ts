import { createWaitingRequests, type WaitingRequests } from '../exchange/index.ts'
import type { ApplicationId, Clock, Storage } from '../../storage/index.ts'
import type { HintedPerson } from './hint.ts'
import type { Wanted } from './question.ts'

/** Entra gives up five minutes after it has sent the browser here; an answer after that helps nobody. */
export const attemptMilliseconds = 300_000

/** A question of Entra while the person signs in. The hint itself is not kept: it is judged once, at the door. */
export interface WaitingQuestion {
  readonly connectionId: ApplicationId
  readonly person: HintedPerson
  readonly wanted: Wanted
  readonly nonce: string
  readonly state: string
  /** Checked when the question came; a connection that is changed meanwhile does not send the answer elsewhere. */
  readonly redirectUri: string
  readonly correlationId: string | null
}

export function createQuestions(needs: { storage: Storage; clock: Clock }): WaitingRequests<WaitingQuestion> {
  return createWaitingRequests<WaitingQuestion>(needs, 'external-mfa')
}
