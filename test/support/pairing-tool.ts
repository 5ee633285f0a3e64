import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { awaitPairing, callOf, confirmPairing, pairingOf, startPairing, type Offered, type Paired, type Taken } from '../../src/browser/pairing/pairing.ts'
import { ask, type PhoneAnswer, type Stage } from '../../src/browser/pairing/relay-client.ts'
import type { Send } from '../../src/browser/pairing/call.ts'
import type { ComputerKind } from '../../src/browser/pairing/wire.ts'

/** @param from what a proxy of the operator's says about where the computer is */
const sendFrom = (from?: string): Send => (url, order) => fetch(url, { ...order, headers: { ...order.headers, ...(from === undefined ? {} : { 'X-Forwarded-For': from }) } })
const send = sendFrom()
const newNumber = (): string => randomBytes(16).toString('base64url')
const never = new AbortController().signal

/** The pairing tool's own code, in this process instead of a browser. */
export interface PairingTool {
  readonly paired: Paired
  /** @param request.request the number of a question that is asked again */
  ask(request: { kind: 'create' | 'get'; options: object; origin: string; crossOrigin?: boolean; request?: string }, during?: { signal?: AbortSignal; onStage?: (stage: Stage) => void; seconds?: number }): Promise<PhoneAnswer>
  command(bytes: Uint8Array): Promise<PhoneAnswer>
  remove(): Promise<void>
}

export function offer(server: string, kind: ComputerKind = 'extension', name = 'Chrome on Linux'): Promise<Offered> {
  return startPairing({ server, fetch: send, kind, name, version: '1.0.0' })
}

export async function takenBy(offered: Offered): Promise<Taken> {
  const taken = await awaitPairing(offered, callOf(offered, send), never)
  if (typeof taken === 'string') throw new Error(`nobody took the offer: ${taken}`)
  return taken
}

/** What the person says on the computer; ends when the phone has said so too. */
export function sayYes(offered: Offered, taken: Taken): Promise<Paired | 'over'> {
  return confirmPairing(offered, taken, callOf(offered, send), never)
}

/** Pairs with the app that is open in this page, as somebody would: open the address, look, compare, unlock. */
export async function pairWith(page: Page, server: string, options: { kind?: ComputerKind; name?: string; key?: string; from?: string } = {}): Promise<PairingTool> {
  const offered = await offer(server, options.kind, options.name)
  await page.goto(offered.address)
  if (options.key !== undefined) await page.getByRole('button', { name: options.key }).click()
  await page.getByRole('button', { name: 'Pair', exact: true }).click()
  const taken = await takenBy(offered)
  const { digits } = taken.agreement
  await page.getByText(`${digits.slice(0, 3)} ${digits.slice(3)}`).waitFor()
  const both = sayYes(offered, taken)
  await page.getByRole('button', { name: 'Yes, the same' }).click()
  const paired = await both
  if (paired === 'over') throw new Error('the pairing was over')
  await page.getByRole('heading', { name: 'Paired' }).waitFor()
  await page.getByRole('link', { name: 'Done' }).click()
  return toolOf(paired, options.from)
}

export function toolOf(paired: Paired, from?: string): PairingTool {
  const call = callOf(paired, sendFrom(from))
  const pairing = pairingOf(paired, call)
  return {
    paired,
    ask: ({ crossOrigin = false, ...request }, { signal = never, seconds = 60, ...during } = {}) => ask(pairing, { request: newNumber(), ...request, crossOrigin, at: call.now(), expiresAt: call.now() + seconds * 1_000 }, { signal, ...during }),
    command: (bytes) => ask(pairing, { kind: 'ctap', request: newNumber(), command: Buffer.from(bytes).toString('base64url'), at: call.now(), expiresAt: call.now() + 60_000 }, { signal: never }),
    async remove() { await call.post('/pairing/removal', {}) },
  }
}

/** The answer as WebAuthn's JSON, or the test ends with what the phone said instead. */
export function responseOf<T>(answer: PhoneAnswer): T {
  if (answer.kind !== 'answer') throw new Error(`the phone did not answer: ${JSON.stringify(answer)}`)
  return answer.response as T
}
