import { createServer } from 'node:http'
import { freePort } from './port.ts'

export interface MetadataServer {
  readonly url: string
  /** What it answers with, and how often it was asked. */
  answer: { status: number; body: string }
  asked: number
  close(): Promise<void>
}

/** Publishes whatever a test gives it, as an application publishes its metadata. */
export async function startMetadataServer(): Promise<MetadataServer> {
  const port = await freePort()
  const server = createServer((_request, response) => {
    published.asked++
    response.writeHead(published.answer.status, { 'content-type': 'application/samlmetadata+xml' }).end(published.answer.body)
  })
  const published: MetadataServer = {
    url: `http://127.0.0.1:${port}/metadata`, answer: { status: 404, body: '' }, asked: 0,
    close: () => new Promise<void>((done) => { server.close(() => { done() }); server.closeAllConnections() }),
  }
  await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
  return published
}
