import type { Assurance } from '../../authentication/index.ts'
import { multipleAuthentication } from '../exchange/index.ts'
import { passwordMethod } from './names.ts'
import type { Realm } from './realm.ts'

/** What an application asks with the browser (WS-Federation 1.2 §13.2.2). */
export interface Question {
  /** One of the registered addresses. */
  readonly reply: string
  /** Opaque, and returned as it came. */
  readonly context: string | null
  /** How old the proof may be; null for any live session. */
  readonly maxAgeSeconds: number | null
  readonly assurance: Assurance | null
  /** The method that must stand in the token, where one was demanded that we have. */
  readonly method: string | null
  readonly loginHint: string | null
}

const longestContext = 16_384
const mfaOrIntegrated = 'http://schemas.microsoft.com/claims/wiaormultiauthn'

/** Reads the parameters of `wsignin1.0`, or says what is wrong with them. */
export function readQuestion(parameters: URLSearchParams, realm: Realm): Question | { readonly problem: string } {
  const twice = [...new Set(parameters.keys())].find((name) => name.startsWith('w') && new Set(parameters.getAll(name)).size > 1)
  if (twice !== undefined) return { problem: `${twice} came more than once` }
  const get = (name: string): string | null => parameters.get(name) || null

  const reply = get('wreply')
  // As a whole, character by character: a prefix would let the token go to wherever the rest leads (SEC-30).
  if (reply !== null && !realm.settings.replyUrls.includes(reply)) return { problem: `wreply is ${quote(reply)}, which is not registered for ${quote(realm.name)}` }
  const context = parameters.get('wctx')
  if (context !== null && context.length > longestContext) return { problem: `wctx has ${context.length} characters, at most ${longestContext} are kept` }
  const fresh = get('wfresh')
  if (fresh !== null && !/^\d{1,6}$/.test(fresh)) return { problem: `wfresh is ${quote(fresh)}, expected minutes` }

  const demanded = get('wauth')
  const multiple = demanded === multipleAuthentication || demanded === mfaOrIntegrated
  // A password is what Entra asks for when it wants the person to prove it anew; the method really used stands in the token (microsoft365 §2.1).
  const anew = get('prompt') === 'login' || (demanded !== null && passwordMethod.test(demanded))
  return {
    reply: reply ?? realm.settings.replyUrls[0] ?? '', context, maxAgeSeconds: anew ? 0 : fresh === null ? null : Number(fresh) * 60,
    assurance: multiple ? 'urn:doorward:acr:multi' : null, method: multiple ? multipleAuthentication : null, loginHint: (get('username') ?? get('login_hint'))?.slice(0, 320) ?? null,
  }
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 200))
