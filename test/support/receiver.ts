import { createServer } from 'node:http'
import { freePort } from './port.ts'

export interface Receiver {
  readonly url: string
  /** The logout tokens that came, oldest first. */
  readonly tokens: string[]
  /** What to answer with, and after how long. */
  behaviour: { status: number; delayMilliseconds: number }
  close(): Promise<void>
}

/** An application's back-channel logout address on this host. */
export async function startReceiver(): Promise<Receiver> {
  const port = await freePort()
  const tokens: string[] = []
  const receiver = { url: `http://127.0.0.1:${port}/backchannel`, tokens, behaviour: { status: 200, delayMilliseconds: 0 } }
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      if (request.method === 'POST' && request.url === '/backchannel') tokens.push(new URLSearchParams(Buffer.concat(parts).toString()).get('logout_token') ?? '')
      setTimeout(() => { response.writeHead(receiver.behaviour.status).end() }, receiver.behaviour.delayMilliseconds)
    })
  })
  await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
  return Object.assign(receiver, { close: () => new Promise<void>((done) => { server.close(() => { done() }); server.closeAllConnections() }) })
}
