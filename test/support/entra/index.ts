/**
 * A double of Microsoft Entra ID that refuses what Entra refuses: realm discovery, browser sign-in by SAML and WS-Federation,
 * the token endpoint, External MFA, and the parts of Graph that set a federation up.
 *
 * It shares no code with `src`, so that a mistake there is not repeated here: it has its own XML reader (xml.ts) and checks
 * signatures with xml-crypto, where the product writes them with node:crypto. The checks are lists of numbered steps, each with
 * the code it answers (aadsts.ts); each has a message in test/unit/entra that fails this step only.
 *
 * Files: tenant.ts, flows.ts and world.ts hold the state · server.ts, authority.ts, page.ts the wire · realm.ts, nexus.ts, start.ts,
 * signout.ts what Entra sends and publishes · login/ what it takes · external-mfa/ the second factor of others · tokens/ its token
 * endpoint and keys · graph/ Microsoft Graph.
 *
 * It is a model: which check of the real Entra gives which code is partly a guess, and its tolerance of clocks is not known. Left
 * out: WS-Trust as a client, polling of federation metadata, sign-in with passkeys and access passes, delta queries and SCIM.
 */
import { randomUUID } from 'node:crypto'
import { textOf, type Failure } from './aadsts.ts'
import { createAuthority, type Authority } from './authority.ts'
import { externalMfaRoutes } from './external-mfa/endpoint.ts'
import { createProviders, type Reach } from './external-mfa/provider.ts'
import { createFlows } from './flows.ts'
import { graphRoutes, type Switches } from './graph/endpoint.ts'
import { loginRoutes } from './login/endpoint.ts'
import { createPolicy } from './login/policy.ts'
import { createNexus, type Nexus } from './nexus.ts'
import { realmRoutes } from './realm.ts'
import { listen, wire, type Face, type Wire, type WireAnswer } from './server.ts'
import { createSignOut } from './signout.ts'
import { createStart } from './start.ts'
import { createDirectory, type Directory, type Tenant, type User } from './tenant.ts'
import { createAccessTokens } from './tokens/access-token.ts'
import { createDevices } from './tokens/devices.ts'
import { tokenRoutes } from './tokens/endpoint.ts'
import { createTokenKeys } from './tokens/keys.ts'
import type { Event, Evidence, Session, Urls, World } from './world.ts'

export { createSigningCertificate, type Authority, type SigningCertificate } from './authority.ts'
export { subjectKeyId } from './nexus.ts'
export { realm, multipleAuthentication, type Event, type Evidence, type Session, type Urls } from './world.ts'
export type { WireAnswer } from './server.ts'
export type { Variant } from './start.ts'
export type { HintFault } from './external-mfa/endpoint.ts'
export type { Reach } from './external-mfa/provider.ts'
export type { Application, ConditionalAccessPolicy, Domain, ExternalMethod, Federation, PasskeyPolicy, Tenant, User, UserPasskey } from './tenant.ts'

export interface EntraOptions {
  /** Milliseconds since 1970; certificates of TLS live by the machine's clock whatever this says. */
  clock?(): number
  /** Tolerance for the clocks of others. The real one is not documented. */
  readonly skewSeconds?: number
  /** `false` takes rsa-sha1 and sha1 digests as well. */
  readonly strictAlgorithms?: boolean
  /** Refuse signing certificates that have expired; whether Entra does is not known. */
  readonly checksCertificateValidity?: boolean
  readonly hosts?: Partial<Record<Face, string>>
  /** Puts the port into every URL, for clients that can map a name to an address but not to a port. */
  readonly portInUrls?: boolean
  /** Plain HTTP under `http://127.0.0.1:port` for all faces: for a client on this machine that cannot be given an authority. */
  readonly plain?: boolean
  /** How it reaches providers of External MFA. */
  readonly reach?: Reach
}

export interface Entra extends Pick<Directory, 'addTenant' | 'addDomain' | 'addUser' | 'addApplication' | 'addExternalMethod' | 'findUser' | 'findDomain'> {
  readonly urls: Urls
  readonly port: number
  /** The authority of its certificate; `issue()` makes one for the identity provider too, so that a browser needs to trust one. */
  readonly authority: Authority
  /** For Chromium's `--host-resolver-rules`. */
  readonly resolverRules: string
  /** The keys of signed requests, as in the metadata: the current one, then the next. */
  readonly nexus: Pick<Nexus, 'certificates' | 'sign'>
  /** Every sign-in that succeeded, with what the token proved. */
  readonly signIns: readonly Evidence[]
  readonly sessions: readonly Session[]
  readonly refusals: readonly Event[]
  /** Where Entra went on in another way: back to the identity provider, or to its own second factor. */
  readonly interruptions: readonly Event[]
  readonly lastRefusal: Event | undefined
  /** Every request with its answer, oldest first; no bodies. */
  readonly log: readonly { readonly method: string; readonly path: string; readonly status: number }[]
  /** Bad days of Graph, to be switched on. */
  readonly switches: Switches
  /** A token for Graph without the way to it: of an application with these permissions, or of a person with these scopes. */
  graphToken(tenant: Tenant, holder: { readonly permissions: readonly string[] } | { readonly upn: string; readonly scopes: readonly string[] }): Promise<string>
  /** Somebody types the code of a device and agrees; `scopes` and `roles` narrow or replace what the token carries. */
  approveDevice(userCode: string, approval: { readonly upn: string; readonly scopes?: readonly string[]; readonly roles?: readonly string[] }): void
  declineDevice(userCode: string): void
  /** Asks the simulator under one of its own URLs, over TLS; redirects are not followed. */
  ask(url: string, request?: Omit<Wire, 'ca' | 'port'>): Promise<WireAnswer>
  close(): Promise<void>
}

