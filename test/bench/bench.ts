import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { freePort } from '../support/port.ts'
import { SecurityKey } from '../support/security-key.ts'
import { ceiling, clientCredentials, codeFlow, codeRedemption, fixedAnswer, passkeyJourney, refresh, samlSignOn, signInPage, wsFedSignOn, type Contestant, type Party, type Sample } from './contestants.ts'
import { canPin, describeMachine, letRoam, pinGenerator, residentMegabytes, startPeer, unpinGenerator, type Peer } from './machine.ts'
import type { BareSettings } from './peers/bare-provider.ts'
import { flood } from '../conformance/saml/flood.ts'
import { hostileMessages } from './hostile.ts'
import { eventLoopDelay, firstPage, startUntilPage } from './responsiveness.ts'
import { limitTable, ratioOf, ratioTable, spreadOf, type LimitRow, type RatioRow } from './report.ts'
import { seed } from './seed.ts'
import { Visitor } from './visitor.ts'
import { Wire } from './wire.ts'

/**
 * `npm run bench`: what Doorward costs beside the bare libraries and the machine's limits, all in one run, taken in turns.
 * It reports and never judges: the exit code is 0 unless a request fails.
 */
const usage = `npm run bench -- [--quick] [--rounds 3] [--seconds 4] [--parallel 16] [--people 100000] [--only P-3] [--json] [--profile folder]
  --only      measures whose names begin so, again and again: --only P-3 --only P-7
  --json      the figures as one more line, after the tables
  --profile   a processor profile of Doorward's server, written to that folder`
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false }, rounds: { type: 'string' }, seconds: { type: 'string' }, parallel: { type: 'string', default: '16' }, people: { type: 'string', default: '100000' },
    only: { type: 'string', multiple: true }, json: { type: 'boolean', default: false }, profile: { type: 'string' }, help: { type: 'boolean', default: false },
  },
})
if (options.help) {
  console.log(usage)
  process.exit(0)
}
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3))
const seconds = Number(options.seconds ?? (options.quick ? 1.2 : 4))
const parallel = Number(options.parallel)
const people = Number(options.people)
const wanted = (id: string): boolean => options.only === undefined || options.only.some((start) => id.startsWith(start))
const say = (text: string): void => { process.stderr.write(`${text}\n`) }

const root = fileURLToPath(new URL('../..', import.meta.url))
// As `npm start` does it.
const main = join(root, 'config/setup/start.cjs')
const args = ['main']
const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })
const peers: Peer[] = []
const start = (...order: Parameters<typeof startPeer>): Peer => {
  const peer = startPeer(...order)
  peers.push(peer)
  return peer
}
const peerScript = (name: string): string => join(root, 'test/bench/peers', `${name}.ts`)

say('filling two databases')
pinGenerator()
const port = await freePort()
const seeded = await seed(join(folder, 'large'), port, people, parallel)
const emptyPort = await freePort()
const empty = await seed(join(folder, 'empty'), emptyPort, 1, 1)

say('starting the servers')
const profile = options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`]
const ours: Party = {
  ...seeded, port, peer: start(main, { args, environment: seeded.environment, flags: profile }), endpoints: { authorization: '/oidc/auth', token: '/oidc/token' },
}
const barePort = await freePort()
const bareKeys = seeded.keys.map((_, index) => {
  const key = new SecurityKey(`http://localhost:${barePort}`)
  key.userHandle = Buffer.from(`person-${index}`).toString('base64url')
  return key
})
const bareSettings: BareSettings = {
  port: barePort, web: seeded.web, service: seeded.service,
  people: bareKeys.map((key, index) => ({ id: `person-${index}`, credentialId: key.id, publicKey: key.coseKey().toString('base64url') })),
}
const bareArguments = [JSON.stringify(bareSettings)]
const bare: Party = { ...seeded, port: barePort, keys: bareKeys, peer: start(peerScript('bare-provider'), { args: bareArguments }), endpoints: { authorization: '/auth', token: '/token' } }
const [koaPort, nodePort] = [await freePort(), await freePort()]
const koa = { port: koaPort, peer: start(peerScript('hello'), { args: ['koa', String(koaPort)] }) }
const node = { port: nodePort, peer: start(peerScript('hello'), { args: ['node', String(nodePort)] }) }
const limits = start(peerScript('ceilings'), { args: [folder] })
await Promise.all([
  new Promise((resolve) => limits.child.once('message', resolve)), firstPage(port, '/signin'), firstPage(barePort, '/.well-known/openid-configuration'), firstPage(koaPort, '/'), firstPage(nodePort, '/'),
])

const limitRows: LimitRow[] = []
if (wanted('P-14')) {
  say('P-14 waiting ten seconds')
  await sleep(10_000)
  const [other, hello] = [bare, koa].map(({ peer }) => residentMegabytes(peer.pid).toFixed(0))
  limitRows.push({ id: 'P-14', title: `memory of the process after 10 s, SQLite, ${people.toLocaleString('en')} people`, unit: 'MB', values: [residentMegabytes(ours.peer.pid)], must: 160, want: 110, beside: `bare: ${other} MB; koa hello: ${hello} MB` })
}

