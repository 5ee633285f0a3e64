import { atLeast, type Assurance } from '../../authentication/index.ts'
import { atEvenPace } from '../../authentication/signin/index.ts'
import { networkOf, type Limit, type Throttle } from '../../authentication/throttle/index.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import { readBody, type Context, type Middleware } from '../../http/index.ts'
import type { UserId } from '../../storage/index.ts'
import { attributesOf, createMicrosoftRules, factsOf, type FederatedDomain, type Participants, type Answered } from '../exchange/index.ts'
import { createTurns, decodeDocument, XmlRefused, type XmlReader } from '../xml/index.ts'
import { trustEndpoint, writeMex } from './mex.ts'
import { authenticationMethods, type TrustVersion } from './names.ts'
import type { WsFedNeeds } from './needs.ts'
import { ofDomain, type Realm } from './realm.ts'
import { subjectOf } from './sign-on.ts'
import { issueToken } from './token.ts'
import { writeFault, writeTrustAnswer, type TrustFault } from './trust-answer.ts'
import { readTrustRequest, type TrustRequest } from './trust-request.ts'

export interface TrustNeeds extends WsFedNeeds {
  readonly reader: XmlReader
  readonly throttle: Throttle
  readonly limits: { readonly triesPerAccount: Limit; readonly triesPerAddress: Limit }
  readonly once: (name: string, lifetimeSeconds: number) => Promise<boolean>
  /** Asks whoever keeps the person's password: a directory, or this server. */
  readonly verifyPassword: (userId: UserId, password: string) => Promise<'right' | 'wrong' | 'unavailable' | 'none'>
}

const bodyBytes = 64 * 1024
const replaySeconds = 900
const endpoints = /^\/adfs\/services\/trust\/(?<version>13|2005)\/usernamemixed$/
const mexPath = '/adfs/services/trust/mex'

/**
 * WS-Trust "usernamemixed": clients without a browser trade a password for a token (microsoft365 §2.6, §2.7). It is a password
 * oracle by nature, so it is there only where an administrator has switched it on for a domain, and counts every try first.
 */
