import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { askForCode, solvedCheck } from '../support/ceremonies.ts'
import { changeSettings } from '../support/pages.ts'
import { givePassword, nameAddress } from '../support/ways.ts'

const roomy = {
  DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_CODES_PER_ACCOUNT: '1000',
  DOORWARD_LIMITS_TRIES_PER_ACCOUNT_HOURLY: '1000', DOORWARD_LIMITS_RECOVERY_TRIES_HOURLY: '100',
  DOORWARD_LIMITS_PASSWORD_TRIES_PER_ACCOUNT_HOURLY: '1000', DOORWARD_LIMITS_TOTP_TRIES_PER_ACCOUNT_HOURLY: '100',
}
const rounds = 9

interface Times { readonly median: number; readonly quick: number }

/** The median is for the reader. The quickest is judged: what else runs on this machine makes answers slower, never quicker. */
function summarise(values: readonly number[]): Times {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)] ?? 0, quick: sorted[0] ?? 0 }
}

/** Milliseconds of an act for each address: everything before it is prepared, then one after the other, in another order each round. */
async function compare(emails: readonly string[], prepare: (email: string) => Promise<() => Promise<unknown>>): Promise<Times[]> {
  const times = new Map(emails.map((email): [string, number[]] => [email, []]))
  for (let round = 0; round < rounds; round++) {
    const order = emails.map((_, index) => emails[(index + round) % emails.length] ?? '')
    const acts = await Promise.all(order.map(async (email) => ({ email, act: await prepare(email) })))
    for (const { email, act } of acts) {
      const started = performance.now()
      await act()
      times.get(email)?.push(performance.now() - started)
    }
  }
  return emails.map((email) => summarise(times.get(email) ?? []))
}

withApp('how long answers take', (current, kind) => {
  it('SEC-54 S2 sending a code, judging one, and judging a recovery code, a password, an app or a pass take as long for a stranger as for anyone', async () => {
    await current().addPerson({ email: 'known@example.com', withKey: false })
    await current().addPerson({ email: 'owner@example.com', role: 'owner' })
    const emails = ['nobody@example.com', 'known@example.com', 'owner@example.com']
    const solvedAt = async (page: string): Promise<{ browser: Browser; path: string; solved: Readonly<Record<string, string>> }> => {
      const browser = current().browser()
      const path = `${(await browser.get('/')).path}`
      await browser.get(`${path}/${page}`)
      return { browser, path, solved: solvedCheck(browser) }
    }
    const send = await compare(emails, async (email) => {
      const { browser, path, solved } = await solvedAt('email')
      await browser.post(`${path}/email`, { email, ...solved })
      return () => browser.post(`${path}/channel`, { channel: 'mail' }, { follow: false })
    })
    const judge = await compare(emails, async (email) => {
      const browser = current().browser()
      const { signIn } = await askForCode(browser, email)
      return () => browser.post(`${signIn}/code`, { code: 'wrong' }, { follow: false })
    })
    const recover = await compare(emails, async (email) => {
      const { browser, path, solved } = await solvedAt('recovery')
      return () => browser.post(`${path}/recovery`, { email, recovery_code: 'AAAA-BBBB-CCCC-DDDD', ...solved }, { follow: false })
    })
    await changeSettings(current(), { methods: { password: true, totp: true, accessPass: true } })
    for (const email of ['known@example.com', 'owner@example.com']) {
      const user = await current().foundation.users.findByEmailKey(email)
      if (user) await givePassword(current(), user, 'seven quiet otters swim')
    }
    const answerAt = (way: string) => compare(emails, async (email) => {
      const browser = current().browser()
      const { signIn } = await nameAddress(browser, email)
      return () => browser.post(`${signIn}/${way}`, { password: 'none of these passwords', code: '000000', pass: 'AAAA-BBBB-CCCC-DDDD' }, { follow: false })
    })
    const [password, app, pass] = [await answerAt('password'), await answerAt('totp'), await answerAt('access-pass')]
    for (const [name, [stranger, ...others]] of Object.entries({ send, judge, recover, password, app, pass })) {
      if (!stranger) throw new Error('nobody was measured')
      const signed = (difference: number): string => `${difference < 0 ? '' : '+'}${difference.toFixed(2)}`
      console.log(`${kind}: ${name} takes ${stranger.median.toFixed(1)} ms for a stranger, ${others.map(({ median }) => signed(median - stranger.median)).join(' and ')} ms for others (medians)`)
      for (const { quick } of others) expect(Math.abs(quick - stranger.quick)).toBeLessThan(stranger.quick / 10)
    }
  })
}, roomy)
