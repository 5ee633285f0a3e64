import { askPhone, endAsking, isAsking } from './asking.ts'
import type { BridgeAnswer, BridgeRequest } from './page-wire.ts'
import { judge, originOf } from './page-rules.ts'
import { platform, type Port } from './platform.ts'
import { siteErrorOf } from './request.ts'
import { changeStanding, readSettings, readStanding } from './settings.ts'

let count = 0

/** Requests from scripts in pages. Here nobody has checked anything before: what a browser checks, page-rules.ts checks. */
export function servePages(isOn: () => Promise<boolean>, ready: () => Promise<void>): void {
  platform.runtime.onConnect.addListener((port) => {
    if (port.name !== 'request') return
    const id = `page ${Date.now()} ${(count += 1)}`
    let gone = false
    // The page was closed, went elsewhere or took its request back.
    port.onDisconnect.addListener(() => {
      gone = true
      endAsking('cancelled', id)
    })
    port.onMessage.addListener((message) => {
      void answer(port, message as BridgeRequest, id, () => gone).catch((): BridgeAnswer => ({ native: true })).then((said) => { if (!gone) port.postMessage(said) })
    })
  })

  void ready().then(forgetEnded)

  async function answer({ sender }: Port, message: BridgeRequest, id: string, isGone: () => boolean): Promise<BridgeAnswer> {
    await ready()
    const origin = originOf(sender)
    if (origin === undefined || (await readSettings()).lane !== 'page' || !(await isOn())) return { native: true }
    const judged = judge(message, origin)
    if (judged === 'native' || isGone()) return { native: true }
    const outcome = await askPhone(message.kind, judged, { id, proxied: null })
    if (outcome.kind === 'answer') return { response: outcome.response }
    // Whoever chose another key in the popup is asked for it at once.
    return outcome.trouble === 'stopped' || outcome.trouble === 'no_phone' ? { native: true } : { error: siteErrorOf(outcome.trouble) }
  }
}

/** With a worker its ports to pages end, and so do their requests; the popup of the next one shows none of them. */
async function forgetEnded(): Promise<void> {
  const { pending } = await readStanding()
  if (pending?.proxied === null && !isAsking()) await changeStanding({ pending: null })
}
