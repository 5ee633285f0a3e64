import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet, type JWTPayload } from 'jose'
import type { Connection, NewConnection } from '../../src/protocols/external-mfa/index.ts'
import type { TestApp } from './app.ts'
import type { Answer, Browser } from './browser.ts'
import type { EntraPerson, HintChange, SmallEntra } from './small-entra.ts'

/** What Entra asks for in its documentation's own example. */
export const usualClaims = JSON.stringify({ id_token: {
  acr: { essential: true, values: ['possessionorinherence'] },
  amr: { essential: true, values: ['face', 'fido', 'fpt', 'hwk', 'iris', 'otp', 'pop', 'retina', 'sc', 'sms', 'swk', 'tel', 'vbm'] },
} })

export async function connect(app: TestApp, entra: SmallEntra, change: Partial<NewConnection> = {}, organizationId = app.organization.id): Promise<Connection> {
  const { connections } = app.app.parts.externalMfa
  const id = await app.foundation.storage.write((tx) => connections.create(tx, organizationId, {
    name: 'Engines at Microsoft', cloud: 'custom', loginOrigin: entra.origin, tenantId: entra.tenantId, appId: entra.appId, linksAtSignIn: true, maxAgeSeconds: 0, ...change,
  }))
  const connection = await connections.byId(id)
  if (!connection) throw new Error('the connection is not there')
  return connection
}

let nonces = 0

/** The form that Entra makes the browser post, right in every point unless told otherwise. */
export async function questionOf(app: TestApp, entra: SmallEntra, connection: Connection, person: EntraPerson, change: { hint?: HintChange; fields?: Readonly<Record<string, string>> } = {}): Promise<Record<string, string>> {
  return {
    scope: 'openid', response_type: 'id_token', response_mode: 'form_post', client_id: connection.clientId, redirect_uri: entra.redirectUri, nonce: `nonce ${++nonces}`, state: `state/${nonces}+=`, claims: usualClaims,
    'client-request-id': '0f3c1a52-7d7e-4f45-9d3a-2f1f5b0f1c11', id_token_hint: await entra.hint(person, app.foundation.clock.now(), change.hint), ...change.fields,
  }
}

/** Posts from Entra's page: another site, so without our cookies. @returns our answer to it, not followed */
export async function postQuestion(app: TestApp, connection: Connection, fields: Readonly<Record<string, string | readonly string[]>>): Promise<Answer> {
  return app.browser().post(`/eam/${connection.id}/authorize`, { csrf: [], ...fields }, { follow: false, headers: { origin: 'https://login.microsoftonline.com', 'sec-fetch-site': 'cross-site' } })
}

/** What the page that hands over would post, by name; `action` is where to. */
export function handedOver(answer: Answer): { readonly action: string; readonly fields: Readonly<Record<string, string>> } {
  const plain = (text: string): string => text.replaceAll('&#x3D;', '=').replaceAll('&#x27;', '\'').replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&')
  const action = /<hand-over><form method="post" action="([^"]*)">/.exec(answer.body)?.[1]
  if (action === undefined) throw new Error(`no form to hand over at ${answer.path} (${answer.status}): ${answer.body.slice(0, 2_000)}`)
  return { action: plain(action), fields: Object.fromEntries([...answer.body.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [name, plain(value)])) }
}

/** Checks the ID token as Entra does: with the keys that the connection publishes. */
export async function verifiedAnswer(app: TestApp, browser: Browser, connection: Connection, token: string): Promise<{ readonly claims: JWTPayload; readonly header: ReturnType<typeof decodeProtectedHeader> }> {
  const issuer = `${app.url}/eam/${connection.id}`
  const keys = (await browser.get(`/eam/${connection.id}/jwks`)).json<JSONWebKeySet>()
  const { payload } = await jwtVerify(token, createLocalJWKSet(keys), { algorithms: ['RS256'], issuer, audience: connection.clientId, currentDate: new Date(app.foundation.clock.now()) })
  return { claims: payload, header: decodeProtectedHeader(token) }
}
