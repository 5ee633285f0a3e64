import { createServer, type RequestListener, type Server } from 'node:http'
import type { Socket } from 'node:net'

/** How much a single client may take: connections, and time for its headers and for a whole request. */
export interface ListenLimits {
  readonly maxConnections: number
  readonly headersMilliseconds?: number
  readonly requestMilliseconds?: number
}

/** Limits of SEC-86: slow headers, slow bodies and too many connections are cut off before they cost anything. */
export function listen(handler: RequestListener, host: string, port: number, { maxConnections, headersMilliseconds = 10_000, requestMilliseconds = 30_000 }: ListenLimits): Promise<Server> {
  // Node looks at its timeouts every 30 seconds unless told otherwise, which would make 40 out of 10.
  const limits = { headersTimeout: headersMilliseconds, requestTimeout: requestMilliseconds, connectionsCheckingInterval: 1_000, keepAliveTimeout: 65_000, maxHeaderSize: 32_768 }
  const server = createServer(limits, (request, response) => {
    request.url = originForm(request.url)
    handler(request, response)
  })
  server.maxConnections = maxConnections
  server.maxRequestsPerSocket = 10_000
  countRequests(server)
  server.on('clientError', (_error: Error, socket: Socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
    // Who does not close their side is not waited for.
    setTimeout(() => { socket.destroy() }, 1_000).unref()
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve(server)
    })
  })
}

/**
 * `GET http://other.example/path` names a host of its own, which answers would repeat (RFC 9112 §3.2.2). Only the path
 * counts here, since the host is always the configured one (SEC-59).
 */
function originForm(target = '/'): string {
  if (target.startsWith('/')) return target
  const url = URL.parse(target)
  return url === null ? '/' : `${url.pathname}${url.search}`
}

/** Requests that each connection waits for; drain needs to know, and node's server does not say. */
const inFlight = new WeakMap<Server, Map<Socket, number>>()

function countRequests(server: Server): void {
  const sockets = new Map<Socket, number>()
  const count = (socket: Socket, change: number): void => { if (sockets.has(socket)) sockets.set(socket, (sockets.get(socket) ?? 0) + change) }
  server.on('connection', (socket: Socket) => {
    sockets.set(socket, 0)
    socket.on('close', () => { sockets.delete(socket) })
  })
  server.on('request', ({ socket }, response) => {
    count(socket, 1)
    response.on('close', () => { count(socket, -1) })
  })
  inFlight.set(server, sockets)
}

/** What a connection gets to send a request that was on its way when draining began. */
const lastCallMilliseconds = 1_000

/** Stops taking connections, lets requests finish, and after `drainSeconds` cuts what is left. */
export async function drain(server: Server, drainSeconds: number): Promise<void> {
  const started = performance.now()
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => { server.closeAllConnections() }, drainSeconds * 1_000)
    // A connection that is kept alive becomes idle when its last request ends, long after this began; one that was opened
    // ahead and never used counts as idle nowhere.
    const sweep = setInterval(() => {
      server.closeIdleConnections()
      if (performance.now() - started < lastCallMilliseconds) return
      for (const [socket, requests] of inFlight.get(server) ?? []) if (requests === 0) socket.destroy()
    }, 50)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}
