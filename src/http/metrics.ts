import { createRequire } from 'node:module'
import { equalInConstantTime } from '../equal.ts'
import type { Context } from './context.ts'

export interface Metrics {
  observe(ctx: Context, seconds: number): void
  /** Answers GET /metrics for the holder of the token. */
  answer(ctx: Context): Promise<void>
  gauge(name: string, help: string, read: () => number): void
}

/** Prometheus text at /metrics, only when the configuration sets a token (`Authorization: Bearer …`). */
export function createMetrics(token: string): Metrics {
  // Loaded by those who ask for it.
  const { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } = createRequire(import.meta.url)('prom-client') as typeof import('prom-client')
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, prefix: 'doorward_' })
  const requests = new Counter({ name: 'doorward_http_requests_total', help: 'Answered requests', labelNames: ['method', 'status'], registers: [registry] })
  const duration = new Histogram({
    name: 'doorward_http_request_seconds', help: 'Time to answer', buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5], registers: [registry],
  })
  return {
    observe(ctx, seconds) {
      requests.inc({ method: ctx.method, status: String(ctx.status) })
      duration.observe(seconds)
    },
    async answer(ctx) {
      if (!equalInConstantTime(ctx.get('authorization'), `Bearer ${token}`)) {
        ctx.status = 401
        ctx.set('WWW-Authenticate', 'Bearer')
        return
      }
      ctx.type = registry.contentType
      ctx.body = await registry.metrics()
    },
    gauge(name, help, read) {
      new Gauge({ name, help, registers: [registry], collect() { this.set(read()) } })
    },
  }
}
