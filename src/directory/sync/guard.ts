import type { GuardReason } from './directory.ts'
import type { DirectorySettings } from './settings.ts'

export interface GuardFacts {
  readonly guard: DirectorySettings['guard']
  /** People of this directory who can get in now. */
  readonly active: number
  /** Of them, who would not any more, beside those an administrator has agreed to. */
  readonly vanishing: number
  /** Groups that are here, and how many of them would be removed with what their members may use. */
  readonly groups: { readonly here: number; readonly removed: number }
  /** A reading of everything: how many people it named, and how many of those named before are here; null for a reading of changes. */
  readonly whole: { readonly people: number; readonly before: number } | null
  readonly incompleteBecause: string | null
}

/** One or two leavers are every day's business, however small the company. */
const few = 2
/** Fewer than this are too few to speak of a share. */
const smallest = 10

/**
 * What keeps a plan from being applied by itself (SEC-65, R-13). More than the share, or more than the number of people that an
 * administrator has set; and whatever was set, a reading that says less than half of what was known, or nothing at all.
 */
export function guardReasons({ guard, active, vanishing, groups, whole, incompleteBecause }: GuardFacts): { reason: GuardReason; detail: string }[] {
  const reasons: { reason: GuardReason; detail: string }[] = []
  const share = active === 0 ? 0 : (vanishing / active) * 100
  const everybody = vanishing === active && active > 1
  if (vanishing > guard.people || (share > guard.percent && (vanishing > few || everybody))) reasons.push({ reason: 'vanish', detail: `${vanishing}/${active}` })
  else if (groups.removed > few && (groups.removed / groups.here) * 100 > guard.percent) reasons.push({ reason: 'vanish', detail: `${groups.removed}/${groups.here}` })
  if (whole && ((whole.people === 0 && whole.before > 0) || (whole.before >= smallest && whole.people * 2 < whole.before))) reasons.push({ reason: 'shrink', detail: `${whole.people}/${whole.before}` })
  if (incompleteBecause !== null) reasons.push({ reason: 'incomplete', detail: incompleteBecause })
  return reasons
}
