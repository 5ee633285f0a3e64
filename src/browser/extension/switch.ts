import type { Rules, Settings, Standing } from './settings.ts'

export const onMinutes = 10
export const pauseSeconds = 60
/** So many requests without an answer within so many minutes, and nobody is asked any more. */
export const patience = { requests: 3, minutes: 10 } as const

/** `unpaired`, `off`, `paused` and `resting` leave the browser as if this extension were not there. */
export type Position = 'unpaired' | 'off' | 'paused' | 'resting' | 'on'

export interface Facts { readonly settings: Settings; readonly standing: Standing; readonly rules: Rules; readonly phones: number }

/** Whether sites' requests go to the phone now. */
export function positionOf({ settings, standing, rules, phones }: Facts, now: number): Position {
  if (phones === 0) return 'unpaired'
  const use = rules.use ?? settings.use
  if (use === 'off' || (use === 'minutes' && settings.until <= now)) return 'off'
  if (standing.resting) return 'resting'
  return standing.pausedUntil > now ? 'paused' : 'on'
}

/**
 * Whether a request that the browser hands over waits for a click in the popup. The browser says neither which tab it comes from nor whether somebody
 * clicked there, and gives a page's quiet wish for a new key (conditional creation) like any other. Within the minutes after a click the click counts; who
 * wants it always is asked each time, unless the extension may see that the site is in front. What is known to be behind always waits.
 * @param inFront whether the tab in front shows this site, undefined where the extension may not see that
 */
export function needsClick({ settings, rules }: Pick<Facts, 'settings' | 'rules'>, kind: 'create' | 'get', inFront: boolean | undefined): boolean {
  const isAlways = (rules.use ?? settings.use) === 'always'
  return inFront === false || (isAlways && (kind === 'create' || inFront === undefined))
}

/** When the position changes by itself, or undefined. */
export function changesAt({ settings, standing, rules }: Facts, now: number): number | undefined {
  const moments = [standing.pausedUntil, ...(rules.use === null && settings.use === 'minutes' ? [settings.until] : [])].filter((moment) => moment > now)
  return moments.length === 0 ? undefined : Math.min(...moments)
}

/** The standing after a request that nobody answered. A person who said no was there, so that does not count. */
export function afterUnanswered({ unanswered }: Pick<Standing, 'unanswered'>, now: number): Pick<Standing, 'unanswered' | 'resting'> {
  const recent = [...unanswered.filter((at) => at > now - patience.minutes * 60_000), now]
  return { unanswered: recent, resting: recent.length >= patience.requests }
}
