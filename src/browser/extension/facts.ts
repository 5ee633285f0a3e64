import { keptPhones } from './phones.ts'
import { readRules, readSettings, readStanding } from './settings.ts'
import { positionOf, type Facts } from './switch.ts'

/** What scripts in pages need; nothing else in this extension does. */
export const everywhere = { origins: ['<all_urls>'] } as const

export async function readFacts(): Promise<Facts> {
  const [settings, standing, rules, phones] = await Promise.all([readSettings(), readStanding(), readRules(), keptPhones()])
  return { settings, standing, rules, phones: phones.length }
}

export async function isOn(): Promise<boolean> {
  return positionOf(await readFacts(), Date.now()) === 'on'
}
