import { randomUUID } from 'node:crypto'
import { firstFailure, refusal, type Code, type Failure } from '../aadsts.ts'
import { known, namesMfa, type Message } from '../login/assertion.ts'
import { emptyMessage } from '../login/endpoint.ts'
import { samlAssertionChecks, type SamlMessage } from '../login/saml-checks.ts'
import { wsTrustAssertionChecks, type WsFedMessage } from '../login/wsfed-checks.ts'
import { json, type Answer, type Ask, type Route } from '../server.ts'
import type { Application, Tenant } from '../tenant.ts'
import type { World } from '../world.ts'
import { names, readXml } from '../xml.ts'
import { lifetimeSeconds, type AccessTokens } from './access-token.ts'
import { clientAssertionChecks } from './client-assertion.ts'
import { deviceLifetimeSeconds, pollIntervalSeconds, type Devices } from './devices.ts'

const grant = 'urn:ietf:params:oauth:grant-type:'
/** Scopes that ask for more than access and need no consent here. */
const ownScopes = ['openid', 'profile', 'email', 'offline_access']

/** `POST /{tenant}/oauth2/v2.0/token` and `…/devicecode`. */
export function tokenRoutes(world: World, tokens: AccessTokens, devices: Devices): Route[] {
  const usedIds = new Set<string>()

  const refuse = (error: string, failure: Failure): Answer => {
    const { text, refusal: { code } } = world.refused(failure)
    const [trace, correlation, timestamp] = [randomUUID(), randomUUID(), new Date(world.now()).toISOString().replace('T', ' ').replace(/\.\d+/, '')]
    return json(error === 'invalid_client' ? 401 : 400, {
      error, error_description: `${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`, error_codes: [code], timestamp, trace_id: trace, correlation_id: correlation,
    })
  }
  const refuseWith = (error: string, check: string, code: Code, detail: string): Answer => refuse(error, { check, refusal: refusal(code, detail) })

  const takers: Readonly<Record<string, (ask: Ask, tenant: Tenant | undefined) => Answer | Promise<Answer>>> = {
    client_credentials: takeClientCredentials,
    [`${grant}saml1_1-bearer`]: takeSaml11,
    [`${grant}saml2-bearer`]: takeSaml2,
    [`${grant}device_code`]: takeDeviceCode,
  }

  function answerToken(ask: Ask): Answer | Promise<Answer> {
    const path = ask.parts['tenant'] ?? ''
    const tenant = world.directory.tenantOfPath(path)
    if (!ask.isForm) return refuseWith('invalid_request', 'token', 90023, 'the body is not a form')
    if (!tenant && !['common', 'organizations'].includes(path)) return refuseWith('invalid_request', 'token', 90002, `tenant "${path}"`)
    const take = takers[ask.form.get('grant_type') ?? '']
    return take ? take(ask, tenant) : refuseWith('unsupported_grant_type', 'token', 700003, `grant_type is "${ask.form.get('grant_type') ?? ''}"`)
  }

  async function takeClientCredentials({ form, parts }: Ask, tenant: Tenant | undefined): Promise<Answer> {
    if (!tenant) return refuseWith('invalid_request', '7.5 tenant', 90002, 'a client without a user needs its tenant')
    const application = tenant.applications.find(({ appId }) => appId === form.get('client_id'))
    const audiences = [...new Set([tenant.id, parts['tenant'] ?? ''])].map((name) => `${world.urls.login}/${name}/oauth2/v2.0/token`)
    const failure = firstFailure(clientAssertionChecks, { form, application, audiences, usedIds, skewMilliseconds: world.skewMilliseconds, now: () => world.now(), header: {}, claims: {} })
    if (failure) return refuse(failure.refusal.code === 700016 ? 'unauthorized_client' : 'invalid_client', failure)
    if (form.get('scope') !== `${world.urls.graph}/.default`) return refuseWith('invalid_scope', '7.5 scope', 70011, `scope is "${form.get('scope') ?? ''}"`)
    return json(200, { token_type: 'Bearer', expires_in: lifetimeSeconds, ext_expires_in: lifetimeSeconds, access_token: await tokens.forApplication(tenant, known(application, 'application')) })
  }

  /** A client for whom somebody signs in; it keeps no secret. */
  function publicClient(form: URLSearchParams, tenant: Tenant | undefined): Application | Answer {
    const clientId = form.get('client_id') ?? ''
    const application = (tenant ? [tenant] : world.directory.tenants).flatMap(({ applications }) => applications).find(({ appId }) => appId === clientId)
    if (!application?.isConsented) return refuseWith('unauthorized_client', 'token', 700016, `client_id is "${clientId}"`)
    return application.isPublicClient ? application : refuseWith('invalid_client', 'token', 7000218, 'the application is not a public client')
  }

  /** Names without the address of Graph; a scope that nobody consented to is the answer of its refusal. */
  function scopesOf(form: URLSearchParams, application: Application): readonly string[] | Answer {
    const asked = (form.get('scope') ?? '').split(' ').filter((scope) => scope !== '').map((scope) => (scope.startsWith(`${world.urls.graph}/`) ? scope.slice(world.urls.graph.length + 1) : scope))
    const scopes = asked.includes('.default') ? application.scopes : asked.filter((scope) => !ownScopes.includes(scope))
    const stranger = scopes.find((scope) => !application.scopes.includes(scope))
    if (asked.length === 0) return refuseWith('invalid_request', 'token', 90014, 'scope')
    return stranger === undefined ? scopes : refuseWith('invalid_grant', 'token', 65001, `scope ${stranger}`)
  }

  /**
   * 7.3 #16: the encoding is part of the contract. For SAML 1.1 there are two: MSAL for .NET sends base64, MSAL for Python the form
   * for URLs without padding, and both work in production. What mixes them is neither.
   */
  function takeSaml11(ask: Ask, tenant: Tenant | undefined): Answer | Promise<Answer> {
    const assertion = ask.form.get('assertion') ?? ''
    if (!/^(?:(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?|[\w-]+)$/.test(assertion) || assertion === '') return refuseWith('invalid_grant', '7.3 #16', 700002, 'assertion')
    const message: WsFedMessage = { ...emptyMessage(world), ask, idAttribute: 'AssertionID', flow: undefined, statedAt: undefined, source: Buffer.from(assertion, 'base64').toString('utf8') }
    const reading = readXml(message.source)
    if (reading.outcome === 'malformed') return refuseWith('invalid_grant', '7.3 #16', 50008, reading.reason)
    if (reading.root.namespace !== names.saml1 || reading.root.name !== 'Assertion') return refuseWith('invalid_grant', '7.3 #16', 50008, `the root is ${reading.root.name}`)
    message.root = message.assertion = reading.root
    const failure = firstFailure(wsTrustAssertionChecks, message)
    return failure ? refuse('invalid_grant', failure) : tokenFor(ask, tenant, message, 'wsFed')
  }

  function takeSaml2(ask: Ask, tenant: Tenant | undefined): Answer | Promise<Answer> {
    const assertion = ask.form.get('assertion') ?? ''
    if (!/^[\w-]+={0,2}$/.test(assertion)) return refuseWith('invalid_grant', '7.3 #16', 7000020, 'assertion')
    const message: SamlMessage = {
      ...emptyMessage(world), ask, idAttribute: 'ID', flow: undefined, recipients: [world.urls.loginSrf, `${world.urls.login}${ask.path}`],
      source: Buffer.from(assertion, 'base64url').toString('utf8'),
    }
    const reading = readXml(message.source)
    if (reading.outcome === 'malformed') return refuseWith('invalid_grant', '7.3 #16', 50008, reading.reason)
    if (reading.root.namespace !== names.saml2 || reading.root.name !== 'Assertion') return refuseWith('invalid_grant', '7.3 #16', 7500514, `the root is ${reading.root.name}`)
    message.root = message.assertion = reading.root
    const failure = firstFailure(samlAssertionChecks, message)
    return failure ? refuse('invalid_grant', failure) : tokenFor(ask, tenant, message, 'saml')
  }

  async function tokenFor({ form }: Ask, asked: Tenant | undefined, message: Message, protocol: 'saml' | 'wsFed'): Promise<Answer> {
    const user = known(message.user, 'user')
    const tenant = known(world.directory.findTenant(user.tenantId), 'tenant')
    if (asked && asked !== tenant) return refuseWith('invalid_grant', 'token', 50020, `the user is of ${tenant.id}`)
    const client = publicClient(form, tenant)
    if ('status' in client) return client
    const scopes = scopesOf(form, client)
    if ('status' in scopes) return scopes
    const isEnough = namesMfa(message.methods, protocol) || !(tenant.policy.requireMfa || user.requiresMfa)
    if (!isEnough) return refuseWith('interaction_required', '7.2 #25', 50076, 'the assertion names no second factor')
    world.signIns.push({ upn: user.userPrincipalName, tenantId: tenant.id, protocol, methods: message.methods, authenticatedAt: message.authenticatedAt, mfaBy: namesMfa(message.methods, protocol) ? 'identity provider' : 'nobody' })
    return json(200, await userAnswer(tenant, user.id, client.appId, scopes))
  }

  async function userAnswer(tenant: Tenant, userId: string, appId: string, scopes: readonly string[], roles?: readonly string[]): Promise<Record<string, unknown>> {
    const user = known(world.directory.findUser(tenant, userId), 'user')
    return {
      token_type: 'Bearer', scope: scopes.map((scope) => `${world.urls.graph}/${scope}`).join(' '), expires_in: lifetimeSeconds, ext_expires_in: lifetimeSeconds,
      access_token: await tokens.forUser(tenant, user, appId, scopes, roles), id_token: await tokens.idToken(tenant, user, appId),
      client_info: Buffer.from(JSON.stringify({ uid: user.id, utid: tenant.id })).toString('base64url'),
    }
  }

  async function takeDeviceCode({ form }: Ask, tenant: Tenant | undefined): Promise<Answer> {
    const client = publicClient(form, tenant)
    if ('status' in client) return client
    const poll = devices.poll(form.get('device_code') ?? form.get('code') ?? '', client.appId)
    switch (poll.outcome) {
      case 'unknown': return refuseWith('bad_verification_code', 'device code', 70018, 'device_code')
      case 'pending': return refuseWith('authorization_pending', 'device code', 70016, 'poll again')
      case 'too fast': return refuseWith('slow_down', 'device code', 70016, `the interval is ${pollIntervalSeconds} seconds`)
      case 'expired': return refuseWith('expired_token', 'device code', 70019, 'begin again')
      case 'declined': return refuseWith('authorization_declined', 'device code', 70020, 'the user said no')
      case 'approved': {
        const { user, roles } = poll.approval
        const home = known(world.directory.findTenant(user.tenantId), 'tenant')
        if (tenant && tenant !== home) return refuseWith('invalid_grant', 'device code', 50020, `the user is of ${home.id}`)
        return json(200, await userAnswer(home, user.id, client.appId, poll.scopes, roles))
      }
    }
  }

  return [
    { face: 'login', method: 'POST', path: '/:tenant/oauth2/v2.0/token', answer: answerToken },
    {
      face: 'login', method: 'POST', path: '/:tenant/oauth2/v2.0/devicecode', answer: ({ form, parts }) => {
        const tenant = world.directory.tenantOfPath(parts['tenant'] ?? '')
        const client = publicClient(form, tenant)
        if ('status' in client) return client
        const scopes = scopesOf(form, client)
        if ('status' in scopes) return scopes
        const { deviceCode, userCode } = devices.begin({ tenant, clientId: client.appId, scopes })
        const verificationUri = `${world.urls.login}/devicelogin`
        return json(200, {
          device_code: deviceCode, user_code: userCode, verification_uri: verificationUri, expires_in: deviceLifetimeSeconds, interval: pollIntervalSeconds,
          message: `To sign in, use a web browser to open the page ${verificationUri} and enter the code ${userCode} to authenticate.`,
        })
      },
    },
  ]
}
