import { isAsking } from './asking.ts'
import { everywhere, readFacts } from './facts.ts'
import { platform, type Rights } from './platform.ts'
import { changeSettings, changeStanding } from './settings.ts'
import { changesAt, positionOf, type Facts } from './switch.ts'

const scriptIds = ['bridge', 'page'] as const

let work: Promise<void> = Promise.resolve()

/** Makes the browser follow what is chosen, one change after the other. */
export function follow(): Promise<void> {
  work = work.then(adjust, adjust)
  return work
}

/**
 * Where there are two lanes, the right to all pages chooses when it is given or taken. That cannot be left to the popup: Chromium closes it when it asks, so
 * the answer finds nobody there; and the browser's own page of extensions gives and takes the right as well.
 */
export async function chooseLane({ origins = [] }: Rights): Promise<void> {
  if (platform.webAuthenticationProxy && origins.length > 0) await changeSettings({ lane: (await platform.permissions.contains(everywhere)) ? 'page' : 'proxy' })
  await follow()
}

async function adjust(): Promise<void> {
  const facts = await readFacts()
  const now = Date.now()
  const on = positionOf(facts, now) === 'on'
  const proxied = facts.settings.lane === 'proxy'
  const became = await attach(on && proxied)
  const there = await setScripts(!proxied && facts.phones > 0)
  const [attached, taken] = [became === 'attached' || (on && there), became === 'taken']
  if (taken !== facts.standing.taken || attached !== facts.standing.attached) await changeStanding({ taken, attached })
  const next = changesAt(facts, now)
  if (next !== undefined) platform.alarms.create('switch', { when: next })
  else await platform.alarms.clear('switch')
  await showBadge(facts)
}

/** Attaching twice does no harm, and an attachment outlives its worker. `taken`: another extension is attached already. */
async function attach(wanted: boolean): Promise<'attached' | 'detached' | 'taken'> {
  const proxy = platform.webAuthenticationProxy
  if (!proxy) return 'detached'
  const problem = await (wanted ? proxy.attach() : proxy.detach()).catch(String)
  if (!wanted) return 'detached'
  if (problem === undefined || problem === '') return 'attached'
  return /another extension/i.test(problem) ? 'taken' : 'detached'
}

/** Scripts in pages want the person's permission for all sites, and reach pages that are loaded from then on. @returns whether they are there */
async function setScripts(wanted: boolean): Promise<boolean> {
  const may = wanted && (await platform.permissions.contains(everywhere))
  const there = (await platform.scripting.getRegisteredContentScripts({ ids: scriptIds })).length > 0
  if (may === there) return there
  const common = { matches: everywhere.origins, runAt: 'document_start', allFrames: true, persistAcrossSessions: true } as const
  if (!may) await platform.scripting.unregisterContentScripts({ ids: scriptIds })
  else {
    await platform.scripting.registerContentScripts([
      { ...common, id: 'bridge', js: ['extension/bridge.js'], world: 'ISOLATED' },
      { ...common, id: 'page', js: ['extension/page.js'], world: 'MAIN' },
    ])
  }
  return may
}

/** `…` while a phone is asked, `!` where something wants to be read, nothing else: the icon is no lamp. */
async function showBadge({ standing, settings, rules }: Facts): Promise<void> {
  const text = standing.pending?.held ? '!' : isAsking() ? '…' : standing.notice !== null || standing.resting || (standing.taken && (rules.use ?? settings.use) !== 'off') ? '!' : ''
  await platform.action.setBadgeText({ text })
}
