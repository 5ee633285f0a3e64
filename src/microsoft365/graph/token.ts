import { constants, createHash, randomUUID, sign, type KeyObject } from 'node:crypto'
import { OutboundRefused } from '../../http/outbound/index.ts'
import { GraphRefused, unreachable } from './refused.ts'
import type { GraphNeeds } from './session.ts'

export interface Token {
  readonly token: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}

/** "Microsoft Graph Command Line Tools", the public client that Microsoft's own PowerShell uses: nothing has to be registered for it. */
export const wellKnownClient = '14d82eec-204b-4c2f-b7e8-296a70dab67e'

const reading = ['Domain.Read.All', 'Domain-InternalFederation.Read.All', 'User.Read.All', 'RoleManagement.Read.Directory', 'Policy.Read.All']
const writing = ['Domain-InternalFederation.ReadWrite.All', 'Domain.ReadWrite.All']

/** What a person is asked to allow; the writing rights only for the operation that writes. */
export function graphScopes(graphHost: string, purpose: 'read' | 'write'): string {
  return [...reading, ...(purpose === 'write' ? writing : [])].map((right) => `${graphHost}/${right}`).join(' ')
}

export interface DeviceCode {
  readonly deviceCode: string
  /** What the person types at `verificationUri`. */
  readonly userCode: string
  readonly verificationUri: string
  readonly expiresAt: number
  readonly intervalSeconds: number
}

export type DeviceOutcome =
  | { readonly outcome: 'signed_in'; readonly token: Token }
  | { readonly outcome: 'pending' | 'slow_down' | 'declined' | 'expired' }
  | { readonly outcome: 'refused'; readonly message: string }

interface Place { readonly loginHost: string; readonly tenantId: string | null; readonly clientId: string | null }

/** Sign-in of an administrator at Entra, on any device (RFC 8628): we see no password and keep no secret. @throws GraphRefused */
export function createDeviceSignIn(needs: GraphNeeds) {
  const { clock } = needs
  return {
    async begin(place: Place, scope: string): Promise<DeviceCode> {
      const { status, values } = await post(needs, `${baseOf(place)}/devicecode`, { client_id: place.clientId ?? wellKnownClient, scope })
      const { device_code: deviceCode, user_code: userCode, verification_uri: verificationUri, expires_in: seconds, interval } = values
      if (status !== 200 || typeof deviceCode !== 'string' || typeof userCode !== 'string' || typeof verificationUri !== 'string' || !/^https?:\/\//.test(verificationUri)) throw tokenRefused(status, values)
      return {
        deviceCode, userCode: userCode.slice(0, 40), verificationUri, expiresAt: clock.now() + Math.min(typeof seconds === 'number' ? seconds : 900, 900) * 1_000,
        intervalSeconds: typeof interval === 'number' && interval >= 1 && interval <= 60 ? interval : 5,
      }
    },

    /** Asks once; the caller keeps the interval. */
    async ask(place: Place, deviceCode: string): Promise<DeviceOutcome> {
      const { status, values } = await post(needs, `${baseOf(place)}/token`, {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: place.clientId ?? wellKnownClient, device_code: deviceCode,
      })
      if (status === 200) return { outcome: 'signed_in', token: readToken(values, clock.now()) }
      switch (values['error']) {
        case 'authorization_pending': return { outcome: 'pending' }
        case 'slow_down': return { outcome: 'slow_down' }
        case 'authorization_declined': case 'access_denied': return { outcome: 'declined' }
        case 'expired_token': case 'bad_verification_code': return { outcome: 'expired' }
        default: return { outcome: 'refused', message: tokenRefused(status, values).message }
      }
    },
  }
}

/**
 * A token for the application itself, proved by a certificate (section 5.3): PS256 and the certificate's SHA-256 thumbprint.
 * @param credential.certificate base64 DER
 * @throws GraphRefused
 */
export async function askWithCertificate(needs: GraphNeeds, place: Place & { readonly clientId: string; readonly tenantId: string }, graphHost: string, credential: { readonly privateKey: KeyObject; readonly certificate: string }): Promise<Token> {
  const url = `${baseOf(place)}/token`
  const { status, values } = await post(needs, url, {
    grant_type: 'client_credentials', client_id: place.clientId, scope: `${graphHost}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: clientAssertion(url, place.clientId, credential, needs.clock.now()),
  })
  if (status !== 200) throw tokenRefused(status, values)
  return readToken(values, needs.clock.now())
}

/** Valid for five minutes, for this one address. */
export function clientAssertion(audience: string, clientId: string, { privateKey, certificate }: { readonly privateKey: KeyObject; readonly certificate: string }, now: number): string {
  const seconds = Math.floor(now / 1_000)
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = encode({ alg: 'PS256', typ: 'JWT', 'x5t#S256': createHash('sha256').update(Buffer.from(certificate, 'base64')).digest('base64url') })
  const payload = encode({ aud: audience, iss: clientId, sub: clientId, jti: randomUUID(), nbf: seconds, iat: seconds, exp: seconds + 300 })
  const signature = sign('sha256', Buffer.from(`${header}.${payload}`), { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  return `${header}.${payload}.${signature.toString('base64url')}`
}

function baseOf({ loginHost, tenantId }: Place): string {
  return `${loginHost}/${encodeURIComponent(tenantId ?? 'organizations')}/oauth2/v2.0`
}

function readToken(values: Readonly<Record<string, unknown>>, now: number): Token {
  const { access_token: token, expires_in: seconds } = values
  if (typeof token !== 'string' || token === '') throw new GraphRefused('unreadable', 'the token endpoint answered without a token')
  return { token, expiresAt: now + (typeof seconds === 'number' ? seconds : 3_600) * 1_000 }
}

/** `error_description` names the AADSTS code, which the explainer knows. */
function tokenRefused(status: number, values: Readonly<Record<string, unknown>>): GraphRefused {
  const text = [values['error'], values['error_description']].filter((value) => typeof value === 'string').join(': ')
  return new GraphRefused('unauthorized', `the token endpoint answered ${status}: ${text}`.slice(0, 500), { status })
}

async function post(needs: GraphNeeds, url: string, fields: Readonly<Record<string, string>>): Promise<{ status: number; values: Readonly<Record<string, unknown>> }> {
  try {
    const { status, body } = await needs.fetch(url, {
      method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: new URLSearchParams(fields).toString(), timeoutMilliseconds: 20_000,
    })
    const values: unknown = JSON.parse(body.toString('utf8'))
    return { status, values: typeof values === 'object' && values !== null ? values as Record<string, unknown> : {} }
  } catch (error) {
    if (error instanceof OutboundRefused) throw unreachable(error, url)
    if (error instanceof SyntaxError) throw new GraphRefused('unreadable', 'the token endpoint did not answer with JSON', { cause: error })
    throw error
  }
}
