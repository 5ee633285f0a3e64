import { connect, createServer, type Socket } from 'node:net'
import { freePort } from './port.ts'

/** A line to a server that a test can cut and mend. */
export interface Wire {
  readonly port: number
  /** Ends all connections and takes no new ones. */
  cut(): Promise<void>
  /** Keeps all connections but passes nothing on: neither answer nor refusal, as a firewall that drops. */
  hold(): void
  mend(): Promise<void>
}

export async function aWireTo(host: string, port: number): Promise<Wire> {
  const near = await freePort()
  const sockets = new Set<Socket>()
  let holding = false
  const server = createServer((left) => {
    const right = connect(port, host)
    for (const [from, to] of [[left, right], [right, left]] as const) {
      sockets.add(from)
      from.on('data', (bytes: Buffer) => { if (!holding) to.write(bytes) })
      from.on('error', () => undefined)
      from.on('close', () => { sockets.delete(from); to.destroy() })
    }
  })
  const listen = (): Promise<void> => new Promise((done) => { server.listen(near, '127.0.0.1', done) })
  await listen()
  return {
    port: near,
    cut: () => new Promise((done) => {
      server.close(() => { done() })
      for (const socket of sockets) socket.destroy()
    }),
    hold() { holding = true },
    async mend() {
      holding = false
      for (const socket of sockets) socket.destroy()
      if (!server.listening) await listen()
    },
  }
}
