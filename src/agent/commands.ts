import { ComputerRefusal, type Send } from '../browser/pairing/call.ts'
import { callOf, removePairing, type Paired } from '../browser/pairing/pairing.ts'
import type { PairingState } from '../browser/pairing/wire.ts'
import { pair, phoneOf } from './pair.ts'
import { run } from './run.ts'
import { forgetState, loadState } from './state.ts'
import type { Terminal } from './terminal.ts'

export interface AgentNeeds {
  readonly statePath: string
  readonly uhidPath: string
  readonly version: string
  readonly terminal: Terminal
  readonly fetch: Send
  /** Ends what waits. */
  readonly signal: AbortSignal
}

const usage = `doorward-agent makes a phone with the Doorward app a security key for the programs of this computer.

  doorward-agent pair <server>   shows a code to scan; https://id.example.com is a server
  doorward-agent run             is a security key until it is stopped
  doorward-agent status          says which phone it is
  doorward-agent unpair          forgets the phone`

/** @returns the exit code: 0 done, 1 not done, 2 not understood */
export async function runAgent(args: readonly string[], needs: AgentNeeds): Promise<number> {
  const { terminal, signal } = needs
  try {
    return await chosen(args, needs)
  } catch (error) {
    if (signal.aborted) return 1
    terminal.say(error instanceof ComputerRefusal ? refusalText(error) : error instanceof Error ? error.message : String(error))
    return 1
  }
}

async function chosen([command, ...rest]: readonly string[], needs: AgentNeeds): Promise<number> {
  const { statePath, terminal } = needs
  const server = command === 'pair' ? serverOf(rest[0]) : undefined
  if (rest.length !== (command === 'pair' ? 1 : 0) || !['pair', 'run', 'status', 'unpair'].includes(command ?? '')) {
    terminal.say(usage)
    return command === 'help' || command === '--help' ? 0 : 2
  }
  const paired = await loadState(statePath)
  if (command === 'pair') {
    if (server === undefined) return done(terminal, 'A server begins with https:// and has no path, as in https://id.example.com.', 2)
    if (paired) return done(terminal, `This computer is paired with ${phoneOf(paired)}. First: doorward-agent unpair`, 1)
    return await pair({ ...needs, server }) ? 0 : 1
  }
  if (!paired) return done(terminal, 'This computer is not paired with a phone. First: doorward-agent pair <server>', 1)
  if (command === 'status') return status(paired, needs)
  return command === 'unpair' ? unpair(paired, needs) : await run({ ...needs, paired }) ? 0 : 1
}

async function status(paired: Paired, { statePath, terminal, fetch, signal }: AgentNeeds): Promise<number> {
  try {
    // `offered` is long over, so the server answers at once.
    const { state } = await callOf(paired, fetch).get<PairingState>('/pairing?known=offered', signal)
    if (state === 'active') return done(terminal, `Paired with ${phoneOf(paired)}.`, 0)
  } catch (error) {
    if (!(error instanceof ComputerRefusal) || (error.code !== 'removed' && error.code !== 'unknown_computer')) {
      terminal.say(`Paired with ${phoneOf(paired)}.`)
      throw error
    }
  }
  await forgetState(statePath)
  return done(terminal, 'This computer is not paired any more: the phone or the server has removed it.', 1)
}

/** Here it is forgotten in any case; what the server cannot be told now, the phone can be told. */
async function unpair(paired: Paired, { statePath, terminal, fetch }: AgentNeeds): Promise<number> {
  const told = await removePairing(callOf(paired, fetch)).then(() => true, (error: unknown) => error instanceof ComputerRefusal && (error.code === 'removed' || error.code === 'unknown_computer'))
  await forgetState(statePath)
  return done(terminal, told ? 'The phone is forgotten, and knows it.' : `The phone is forgotten here, but ${paired.server} could not be told: remove this computer in the app as well.`, 0)
}

/** The public URL of a server, as it is part of the code that the phone reads. */
function serverOf(text: string | undefined): string | undefined {
  if (text === undefined || !URL.canParse(text)) return undefined
  const { origin, href, protocol, hostname } = new URL(text)
  return href === `${origin}/` && (protocol === 'https:' || (protocol === 'http:' && hostname === 'localhost')) ? origin : undefined
}

function refusalText({ code }: ComputerRefusal): string {
  switch (code) {
    case 'offline': return 'The server cannot be reached. Is its address right, and this computer online?'
    case 'limit': return 'Too many requests in a short time. Wait a minute and try again.'
    case 'removed': case 'unknown_computer': return 'The server does not know this computer any more. Pair it anew.'
    case 'far': case 'invalid': return 'The server did not understand the request. Is there a newer doorward-agent?'
  }
}

function done(terminal: Terminal, text: string, code: number): number {
  terminal.say(text)
  return code
}
