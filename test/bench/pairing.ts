import { startTestApp, type TestApp } from '../support/app.ts'
import { aConnection, pairComputer } from '../support/fake-computer.ts'
import { givePhone } from '../support/fake-phone.ts'
import { useServer } from '../support/postgres.ts'
import { startCluster } from '../support/postgres-cluster.ts'
import { describeMachine } from './machine.ts'

/**
 * `node test/bench/pairing.ts`, and at the end of `npm run bench`: how long a request of a paired computer needs to its phone, and the phone's answer
 * back, with the app open (P-16): from the first byte sent until the other has read it. Frames are as large as real ones; what seals them costs both ends
 * some milliseconds that are not in here. A request is three frames: both say hello, then it comes. It reports and never judges.
 */
const rounds = 100
/** A sealed registration is about this long. */
const frameBody = 'A'.repeat(1_400)
/** A pairing may carry 120 frames a minute, and a round has four. */
const roundsPerComputer = 25

interface Times { readonly hello: number[]; readonly request: number[]; readonly answer: number[] }

async function measure(app: TestApp, phoneAt: string): Promise<Times> {
  const { user } = await app.addPerson({ email: 'pairing@example.com', withKey: false })
  const phone = await givePhone(app, user)
  phone.address = phoneAt
  const times: Times = { hello: [], request: [], answer: [] }
  let look: () => void = () => undefined
  const kept = ({ status }: { readonly status: number }): void => { if (status !== 200) throw new Error(`a frame was refused: ${status}`) }
  const line = phone.listen((text) => { if (text === 'event: look') look() })
  await new Promise<void>((resolve) => { look = resolve })
  /** As the app does it: whatever the line says, it asks for the frames. */
  const until = async (connection: string, sequence: number): Promise<void> => {
    for (;;) {
      const news = new Promise<void>((resolve) => { look = resolve })
      if ((await phone.frames()).body.frames.some((frame) => frame.connection === connection && frame.sequence === sequence)) return
      await news
    }
  }
  for (let round = 0, computer = await pairComputer(app, phone); round < rounds; round++) {
    if (round > 0 && round % roundsPerComputer === 0) computer = await pairComputer(app, phone)
    const connection = aConnection()
    const heard = until(connection, 0)
    // The question that `until` begins with is over, and the servers ask each other out of step.
    await new Promise((resolve) => { setTimeout(resolve, 20 + Math.random() * 250) })
    const began = performance.now()
    const sent = computer.post(connection, 0, frameBody).then(kept)
    await heard
    times.hello.push(performance.now() - began)
    await sent
    const welcome = computer.frames(connection)
    kept(await phone.post(computer.id, connection, 0, frameBody))
    if ((await welcome).body.frames.length !== 1) throw new Error(`round ${round}: no welcome`)
    const asked = until(connection, 1)
    kept(await computer.post(connection, 1, frameBody))
    await asked
    times.request.push(performance.now() - began)
    const waiting = computer.frames(connection, 0).then(({ body }) => ({ frames: body.frames.length, at: performance.now() }))
    // The computer waits already when the person answers.
    await new Promise((resolve) => { setTimeout(resolve, 20 + Math.random() * 250) })
    const answering = performance.now()
    kept(await phone.post(computer.id, connection, 1, frameBody))
    const { frames, at } = await waiting
    if (frames !== 1) throw new Error(`round ${round}: ${frames} frames in place of the answer`)
    times.answer.push(at - answering)
    await computer.end(connection)
  }
  line.close()
  return times
}

function rowsOf(place: string, times: Times): string[] {
  return ([['first frame → phone', 'hello'], ['whole request → phone', 'request'], ['answer → computer', 'answer']] as const).map(([title, name]) => {
    const sorted = times[name].toSorted((a, b) => a - b)
    const at = (part: number): string => `${(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1)} ms`
    return `| P-16 | ${title}, ${place} | ${at(0.5)} | ${at(0.95)} | ${at(1)} | ${name === 'hello' ? '' : 'p95 ≤ 200 ms'} |`
  })
}

const rows: string[] = []
const single = await startTestApp('sqlite')
rows.push(...rowsOf('one node, SQLite', await measure(single, single.url)))
await single.close()
const cluster = await startCluster()
if (cluster) {
  await useServer(cluster.url)
  const several = await startTestApp('postgres')
  rows.push(...rowsOf('one node, PostgreSQL', await measure(several, several.url)))
  await several.close()
  const two = await startTestApp('postgres')
  const other = await two.anotherNode()
  rows.push(...rowsOf('phone at another node, PostgreSQL', await measure(two, other.address)))
  await two.close()
  cluster.stop()
}
console.log(`A paired computer asks, the phone answers: ${rounds} times each; ${describeMachine()}.\n\n|  | Measure | p50 | p95 | most | Must |\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}`)
if (!cluster) console.log('\nPostgreSQL is not installed here.')
process.exit(0)
