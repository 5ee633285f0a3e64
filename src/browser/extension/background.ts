import { endAsking, letGo } from './asking.ts'
import { chooseLane, follow } from './attachment.ts'
import { isOn } from './facts.ts'
import { servePages } from './page-lane.ts'
import { platform } from './platform.ts'
import { answered, resumeProxied, serveProxy } from './proxy-lane.ts'
import { changeStanding } from './settings.ts'
import { pauseSeconds } from './switch.ts'

/** What the popup asks of the worker; it reads and writes everything else itself. */
export interface Act { readonly act: 'cancel' | 'other_key' | 'ask'; /** Of the request that the person saw: another one may have come since. */ readonly id: string }

const proxy = platform.webAuthenticationProxy
const started = (proxy ? resumeProxied(proxy) : Promise.resolve()).catch(() => undefined)
const ready = (): Promise<void> => started.then(() => undefined)

// Listeners stand before anything is awaited, or the browser forgets what woke this worker.
if (proxy) serveProxy(proxy, isOn, ready)
servePages(isOn, ready)
platform.runtime.onStartup.addListener(() => { void follow() })
platform.runtime.onInstalled.addListener(() => { void follow() })
platform.permissions.onAdded.addListener((rights) => { void chooseLane(rights) })
platform.permissions.onRemoved.addListener((rights) => { void chooseLane(rights) })
platform.storage.onChanged.addListener(() => { void follow() })
platform.alarms.onAlarm.addListener(() => { void follow() })
platform.runtime.onMessage.addListener((message, sender, answer) => {
  // Scripts in pages are of this extension too; only its own pages may order something.
  if (!sender.url?.startsWith(platform.runtime.getURL('extension/'))) return undefined
  void obey(message as Act).then(() => { answer({}) }, () => { answer({}) })
  return true
})
void ready().then(follow)

async function obey({ act, id }: Act): Promise<void> {
  await ready()
  if (act === 'ask') return letGo(id)
  endAsking('stopped', id)
  if (act === 'other_key') {
    await answered()
    await changeStanding({ pausedUntil: Date.now() + pauseSeconds * 1_000 })
  }
  await follow()
}