const stylesheet = await findStylesheet()
const load = passkeyJourney('passkey journey', ours, parallel)
const measures: readonly (readonly [id: string, contestants: readonly Contestant[]])[] = [
  ['P-1', [clientCredentials('client credentials', ours, parallel), clientCredentials('bare client credentials', bare, parallel), ceiling('sync', limits)]],
  ['P-2', [codeRedemption('code for ID token', ours, parallel), codeRedemption('bare code for ID token', bare, parallel), ceiling('es256', limits)]],
  ['P-3', [codeFlow('code flow', ours, parallel), codeFlow('bare code flow', bare, parallel)]],
  ['P-4', [refresh('refresh', ours, parallel), refresh('bare refresh', bare, parallel)]],
  ['P-6', [samlSignOn('SAML sign-on', ours, parallel), wsFedSignOn('WS-Federation sign-on', ours, parallel), ceiling('xml', limits)]],
  ['P-7', [load, passkeyJourney('bare passkey journey', bare, parallel), ceiling('webauthn', limits)]],
  ['P-8 fixed', [
    fixedAnswer('discovery', ours, parallel, '/.well-known/openid-configuration', 'application/json'), fixedAnswer('koa hello', koa, parallel, '/', 'text/plain'),
    fixedAnswer('JWKS', ours, parallel, '/oidc/jwks', 'application/jwk-set+json'), fixedAnswer('node:http hello', node, parallel, '/', 'text/plain'),
    fixedAnswer('stylesheet', ours, parallel, stylesheet, 'text/css'),
  ]],
  ['P-8 page', [signInPage('sign-in page', ours, parallel), signInPage('bare sign-in page', bare, parallel)]],
]
const ratioRows: readonly RatioRow[] = [
  { id: 'P-1', title: 'client credentials, opaque token', ours: 'client credentials', against: 'bare client credentials', goal: { must: 0.45, want: 0.65 }, beside: ['sync'] },
  { id: 'P-2', title: 'ES256 ID token at the token endpoint [1]', ours: 'code for ID token', against: 'bare code for ID token', goal: { must: 0.75, want: 0.9 }, beside: ['es256'] },
  { id: 'P-3', title: 'authorize with a live session + token, PKCE', ours: 'code flow', against: 'bare code flow', goal: { must: 0.4, want: 0.6 } },
  { id: 'P-4', title: 'refresh with rotation', ours: 'refresh', against: 'bare refresh', goal: { must: 0.4, want: 0.6 } },
  { id: 'P-6', title: 'SAML response with a live session', ours: 'SAML sign-on', against: 'xml', goal: { must: 0.6, want: 2 } },
  { id: 'P-6', title: 'WS-Federation answer with a live session', ours: 'WS-Federation sign-on', against: 'xml', goal: { must: 0.6, want: 2 } },
  { id: 'P-7', title: 'passkey journey, authorize to code', ours: 'passkey journey', against: 'webauthn', goal: { must: 0.18, want: 0.24 } },
  { id: 'P-7', title: 'the same beside the bare libraries', ours: 'passkey journey', against: 'bare passkey journey' },
  { id: 'P-7', title: 'how near the bare libraries come to it', ours: 'bare passkey journey', against: 'webauthn' },
  { id: 'P-8', title: 'discovery', ours: 'discovery', against: 'koa hello', goal: { must: 0.6, want: 0.8 }, beside: ['node:http hello'] },
  { id: 'P-8', title: 'JWKS', ours: 'JWKS', against: 'koa hello', goal: { must: 0.6, want: 0.8 } },
  { id: 'P-8', title: 'stylesheet', ours: 'stylesheet', against: 'koa hello', goal: { must: 0.6, want: 0.8 } },
  { id: 'P-8', title: 'sign-in page', ours: 'sign-in page', against: 'bare sign-in page', goal: { must: 0.6, want: 0.8 } },
]

const series = new Map<string, Sample[]>()
const chosen = measures.filter(([id]) => wanted(id))
for (const [id, contestants] of chosen) {
  say(`${id} warming up`)
  // Until the code that runs often is compiled; longer journeys pass fewer times.
  for (const contestant of contestants) await contestant.sample(Math.min(3, seconds * 0.75))
}
for (let round = 1; round <= rounds; round++) {
  for (const [id, contestants] of chosen) {
    say(`round ${round} of ${rounds}: ${id}`)
    for (const contestant of contestants) series.set(contestant.name, [...(series.get(contestant.name) ?? []), await contestant.sample(seconds)])
  }
}

