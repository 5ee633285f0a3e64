import type { GraphRequest } from './plan.ts'

/** A request as a person reads it: the line, and the body as indented JSON. Tokens are not part of it. */
export function requestText(graphHost: string, { method, path, body }: GraphRequest): string {
  const line = `${method} ${graphHost}${path}`
  return body === null ? line : `${line}\nContent-Type: application/json\n\n${JSON.stringify(body, null, 2)}`
}
