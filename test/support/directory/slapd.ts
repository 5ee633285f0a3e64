import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { freePort } from '../port.ts'
import { openEditor, type DirectoryEditor } from './editor.ts'
import { anAuthority, type Authority, type Credential } from './authority.ts'
import { ldif, type Attributes } from './ldif.ts'

const program = '/usr/sbin/slapd'
const loader = '/usr/sbin/slapadd'

/** Why OpenLDAP does not run here, or undefined when it can. */
export function slapdMissing(): string | undefined {
  return existsSync(program) && existsSync('/usr/lib/ldap/ppolicy.so') ? undefined : 'slapd is not installed here'
}

export const slapdBase = 'dc=example,dc=test'
/** What everybody's password is unless a test says otherwise. */
export const slapdPassword = 'Correct-Horse-7'

export interface SeedGroup {
  readonly cn: string
  /** `uid` of people and, as DNs, whatever else. */
  readonly members: readonly string[]
}

export interface SlapdSeed {
  /** So many of them, as user000000, user000001, …; or each with a `uid` and what else it has. */
  readonly people?: number | readonly (Attributes & { readonly uid: string })[]
  /** So many of them, each with the next people; or each with its members. */
  readonly groups?: number | readonly SeedGroup[]
  /** Members of each numbered group; everybody is in one when not given. */
  readonly groupSize?: number
  /** Entries beyond these, referrals for example. */
  readonly entries?: readonly { readonly dn: string; readonly attributes: Attributes }[]
  /** More lines for the database's part of slapd.conf. */
  readonly configuration?: string
  /** Whether it keeps a log of its last changes, from which it can tell what is gone; true when not given. */
  readonly sessionLog?: boolean
  /** Another certificate than one of the authority for localhost and 127.0.0.1. */
  readonly certificate?: (authority: Authority) => Promise<Credential>
}

