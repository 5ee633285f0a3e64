import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'

/** What happens to the bytes of one direction: hand on what is returned, or end the connection with `null`. */
export type Meddle = (chunk: Buffer, connection: Passing) => Buffer | null

export interface Passing {
  readonly number: number
  /** Bytes that went to the directory and came from it so far. */
  sent: number
  received: number
}

export interface Proxy {
  readonly port: number
  /** All bytes that anybody sent towards the directory, by connection. */
  readonly heard: readonly Buffer[]
  connections(): number
  /** Ends every connection that is open now. */
  cut(): void
  close(): Promise<void>
}

/** Stands between a reader and a directory, sees everything and meddles. */
export async function startProxy(target: number, meddle: { readonly up?: Meddle; readonly down?: Meddle } = {}): Promise<Proxy> {
  const heard: Buffer[] = []
  const open = new Set<Socket>()
  let count = 0
  const server = createServer((client) => {
    const passing: Passing = { number: count++, sent: 0, received: 0 }
    heard.push(Buffer.alloc(0))
    const upstream = connect(target, '127.0.0.1')
    const end = (): void => { client.destroy(); upstream.destroy(); open.delete(client) }
    open.add(client)
    client.on('error', end).on('close', end)
    upstream.on('error', end).on('close', () => { client.end(); open.delete(client) })
    client.on('data', (chunk: Buffer) => {
      heard[passing.number] = Buffer.concat([heard[passing.number] ?? Buffer.alloc(0), chunk])
      const changed = meddle.up ? meddle.up(chunk, passing) : chunk
      passing.sent += chunk.length
      if (changed === null) end()
      else upstream.write(changed)
    })
    upstream.on('data', (chunk: Buffer) => {
      const changed = meddle.down ? meddle.down(chunk, passing) : chunk
      passing.received += chunk.length
      if (changed === null) end()
      else client.write(changed)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, heard, connections: () => count,
    cut() { for (const socket of open) socket.destroy() },
    async close() {
      for (const socket of open) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
