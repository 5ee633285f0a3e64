import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../port.ts'
import { aCredential } from '../service-provider.ts'
import type { Daemon, PeerKind, PeerName, Place, Prepared } from './peer.ts'

const program = '/usr/sbin/apache2'
const modules = '/usr/lib/apache2/modules'

export interface RunningPeer {
  readonly name: PeerName
  readonly url: string
  readonly entityId: string
  /** Begins the sign-out that Doorward and everybody else hears of. */
  readonly logoutUrl: string
  /** What it says of itself, as it says it now. */
  metadata(): Promise<string>
  /** One of its pages past the browser, with these cookies and no others; redirects are not followed. */
  get(path: string, cookies: string): Promise<Page>
}

export interface Page { readonly status: number; readonly body: string }

export interface Peers {
  readonly running: readonly RunningPeer[]
  /** What everybody wrote down, for a test that fails. */
  logs(): string
  stop(): Promise<void>
}

/** Host names of all peers; each is a site of its own to a browser, as on the Internet. */
export const hostOf = (name: PeerName): string => `${name}.localhost`

/** Apache runs as somebody else when it is started by root, and must be able to write here. */
export function openFolder(path: string): void {
  mkdirSync(path, { recursive: true })
  chmodSync(path, 0o777)
}

/** One private Apache over https on loopback, with a virtual host for each peer. Debian's own configuration is not read. */
export async function startPeers(kinds: readonly PeerKind[], tls: { readonly cert: string; readonly key: string }, idp: { readonly entityId: string; readonly metadata: string }): Promise<Peers> {
  const folder = mkdtempSync(join(tmpdir(), 'doorward-peers-'))
  chmodSync(folder, 0o755)
  const metadataFile = join(folder, 'idp.xml')
  for (const [name, text] of Object.entries({ 'idp.xml': idp.metadata, 'tls.crt': tls.cert, 'tls.key': tls.key })) writeFileSync(join(folder, name), text)
  const peers = await Promise.all(kinds.map(async (kind) => {
    const place = await aPlace(folder, kind.name, { entityId: idp.entityId, metadataFile })
    return { kind, place, prepared: kind.prepare(place) }
  }))
  const configuration = join(folder, 'httpd.conf')
  writeFileSync(configuration, configure(folder, peers))
  const control = (action: string): void => {
    const { status, stderr } = spawnSync(program, ['-f', configuration, '-k', action], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`apache2 -k ${action} failed: ${stderr}${logs()}`)
  }
  const logs = (): string => ['error.log', ...peers.flatMap(({ prepared }) => prepared.logs)].map((file) => (file.startsWith('/') ? file : join(folder, file)))
    .flatMap((file) => (existsSync(file) ? [`--- ${file}`, readFileSync(file, 'utf8').split('\n').slice(-60).join('\n')] : [])).join('\n')

  const daemons: Daemon[] = []
  const stop = async (): Promise<void> => {
    if (existsSync(join(folder, 'httpd.pid'))) {
      control('stop')
      for (let waited = 0; existsSync(join(folder, 'httpd.pid')) && waited < 5_000; waited += 20) await new Promise((done) => { setTimeout(done, 20) })
    }
    await Promise.all(daemons.map((daemon) => daemon.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    for (const { prepared } of peers) if (prepared.start) daemons.push(await prepared.start())
    control('start')
    const running = peers.map(({ kind, place, prepared }): RunningPeer => ({
      name: kind.name, url: place.url, entityId: prepared.entityId, logoutUrl: place.url + prepared.logoutPath, get: (path, cookies) => read(place.url + path, tls.cert, cookies),
      async metadata() {
        const { status, body } = await read(place.url + prepared.metadataPath, tls.cert, '')
        if (status !== 200) throw new Error(`${kind.name} has no metadata: ${status} ${body.slice(0, 500)}`)
        return body
      },
    }))
    for (let waited = 0; running[0] && !(await running[0].metadata().then(() => true, () => false)); waited += 50) {
      if (waited > 5_000) throw new Error(`Apache does not answer: ${logs()}`)
      await new Promise((done) => { setTimeout(done, 50) })
    }
    return { running, logs, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function aPlace(folder: string, name: PeerName, idp: Place['idp']): Promise<Place> {
  const own = join(folder, name)
  openFolder(own)
  const { privateKey, certificate } = await aCredential()
  const [keyFile, certificateFile] = [join(own, 'sp.key'), join(own, 'sp.crt')]
  writeFileSync(keyFile, privateKey)
  writeFileSync(certificateFile, `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`)
  return { url: `https://${hostOf(name)}:${await freePort()}`, folder: own, keyFile, certificateFile, idp }
}

function configure(folder: string, peers: readonly { readonly kind: PeerKind; readonly place: Place; readonly prepared: Prepared }[]): string {
  const pages = join(folder, 'pages')
  for (const { kind: { name } } of peers) {
    mkdirSync(join(pages, name, 'secure'), { recursive: true })
    writeFileSync(join(pages, name, 'index.html'), `<!doctype html><title>${name}</title><p>Nobody in particular</p>`)
    writeFileSync(join(pages, name, 'secure/index.html'), `<!doctype html><title>${name}</title><p>Welcome to ${name}</p>`)
  }
  const usual = ['mpm_prefork', 'authn_core', 'authz_core', 'authz_user', 'alias', 'dir', 'env', 'mime', 'headers', 'socache_shmcb', 'ssl'].map((name) => `${name}_module ${modules}/mod_${name}.so`)
  return `
ServerRoot ${folder}
PidFile ${folder}/httpd.pid
Mutex file:${folder} default
ServerName localhost
ErrorLog ${folder}/error.log
LogLevel warn ssl:error
${process.getuid?.() === 0 ? 'User www-data\nGroup www-data' : ''}
${[...usual, ...peers.flatMap(({ prepared }) => prepared.modules)].map((line) => `LoadModule ${line}`).join('\n')}
TypesConfig /etc/mime.types
StartServers 2
MaxRequestWorkers 16
DirectoryIndex index.html index.php
SSLCertificateFile ${folder}/tls.crt
SSLCertificateKeyFile ${folder}/tls.key
${peers.map(({ prepared }) => prepared.server).join('\n')}
<Directory ${folder}>
  Require all granted
</Directory>
${peers.map(({ kind: { name }, place: { url }, prepared: { host } }) => `
Listen 127.0.0.1:${new URL(url).port}
<VirtualHost 127.0.0.1:${new URL(url).port}>
ServerName ${url}
SSLEngine on
DocumentRoot ${join(pages, name)}
${host}
</VirtualHost>`).join('\n')}
`
}

/** A page over https whose host is here, whatever its name is. */
function read(url: string, authority: string, cookies: string): Promise<Page> {
  const { hostname, port, pathname } = new URL(url)
  return new Promise((done, refuse) => {
    request({ host: '127.0.0.1', port, path: pathname, servername: hostname, ca: authority, agent: false, headers: { host: `${hostname}:${port}`, cookie: cookies } }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => { done({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }) })
    }).on('error', refuse).end()
  })
}
