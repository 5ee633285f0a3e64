import { keptPhones } from './phones.ts'
import { platform } from './platform.ts'
import { readRules, readSettings, readStanding } from './settings.ts'
import { positionOf, type Facts } from './switch.ts'

/** What scripts in pages need; nothing else in this extension does. */
export const everywhere = { origins: ['<all_urls>'] } as const
/** Which page a tab shows; the browser calls it the history. */
export const tabs = { permissions: ['tabs'] } as const

export async function readFacts(): Promise<Facts> {
  const [settings, standing, rules, phones] = await Promise.all([readSettings(), readStanding(), readRules(), keptPhones()])
  return { settings, standing, rules, phones: phones.length }
}

/** Whether the person looks at a page of this site now; undefined without the right to see that. A site in a frame of another one is not in front. */
export async function isInFront(origin: string): Promise<boolean | undefined> {
  if (!(await platform.permissions.contains(tabs))) return undefined
  const shown = await platform.tabs.query({ active: true, lastFocusedWindow: true })
  return shown.some(({ url }) => URL.parse(url ?? '')?.origin === origin)
}

export async function isOn(): Promise<boolean> {
  return positionOf(await readFacts(), Date.now()) === 'on'
}
