import { AppError, Unavailable } from '../errors.ts'
import type { Context } from './context.ts'

/**
 * The one place where a throw becomes an answer: a calm page or JSON by `Accept`, the cause in the log.
 * A refusal shows its own text; a fault of ours shows only the reference number that the log line carries too.
 */
export async function answerErrors(ctx: Context, next: () => Promise<unknown>): Promise<void> {
  try {
    await next()
    if (ctx.status === 404 && ctx.body === undefined && ctx.respond !== false) answer(ctx, new AppError('not_found', 404))
  } catch (error) {
    const known = asAppError(error)
    if (known === undefined || known.status >= 500) ctx.state.log.error('request failed', { error })
    else ctx.state.log.info('request refused', { refusal: known.code, status: known.status, reason: known.message })
    answer(ctx, known ?? new AppError('fault', 500))
  }
}

function asAppError(error: unknown): AppError | undefined {
  if (error instanceof AppError) return error
  const code = (error as { code?: unknown } | null)?.code
  if (code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ECONNRESET') return new AppError('bad_form', 400, { cause: error })
  if (error instanceof URIError) return new AppError('not_found', 404)
  if (code === 'ENOSPC') return new Unavailable('unavailable', { cause: error })
  return undefined
}

function answer(ctx: Context, error: AppError): void {
  if (error.retryAfterSeconds !== undefined) ctx.set('Retry-After', String(Math.ceil(error.retryAfterSeconds)))
  ctx.set('Cache-Control', 'no-store')
  if (ctx.accepts('html', 'json') === 'json') {
    ctx.status = error.status
    ctx.body = { error: error.code, reference: ctx.state.request.id }
    return
  }
  const minutes = Math.ceil((error.retryAfterSeconds ?? 60) / 60)
  ctx.page('error', {
    titleText: text(ctx, error.code, 'title', { count: minutes }), text: text(ctx, error.code, 'text', { count: minutes }), reference: ctx.state.request.id,
  }, { status: error.status })
}

/** Most codes share the text of their kind; `error.<code>.…` may say more. */
function text(ctx: Context, code: string, part: 'title' | 'text', parameters: Readonly<Record<string, number>>): string {
  try {
    return ctx.t(`error.${code}.${part}`, parameters)
  } catch {
    return ctx.t(`error.fault.${part}`, parameters)
  }
}
