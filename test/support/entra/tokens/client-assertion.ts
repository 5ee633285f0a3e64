import { constants, createHash, verify, X509Certificate } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose'
import { refusal, type Check, type Refusal } from '../aadsts.ts'
import type { Application } from '../tenant.ts'

/** A client that proves itself with a certificate (5.3). */
export interface ClientProof {
  readonly form: URLSearchParams
  readonly application: Application | undefined
  /** URLs of this token endpoint, with the tenant by id and as it was asked. */
  readonly audiences: readonly string[]
  readonly usedIds: Set<string>
  readonly skewMilliseconds: number
  now(): number
  header: Readonly<Record<string, unknown>>
  claims: JWTPayload
}

const longestSeconds = 600

/** 7.5, the first entry: in an order that lets each code be reached by one fault. */
export const clientAssertionChecks: readonly Check<ClientProof>[] = [
  { number: '7.5 application', is: 'an application that the tenant knows', refuse: ({ application, form }) => (application?.isConsented ? undefined : refusal(700016, `client_id is "${form.get('client_id') ?? ''}"`)) },
  {
    number: '7.5 present', is: 'an assertion of the JWT kind', refuse: ({ form }) =>
      (form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' && form.get('client_assertion') ? undefined : refusal(7000218, 'client_assertion or client_assertion_type')),
  },
  { number: '7.5 JWT', is: 'an assertion that can be read', refuse: refuseUnreadable },
  { number: '7.5 signature', is: 'PS256 or RS256 by a registered certificate, named by its SHA-256', refuse: refuseSignature },
  {
    number: '7.5 aud', is: 'this token endpoint as audience', refuse: ({ claims: { aud }, audiences }) =>
      (typeof aud === 'string' && audiences.includes(aud) ? undefined : refusal(700023, `aud is ${JSON.stringify(aud)}, expected ${audiences.join(' or ')}`)),
  },
  {
    number: '7.5 iss', is: 'the client as issuer and subject', refuse: ({ claims: { iss, sub }, form }) =>
      (iss === form.get('client_id') && sub === form.get('client_id') ? undefined : refusal(700021, `iss is "${iss ?? ''}", sub is "${sub ?? ''}"`)),
  },
  { number: '7.5 time', is: 'now within nbf and exp, at most ten minutes apart', refuse: refuseTime },
  {
    number: '7.5 jti', is: 'an id that was not used', refuse: ({ claims: { jti }, usedIds }) => {
      if (!jti || usedIds.has(jti)) return refusal(50027, jti ? 'jti was used' : 'jti is missing')
      usedIds.add(jti)
      return undefined
    },
  },
]

function refuseUnreadable(proof: ClientProof): Refusal | undefined {
  const assertion = proof.form.get('client_assertion') ?? ''
  try {
    proof.header = decodeProtectedHeader(assertion)
    proof.claims = decodeJwt(assertion)
    return undefined
  } catch (error) {
    return refusal(50027, error instanceof Error ? error.message : '')
  }
}

function refuseSignature({ form, application, header }: ClientProof): Refusal | undefined {
  const { alg, 'x5t#S256': thumbprint } = header
  if (alg !== 'PS256' && alg !== 'RS256') return refusal(700027, `alg is "${String(alg)}"`)
  const certificate = application?.certificates.map((pem) => new X509Certificate(pem)).find(({ raw }) => createHash('sha256').update(raw).digest('base64url') === thumbprint)
  if (!certificate) return refusal(700027, `no certificate has the thumbprint "${String(thumbprint)}"`)
  const assertion = form.get('client_assertion') ?? ''
  const end = assertion.lastIndexOf('.')
  const padding = alg === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } : { padding: constants.RSA_PKCS1_PADDING }
  const isRight = verify('sha256', Buffer.from(assertion.slice(0, end)), { key: certificate.publicKey, ...padding }, Buffer.from(assertion.slice(end + 1), 'base64url'))
  return isRight ? undefined : refusal(700027, 'the signature does not verify')
}

function refuseTime({ claims: { exp, nbf, iat }, now, skewMilliseconds }: ClientProof): Refusal | undefined {
  const from = nbf ?? iat
  if (exp === undefined || from === undefined) return refusal(700024, 'exp or nbf is missing')
  const [seconds, skew] = [now() / 1000, skewMilliseconds / 1000]
  if (seconds + skew < from || seconds - skew >= exp) return refusal(700024, `valid from ${from} to ${exp}, now it is ${seconds}`)
  return exp - from > longestSeconds ? refusal(700024, `valid for ${exp - from} seconds`) : undefined
}
