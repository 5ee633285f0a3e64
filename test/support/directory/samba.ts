import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { anAuthority } from './authority.ts'
import { openEditor, type DirectoryEditor } from './editor.ts'
import { ldif, type Attributes } from './ldif.ts'

const programs = ['/usr/sbin/samba', '/usr/bin/samba-tool', '/usr/bin/ldbadd']
const lock = join(tmpdir(), 'doorward-samba.lock')

/** Why Samba does not run here as a domain controller, or undefined when it can. */
export function sambaMissing(): string | undefined {
  if (!programs.every((path) => existsSync(path)) || !existsSync('/usr/share/samba/setup')) return 'Samba as a domain controller is not installed here'
  return process.getuid?.() === 0 ? undefined : 'Samba needs the ports below 1024, which only root may open'
}

export const sambaBase = 'DC=ad,DC=example,DC=test'
/** What everybody's password is unless a test says otherwise. */
export const sambaPassword = 'Correct-Horse-7'

export interface Samba extends DirectoryEditor {
  readonly ldapsUrl: string
  readonly url: string
  /** In PEM; the certificate is for localhost. */
  readonly ca: string
  readonly base: string
  readonly admin: { readonly name: string; readonly password: string }
  /** An ordinary account: it reads what everybody in the domain may read, and not what was deleted. */
  readonly reader: { readonly name: string; readonly password: string }
  /** Makes a person with a password; further attributes are added. */
  addPerson(name: string, attributes?: Attributes): Promise<string>
  /** Adds entries to the database itself, which is quicker than over LDAP; the server has to be stopped. */
  addOffline(entries: readonly { readonly dn: string; readonly attributes: Attributes }[]): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  /** Stops for good, and lets the next one in. */
  dispose(): Promise<void>
}

export function sambaPerson(name: string): string {
  return `CN=${name},CN=Users,${sambaBase}`
}

/**
 * A domain of its own on loopback. Its ports are fixed (389, 636), so there is one at a time on a machine, and whoever comes
 * second waits.
 */
