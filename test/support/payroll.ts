import { createServer, type Server } from 'node:http'
import * as client from 'openid-client'
import { defaultOidcSettings, type Application } from '../../src/applications/index.ts'
import type { Organization } from '../../src/directory/index.ts'
import type { TestApp } from './app.ts'
import { freePort } from './port.ts'

export interface Payroll {
  readonly url: string
  readonly application: Application
  close(): Promise<void>
}

/**
 * An application that somebody else's library (openid-client) protects: `/` signs in and greets by name, `/login` begins on
 * request of the provider, `/signed-out` is where a sign-out ends.
 */
export async function startPayroll(app: TestApp, options: { organization?: Organization; name?: string; trusted?: boolean } = {}): Promise<Payroll> {
  const port = await freePort()
  const url = `http://localhost:${port}`
  const { storage, applications } = app.foundation
  const organizationId = (options.organization ?? app.organization).id
  const { id, secret } = await storage.write(async (tx) => {
    const made = await applications.create(tx, organizationId, {
      name: options.name ?? 'Payroll', description: '', protocol: 'oidc', launchUrl: `${url}/`, access: 'everyone', trusted: options.trusted ?? true, requiredAssurance: null,
      oidc: { ...defaultOidcSettings('web'), redirectUris: [`${url}/callback`], postLogoutRedirectUris: [`${url}/signed-out`], initiateLoginUri: `${url}/login` },
    })
    return { id: made, secret: await applications.addSecret(tx, organizationId, made, { overlapHours: 0 }) }
  })
  const application = await applications.find(organizationId, id)
  if (!application) throw new Error('the application that was just made is not there')
  const configuration = await client.discovery(new URL(app.url), application.clientId, secret, undefined, { execute: [client.allowInsecureRequests] })
  const server = await listen(port, url, configuration)
  return { url, application, close: () => new Promise((done) => { server.close(() => { done() }); server.closeAllConnections() }) }
}

/** One visitor at a time: what a real application keeps in its session, this one keeps in a variable. */
function listen(port: number, url: string, configuration: client.Configuration): Promise<Server> {
  let pending: { verifier: string; state: string; nonce: string } | undefined
  let claims: { readonly name: string; readonly acr: string } | undefined
  let idToken = ''
  const begin = async (): Promise<string> => {
    pending = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() }
    return client.buildAuthorizationUrl(configuration, {
      redirect_uri: `${url}/callback`, scope: 'openid profile email', code_challenge: await client.calculatePKCECodeChallenge(pending.verifier), code_challenge_method: 'S256', state: pending.state, nonce: pending.nonce,
    }).href
  }

  const server = createServer((request, response) => {
    const here = new URL(request.url ?? '/', url)
    const page = (text: string): void => { response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html><title>Payroll</title><p>${text}</p>`) }
    const redirect = (to: string): void => { response.writeHead(303, { location: to }).end() }
    const answer = async (): Promise<void> => {
      switch (here.pathname) {
        case '/':
          return claims ? page(`Hello ${claims.name}, signed in by ${claims.acr}`) : redirect(await begin())
        case '/login':
          claims = undefined
          return redirect(await begin())
        case '/callback': {
          if (!pending) return page('nothing was asked for')
          const tokens = await client.authorizationCodeGrant(configuration, here, { pkceCodeVerifier: pending.verifier, expectedState: pending.state, expectedNonce: pending.nonce })
          const subject = tokens.claims()
          const person = await client.fetchUserInfo(configuration, tokens.access_token, subject?.sub ?? '')
          claims = { name: String(person.name), acr: String(subject?.['acr']) }
          idToken = tokens.id_token ?? ''
          return redirect('/')
        }
        case '/logout':
          claims = undefined
          return redirect(client.buildEndSessionUrl(configuration, { id_token_hint: idToken, post_logout_redirect_uri: `${url}/signed-out` }).href)
        case '/signed-out':
          return page('Signed out of Payroll')
        default:
          response.writeHead(404).end()
      }
    }
    answer().catch((error: unknown) => { page(`refused: ${(error as { error?: string }).error ?? String(error)}`) })
  })
  return new Promise((resolve) => { server.listen(port, '127.0.0.1', () => { resolve(server) }) })
}
