import { PassThrough } from 'node:stream'
import type { Context } from '../http/index.ts'
import type { ApiNeeds } from './refused.ts'
import type { StoredPhone } from './store.ts'
import { personSubject } from './watch.ts'

/** Proxies cut what is silent for half a minute. */
const breathMilliseconds = 20_000
/** An app that is open twice, or came back before its old connection was missed. */
const mostStreams = 4

/** Server-sent events for an open app: `look`, and nothing about what there is to see. */
export function createEvents(needs: Pick<ApiNeeds, 'store' | 'watch' | 'log'>) {
  const open = new Map<string, Set<AbortController>>()
  let stopping = false

  return {
    stream(ctx: Context, phone: StoredPhone): void {
      const mine = open.get(phone.id) ?? new Set()
      open.set(phone.id, mine)
      if (mine.size >= mostStreams) mine.values().next().value?.abort()
      const ending = new AbortController()
      mine.add(ending)
      const stream = new PassThrough()
      stream.on('close', () => { ending.abort() }).on('error', () => { ending.abort() })
      ctx.set('Content-Type', 'text/event-stream; charset=utf-8')
      ctx.set('X-Accel-Buffering', 'no')
      ctx.body = stream
      run(stream, phone, ending.signal)
        .catch((error: unknown) => { needs.log.warn('news to a phone ended', { error }) })
        .finally(() => {
          mine.delete(ending)
          if (mine.size === 0) open.delete(phone.id)
          stream.end()
        })
    },
    stop() {
      stopping = true
      for (const streams of open.values()) for (const ending of streams) ending.abort()
    },
  }

  async function run(stream: PassThrough, { id, userId }: StoredPhone, signal: AbortSignal): Promise<void> {
    // Whatever happened while nobody listened.
    stream.write('retry: 2000\nevent: look\ndata:\n\n')
    const listen = (): Promise<boolean> => needs.watch.wait([personSubject(userId)], breathMilliseconds, signal)
    let news = listen()
    while (!signal.aborted && !stopping) {
      const changed = await news
      if (signal.aborted || stopping) return
      // Listening begins before looking, so that nothing falls between the two.
      news = listen()
      const phone = await needs.store.byId(id)
      stream.write(!changed && phone && !phone.suspended ? ': still here\n\n' : 'event: look\ndata:\n\n')
      // It looks, and learns that it is nobody's any more.
      if (!phone || phone.suspended) return
    }
  }
}
