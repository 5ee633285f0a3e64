import { deflateRawSync } from 'node:zlib'
import type { SecurityKey } from '../support/security-key.ts'
import { cpuMilliseconds, type Peer } from './machine.ts'
import type { Ceiling } from './peers/ceilings.ts'
import { intranet, wiki } from './seed.ts'
import { authorize, newVerifier, redeem, requestTokens, signIn, Visitor, type Application, type Endpoints } from './visitor.ts'
import { headerOf, Wire } from './wire.ts'

export interface Sample { readonly cpuMilliseconds: number; readonly perSecond: number }

/** Something that can be measured for a while, again and again. */
export interface Contestant {
  readonly name: string
  sample(seconds: number): Promise<Sample>
}

/** What one of the parallel askers does. With `gather` a sample first collects, unmeasured, what is then used up. */
interface Work {
  readonly operate: () => Promise<boolean>
  readonly gather?: () => Promise<void>
}

/** A server with the applications and people of this benchmark. */
export interface Party { readonly peer: Peer; readonly port: number; readonly endpoints: Endpoints; readonly web: Application; readonly service: Application; readonly keys: readonly SecurityKey[] }

function contestant(name: string, { peer, port }: Pick<Party, 'peer' | 'port'>, parallel: number, prepare: (wire: Wire, index: number) => Promise<Work> | Work): Contestant {
  let works: Work[] | undefined
  return {
    name,
    async sample(seconds) {
      works ??= await Promise.all(Array.from({ length: parallel }, async (_, index) => prepare(new Wire(port), index)))
      const gathers = works.flatMap(({ gather }) => gather ?? [])
      const gatherUntil = performance.now() + seconds * 500
      await Promise.all(gathers.map(async (gather) => { while (performance.now() < gatherUntil) await gather() }))
      const cpuBefore = cpuMilliseconds(peer.pid)
      const started = performance.now()
      const until = gathers.length > 0 ? Infinity : started + seconds * 1_000
      const counts = await Promise.all(works.map(async ({ operate }) => {
        let count = 0
        while (performance.now() < until && (await operate())) count++
        return count
      }))
      const operations = counts.reduce((sum, count) => sum + count, 0)
      return { cpuMilliseconds: (cpuMilliseconds(peer.pid) - cpuBefore) / operations, perSecond: operations / ((performance.now() - started) / 1_000) }
    },
  }
}

/** P-1: an access token for a machine. */
export function clientCredentials(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, (wire) => ({
    async operate() {
      await requestTokens(wire, party.endpoints, party.service, { grant_type: 'client_credentials' })
      return true
    },
  }))
}

/** P-3: someone who is signed in opens an application: authorize and token. */
export function codeFlow(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, async (wire, index) => {
    const visitor = await signIn(wire, party.endpoints, party.web, keyOf(party, index))
    return {
      async operate() {
        const { code, verifier } = await askForCode(visitor, party)
        await redeem(wire, party.endpoints, party.web, code, verifier)
        return true
      },
    }
  })
}

/** P-2: only the token request of that flow. */
export function codeRedemption(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, async (wire, index) => {
    const visitor = await signIn(wire, party.endpoints, party.web, keyOf(party, index))
    const gathered: { code: string; verifier: string }[] = []
    return {
      async gather() { gathered.push(await askForCode(visitor, party)) },
      async operate() {
        const next = gathered.pop()
        if (!next) return false
        await redeem(wire, party.endpoints, party.web, next.code, next.verifier)
        return true
      },
    }
  })
}

/** P-4: an application keeps someone signed in; each refresh token is used once. */
export function refresh(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, async (wire, index) => {
    const visitor = await signIn(wire, party.endpoints, party.web, keyOf(party, index))
    const verifier = newVerifier()
    const application = { ...party.web, scope: `${party.web.scope} offline_access` }
    const shown = await authorize(visitor, party.endpoints, application, verifier, { prompt: 'consent' })
    const code = shown.code ?? (await agree(visitor, shown.path))
    let token = (await redeem(wire, party.endpoints, application, code, verifier)).refresh_token
    return {
      async operate() {
        if (token === undefined) throw new Error(`${name}: no refresh token was issued`)
        const before: string = token
        token = (await requestTokens(wire, party.endpoints, party.web, { grant_type: 'refresh_token', refresh_token: before })).refresh_token
        if (token === before) throw new Error(`${name}: the refresh token did not rotate`)
        return true
      },
    }
  })
}