/** Starts the simulator on a free port of loopback; `close()` it. */
export async function createEntra({ clock = Date.now, skewSeconds = 300, strictAlgorithms = true, checksCertificateValidity = false, hosts: given = {}, portInUrls = false, plain = false, reach = {} }: EntraOptions = {}): Promise<Entra> {
  const hosts: Record<Face, string> = { login: 'login.entra.example', graph: 'graph.entra.example', nexus: 'nexus.entra.example', ...given }
  const authority = await createAuthority()
  const tls = await authority.issue(...new Set(Object.values(hosts)), '127.0.0.1')
  const [signIns, sessions, refusals, interruptions, log]: [Evidence[], Session[], Event[], Event[], { method: string; path: string; status: number }[]] = [[], [], [], [], []]
  const directory = createDirectory(clock)
  const eventOf = (failure: Failure): Event => ({ ...failure, at: clock(), text: textOf(failure.refusal) })
  const add = (list: Event[], failure: Failure): Event => {
    const event = eventOf(failure)
    list.push(event)
    return event
  }
  const listening = await listen(hosts, plain ? undefined : tls, (ask, answer) => { log.push({ method: ask.method, path: ask.path, status: answer.status }) })
  const originOf = (face: Face): string => (plain ? `http://127.0.0.1:${listening.port}` : `https://${hosts[face]}${portInUrls ? `:${listening.port}` : ''}`)
  const urls: Urls = { login: originOf('login'), graph: originOf('graph'), nexus: originOf('nexus'), loginSrf: `${originOf('login')}/login.srf`, externalAuthProvider: `${originOf('login')}/common/federation/externalauthprovider` }
  const world: World = {
    urls, directory, flows: createFlows(clock), now: clock, skewMilliseconds: skewSeconds * 1000, takesSha1: !strictAlgorithms, checksCertificateValidity, signIns, sessions,
    refused: (failure) => add(refusals, failure),
    interrupted: (failure) => add(interruptions, failure),
    openSession(user, evidence) {
      const session: Session = { id: randomUUID(), user, evidence, isOpen: true }
      sessions.push(session)
      signIns.push(evidence)
      return session
    },
  }
  const nexus = await createNexus(urls)
  const keys = await createTokenKeys(world)
  const tokens = createAccessTokens(world, keys)
  const devices = createDevices(clock)
  const switches: Switches = { stuckAfterMissingCertificate: false, throttleNext: 0, throttleSeconds: 3, loseNextAnswers: 0 }
  const personOf = (upn: string): User => {
    const tenant = directory.findTenant(directory.domainOfUpn(upn)?.tenantId ?? '')
    const user = tenant && directory.findUser(tenant, upn)
    if (!user) throw new Error(`no user ${upn}`)
    return user
  }
  const start = createStart(world, nexus)
  const signOut = createSignOut(world)
  const policy = createPolicy(world, start)
  listening.serve([
    ...realmRoutes(world), ...nexus.routes, ...start.routes, ...signOut.routes, ...policy.routes, ...loginRoutes(world, policy, signOut),
    ...externalMfaRoutes(world, keys, createProviders(world, reach, authority.cert)), ...keys.routes,
    ...tokenRoutes(world, tokens, devices), ...graphRoutes(world, tokens, switches),
  ])

  const { addTenant, addDomain, addUser, addApplication, addExternalMethod, findUser, findDomain } = directory
  return {
    addTenant, addDomain, addUser, addApplication, addExternalMethod, findUser, findDomain, urls, port: listening.port, authority, nexus, signIns, sessions, refusals, interruptions, log, switches,
    resolverRules: [...new Set(Object.values(hosts))].map((host) => `MAP ${host} 127.0.0.1:${listening.port}`).join(', '),
    get lastRefusal() { return refusals.at(-1) },
    graphToken: (tenant, holder) => ('permissions' in holder
      ? tokens.forApplication(tenant, { appId: randomUUID(), displayName: '', certificates: [], redirectUris: [], roles: [...holder.permissions], scopes: [], isPublicClient: false, isConsented: true })
      : tokens.forUser(tenant, personOf(holder.upn), randomUUID(), holder.scopes)),
    approveDevice: (userCode, { upn, ...approval }) => { devices.decide(userCode, { user: personOf(upn), ...approval }) },
    declineDevice: (userCode) => { devices.decide(userCode, 'declined') },
    ask: (url, request = {}) => wire(url, { ...request, ca: authority.cert, port: listening.port }),
    close: () => listening.close(),
  }
}
