import { hash } from 'node:crypto'
import type { Answer, Browser } from './browser.ts'
import type { SecurityKey, Tampering } from './security-key.ts'

interface Challenge { readonly challengeId: string; readonly options: unknown }

/** Touches the key on the sign-in page that the browser shows at `path`. @returns the answer after all redirects of ours */
export async function touchKey(browser: Browser, key: SecurityKey, path: string, change: Tampering = {}): Promise<Answer> {
  const { challengeId, options } = await askChallenge(browser, `${path}/passkey/options`)
  return browser.post(`${path}/passkey`, { challenge_id: challengeId, response: key.sign(options, change) })
}

/** Opens our panel, touches the key, and lands where the panel leads. */
export async function signInWithKey(browser: Browser, key: SecurityKey, page = '/', change: Tampering = {}): Promise<Answer> {
  const shown = await browser.get(page)
  return touchKey(browser, key, shown.path, change)
}

/** Registers a key at one of the pages that enroll: `options` and `action` are its two addresses. */
export async function enroll(browser: Browser, key: SecurityKey, addresses: { options: string; action: string }, change: Tampering = {}): Promise<Answer> {
  const { challengeId, options } = await askChallenge(browser, addresses.options)
  return browser.post(addresses.action, { challenge_id: challengeId, response: key.register(options, change), transports: 'usb' })
}

export async function askChallenge(browser: Browser, path: string): Promise<Challenge> {
  const answer = await browser.post(path, {}, { headers: { accept: 'application/json' } })
  if (answer.status !== 200) throw new Error(`${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`)
  return answer.json<Challenge>()
}

/** The security check of the page that the browser shows, solved as its script would. */
export function solvedCheck(browser: Browser): { check_token: string; check_solution: string } {
  const [, token = '', difficulty = '0'] = /data-token="([^"]+)" data-difficulty="(\d+)"/.exec(browser.page) ?? []
  for (let counter = 0; ; counter++) {
    // The one-shot call for text takes a fifth of the time of a digest of bytes, and there are thousands of them for each check.
    if (Math.clz32(Number.parseInt(hash('sha256', `${token}:${counter}`).slice(0, 8), 16)) >= Number(difficulty)) return { check_token: token, check_solution: String(counter) }
  }
}

/** From the sign-in page to the page that waits for the code. */
export async function askForCode(browser: Browser, email: string, channel: 'mail' | 'sms' = 'mail', page = '/'): Promise<{ answer: Answer; signIn: string }> {
  const signIn = (await browser.get(page)).path
  await browser.get(`${signIn}/email`)
  await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) })
  return { answer: await browser.post(`${signIn}/channel`, { channel }), signIn }
}

/** The six digits of a mail or text message. */
export function codeOf(letter: { readonly text: string } | undefined): string {
  const code = /\b(\d{6})\b/.exec(letter?.text ?? '')?.[1]
  if (code === undefined) throw new Error(`no code in: ${letter?.text ?? '(no letter)'}`)
  return code
}