export function createTrust(needs: TrustNeeds, participants: Participants<Answered>): Middleware {
  const microsoftRules = createMicrosoftRules({ ...needs, participants })
  const inTurn = createTurns()

  /** Why there is no token; the client hears only that there is none. */
  type Judged = { readonly realm: Realm; readonly userId: UserId; readonly identity: { readonly upn: string; readonly immutableId: string } } | { readonly refused: string; readonly domain?: FederatedDomain; readonly userId?: UserId; readonly fault?: TrustFault }

  async function judge(request: TrustRequest): Promise<Judged> {
    const domain = await needs.domains.findByDomain(request.username)
    const realm = domain && ofDomain(domain)
    if (!domain || !realm || !domain.wsTrust) return { refused: 'no domain takes passwords for this name' }
    if (request.appliesTo !== realm.name && request.appliesTo !== `${domain.loginHost}/extSTS.srf`) return { refused: 'the token would be for somebody else', domain, fault: 'InvalidRequest' }
    const userId = await needs.domains.findByUpn(domain.organizationId, request.username)
    if (userId === undefined) return { refused: 'nobody has this sign-in name', domain }
    const identity = await microsoftRules.identity(domain, userId)
    if ('problem' in identity) return { refused: identity.problem, domain, userId }
    // An empty password is taken for no password by some directories, which then let anybody in (SEC-64).
    if (request.password === '') return { refused: 'the password is empty', domain, userId }
    const verdict = await needs.verifyPassword(userId, request.password)
    if (verdict !== 'right') return { refused: `password: ${verdict}`, domain, userId, ...(verdict === 'unavailable' ? { fault: 'RequestFailed' as const } : {}) }
    const person = await needs.person(userId)
    if (person?.status !== 'active' || !(await needs.mayUse(realm.application.id, userId))) return { refused: 'the person may not use this application', domain, userId }
    // Nobody can be asked for a second factor here (microsoft365 §2.7).
    const required = domain.alwaysMfa ? 'urn:doorward:acr:multi' : realm.requiredAssurance
    if (required !== null && !atLeast('urn:doorward:acr:code' satisfies Assurance, required as Assurance)) return { refused: 'more than a password is required', domain, userId }
    return { realm, userId, identity }
  }

  async function answer(ctx: Context, version: TrustVersion): Promise<void> {
    const now = needs.clock.now()
    const fail = (fault: TrustFault): void => { reply(ctx, 500, writeFault(fault, version)) }
    let request: ReturnType<typeof readTrustRequest>
    try {
      const text = decodeDocument(await readBody(ctx.req, bodyBytes))
      // What is no request of ours is not counted below, and must not fill the thread that the messages of all others wait for.
      const envelope = await inTurn(networkOf(ctx.state.request.ip), () => needs.reader.read(text))
      request = readTrustRequest(envelope, version, trustEndpoint(needs.publicUrl, version), now)
    } catch (error) {
      if (!(error instanceof XmlRefused)) throw error
      request = { problem: `${error.fault}: ${error.message}` }
    }
    if ('problem' in request) {
      ctx.state.log.info('a request of WS-Trust was refused', { reason: request.problem })
      return fail('InvalidRequest')
    }
    const trust = request
    // Counted before anything is looked at, on the same counters as every other try of this person (SEC-55).
    await needs.throttle.admit(needs.limits.triesPerAddress, networkOf(ctx.state.request.ip))
    await needs.throttle.admit(needs.limits.triesPerAccount, (await userOf(trust.username)) ?? trust.username.toLowerCase())
    if (!(await needs.once(`trust ${trust.messageId}`, replaySeconds))) return fail('InvalidRequest')
    await atEvenPace(async () => {
      const judged = await judge(trust)
      if ('refused' in judged) {
        if (judged.domain) await record(ctx, judged.domain, judged.userId ?? null, { action: 'application.refused', outcome: 'failure', details: { protocol: 'wstrust', reason: judged.refused } })
        else ctx.state.log.info('a request of WS-Trust was refused', { reason: judged.refused })
        return fail(judged.fault ?? 'FailedAuthentication')
      }
      const { realm, userId, identity } = judged
      const person = await needs.person(userId)
      const subject = person && subjectOf(realm, factsOf(person, identity))
      if (!person || subject === undefined || !realm.microsoft) return fail('FailedAuthentication')
      const { signer } = await needs.keys.certificates(realm.keyPurpose)
      const token = issueToken(realm, { subject, attributes: attributesOf(realm.settings.attributes, factsOf(person, identity)).attributes, method: authenticationMethods.password, authenticatedAt: now }, signer, now)
      await record(ctx, realm.microsoft, userId, { action: 'application.opened', outcome: 'success', details: { protocol: 'wstrust', issued: token.assertionId, method: authenticationMethods.password } }, person.email)
      reply(ctx, 200, writeTrustAnswer(realm, token, version, trust.messageId, now))
    })
  }

  const userOf = async (username: string): Promise<UserId | undefined> => {
    const domain = await needs.domains.findByDomain(username)
    return domain && needs.domains.findByUpn(domain.organizationId, username)
  }

  function record(ctx: Context, domain: FederatedDomain, userId: UserId | null, event: Pick<Parameters<WsFedNeeds['record']>[2], 'action' | 'outcome' | 'details'>, userName?: string): Promise<void> {
    return needs.storage.write(async (tx) => {
      // The try that was right was not a try of somebody else (SEC-56).
      if (event.outcome === 'success' && userId !== null) await needs.throttle.refund(tx, needs.limits.triesPerAccount, userId)
      await needs.record(tx, ctx, { ...event, organizationId: domain.organizationId, userId, ...(userName === undefined ? {} : { userName }), application: { id: domain.applicationId, name: domain.applicationName } })
    })
  }

  return async (ctx, next) => {
    const match = endpoints.exec(ctx.path)
    if (!match && ctx.path !== mexPath) return next()
    if (!(await needs.domains.anyTrusts())) throw new NotFound()
    if (!match) {
      ctx.set('Content-Type', 'text/xml; charset=utf-8')
      ctx.body = writeMex(needs.publicUrl)
      return
    }
    if (ctx.method !== 'POST') throw new InvalidRequest('application_request', 'WS-Trust is asked by POST')
    return answer(ctx, match.groups?.['version'] === '2005' ? '2005' : '13')
  }
}

function reply(ctx: Context, status: number, text: string): void {
  ctx.status = status
  ctx.set('Content-Type', 'application/soap+xml; charset=utf-8')
  ctx.set('Cache-Control', 'no-store')
  ctx.body = text
}
