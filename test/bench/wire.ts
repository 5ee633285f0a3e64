import { connect, type Socket } from 'node:net'

export interface Reply {
  readonly status: number
  /** Status line and headers as they came. */
  readonly head: string
  readonly body: Buffer
}

const idleMilliseconds = 3_000

/**
 * One keep-alive connection that asks one thing at a time. Much lighter than the client of node:http, which would need more
 * processor time than the small servers it measures; for that it knows nothing but what those servers send.
 */
export class Wire {
  readonly #port: number
  #socket: Socket | undefined
  #usedAt = 0
  #received: Buffer = Buffer.alloc(0)
  #waiting: { resolve(reply: Reply): void; reject(error: Error): void } | undefined

  constructor(port: number) {
    this.#port = port
  }

  ask(method: 'GET' | 'POST', path: string, headers = '', body = ''): Promise<Reply> {
    // A server may just be closing what was idle: node's own does so after five seconds, and a request on it is lost.
    if (performance.now() - this.#usedAt > idleMilliseconds) this.close()
    this.#usedAt = performance.now()
    const socket = (this.#socket ??= this.#open())
    const length = method === 'POST' ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : ''
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      socket.write(`${method} ${path} HTTP/1.1\r\nHost: localhost:${this.#port}\r\n${headers}${length}\r\n${body}`)
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    const socket = connect(this.#port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('data', (part) => { this.#take(typeof part === 'string' ? Buffer.from(part) : part) })
    socket.on('error', (error) => { this.#fail(error) })
    socket.on('close', () => {
      if (this.#socket !== socket) return
      this.#socket = undefined
      this.#fail(new Error('the server closed the connection instead of answering'))
    })
    return socket
  }

  #take(part: Buffer): void {
    this.#received = this.#received.length === 0 ? part : Buffer.concat([this.#received, part])
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const head = this.#received.toString('latin1', 0, end)
    const length = headerOf(head, 'content-length')
    if (length === undefined) return this.#fail(new Error(`an answer without a length:\n${head}`))
    const total = end + 4 + Number(length)
    if (this.#received.length < total) return
    const body = this.#received.subarray(end + 4, total)
    this.#received = Buffer.alloc(0)
    // Ours takes a connection's ten thousandth request as its last.
    if (headerOf(head, 'connection') === 'close') this.close()
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.resolve({ status: Number(head.slice(9, 12)), head, body })
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#received = Buffer.alloc(0)
    this.close()
    waiting?.reject(error)
  }
}

export function headerOf(head: string, name: string): string | undefined {
  return headersOf(head, name)[0]
}

export function headersOf(head: string, name: string): string[] {
  return head.split('\r\n').flatMap((line) => (line.length > name.length && line[name.length] === ':' && line.slice(0, name.length).toLowerCase() === name ? [line.slice(name.length + 1).trim()] : []))
}
