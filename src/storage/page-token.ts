import { InvalidRequest } from '../errors.ts'
import { equalInConstantTime } from '../equal.ts'
import type { Sealer } from './sealer.ts'

/** The last row of a page; the next page begins behind it. */
export interface Position {
  readonly at: number
  readonly id: string
}

export interface PageTokens {
  write(position: Position, scope: string): string
  /** @throws InvalidRequest (400) for a token that we did not write, or wrote for another list. */
  read(token: string, scope: string): Position
}

/**
 * Keyset page tokens, authenticated with a key of their own. Each belongs to one list (`scope`: its name and organization),
 * and what it says is still only ever bound as a parameter (SEC-88).
 */
export function createPageTokens(sealer: Sealer): PageTokens {
  const macOf = (body: string, scope: string): string => sealer.keyedHash('page token', JSON.stringify([scope, body])).slice(0, 22)

  return {
    write({ at, id }, scope) {
      const body = Buffer.from(JSON.stringify([at, id])).toString('base64url')
      return `${body}.${macOf(body, scope)}`
    },
    read(token, scope) {
      const [body = '', mac = '', ...rest] = token.slice(0, 500).split('.')
      if (rest.length === 0 && equalInConstantTime(mac, macOf(body, scope))) {
        const [at, id] = parse(body)
        if (Number.isSafeInteger(at) && typeof id === 'string' && /^[\w-]{1,64}$/.test(id)) return { at: at as number, id }
      }
      throw new InvalidRequest('bad_page_token')
    },
  }
}

function parse(body: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'))
    return Array.isArray(value) ? value : []
  } catch {
    return []
  }
}
