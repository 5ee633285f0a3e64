import { z } from 'zod'

/** What Entra wants to know, as far as it concerns the answer. */
export interface Question {
  readonly hint: string
  readonly nonce: string
  /** Handed back as it came. */
  readonly state: string
  /** What Entra would take, in its own order. */
  readonly wanted: Wanted
  /** Entra's number for this attempt, for the log. */
  readonly correlationId: string | null
}

export interface Wanted {
  readonly acr: readonly string[]
  readonly amr: readonly string[]
}

/** Which part of a request is wrong: for the log, never for the person. */
export type QuestionRefusal = 'repeated_parameter' | 'client_id' | 'redirect_uri' | 'response_type' | 'response_mode' | 'scope' | 'nonce' | 'state' | 'claims' | 'hint_missing'

export type ReadQuestion = { readonly kind: 'accepted'; readonly question: Question } | { readonly kind: 'refused'; readonly reason: QuestionRefusal }

const known = ['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'nonce', 'state', 'claims', 'id_token_hint'] as const
const longest = { nonce: 1_024, state: 8_192, claims: 8_192, hint: 16_384 }

const valuesOf = z.object({ values: z.array(z.string().min(1).max(100)).min(1).max(50) })
const claimsRequest = z.object({ id_token: z.object({ acr: valuesOf, amr: valuesOf }) })

/**
 * Reads Entra's request; what it does not know it ignores, what it knows must be exactly right.
 * @param all every value of a parameter, in order; none where it is absent
 * @see OpenID Connect Core §3.2.2.1 (implicit), §5.5 (claims)
 */
export function readQuestion(all: (name: string) => readonly string[], expected: { readonly clientId: string; readonly redirectUri: string }): ReadQuestion {
  const refused = (reason: QuestionRefusal): ReadQuestion => ({ kind: 'refused', reason })
  // Of a parameter that came twice, two readers may see two values (SEC-86).
  if (known.some((name) => all(name).length > 1)) return refused('repeated_parameter')
  const text = (name: (typeof known)[number]): string => all(name)[0] ?? ''
  if (text('client_id') !== expected.clientId) return refused('client_id')
  if (text('redirect_uri') !== expected.redirectUri) return refused('redirect_uri')
  if (text('response_type') !== 'id_token') return refused('response_type')
  if (text('response_mode') !== 'form_post') return refused('response_mode')
  if (!text('scope').split(' ').includes('openid')) return refused('scope')
  if (!isPlain(text('nonce'), longest.nonce)) return refused('nonce')
  if (!isPlain(text('state'), longest.state)) return refused('state')
  const wanted = readClaims(text('claims'))
  if (!wanted) return refused('claims')
  const hint = text('id_token_hint')
  if (!isPlain(hint, longest.hint)) return refused('hint_missing')
  const [correlationId = ''] = all('client-request-id')
  return {
    kind: 'accepted',
    question: { hint, nonce: text('nonce'), state: text('state'), wanted, correlationId: /^[\w-]{1,64}$/.test(correlationId) ? correlationId : null },
  }
}

/** One line of visible ASCII and blanks: it goes back to Entra unchanged, and into nothing that could read it otherwise. */
function isPlain(text: string, most: number): boolean {
  return text.length <= most && /^[\u0020-\u007e]+$/.test(text)
}

function readClaims(text: string): Wanted | undefined {
  if (text.length > longest.claims) return undefined
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return undefined
  }
  const parsed = claimsRequest.safeParse(json)
  return parsed.success ? { acr: parsed.data.id_token.acr.values, amr: parsed.data.id_token.amr.values } : undefined
}
