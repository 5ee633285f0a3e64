import { createServer } from 'node:http'
import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse, type AuthenticationResponseJSON, type RegistrationResponseJSON, type WebAuthnCredential } from '@simplewebauthn/server'
import type { Page } from 'playwright-core'
import { freePort } from './port.ts'

export interface DemoSite { readonly origin: string; readonly credentials: Map<string, WebAuthnCredential>; close(): void }

/** A site that has nothing to do with Doorward: it registers passkeys and signs people in with them, as its own server judges. */
export async function startDemoSite(): Promise<DemoSite> {
  const port = await freePort()
  const [origin, rpID] = [`http://localhost:${port}`, 'localhost']
  const credentials = new Map<string, WebAuthnCredential>()
  let challenge = ''
  const answers: Readonly<Record<string, (body: unknown) => Promise<unknown>>> = {
    async '/register/options'() {
      const options = await generateRegistrationOptions({
        rpID, rpName: 'Demo bank', userName: 'grace@demo.example', userDisplayName: 'Grace', userID: new TextEncoder().encode('grace'), authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        excludeCredentials: [...credentials.keys()].map((id) => ({ id })), timeout: 60_000,
      })
      challenge = options.challenge
      return options
    },
    async '/register'(body) {
      const { verified, registrationInfo } = await verifyRegistrationResponse({ response: body as RegistrationResponseJSON, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: rpID, requireUserVerification: true })
      if (verified) credentials.set(registrationInfo.credential.id, registrationInfo.credential)
      return { verified }
    },
    async '/login/options'() {
      const options = await generateAuthenticationOptions({ rpID, userVerification: 'required', timeout: 60_000 })
      challenge = options.challenge
      return options
    },
    async '/login'(body) {
      const response = body as AuthenticationResponseJSON
      const credential = credentials.get(response.id)
      if (!credential) return { verified: false }
      const { verified } = await verifyAuthenticationResponse({ response, expectedChallenge: challenge, expectedOrigin: origin, expectedRPID: rpID, credential, requireUserVerification: true })
      return { verified }
    },
  }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part)).on('end', () => {
      const answer = answers[request.url ?? '']
      if (!answer) {
        response.writeHead(200, { 'content-type': 'text/html' }).end(page)
        return
      }
      const text = Buffer.concat(parts).toString()
      answer(text === '' ? undefined : JSON.parse(text)).then(
        (said) => { response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(said)) },
        (error: unknown) => { response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ problem: String(error) })) })
    })
  })
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
  return { origin, credentials, close: () => { server.closeAllConnections(); server.close() } }
}

/** `ask('register')` and `ask('login')` say `true` when the site's server is satisfied, or the name of the error that the browser gave. */
const page = `<!doctype html><html lang="en"><title>Demo bank</title><h1>Demo bank</h1><button id="go">Go</button><script>
const send = async (path, body) => (await fetch(path, { method: 'POST', body: body && JSON.stringify(body) })).json()
window.ask = async (what, change = {}) => {
  const json = { ...(await send('/' + what + '/options')), ...change.options }
  try {
    const credential = what === 'register' ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json), signal: change.signal })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json), signal: change.signal, ...(change.mediation ? { mediation: change.mediation } : {}) })
    window.last = { real: credential instanceof PublicKeyCredential, response: credential.response instanceof (what === 'register' ? AuthenticatorAttestationResponse : AuthenticatorAssertionResponse), type: credential.type }
    const said = await send('/' + what, credential.toJSON())
    return said.verified === true ? 'verified' : JSON.stringify(said)
  } catch (error) { return error.name }
}
if (location.hash === '#at-once') window.atOnce = ask('register')
</script></html>`

/** What became of it at the site: `verified`, or the name of the error that the page got. */
export function ask(page: Page, what: 'register' | 'login', change: { readonly options?: object; readonly mediation?: string } = {}): Promise<string> {
  return page.evaluate<string>(`ask(${JSON.stringify(what)}, ${JSON.stringify(change)})`)
}
