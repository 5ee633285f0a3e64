import { verify as verifySignature } from 'node:crypto'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { refusal, type Check, type Refusal } from '../aadsts.ts'
import type { Ask } from '../server.ts'
import type { ExternalMethod, User } from '../tenant.ts'
import type { World } from '../world.ts'
import type { Provider } from './provider.ts'

export type FactorType = 'knowledge' | 'possession' | 'inherence'

/** A second factor that Entra waits for. */
export interface Attempt {
  readonly state: string
  readonly nonce: string
  readonly subject: string
  readonly user: User
  readonly method: ExternalMethod
  readonly provider: Provider
  readonly firstFactor: FactorType
  readonly acr: readonly string[]
  readonly amr: readonly string[]
  readonly startedAt: number
  isUsed: boolean
}

export interface ExternalAnswer {
  readonly world: World
  readonly ask: Ask
  readonly attempts: ReadonlyMap<string, Attempt>
  attempt: Attempt | undefined
  claims: Readonly<Record<string, unknown>>
}

/** Entra drops an attempt five minutes after the redirect (4.5 A-5). */
const attemptMilliseconds = 5 * 60_000
const types: Readonly<Record<string, FactorType>> = {
  face: 'inherence', fpt: 'inherence', iris: 'inherence', retina: 'inherence', vbm: 'inherence',
  fido: 'possession', hwk: 'possession', otp: 'possession', pop: 'possession', sc: 'possession', sms: 'possession', swk: 'possession', tel: 'possession',
}

export const allAmr: readonly string[] = Object.keys(types).sort()

export function factorTypeOf(amr: string): FactorType | undefined {
  return types[amr]
}

/** 7.4, the response: in the order of its text. */
export const externalAnswerChecks: readonly Check<ExternalAnswer>[] = [
  { number: '7.4 form', is: 'a form', refuse: ({ ask }) => (ask.isForm ? undefined : refusal(90014, 'the body is not a form')) },
  {
    number: '7.4 state', is: 'a state that is known, unused and younger than five minutes', refuse: (answer) => {
      const attempt = answer.attempts.get(answer.ask.form.get('state') ?? '')
      if (!attempt) return refusal(50089, 'the state is unknown')
      if (attempt.isUsed) return refusal(50089, 'the state was used')
      if (answer.world.now() >= attempt.startedAt + attemptMilliseconds) return refusal(50089, 'the state is older than five minutes')
      attempt.isUsed = true
      answer.attempt = attempt
      return undefined
    },
  },
  { number: '7.4 error', is: 'no error of the provider', refuse: ({ ask: { form } }) => (form.has('error') ? refusal(50158, `${form.get('error') ?? ''}: ${form.get('error_description') ?? ''}`) : undefined) },
  { number: '7.4 JWS', is: 'an id_token that can be read', refuse: refuseUnreadable },
  { number: '7.4 signature', is: 'RS256 by a key of the provider', refuse: refuseSignature },
  { number: '7.4 iss', is: 'the issuer of the discovery document', refuse: (answer) => expectClaim(answer, 'iss', attemptOf(answer).provider.issuer, 500277) },
  { number: '7.4 aud', is: 'the client id we are known by', refuse: (answer) => expectClaim(answer, 'aud', attemptOf(answer).method.openIdConnectSetting.clientId, 50027) },
  { number: '7.4 nonce', is: 'the nonce of the request', refuse: (answer) => expectClaim(answer, 'nonce', attemptOf(answer).nonce, 50027) },
  { number: '7.4 sub', is: 'the subject of the hint', refuse: (answer) => expectClaim(answer, 'sub', attemptOf(answer).subject, 50027) },
  { number: '7.4 time', is: 'exp, iat and nbf', refuse: refuseTime },
  {
    number: '7.4 acr', is: 'one acr, of those requested', refuse: (answer) => {
      const { acr } = answer.claims
      return typeof acr === 'string' && attemptOf(answer).acr.includes(acr) ? undefined : refusal(50159, `acr is ${JSON.stringify(acr)}`)
    },
  },
  { number: '7.4 amr', is: 'an array of one amr, of those requested, of another type than the first factor and of the type that acr names', refuse: refuseAmr },
]

export function attemptOf({ attempt }: ExternalAnswer): Attempt {
  if (!attempt) throw new Error('no check has found the attempt')
  return attempt
}

function refuseUnreadable(answer: ExternalAnswer): Refusal | undefined {
  const token = answer.ask.form.get('id_token') ?? ''
  try {
    decodeProtectedHeader(token)
    answer.claims = decodeJwt(token)
    return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? undefined : refusal(5001256, 'the id_token is not a compact JWS')
  } catch (error) {
    return refusal(5001256, error instanceof Error ? error.message : '')
  }
}

function refuseSignature(answer: ExternalAnswer): Refusal | undefined {
  const token = answer.ask.form.get('id_token') ?? ''
  const { alg, kid, crit } = decodeProtectedHeader(token)
  if (alg !== 'RS256' || crit !== undefined) return refusal(500126, `alg is "${alg ?? ''}"`)
  const key = attemptOf(answer).provider.keys.get(kid ?? '')
  if (!key) return refusal(500126, `the provider publishes no key "${kid ?? ''}"`)
  const end = token.lastIndexOf('.')
  return verifySignature('sha256', Buffer.from(token.slice(0, end)), key, Buffer.from(token.slice(end + 1), 'base64url')) ? undefined : refusal(500126, 'the signature does not verify')
}

function expectClaim({ claims }: ExternalAnswer, name: string, expected: string, code: 50027 | 500277): Refusal | undefined {
  return claims[name] === expected ? undefined : refusal(code, `${name} is ${JSON.stringify(claims[name])}, expected "${expected}"`)
}

function refuseTime({ claims: { exp, iat, nbf }, world }: ExternalAnswer): Refusal | undefined {
  if (typeof exp !== 'number' || typeof iat !== 'number') return refusal(50027, 'exp or iat is missing')
  const [now, skew] = [world.now() / 1000, world.skewMilliseconds / 1000]
  if (exp <= now) return refusal(50027, `expired at ${exp}, now it is ${now}`)
  if (iat > now + skew || (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + skew))) return refusal(50027, 'of the future')
  return iat < now - skew - attemptMilliseconds / 1000 ? refusal(50027, `issued at ${iat}, long before it was asked for`) : undefined
}

function refuseAmr(answer: ExternalAnswer): Refusal | undefined {
  const { amr, acr } = answer.claims
  const attempt = attemptOf(answer)
  const only: unknown = Array.isArray(amr) && amr.length === 1 ? amr[0] : undefined
  if (typeof only !== 'string' || !attempt.amr.includes(only)) return refusal(50159, `amr is ${JSON.stringify(amr)}`)
  const type = factorTypeOf(only)
  if (type === undefined || type === attempt.firstFactor) return refusal(50159, `${only} is of the type of the first factor`)
  return String(acr).split('or').includes(type) ? undefined : refusal(50159, `${only} is ${type}, acr says ${String(acr)}`)
}
