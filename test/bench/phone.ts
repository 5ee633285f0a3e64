import { startTestApp, type TestApp } from '../support/app.ts'
import type { Browser } from '../support/browser.ts'
import { askPhoneOf, givePhone, numberOf } from '../support/fake-phone.ts'
import { useServer } from '../support/postgres.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { describeMachine } from './machine.ts'

/**
 * `node test/bench/phone.ts`, and at the end of `npm run bench`: how long the computer's page waits after the phone has said yes (P-16), from the
 * first byte of the phone's answer to the last byte of what the page was told: on one node, and from one node to another on PostgreSQL, where
 * no hint travels between nodes and only the question to the database brings the news. It reports and never judges.
 */
const rounds = 100

async function measure(app: TestApp, phoneAt: string): Promise<number[]> {
  const { user } = await app.addPerson({ email: 'p16@example.com', withKey: false })
  const phone = await givePhone(app, user)
  phone.address = phoneAt
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    const browser = app.browser()
    const { signIn, answer } = await askPhoneOf(browser, user.email)
    const asked = await phone.request()
    const waiting = approvedAt(browser, signIn)
    // The page waits already when the person answers.
    await new Promise((resolve) => { setTimeout(resolve, 20 + Math.random() * 250) })
    let sent = 0
    const { body } = await phone.decide(asked, 'approve', { number: numberOf(answer.body), onSending: () => { sent = performance.now() } })
    if (body.outcome !== 'approved') throw new Error(`round ${round}: ${body.outcome}`)
    times.push(await waiting - sent)
    await browser.post(`${signIn}/phone/wait`)
  }
  return times.sort((a, b) => a - b)
}

/** As the page does it: whoever is woken for nothing asks again. */
async function approvedAt(browser: Browser, signIn: string): Promise<number> {
  for (;;) {
    const answer = await browser.get(`${signIn}/phone/state?seen=open`, { headers: { accept: 'application/json' } })
    if (answer.json<{ state: string }>().state !== 'open') return performance.now()
  }
}

const at = (times: readonly number[], part: number): string => `${(times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0).toFixed(1)} ms`
const row = (title: string, times: readonly number[], must: string): string => `| P-16 | ${title} | ${at(times, 0.5)} | ${at(times, 0.95)} | ${at(times, 1)} | ${must} |`

const rows: string[] = []
const single = await startTestApp('sqlite')
rows.push(row('one node, SQLite', await measure(single, single.url), 'p95 ≤ 150 ms'))
await single.close()
const cluster = await startCluster()
if (cluster) {
  await useServer(cluster.url)
  const several = await startTestApp('postgres')
  rows.push(row('one node, PostgreSQL', await measure(several, several.url), 'p95 ≤ 150 ms'))
  await several.close()
  const two = await startTestApp('postgres')
  const other = await two.anotherNode()
  rows.push(row('phone at another node, PostgreSQL, no hint', await measure(two, other.address), 'p95 ≤ 400 ms'))
  await two.close()
  cluster.stop()
}
console.log(`Approve on the phone → the computer's page knows: ${rounds} times each; ${describeMachine()}.\n\n|  | Measure | p50 | p95 | most | Must |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`)
if (!cluster) console.log('\nPostgreSQL is not installed here.')
process.exit(0)
