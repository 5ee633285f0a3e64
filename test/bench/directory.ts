import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { migrations } from '../../migrations/index.ts'
import { databaseLocation, openFoundation } from '../../src/app/index.ts'
import { readConfig } from '../../src/config/index.ts'
import { createDirectoryStore } from '../../src/directory/sync/store.ts'
import { createLog } from '../../src/http/index.ts'
import { migrate } from '../../src/storage/index.ts'
import { settingsOf } from '../support/directory/connection.ts'
import { groupDn, personDn, slapdMissing, startSlapd, type Slapd } from '../support/directory/slapd.ts'
import { describeMachine } from './machine.ts'

/**
 * `node test/bench/directory.ts [--people 100000]`, and at the end of `npm run bench`: what `doorward directory sync` takes against
 * OpenLDAP, beside `ldapsearch` for the same attributes in the same run (P-9 to P-12), with its peak of memory. Each sync is a process
 * of its own, as an operator starts it; the time is the run's own, from its first question to its end. It reports and never judges.
 */
const { values: options } = parseArgs({ options: { people: { type: 'string', default: '100000' } } })
const people = Number(options.people)
const root = fileURLToPath(new URL('../..', import.meta.url))
/** As `npm run doorward` starts it, with what that says of memory. */
const command = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: { doorward: string } }).scripts.doorward.split(' ').slice(1)
const say = (text: string): void => { process.stderr.write(`${text}\n`) }

interface Ran { readonly seconds: number; readonly megabytes: number; readonly counts: string }
interface Measured { readonly people: number; readonly search: number; readonly first: Ran; readonly again: Ran; readonly still: Ran; readonly delta: Ran; readonly person: Ran; readonly member: Ran }

const missing = slapdMissing() ?? (spawnSync('ldapsearch', ['-VV']).error ? 'ldapsearch is not installed here' : undefined)
if (missing !== undefined) {
  console.log(`P-9 to P-12 are left out: ${missing}.`)
  process.exit(0)
}

const small = await measure(Math.max(100, Math.floor(people / 100)), false)
const large = await measure(people, true)
const perSecond = (count: number, seconds: number): string => `${Math.round(count / seconds).toLocaleString('en')}/s`
const rows: [id: string, title: string, ours: string, beside: string, ratio: string, must: string][] = [
  ['P-9', `first import, ${people.toLocaleString('en')} people`, `${large.first.seconds.toFixed(1)} s, ${perSecond(people, large.first.seconds)}`, `ldapsearch ${large.search.toFixed(2)} s`, `${(large.search / large.first.seconds).toFixed(2)}×`, '≥ 0.08×, ≥ 3,000/s'],
  ['P-10', 'everything again, unchanged', `${large.again.seconds.toFixed(1)} s, ${perSecond(people, large.again.seconds)}`, `ldapsearch ${large.search.toFixed(2)} s`, `${(large.search / large.again.seconds).toFixed(2)}×`, '≥ 0.30×, ≥ 10,000/s'],
  ['P-11', '1 % new, 1 % gone, 5 % changed', `${large.delta.seconds.toFixed(2)} s (${large.delta.counts})`, `own first import ${large.first.seconds.toFixed(1)} s`, `${(large.delta.seconds / large.first.seconds).toFixed(2)}×`, '≤ 0.10×'],
  ['P-12', `one member of a group of ${(people / 2).toLocaleString('en')}`, `${large.member.seconds.toFixed(2)} s (${large.member.counts})`, `nothing changed ${large.still.seconds.toFixed(2)} s, one person ${large.person.seconds.toFixed(2)} s`, `+${Math.round((large.member.seconds - large.still.seconds) * 1_000)} ms, +${Math.round((large.member.seconds - large.person.seconds) * 1_000)} ms`, '≤ +200 ms'],
  ['', 'peak memory of the process', `${Math.max(...Object.values(large).flatMap((one) => (typeof one === 'number' ? [] : [one.megabytes]))).toFixed(0)} MB`, `with ${small.people.toLocaleString('en')} people ${Math.max(small.first.megabytes, small.again.megabytes).toFixed(0)} MB`, '', '≤ 300 MB'],
  ['', `growth from ${small.people.toLocaleString('en')}: people per second, first import · unchanged`, `${perSecond(people, large.first.seconds)} · ${perSecond(people, large.again.seconds)}`, `${perSecond(small.people, small.first.seconds)} · ${perSecond(small.people, small.again.seconds)}`, `${(people / large.first.seconds / (small.people / small.first.seconds)).toFixed(2)}× · ${(people / large.again.seconds / (small.people / small.again.seconds)).toFixed(2)}×`, ''],
]
console.log(`Directories: OpenLDAP with ${people.toLocaleString('en')} people and ${Math.ceil(people / 100).toLocaleString('en')} groups, one of them of half; ${describeMachine()}; each sync a process of its own, SQLite.\n
|  | Measure | Doorward | Beside it | Ratio | Must |
| --- | --- | --- | --- | --- | --- |
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}`)

