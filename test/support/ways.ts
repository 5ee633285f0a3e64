import { codeAt, stepOf } from '../../src/authentication/methods/totp/index.ts'
import type { User } from '../../src/directory/index.ts'
import type { TestApp } from './app.ts'
import type { Answer, Browser } from './browser.ts'
import { solvedCheck } from './ceremonies.ts'

const stepMilliseconds = 30_000

/** Sets a password as its owner would. */
export async function givePassword(app: TestApp, user: User, password: string): Promise<void> {
  const { localPasswords } = app.app.parts
  const hash = await localPasswords.hash(password)
  await app.foundation.storage.write((tx) => localPasswords.set(tx, user, hash))
}

/** Sets an authenticator app up, with a code of long ago, so that today's are unused. @returns its seed */
export async function giveAuthenticator(app: TestApp, user: User): Promise<string> {
  // Not shortly before the next code: what a test calls the code before would be two before when it arrives.
  const left = stepMilliseconds - (app.foundation.clock.now() % stepMilliseconds)
  if (left < 15_000) app.advance(left)
  const { authenticators } = app.app.parts
  const id = await app.foundation.storage.write((tx) => authenticators.begin(tx, user))
  const seed = await authenticators.seed(user, id)
  if (seed === undefined) throw new Error('an app that is being set up has no seed')
  await app.foundation.storage.write((tx) => authenticators.confirm(tx, user, id, 'Phone', 1))
  return seed
}

/** The code that an app with this seed shows, some steps from now. */
export function codeNow(app: TestApp, seed: string, steps = 0): string {
  return codeAt(seed, stepOf(app.foundation.clock.now()) + steps)
}

/** Names an address on the way in, and lands on the first other way that is offered. */
export async function nameAddress(browser: Browser, email: string, page = '/'): Promise<{ signIn: string; answer: Answer }> {
  const signIn = (await browser.get(page)).path
  await browser.get(`${signIn}/email`)
  return { signIn, answer: await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) }) }
}