if (wanted('P-17')) {
  say('P-17 probing under load')
  letRoam(ours.peer, true)
  const delays = await eventLoopDelay(port, load, Math.max(4, seconds))
  const at = (share: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? NaN
  limitRows.push({ id: 'P-17', title: '/health/live while sign-ins saturate, p99 [2]', unit: 'ms', values: [at(0.99)], must: 20, want: 10, beside: `p50 ${at(0.5).toFixed(1)} ms, most ${at(1).toFixed(1)} ms of ${delays.length}` })
}
if (wanted('P-17')) {
  say('P-17 probing under hostile XML')
  const cases = await hostileMessages(port)
  const wires = Array.from({ length: 50 }, () => new Wire(port))
  let turn = 0
  const delays: number[] = []
  const probe = new Wire(port)
  const probing = setInterval(() => {
    const asked = performance.now()
    void probe.ask('GET', '/health/live').then(() => { delays.push(performance.now() - asked) })
  }, 25)
  await flood(cases, ({ path, body }) => (wires[turn++ % wires.length] ?? probe).ask('POST', path, 'Content-Type: application/x-www-form-urlencoded\r\nAccept: text/html\r\n', body), { perSecond: 50, seconds: Math.max(4, seconds) })
  clearInterval(probing)
  for (const wire of [...wires, probe]) wire.close()
  delays.sort((a, b) => a - b)
  const at = (share: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * share))] ?? NaN
  limitRows.push({ id: 'P-17', title: '/health/live while 50 hostile XML documents a second arrive, p99', unit: 'ms', values: [at(0.99)], must: 20, want: 10, beside: `p50 ${at(0.5).toFixed(1)} ms, most ${at(1).toFixed(1)} ms of ${delays.length}; ${cases.length} different ones` })
}
const memoryAfter = residentMegabytes(ours.peer.pid)
await Promise.all(peers.map((peer) => peer.stop()))

if (wanted('P-15')) {
  const bareTimes: number[] = []
  const times = new Map<string, number[]>([['large', []], ['empty', []]])
  for (let round = 1; round <= Math.max(3, rounds); round++) {
    say(`P-15 start ${round}`)
    times.get('large')?.push(await startUntilPage(main, { args, environment: seeded.environment }, port, '/signin'))
    times.get('empty')?.push(await startUntilPage(main, { args, environment: empty.environment }, emptyPort, '/signin'))
    bareTimes.push(await startUntilPage(peerScript('bare-provider'), { args: bareArguments }, barePort, '/.well-known/openid-configuration'))
  }
  for (const [name, values] of times) {
    const title = `start to first sign-in page, ${name === 'large' ? `${people.toLocaleString('en')} people` : 'nobody in the database'}`
    limitRows.push({ id: 'P-15', title, unit: 's', values, must: 2, want: 1, beside: `bare: ${spreadOf(bareTimes).median.toFixed(2)} s` })
  }
}

const rows = ratioRows.filter(({ ours: name }) => series.has(name))
console.log(`Measured on ${new Date().toISOString().slice(0, 10)}: ${describeMachine()}, Node ${process.version}, SQLite WAL with synchronous=FULL.
${rounds} rounds × ${seconds} s taken in turns, ${parallel} requests at a time, ${canPin ? 'servers on core 0, load from core 1' : 'not pinned to cores (no taskset)'}, no TLS. Processor time of the server per operation, median (least–most), and operations
per second; the ratio is theirs divided by ours, per round.
`)
if (rows.length > 0) console.log(`${ratioTable(series, rows)}\n`)
if (limitRows.length > 0) console.log(`${limitTable(limitRows)}\n`)
console.log(`Memory of Doorward after the load: ${memoryAfter.toFixed(0)} MB.
[1] Access tokens are opaque here, there is no JWT option; so this is POST /oidc/token with a code, which also has to commit to disk, where the goal was set for a token that nothing stores.
[2] There is no Argon2: the load is passkey journeys; the server is not pinned. The wait behind ${parallel} other requests is part of it.`)
if (['P-9', 'P-10', 'P-11', 'P-12'].some(wanted)) {
  say('P-9 to P-12 against OpenLDAP')
  unpinGenerator()
  spawnSync(process.execPath, [join(root, 'test/bench/directory.ts'), '--people', options.people], { stdio: ['ignore', 'inherit', 'inherit'] })
}
if (wanted('P-16')) {
  say('P-16 approving on the phone, and answering a paired computer')
  unpinGenerator()
  spawnSync(process.execPath, [join(root, 'test/bench/phone.ts')], { stdio: ['ignore', 'inherit', 'inherit'] })
  spawnSync(process.execPath, [join(root, 'test/bench/pairing.ts')], { stdio: ['ignore', 'inherit', 'inherit'] })
}
if (options.json) {
  console.log(JSON.stringify({
    date: new Date().toISOString(), machine: describeMachine(), node: process.version, sqlite: 'WAL, synchronous=FULL', rounds, seconds, parallel, people, pinned: canPin,
    series: Object.fromEntries(series), ratios: rows.map((row) => ({ ...row, ...ratioOf(series, row) })), limits: limitRows.map((row) => ({ ...row, ...spreadOf(row.values) })), memoryAfterMegabytes: memoryAfter,
  }))
}
process.exit(0)

async function findStylesheet(): Promise<string> {
  const wire = new Wire(port)
  const visitor = new Visitor(wire)
  const { page } = await visitor.follow(await visitor.get('/signin'), '/signin')
  wire.close()
  const [, href] = /href="([^"]+\/styles\/app\.css)"/.exec(page) ?? []
  if (href === undefined) throw new Error('the sign-in page names no stylesheet')
  return href
}
