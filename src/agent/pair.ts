import { hostname } from 'node:os'
import { encodeQR } from 'qr'
import type { Send } from '../browser/pairing/call.ts'
import { awaitPairing, callOf, confirmPairing, removePairing, startPairing, type Offered, type Paired, type Taken } from '../browser/pairing/pairing.ts'
import { makeKeptKeys, saveState } from './state.ts'
import { printable, type Terminal } from './terminal.ts'

export interface PairNeeds { readonly server: string; readonly statePath: string; readonly version: string; readonly terminal: Terminal; readonly fetch: Send; readonly signal: AbortSignal }

/** Shows the picture, has the digits compared, keeps what was agreed. @returns whether this computer is paired now */
export async function pair({ server, statePath, version, terminal, fetch, signal }: PairNeeds): Promise<boolean> {
  const keys = await makeKeptKeys()
  const offered = await startPairing({ server, fetch, kind: 'agent', name: `Programs on ${hostname()}`.slice(0, 100), version, keys })
  const call = callOf(offered, fetch)
  try {
    const taken = await show(offered, terminal, signal, () => awaitPairing(offered, call, signal))
    if (taken === 'over') return say(terminal, 'No phone has scanned the code in time. Start this again for a new one.')
    if (taken === 'forged') return say(terminal, 'Something has answered that did not scan this code. Nothing was paired. If this happens again, tell your administrator.')
    if (!await sameDigits(taken, terminal, signal)) {
      await removePairing(call)
      return say(terminal, 'Nothing was paired.')
    }
    terminal.say('Now confirm it on the phone too.')
    const paired = await confirmPairing(offered, taken, call, signal)
    if (paired === 'over') return say(terminal, 'The phone did not confirm. Nothing was paired.')
    await saveState(statePath, withKeptKeys(paired, keys))
    terminal.say(`This computer is paired with ${phoneOf(paired)}. To use it as a security key: doorward-agent run`)
    return true
  } catch (error) {
    await removePairing(call).catch(() => undefined)
    throw error
  }
}

function show<T>(offered: Offered, terminal: Terminal, signal: AbortSignal, wait: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  terminal.say(`Open the Doorward app on the phone, tap the scanner at the top right, and point it here:\n\n${picture(offered.address, terminal.colours)}\n`)
  terminal.say(`Without a camera, type this address there:\n${offered.address}\n`)
  terminal.say(`The code holds for ${Math.max(1, Math.round((offered.expiresAt - offered.now) / 60_000))} minutes and for one phone.`)
  return wait()
}

/** Light on dark whatever the terminal's colours are: readers want the margin to be light. */
function picture(address: string, colours: boolean): string {
  const lines = encodeQR(address, 'ascii', { ecc: 'low' }).trimEnd()
  return colours ? lines.split('\n').map((line) => `\u001b[97;40m${line}\u001b[0m`).join('\n') : lines
}

async function sameDigits({ agreement: { digits }, phone }: Taken, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  terminal.say(`${printable(phone.name)} (${printable(phone.email)}, ${printable(phone.organization)}) has scanned the code.\n\n    ${digits.slice(0, 3)} ${digits.slice(3)}\n`)
  for (;;) {
    const answer = (await terminal.ask('Does the phone show the same digits? [y/n] ', signal))?.trim().toLowerCase()
    if (answer === 'y' || answer === 'yes') return true
    if (answer === undefined || answer === 'n' || answer === 'no') return false
  }
}

/** The keys that can be written down, in the place of what came with them. */
function withKeptKeys(paired: Paired, { agreement, signing }: Awaited<ReturnType<typeof makeKeptKeys>>): Paired {
  return { ...paired, agreement: agreement.privateKey, signing: signing.privateKey }
}

export function phoneOf({ phone, server }: Pick<Paired, 'phone' | 'server'>): string {
  return `${printable(phone.name)} (${printable(phone.email)}, ${printable(phone.organization)}) through ${server}`
}

function say(terminal: Terminal, text: string): false {
  terminal.say(text)
  return false
}