async function measure(count: number, withChanges: boolean): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-bench-directory-'))
  const names = Array.from({ length: count }, (_, number) => `user${String(number).padStart(6, '0')}`)
  const groups = Array.from({ length: Math.ceil(count / 100) }, (_, number) => ({ cn: `team${number}`, members: number === 0 ? names.slice(0, count / 2) : names.slice(number * 100, number * 100 + 100) }))
  say(`filling a directory with ${count} people`)
  const slapd = await startSlapd({ people: count, groups })
  try {
    const environment = {
      DOORWARD_DATA_DIR: folder, DOORWARD_DATABASE_URL: '', DOORWARD_PUBLIC_URL: 'http://localhost:8080', DOORWARD_LOG_LEVEL: 'warn', DOORWARD_OUTBOUND_ALLOW: '127.0.0.0/8,::1,localhost',
    }
    await prepare(environment, slapd)
    const times: number[] = []
    for (let round = 0; round < 3; round++) times.push(await ldapsearch(slapd, folder))
    say('first import')
    const first = await sync(environment, '--full')
    const between = await ldapsearch(slapd, folder)
    say('unchanged')
    const again = await sync(environment, '--full')
    const still = await sync(environment)
    let [delta, person, member] = [still, still, still]
    if (withChanges) {
      say('1 % new, 1 % gone, 5 % changed')
      const [few, some] = [count / 100, count / 20]
      for (let number = 0; number < few; number++) {
        const uid = `newer${number}`
        await slapd.add(personDn(uid), { objectClass: 'inetOrgPerson', uid, cn: uid, givenName: 'New', sn: `Comer${number}`, mail: `${uid}@example.test` })
        await slapd.remove(personDn(names[count - 1 - number] ?? ''))
      }
      for (let number = 0; number < some; number++) await slapd.modify(personDn(names[count / 2 + number] ?? ''), { title: 'Engineer' })
      delta = await sync(environment)
      say('one person')
      await slapd.modify(personDn(names[8] ?? ''), { title: 'Engineer' })
      person = await sync(environment)
      say('one member')
      await slapd.removeValues(groupDn('team0'), 'member', personDn(names[7] ?? ''))
      member = await sync(environment)
    }
    times.push(between, await ldapsearch(slapd, folder))
    return { people: count, search: times.toSorted((a, b) => a - b)[2] ?? NaN, first, again, still, delta, person, member }
  } finally {
    await slapd.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function prepare(environment: Readonly<Record<string, string>>, slapd: Slapd): Promise<void> {
  const { config, problems } = readConfig('', environment)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  await migrate(databaseLocation(config), migrations)
  const foundation = await openFoundation(config, createLog('warn'))
  try {
    await foundation.storage.write(async (tx) => {
      const organization = await foundation.organizations.create(tx, { name: 'Analytical Engines', kind: 'business' })
      await createDirectoryStore(foundation).create(tx, organization.id, {
        name: 'Headquarters', kind: 'openldap', enabled: true, secret: slapd.reader.password,
        settings: settingsOf('openldap', { servers: [{ url: slapd.ldapsUrl }], ca: slapd.ca, bind: { name: slapd.reader.dn }, base: slapd.base, groups: { mode: 'all' }, guard: { percent: 50, people: 1_000_000 } }),
      })
    })
  } finally {
    await foundation.close()
  }
}

/** The same entries and attributes, as fast as the tool of OpenLDAP itself gets them. */
async function ldapsearch(slapd: Slapd, folder: string): Promise<number> {
  const ca = join(folder, 'ca.pem') // by address: the tool turns "localhost" into the machine's own name, which the certificate has not
  writeFileSync(ca, slapd.ca)
  const attributes = Object.values(settingsOf('openldap', { servers: [{ url: slapd.ldapsUrl }], base: slapd.base }).mapping).flat()
  const begun = performance.now()
  for (const [filter, wanted] of [['(objectClass=inetOrgPerson)', ['entryUUID', 'pwdAccountLockedTime', ...new Set(attributes)]], ['(objectClass=groupOfNames)', ['entryUUID', 'cn', 'description', 'member']]] as const) {
    const child = spawn('ldapsearch', ['-LLL', '-x', '-o', 'ldif-wrap=no', '-H', `ldaps://127.0.0.1:${slapd.ldapsPort}`, '-D', slapd.reader.dn, '-w', slapd.reader.password, '-b', slapd.base, '-E', 'pr=1000/noprompt', filter, ...wanted], {
      env: { ...process.env, LDAPTLS_CACERT: ca }, stdio: ['ignore', 'ignore', 'inherit'],
    })
    const code = await new Promise<number | null>((resolve) => { child.on('close', resolve) })
    if (code !== 0) throw new Error(`ldapsearch ended with ${code}`)
  }
  return (performance.now() - begun) / 1_000
}

async function sync(environment: Readonly<Record<string, string>>, ...more: string[]): Promise<Ran> {
  const child = spawn(process.execPath, [...command, 'directory', 'sync', 'Headquarters', ...more], { cwd: root, env: { ...process.env, ...environment }, stdio: ['ignore', 'ignore', 'pipe'] })
  let told = ''
  let megabytes = 0
  child.stderr.on('data', (part: Buffer) => { told += part.toString() })
  const watch = setInterval(() => {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(tryRead(`/proc/${child.pid}/status`)) ?? []
    megabytes = Math.max(megabytes, Number(kilobytes ?? 0) / 1_024)
  }, 50)
  const code = await new Promise<number | null>((resolve) => { child.on('close', resolve) })
  clearInterval(watch)
  if (code !== 0) throw new Error(`directory sync ended with ${code}: ${told}`)
  return { ...await newestRun(environment), megabytes }
}

async function newestRun(environment: Readonly<Record<string, string>>): Promise<{ seconds: number; counts: string }> {
  const foundation = await openFoundation(readConfig('', environment).config, createLog('warn'))
  try {
    const row = await foundation.storage.read.one<{ started_at: number; finished_at: number; counts: string }>(`SELECT started_at, finished_at, counts FROM directory_runs WHERE state = 'done' ORDER BY started_at DESC LIMIT 1`)
    if (!row) throw new Error('no run has ended well')
    return { seconds: (row.finished_at - row.started_at) / 1_000, counts: Object.entries(JSON.parse(row.counts) as Record<string, number>).map(([kind, count]) => `${kind} ${count}`).join(', ') }
  } finally {
    await foundation.close()
  }
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
