import { readBody, type Context, type Middleware } from '../../http/index.ts'
import { bulkBytes } from './discovery.ts'
import { errorBody, invalidSyntax, ScimError, type ScimType } from './errors.ts'
import type { Caller, ScimNeeds } from './needs.ts'
import type { createRouter } from './router.ts'
import type { ScimTokens } from './tokens.ts'

const base = '/scim/v2'
// A group may come with 50,000 members; everything else is far smaller.
const bodyBytes = 4 * 1_048_576
const deepest = 12

/**
 * /scim/v2 runs before sessions, cookies and forms are looked at: the token in the Authorization header is all that counts,
 * so there is nothing that another site could make a browser send, and no other site may read the answers.
 */
export function createEndpoints(needs: ScimNeeds, tokens: ScimTokens, router: ReturnType<typeof createRouter>): Middleware {
  return async (ctx, next) => {
    if (ctx.path !== base && !ctx.path.startsWith(`${base}/`)) return next()
    ctx.set('Cache-Control', 'no-store')
    const caller = await admit(ctx)
    if (!caller) return undefined
    const answer = await router.answer(caller, {
      method: ctx.method, path: ctx.path.slice(base.length), query: queryOf(ctx), ifMatch: header(ctx, 'if-match'), ifNoneMatch: header(ctx, 'if-none-match'), body: () => readJson(ctx),
    }, (error) => { ctx.state.log.error('request failed', { error }) })
    if (answer.etag !== undefined) ctx.set('ETag', answer.etag)
    if (answer.location !== undefined) ctx.set(answer.status === 201 ? 'Location' : 'Content-Location', answer.location)
    if (answer.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(answer.retryAfterSeconds))
    if (answer.status === 405) ctx.set('Allow', 'GET, POST, PUT, PATCH, DELETE')
    send(ctx, answer.status, answer.body)
    return undefined
  }

  /** Whoever has no valid token is counted, and told nothing but that. */
  async function admit(ctx: Context): Promise<Caller | undefined> {
    const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(ctx.get('authorization'))?.[1]
    const found = token === undefined ? undefined : await tokens.verify(token)
    const { ip, userAgent } = ctx.state.request
    if (found) return { token: found, ip, userAgent }
    const seconds = await needs.countFailure(ip)
    ctx.state.log.info('request refused', { refusal: 'scim_token', status: seconds > 0 ? 429 : 401 })
    if (seconds > 0) {
      ctx.set('Retry-After', String(seconds))
      refuse(ctx, 429, 'There were too many calls without a valid token. Wait, then try again.')
    } else {
      ctx.set('WWW-Authenticate', token === undefined ? 'Bearer realm="scim"' : 'Bearer realm="scim", error="invalid_token"')
      refuse(ctx, 401, token === undefined ? 'Send the token in the Authorization header: Bearer, a blank, the token.' : 'The token is unknown, has expired or was revoked. Make a new one in the administration.')
    }
    return undefined
  }
}

function refuse(ctx: Context, status: number, detail: string, scimType?: ScimType): void {
  send(ctx, status, errorBody(status, detail, scimType))
}

function send(ctx: Context, status: number, body: unknown): void {
  ctx.status = status
  if (body === undefined) {
    ctx.body = null
    ctx.status = status
    return
  }
  ctx.body = JSON.stringify(body)
  ctx.set('Content-Type', 'application/scim+json; charset=utf-8')
}

function header(ctx: Context, name: string): string | undefined {
  const value = ctx.get(name)
  return value === '' ? undefined : value.slice(0, 1_000)
}

/** Of a name that stands twice the first counts. */
function queryOf(ctx: Context): Record<string, string> {
  return Object.fromEntries([...new URLSearchParams(ctx.querystring)].reverse())
}

/** @throws ScimError for a body that is not JSON, TooLarge for one that is too long */
async function readJson(ctx: Context): Promise<unknown> {
  const type = ctx.get('content-type')
  if (!/^application\/(scim\+)?json\s*(;|$)/i.test(type)) throw new ScimError(415, 'Send the body as application/scim+json.')
  const bytes = await readBody(ctx.req, ctx.path === `${base}/Bulk` ? bulkBytes : bodyBytes)
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw invalidSyntax('The body is not JSON.')
  }
  if (isDeeper(value, deepest)) throw invalidSyntax('The body is nested too deeply.')
  return value
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}
