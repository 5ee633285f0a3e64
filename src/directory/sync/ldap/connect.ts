import { connect as connectSocket, isIP, type LookupFunction, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectSecurely, createSecureContext, type PeerCertificate, type SecureContext, type SecureContextOptions } from 'node:tls'
import { BindRequest, ExtendedRequest } from 'ldapts'
import { OutboundRefused, type Locate } from '../../../http/outbound/index.ts'
import type { DirectorySettings } from '../settings.ts'
import { shorten, Trouble, troubleOf } from './trouble.ts'
import { askOnce, kinds, openWire, type Wire } from './wire.ts'

/** What reading a directory needs of the installation. */
export interface LdapNeeds {
  readonly locate: Locate
  /** Whom this installation trusts, in PEM, as one list that stays the same; a directory's own authority comes beside them. */
  readonly authorities: readonly string[]
  readonly connectMilliseconds?: number
  /** How long a server may say nothing while it answers. */
  readonly silenceMilliseconds?: number
}

/** A directory as described, with the secret that is sealed elsewhere: the bind password, or the key of the certificate. */
export interface LdapTarget {
  readonly settings: Pick<DirectorySettings, 'servers' | 'startTls' | 'ca' | 'serverName' | 'bind'>
  readonly secret: string
}

export interface ServerAddress { readonly url: string; readonly host: string; readonly port: number; readonly secure: boolean }

/** Hears how far each server was reached, and of those that were not. */
export interface Watch {
  step(step: 'name' | 'tcp' | 'tls' | 'bind', parameters: Readonly<Record<string, string>>): void
  failed(trouble: Trouble): void
}

/**
 * A bound connection to the first server that answers, in the order of the settings. A server that refuses the account has
 * answered: the next one would refuse it too, and count one more wrong password.
 *
 * @throws Trouble of the first server, when none answers.
 */
export async function connect(needs: LdapNeeds, target: LdapTarget, signal?: AbortSignal, watch?: Watch): Promise<Wire> {
  const { bind } = target.settings
  if (bind.method === 'simple') refuseEmpty(target.secret)
  let first: Trouble | undefined
  for (const { url } of target.settings.servers) {
    let wire: Wire
    try {
      wire = await reach(needs, target, url, signal, watch)
    } catch (error) {
      if (!(error instanceof Trouble)) throw error
      watch?.failed(error)
      first ??= error
      if (signal?.aborted === true) break
      continue
    }
    try {
      await authenticate(wire, bind.method === 'external' ? undefined : { name: bind.name, password: target.secret })
      watch?.step('bind', { name: bind.method === 'external' ? 'EXTERNAL' : bind.name })
      return wire
    } catch (error) {
      wire.close()
      if (!(error instanceof Trouble)) throw error
      watch?.failed(error)
      if (!isPassing(error)) throw error
      first ??= error
    }
  }
  throw first ?? new Trouble('address', { url: '' })
}

/** Whether another server, or the same one later, may well do better. */
function isPassing(trouble: Trouble): boolean {
  return ['busy', 'lost', 'silent', 'garbled'].includes(trouble.code)
}

/**
 * Proves who asks. The password of nobody is refused before anything is sent: a server takes a name without a password for
 * a visitor and says yes (RFC 4513 §5.1.2, SEC-64).
 */
export async function authenticate(wire: Wire, as: { readonly name: string; readonly password: string } | undefined): Promise<void> {
  if (as) refuseEmpty(as.password)
  const result = await askOnce(wire, kinds.bind, (messageId) => new BindRequest(as ? { messageId, dn: as.name, password: as.password } : { messageId, mechanism: 'EXTERNAL' }))
  if (result.status !== 0) throw troubleOf(result.status, result.message, { host: wire.host, name: as?.name ?? 'EXTERNAL' })
}

function refuseEmpty(password: string): void {
  if (password === '' || password.includes('\0')) throw new Trouble('password_empty')
}

/** An encrypted connection to one server whose certificate is for it; nobody has said yet who asks. */
export async function reach(needs: LdapNeeds, target: LdapTarget, url: string, outer?: AbortSignal, watch?: Watch): Promise<Wire> {
  const server = readAddress(url, target.settings.startTls)
  const { host } = server
  const milliseconds = needs.connectMilliseconds ?? 5_000
  const deadline = AbortSignal.timeout(milliseconds)
  const signal = outer ? AbortSignal.any([deadline, outer]) : deadline
  const context = secureContextOf(needs, target)
  let socket: Socket | undefined
  try {
    const addresses = await until(signal, needs.locate(host))
    watch?.step('name', { host, address: addresses.map(({ address }) => address).join(', ') })
    socket = await openSocket(server, addresses, signal)
    // Whoever uses it hears of its errors; between two users nobody does, and nobody must then be thrown at.
    socket.on('error', () => undefined)
    watch?.step('tcp', { host, port: String(server.port) })
    if (!server.secure) await startTls(socket, host, milliseconds, signal)
    const secured = await secure(socket, target.settings.serverName ?? host, context, signal)
    socket = secured
    watch?.step('tls', { host: target.settings.serverName ?? host, protocol: secured.getProtocol() ?? '' })
    secured.setNoDelay(true)
    return openWire(secured, host, { silenceMilliseconds: needs.silenceMilliseconds ?? 60_000, signal: outer })
  } catch (error) {
    socket?.destroy()
    if (error instanceof Trouble) throw error
    if (outer?.aborted === true) throw new Trouble('stopped', { host }, error)
    if (signal.aborted) throw new Trouble('timeout', { host, port: String(server.port), seconds: String(milliseconds / 1_000) }, error)
    throw describe(error, server, target.settings.serverName ?? host)
  }
}

