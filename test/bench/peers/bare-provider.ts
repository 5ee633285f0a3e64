import { generateKeyPairSync, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { generateAuthenticationOptions, verifyAuthenticationResponse } from '@simplewebauthn/server'
import Handlebars from 'handlebars'
import { Provider, type Adapter, type AdapterPayload } from 'oidc-provider'

export interface BarePerson { readonly id: string; readonly credentialId: string; readonly publicKey: string }
export interface BareSettings { readonly port: number; readonly people: readonly BarePerson[]; readonly web: { clientId: string; secret: string; redirectUri: string }; readonly service: { clientId: string; secret: string } }

/**
 * What our libraries cost by themselves: oidc-provider with everything in memory, @simplewebauthn/server and one Handlebars
 * page, set up with the same applications. No storage that lasts, no audit log, no limits, no languages, no security headers.
 */
const settings = JSON.parse(process.argv[2] ?? '') as BareSettings
const issuer = `http://localhost:${settings.port}`
const people = new Map(settings.people.map((person) => [person.credentialId, person]))
const challenges = new Map<string, string>()

const provider = new Provider(issuer, {
  adapter: memory,
  jwks: { keys: [{ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] as never },
  clients: [
    {
      client_id: settings.web.clientId, client_secret: settings.web.secret, redirect_uris: [settings.web.redirectUri], response_types: ['code'], grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'ES256', require_auth_time: true,
    },
    { client_id: settings.service.clientId, client_secret: settings.service.secret, redirect_uris: [], response_types: [], grant_types: ['client_credentials'], token_endpoint_auth_method: 'client_secret_basic', id_token_signed_response_alg: 'ES256' },
  ],
  findAccount: (_ctx, sub) => ({ accountId: sub, claims: () => ({ sub, name: 'Ada Lovelace', email: 'ada@example.com', email_verified: true }) }),
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'], acr: null, amr: null, auth_time: null, sid: null, iss: null },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  async loadExistingGrant(ctx) {
    const { session, client, params } = ctx.oidc
    const known = client && session?.grantIdFor(client.clientId)
    if (known !== undefined) return provider.Grant.find(known)
    if (!session?.accountId || !client) return undefined
    const grant = new provider.Grant({ accountId: session.accountId, clientId: client.clientId })
    grant.addOIDCScope(String(params?.['scope']))
    await grant.save()
    return grant
  },
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  pkce: { required: () => true },
  responseTypes: ['code'],
  rotateRefreshToken: true,
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
  ttl: { AccessToken: 900, AuthorizationCode: 60, ClientCredentials: 900, Grant: 86_400, IdToken: 3_600, Interaction: 1_800, RefreshToken: 86_400, Session: 86_400 },
})

const page = Handlebars.compile(`<!doctype html>
<html lang="{{locale}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{title}} – {{organization}}</title><link rel="stylesheet" href="/app.css"></head>
<body><main><h1>{{title}}</h1><p>{{reason}} {{application}}</p>
<form method="post" action="/interaction/{{uid}}/passkey" data-options-url="/interaction/{{uid}}/passkey/options">
<input type="hidden" name="csrf" value="{{csrf}}"><input type="hidden" name="challenge_id" value=""><input type="hidden" name="response" value="">
<button type="submit">{{button}}</button>{{#each problems}}<p role="alert" data-error="{{kind}}" hidden>{{text}}</p>{{/each}}</form>
<p>{{#each links}}<a href="{{href}}">{{text}}</a> {{/each}}</p></main></body></html>
`)
const problems = ['cancelled', 'duplicate', 'unsupported', 'failed'].map((kind) => ({ kind, text: `That did not work (${kind}). Touch the key again, or take another one.` }))
const links = [{ href: '/other', text: 'Other ways to sign in' }, { href: '/signup', text: 'Make an account' }, { href: '?lang=de', text: 'Deutsch' }, { href: '?lang=fa', text: 'فارسی' }]

provider.use(async (ctx, next) => {
  const [, room, uid = '', ...rest] = ctx.path.split('/')
  if (room !== 'interaction') return next()
  const { params, prompt, grantId, uid: found } = await provider.interactionDetails(ctx.req, ctx.res)
  if (found !== uid) ctx.throw(404)
  if (prompt.name === 'consent') {
    const grant = grantId === undefined ? undefined : await provider.Grant.find(grantId)
    grant?.addOIDCScope(String(params['scope']))
    await grant?.save()
    return ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { consent: {} }))
  }
  if (ctx.method === 'GET') {
    ctx.type = 'html'
    ctx.body = page({ locale: 'en', title: 'Sign in', organization: 'Analytical Engines', reason: 'You were sent here by', application: params['client_id'], uid, csrf: uid, button: 'Sign in with a security key', problems, links })
    return
  }
  const form = new URLSearchParams(await textOf(ctx.req))
  if (rest.at(-1) === 'options') {
    const options = await generateAuthenticationOptions({ rpID: 'localhost', userVerification: 'required' })
    challenges.set(uid, options.challenge)
    ctx.body = { challengeId: uid, options }
    return
  }
  const response = JSON.parse(form.get('response') ?? '') as Parameters<typeof verifyAuthenticationResponse>[0]['response']
  const person = people.get(response.id)
  const challenge = challenges.get(uid)
  if (!person || challenge === undefined) return ctx.throw(400, 'unknown key')
  challenges.delete(uid)
  const { verified } = await verifyAuthenticationResponse({
    response, expectedChallenge: challenge, expectedOrigin: issuer, expectedRPID: 'localhost', requireUserVerification: true,
    credential: { id: person.credentialId, publicKey: new Uint8Array(Buffer.from(person.publicKey, 'base64url')), counter: 0 },
  })
  if (!verified) ctx.throw(400, 'wrong answer')
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: person.id, acr: 'phr', amr: ['hwk'] } }))
  ctx.status = 303
})
provider.listen(settings.port, '127.0.0.1')

/** The library's own store keeps all tokens of a grant in one list that it walks at each write; a peer should not suffer from that. */
function memory(kind: string): Adapter {
  const rows = new Map<string, AdapterPayload>()
  const uids = new Map<string, string>()
  return {
    async upsert(id, payload) {
      // Written last, kept longest: sessions and grants in use stay, finished journeys go.
      rows.delete(id)
      rows.set(id, payload)
      if (kind === 'Session' && payload.uid !== undefined) uids.set(payload.uid, id)
      const [oldest] = rows.size > 100_000 ? rows.keys() : []
      if (oldest !== undefined) rows.delete(oldest)
    },
    async find(id) { return rows.get(id) },
    async findByUid(uid) { return rows.get(uids.get(uid) ?? '') },
    async findByUserCode() { return undefined },
    async consume(id) {
      const payload = rows.get(id)
      if (payload) payload.consumed = Math.floor(Date.now() / 1_000)
    },
    async destroy(id) { rows.delete(id) },
    async revokeByGrantId() { throw new Error('nothing is revoked here') },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}