/** P-6: somebody who is signed in opens a SAML application, by Redirect. */
export function samlSignOn(name: string, party: Party, parallel: number): Contestant {
  let count = 0
  return contestant(name, party, parallel, async (wire, index) => {
    const visitor = await signIn(wire, party.endpoints, party.web, keyOf(party, index))
    return {
      async operate() {
        const request = `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_${index}x${++count}" Version="2.0" IssueInstant="${new Date().toISOString()}"><Issuer xmlns="urn:oasis:names:tc:SAML:2.0:assertion">${wiki.entityId}</Issuer></samlp:AuthnRequest>`
        const { status, body } = await visitor.get(`/saml/sso?SAMLRequest=${encodeURIComponent(deflateRawSync(request).toString('base64'))}`)
        if (status !== 200 || !body.includes('name="SAMLResponse"')) throw new Error(`/saml/sso answered ${status}: ${body.toString().slice(0, 400)}`)
        return true
      },
    }
  })
}

/** P-6: the same over WS-Federation. */
export function wsFedSignOn(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, async (wire, index) => {
    const visitor = await signIn(wire, party.endpoints, party.web, keyOf(party, index))
    return {
      async operate() {
        const { status, body } = await visitor.get(`/wsfed?wa=wsignin1.0&wtrealm=${encodeURIComponent(intranet.realm)}&wctx=x`)
        if (status !== 200 || !body.includes('name="wresult"')) throw new Error(`/wsfed answered ${status}: ${body.toString().slice(0, 400)}`)
        return true
      },
    }
  })
}

/** P-7: from an application's question to its code, with a new browser and a touch of the key. */
export function passkeyJourney(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, (wire, index) => ({
    async operate() {
      await signIn(wire, party.endpoints, party.web, keyOf(party, index))
      return true
    },
  }))
}

/** P-8: the sign-in page, as a reload by a browser that was sent there. */
export function signInPage(name: string, party: Party, parallel: number): Contestant {
  return contestant(name, party, parallel, async (wire) => {
    const visitor = new Visitor(wire)
    const { path } = await authorize(visitor, party.endpoints, party.web, newVerifier())
    return {
      async operate() {
        const { status } = await visitor.get(path)
        if (status !== 200) throw new Error(`${path} answered ${status}`)
        return true
      },
    }
  })
}

/** P-8: bytes that are the same for everyone. */
export function fixedAnswer(name: string, server: Pick<Party, 'peer' | 'port'>, parallel: number, path: string, type: string): Contestant {
  return contestant(name, server, parallel, (wire) => ({
    async operate() {
      const { status, head } = await wire.ask('GET', path, 'Accept: */*\r\nAccept-Encoding: gzip, deflate, br\r\n')
      if (status !== 200 || !headerOf(head, 'content-type')?.startsWith(type)) throw new Error(`${path} answered ${head}`)
      return true
    },
  }))
}

/** What one thing costs with nothing around it, in a process of its own. */
export function ceiling(name: Ceiling, peer: Peer): Contestant {
  return {
    name,
    async sample(seconds) {
      const cpuBefore = cpuMilliseconds(peer.pid)
      const started = performance.now()
      const { operations } = await new Promise<{ operations: number }>((resolve) => {
        peer.child.once('message', (message) => { resolve(message as { operations: number }) })
        peer.child.send({ ceiling: name, seconds })
      })
      return { cpuMilliseconds: (cpuMilliseconds(peer.pid) - cpuBefore) / operations, perSecond: operations / ((performance.now() - started) / 1_000) }
    },
  }
}

async function agree(visitor: Visitor, path: string): Promise<string> {
  const { away } = await visitor.follow(await visitor.post(`${path}/consent`, { decision: 'allow' }), path)
  const code = away?.searchParams.get('code')
  if (typeof code !== 'string') throw new Error(`consent at ${path} led nowhere`)
  return code
}

async function askForCode(visitor: Visitor, { endpoints, web }: Party): Promise<{ code: string; verifier: string }> {
  const verifier = newVerifier()
  const { code, path } = await authorize(visitor, endpoints, web, verifier)
  if (code === undefined) throw new Error(`a live session did not do: the journey stopped at ${path}`)
  return { code, verifier }
}

function keyOf({ keys }: Party, index: number): SecurityKey {
  const key = keys[index]
  if (!key) throw new Error(`there are fewer than ${index + 1} people with a key`)
  return key
}