/** @throws Trouble for an address that would be spoken to in the plain (SEC-62). */
export function readAddress(text: string, startTls: boolean): ServerAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const host = url?.hostname.replace(/^\[(.*)\]$/, '$1') ?? ''
  if (!url || host === '' || !['ldap:', 'ldaps:'].includes(url.protocol) || url.username !== '' || url.password !== '' || !['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') throw new Trouble('address', { url: shorten(text) })
  const secure = url.protocol === 'ldaps:'
  if (!secure && !startTls) throw new Trouble('plain', { url: shorten(text) })
  return { url: text, host: decodeURIComponent(host), port: url.port === '' ? (secure ? 636 : 389) : Number(url.port), secure }
}

/** Reading some hundred and fifty certificates takes 30 ms, so a context is kept for each own authority. */
const contexts = new WeakMap<readonly string[], Map<string, SecureContext>>()

function secureContextOf({ authorities }: LdapNeeds, { settings, secret }: LdapTarget): SecureContext {
  const { ca, bind } = settings
  if (ca !== null && !ca.includes('-----BEGIN CERTIFICATE-----')) throw new Trouble('own_authority')
  const options: SecureContextOptions = { ca: [...authorities, ...(ca === null ? [] : [ca])], minVersion: 'TLSv1.2' }
  const kept = contexts.get(authorities) ?? new Map<string, SecureContext>()
  const known = bind.method === 'external' ? undefined : kept.get(ca ?? '')
  if (known) return known
  try {
    if (bind.method === 'external') return createSecureContext({ ...options, cert: bind.certificate ?? '', key: secret })
    const context = createSecureContext(options)
    // Authorities come and go while somebody tries; only a few are in use.
    if (kept.size === 100) kept.clear()
    contexts.set(authorities, kept.set(ca ?? '', context))
    return context
  } catch (error) {
    throw new Trouble(bind.method === 'external' ? 'own_certificate' : 'own_authority', { detail: shorten((error as Error).message) }, error)
  }
}

function openSocket({ host, port }: ServerAddress, addresses: Awaited<ReturnType<Locate>>, signal: AbortSignal): Promise<Socket> {
  // The connection goes to the addresses that were checked, and to nothing newer.
  const lookup: LookupFunction = (_host, options, answer) => {
    if (options.all) answer(null, addresses.map((address) => ({ ...address })))
    else answer(null, addresses[0]?.address ?? '', addresses[0]?.family ?? 4)
  }
  return settle(connectSocket({ host, port, lookup }), 'connect', signal)
}

/** Asks for encryption on the plain connection; the answer must be all that came (a byte more could have been put in by anybody). */
async function startTls(socket: Socket, host: string, silenceMilliseconds: number, signal: AbortSignal): Promise<void> {
  const wire = openWire(socket, host, { silenceMilliseconds, signal })
  const result = await askOnce(wire, kinds.extended, (messageId) => new ExtendedRequest({ messageId, oid: '1.3.6.1.4.1.1466.20037' }))
  if (result.status !== 0) throw new Trouble('tls_not_offered', { host, message: shorten(result.message) })
  wire.release()
}

async function secure(socket: Socket, name: string, secureContext: SecureContext, signal: AbortSignal): Promise<ReturnType<typeof connectSecurely>> {
  return settle(connectSecurely({
    socket, secureContext, rejectUnauthorized: true,
    // An address is no server name (RFC 6066 §3); the certificate is checked against it all the same.
    ...(isIP(name) ? {} : { servername: name }),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  }), 'secureConnect', signal)
}

function settle<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const done = (act: () => void) => (): void => {
      socket.off('error', onError).off('close', onClose).off(event, onDone)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onError = (error: Error): void => { socket.on('error', () => undefined); done(() => { reject(error) })() }
    const onClose = done(() => { reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })) })
    const onAbort = done(() => { socket.on('error', () => undefined).destroy(); reject(signal.reason as Error) })
    const onDone = done(() => { resolve(socket) })
    socket.on('error', onError).on('close', onClose).on(event, onDone)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

function until<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => { reject(signal.reason as Error) }
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => { signal.removeEventListener('abort', stop) })
  })
}

const unknownAuthority = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'CERT_UNTRUSTED', 'INVALID_CA', 'CERT_SIGNATURE_FAILURE',
])

function describe(error: unknown, { host, port, url }: ServerAddress, name: string): Trouble {
  const { code = '', message } = error as NodeJS.ErrnoException
  const parameters = { host, port: String(port), url, name, detail: shorten(code === '' ? message : `${code}: ${message}`) }
  if (error instanceof OutboundRefused) return new Trouble(error.reason === 'address' ? 'address_refused' : 'name_not_found', { ...parameters, detail: error.message }, error)
  if (unknownAuthority.has(code)) return new Trouble('tls_authority', parameters, error)
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return new Trouble('tls_host', { ...parameters, names: namesOf(error) }, error)
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return new Trouble('tls_expired', { ...parameters, detail: code }, error)
  if (code === 'ECONNREFUSED') return new Trouble('refused', parameters, error)
  if (code === 'ETIMEDOUT') return new Trouble('timeout', { ...parameters, seconds: '5' }, error)
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO') return new Trouble('tls_failed', parameters, error)
  return new Trouble('unreachable', parameters, error)
}

/** What the certificate is for, as far as it says. */
function namesOf(error: unknown): string {
  const certificate = (error as { cert?: PeerCertificate }).cert
  return shorten((certificate?.subjectaltname ?? '').replaceAll(/DNS:|IP Address:/g, '') || '-')
}
