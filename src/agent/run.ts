import { ComputerRefusal, type Send } from '../browser/pairing/call.ts'
import { Tampered } from '../browser/pairing/channel.ts'
import { callOf, pairingOf, type Paired } from '../browser/pairing/pairing.ts'
import { createCtapHid } from './ctaphid.ts'
import { knownPath, loadKnown } from './known.ts'
import { phoneOf } from './pair.ts'
import { createPhoneKey } from './phone-key.ts'
import { forgetState } from './state.ts'
import type { Terminal } from './terminal.ts'
import { openUhid, uhidHint, type UhidDevice } from './uhid.ts'

export interface RunNeeds { readonly paired: Paired; readonly statePath: string; readonly uhidPath: string; readonly terminal: Terminal; readonly fetch: Send; readonly signal: AbortSignal }

/** A key for every program here, until it is stopped. @returns whether it ended as it should */
export async function run({ paired, statePath, uhidPath, terminal, fetch, signal }: RunNeeds): Promise<boolean> {
  const over = Promise.withResolvers<boolean>()
  let device: UhidDevice | undefined
  const known = await loadKnown({ path: knownPath(statePath), secret: paired.secret })
  const key = await createPhoneKey({ pairing: pairingOf(paired, callOf(paired, fetch)), known, trouble })
  const hid = createCtapHid({ key, write: (packet) => { device?.write(packet) } })
  try {
    device = await openUhid({ path: uhidPath, name: 'Doorward phone key', receive: hid.receive, left: hid.close, failed })
  } catch (error) {
    terminal.say(uhidHint(error, uhidPath))
    return false
  }
  terminal.say(`Programs find ${phoneOf(paired)} as a security key. Stop with Ctrl+C.`)
  signal.addEventListener('abort', () => { over.resolve(true) }, { once: true })
  if (signal.aborted) over.resolve(true)
  const ended = await over.promise
  hid.close()
  await device.close()
  return ended

  function failed(error: unknown): void {
    terminal.say(uhidHint(error, uhidPath))
    over.resolve(false)
  }

  function trouble(error: unknown): void {
    if (error instanceof ComputerRefusal && (error.code === 'removed' || error.code === 'unknown_computer')) {
      terminal.say('This computer is not paired any more: the phone or the server has removed it. To pair anew: doorward-agent pair')
      void forgetState(statePath).finally(() => { over.resolve(false) })
      return
    }
    terminal.say(troubleText(error, paired.server))
  }
}

function troubleText(error: unknown, server: string): string {
  if (error instanceof Tampered) return 'What came from the phone was changed on its way, so it was refused. If this happens again, tell your administrator.'
  if (!(error instanceof ComputerRefusal)) return `Something went wrong: ${error instanceof Error ? error.message : String(error)}`
  switch (error.code) {
    case 'offline': return `${server} cannot be reached. Is this computer online?`
    case 'far': return 'Your organization wants the phone to be near: in the same network as this computer.'
    case 'limit': return 'Too many requests in a short time. Wait a minute and try again.'
    case 'invalid': case 'removed': case 'unknown_computer': return 'The server did not understand the request. Is there a newer doorward-agent?'
  }
}