export async function startSamba(): Promise<Samba> {
  await takeLock()
  const folder = mkdtempSync(join(tmpdir(), 'doorward-samba-'))
  const configuration = join(folder, 'etc/smb.conf')
  const admin = { name: 'Administrator@ad.example.test', password: 'Adm1n-Correct-Horse' }
  const options = { 'interfaces': 'lo', 'bind interfaces only': 'yes', 'server services': 'ldap', 'rpc server dynamic port range': '49152-49200' }
  const provisioned = await run('/usr/bin/samba-tool', ['domain', 'provision', `--targetdir=${folder}`, '--realm=AD.EXAMPLE.TEST', '--domain=ADEX', '--server-role=dc', '--dns-backend=NONE', '--host-name=dc1', '--host-ip=127.0.0.1', `--adminpass=${admin.password}`,
    '--use-rfc2307', ...Object.entries(options).map(([name, value]) => `--option=${name} = ${value}`)])
  if (provisioned !== undefined) throw new Error(`samba-tool failed: ${provisioned}`)
  const authority = await anAuthority()
  const { cert, key } = await authority.server(['localhost', '127.0.0.1'])
  for (const [name, content] of [['ca.pem', authority.cert], ['cert.pem', cert], ['key.pem', key]] as const) writeFileSync(join(folder, name), content, { mode: 0o600 })
  configure(configuration, folder)

  let child: ReturnType<typeof spawn> | undefined
  let output = ''
  const editor = openEditor({ url: 'ldaps://localhost:636', ca: authority.cert, name: admin.name, password: admin.password })
  const stop = async (): Promise<void> => {
    const running = child
    child = undefined
    await editor.close()
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return
    const closed = once(running, 'close')
    // A group of its own: the server and the processes it made.
    if (running.pid !== undefined) process.kill(-running.pid, 'SIGTERM')
    await closed
  }
  const start = async (): Promise<void> => {
    const started = spawn('/usr/sbin/samba', ['-s', configuration, '-i', '-M', 'single', '--no-process-group'], { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    for (const stream of [started.stdout, started.stderr]) stream.on('data', (part: Buffer) => { output += part.toString() })
    child = started
    for (let waited = 0; waited < 20_000; waited += 50) {
      if (started.exitCode !== null) break
      if (await listens(636)) return
      await new Promise((resolve) => { setTimeout(resolve, 50) })
    }
    throw new Error(`Samba does not answer: ${output}`)
  }
  const add = async (name: string, attributes: Attributes = {}): Promise<string> => {
    const dn = sambaPerson(name)
    await editor.add(dn, { objectClass: 'user', sAMAccountName: name, userPrincipalName: `${name}@ad.example.test`, mail: `${name}@example.test`, givenName: name, sn: 'Test', ...attributes, unicodePwd: Buffer.from(`"${sambaPassword}"`, 'utf16le'), userAccountControl: '512' })
    return dn
  }
  process.once('exit', () => { if (child?.pid !== undefined) { try { process.kill(-child.pid, 'SIGKILL') } catch { /* it has ended */ } } })
  await start()
  await add('reader', { description: 'reads for Doorward' })
  return {
    ...editor, url: 'ldap://localhost:389', ldapsUrl: 'ldaps://localhost:636', ca: authority.cert, base: sambaBase, admin, reader: { name: 'reader@ad.example.test', password: sambaPassword },
    addPerson: add, start, stop,
    async addOffline(entries) {
      const file = join(folder, 'more.ldif')
      writeFileSync(file, entries.map(({ dn, attributes }) => ldif(dn, attributes)).join(''))
      const failed = await run('/usr/bin/ldbadd', ['--nosync', '-H', join(folder, 'private/sam.ldb'), file])
      if (failed !== undefined) throw new Error(`ldbadd failed: ${failed}`)
    },
    async dispose() {
      await stop()
      rmSync(folder, { recursive: true, force: true })
      leave()
    },
  }
}

function configure(path: string, folder: string): void {
  for (const name of ['run', 'lock']) mkdirSync(join(folder, name), { recursive: true })
  const unwanted = /^\s*(?:passwd program|passwd chat|unix password sync|pam password|obey pam|panic action|log file|usershare|map to guest|lock directory|pid directory)\b/
  const lines = readFileSync(path, 'utf8').split('\n').filter((line) => !unwanted.test(line))
  const own = { 'tls enabled': 'yes', 'tls keyfile': join(folder, 'key.pem'), 'tls certfile': join(folder, 'cert.pem'), 'tls cafile': join(folder, 'ca.pem'), 'ldap server require strong auth': 'yes', 'pid directory': join(folder, 'run'), 'lock directory': join(folder, 'lock'), 'ncalrpc dir': join(folder, 'run/ncalrpc'), 'log file': join(folder, 'log'), 'log level': '1', 'nbt port': '0' }
  const at = lines.findIndex((line) => line.trim() === '[global]') + 1
  writeFileSync(path, [...lines.slice(0, at), ...Object.entries(own).map(([name, value]) => `\t${name} = ${value}`), ...lines.slice(at)].join('\n'))
}

/** One at a time; a lock whose owner is gone is nobody's. */
async function takeLock(): Promise<void> {
  for (let waited = 0; waited < 300_000; waited += 250) {
    try {
      const file = openSync(lock, 'wx')
      writeFileSync(file, String(process.pid))
      closeSync(file)
      process.once('exit', leave)
      return
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : '0')
    const isFresh = existsSync(lock) && Date.now() - statSync(lock).mtimeMs < 1_000
    if (!isFresh && !existsSync(`/proc/${owner}`)) rmSync(lock, { force: true })
    else await new Promise((resolve) => { setTimeout(resolve, 250) })
  }
  throw new Error('another Samba has been running for five minutes')
}

function leave(): void {
  if (existsSync(lock) && readFileSync(lock, 'utf8') === String(process.pid)) unlinkSync(lock)
}

/** Undefined when all went well; otherwise what the program said. */
async function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return promisify(execFile)(program, args, { maxBuffer: 64 * 1024 * 1024 }).then(() => undefined, (error: Error & { stderr?: string }) => `${error.message} ${error.stderr ?? ''}`)
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => { socket.destroy(); resolve(true) }).once('error', () => { resolve(false) })
  })
}