export interface Slapd extends DirectoryEditor {
  /** `ldap://localhost:…`, which offers StartTLS and refuses everything else until then. */
  readonly url: string
  readonly ldapsUrl: string
  readonly port: number
  readonly ldapsPort: number
  /** The authority's certificate in PEM, and the authority itself, for more certificates. */
  readonly ca: string
  readonly authority: Authority
  readonly base: string
  readonly admin: { readonly dn: string; readonly password: string }
  /** The account that reads everything, and nothing else. A client certificate for `CN=sync` is this account too. */
  readonly reader: { readonly dn: string; readonly password: string }
  /** What slapd wrote to its standard error. */
  log(): string
  /** Ends at once, as by a power cut; `start` brings it back with the same data and ports. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export function personDn(uid: string): string {
  return `uid=${uid},ou=people,${slapdBase}`
}

export function groupDn(cn: string): string {
  return `cn=${cn},ou=groups,${slapdBase}`
}

/** OpenLDAP on two free ports of loopback, with syncprov, memberof, refint and ppolicy, and data loaded offline. */
export async function startSlapd(seed: SlapdSeed = {}): Promise<Slapd> {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-slapd-'))
  const authority = await anAuthority()
  const { cert, key } = await (seed.certificate?.(authority) ?? authority.server(['localhost', '127.0.0.1']))
  const [port, ldapsPort] = [await freePort(), await freePort()]
  const file = (name: string, content: string): string => { writeFileSync(join(folder, name), content, { mode: 0o600 }); return join(folder, name) }
  mkdirSync(join(folder, 'db'))
  const files = { ca: file('ca.pem', authority.cert), cert: file('cert.pem', cert), key: file('key.pem', key) }
  const configuration = file('slapd.conf', configure(folder, files, seed))
  const data = join(folder, 'seed.ldif')
  await writeSeed(data, seed)
  const loaded = spawnSync(loader, ['-q', '-f', configuration, '-b', slapdBase, '-l', data], { encoding: 'utf8' })
  if (loaded.status !== 0) throw new Error(`slapadd failed: ${loaded.stderr}`)
  rmSync(data)

  let child: ChildProcess | undefined
  let log = ''
  const admin = { dn: `cn=admin,${slapdBase}`, password: 'only-for-this-test' }
  const ldapsUrl = `ldaps://localhost:${ldapsPort}`
  const editor = openEditor({ url: ldapsUrl, ca: authority.cert, name: admin.dn, password: admin.password })
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child
    child = undefined
    await editor.close()
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const closed = once(running, 'close')
    running.kill(signal)
    await closed
  }
  const start = async (): Promise<void> => {
    // Any -d, even 0, keeps it in the foreground.
    const started = spawn(program, ['-d', '0', '-f', configuration, '-h', `ldap://127.0.0.1:${port} ldaps://127.0.0.1:${ldapsPort}`], { stdio: ['ignore', 'ignore', 'pipe'] })
    started.stderr.on('data', (part: Buffer) => { log += part.toString() })
    child = started
    for (let waited = 0; waited < 10_000; waited += 20) {
      if (started.exitCode !== null) break
      if (await answers(ldapsPort)) return
      await new Promise((resolve) => { setTimeout(resolve, 20) })
    }
    throw new Error(`slapd does not answer: ${log}`)
  }
  process.once('exit', () => { child?.kill('SIGKILL') })
  await start()
  return {
    ...editor, url: `ldap://localhost:${port}`, ldapsUrl, port, ldapsPort, ca: authority.cert, authority, base: slapdBase, admin,
    reader: { dn: `uid=sync,ou=service,${slapdBase}`, password: slapdPassword },
    log: () => log + (existsSync(join(folder, 'log')) ? readFileSync(join(folder, 'log'), 'utf8') : ''), start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configure(folder: string, files: { ca: string; cert: string; key: string }, { configuration: more = '', sessionLog = true }: SlapdSeed): string {
  return `
${['core', 'cosine', 'nis', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`).join('\n')}
modulepath /usr/lib/ldap
${['back_mdb', 'syncprov', 'memberof', 'refint', 'ppolicy'].map((name) => `moduleload ${name}.la`).join('\n')}
pidfile ${join(folder, 'slapd.pid')}
argsfile ${join(folder, 'slapd.args')}
sizelimit 500
TLSCACertificateFile ${files.ca}
TLSCertificateFile ${files.cert}
TLSCertificateKeyFile ${files.key}
TLSVerifyClient try
security simple_bind=128
authz-regexp "^cn=([^,]+)$" "uid=$1,ou=service,${slapdBase}"
database mdb
maxsize 4294967296
suffix "${slapdBase}"
rootdn "cn=admin,${slapdBase}"
rootpw only-for-this-test
directory ${join(folder, 'db')}
# Tests that kill it want to find everything again, but no disk is worth waiting for.
dbnosync
index objectClass,entryCSN,entryUUID,modifyTimestamp,member,memberOf eq
index uid,mail,cn eq,sub
access to attrs=userPassword by self write by anonymous auth by * none
access to * by dn.exact="uid=sync,ou=service,${slapdBase}" read by self read ${more.includes('access to *') ? 'by * break' : 'by * none'}
limits dn.exact="uid=sync,ou=service,${slapdBase}" size=unlimited time=unlimited
${more}
overlay memberof
memberof-group-oc groupOfNames
memberof-refint TRUE
overlay refint
refint_attributes member manager
overlay ppolicy
ppolicy_default "cn=default,ou=policies,${slapdBase}"
overlay syncprov
syncprov-checkpoint 100 10
${sessionLog ? 'syncprov-sessionlog 1000' : ''}
`
}

async function writeSeed(path: string, seed: SlapdSeed): Promise<void> {
  const out = createWriteStream(path)
  const write = async (dn: string, attributes: Attributes): Promise<void> => { if (!out.write(ldif(dn, attributes))) await once(out, 'drain') }
  const salt = Buffer.from('salt')
  const hashed = `{SSHA}${Buffer.concat([createHash('sha1').update(slapdPassword).update(salt).digest(), salt]).toString('base64')}`
  const people = typeof seed.people === 'number' || seed.people === undefined ? Array.from({ length: seed.people ?? 0 }, (_, number) => numbered(number)) : seed.people
  const groups = typeof seed.groups === 'number' || seed.groups === undefined ? share(people, seed.groups ?? 0, seed.groupSize) : seed.groups
  const memberOf = new Map<string, string[]>()
  for (const { cn, members } of groups) for (const member of members) memberOf.set(dnOf(member), [...(memberOf.get(dnOf(member)) ?? []), groupDn(cn)])
  const linked = (dn: string): Attributes => { const of = memberOf.get(dn); return of === undefined ? {} : { memberOf: of } }

  await write(slapdBase, { objectClass: ['dcObject', 'organization'], o: 'Example', dc: 'example' })
  for (const ou of ['people', 'groups', 'service', 'policies']) await write(`ou=${ou},${slapdBase}`, { objectClass: 'organizationalUnit', ou })
  await write(`cn=default,ou=policies,${slapdBase}`, { objectClass: ['device', 'pwdPolicy'], cn: 'default', pwdAttribute: 'userPassword', pwdLockout: 'TRUE', pwdMaxFailure: '0' })
  await write(`uid=sync,ou=service,${slapdBase}`, { objectClass: ['account', 'simpleSecurityObject'], uid: 'sync', userPassword: hashed })
  for (const person of people) {
    await write(personDn(person.uid), { objectClass: 'inetOrgPerson', cn: person.uid, sn: person.uid, userPassword: hashed, ...person, ...linked(personDn(person.uid)) })
  }
  for (const { cn, members } of groups) await write(groupDn(cn), { objectClass: 'groupOfNames', cn, member: members.length === 0 ? [slapdBase] : members.map(dnOf), ...linked(groupDn(cn)) })
  for (const { dn, attributes } of seed.entries ?? []) await write(dn, attributes)
  out.end()
  await once(out, 'close')
}

function numbered(number: number): Attributes & { uid: string } {
  const uid = `user${String(number).padStart(6, '0')}`
  return { uid, cn: `First${number} Last${number}`, givenName: `First${number}`, sn: `Last${number}`, mail: `${uid}@example.test`, telephoneNumber: `+1 555 ${String(number).padStart(7, '0')}`, employeeNumber: String(number) }
}

function share(people: readonly { uid: string }[], count: number, size = Math.ceil(people.length / Math.max(count, 1))): SeedGroup[] {
  return Array.from({ length: count }, (_, number) => ({
    cn: `team${String(number).padStart(4, '0')}`, members: Array.from({ length: Math.min(size, people.length) }, (_unused, at) => people[(number * size + at) % people.length]?.uid ?? ''),
  }))
}

function dnOf(member: string): string {
  return member.includes('=') ? member : personDn(member)
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => { socket.destroy(); resolve(true) }).once('error', () => { resolve(false) })
  })
}
