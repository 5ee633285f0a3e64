import type { KeyOrder, KeyState } from '../../microsoft365/index.ts'
import type { MicrosoftKeyRow, Tag } from './people-pages.ts'

const tones: Readonly<Record<KeyState, Tag['tone']>> = { waiting: 'plain', asked: 'warn', registered: 'good', denied: 'bad', failed: 'bad', removed: 'plain' }

export function toMicrosoftKeyRow(order: KeyOrder, more: { readonly name: string; readonly may: boolean; readonly back: 'person' | 'list' }): MicrosoftKeyRow {
  const { id, userId, upn, phoneName, state, reason, createdByName, createdAt, expiresAt, decidedAt, removalAskedAt } = order
  const [open, removing] = [state === 'waiting' || state === 'asked', state === 'registered' && removalAskedAt !== null]
  return {
    id, userId, name: more.name, upn, phone: phoneName ?? '', state: removing ? { labelKey: 'microsoft.key_state.removing', tone: 'warn' } : { labelKey: `microsoft.key_state.${state}`, tone: tones[state] },
    causeKey: reason === null ? null : `microsoft.key_reason.${reason}.cause`, fixKey: reason === null ? null : `microsoft.key_reason.${reason}.fix`, by: createdByName, at: createdAt, expiresAt: open ? expiresAt : null, decidedAt, removing, back: more.back,
    acts: { cancel: more.may && open, retry: more.may && (state === 'failed' || state === 'denied'), remove: more.may && state === 'registered' && !removing },
  }
}
