import { createHash, X509Certificate } from 'node:crypto'
import { request } from 'node:http'
import { createServer } from 'node:https'
import { connect } from 'node:tls'

export interface TlsFront { close(): Promise<void> }

/** Takes TLS away in front of an application on this host, as a reverse proxy does. */
export async function startTlsFront(certificate: { readonly cert: string; readonly key: string }, port: number, to: number): Promise<TlsFront> {
  const server = createServer(certificate, (incoming, outgoing) => {
    const passed = request({ host: '127.0.0.1', port: to, method: incoming.method, path: incoming.url, headers: { ...incoming.headers, 'x-forwarded-proto': 'https' } }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => { outgoing.destroy() })
    incoming.pipe(passed)
  })
  await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done) })
  return { close: () => new Promise((done) => { server.close(() => { done() }); server.closeAllConnections() }) }
}

/** Makes Chromium trust the certificates that these ports show. Its "proceed anyway" would not do: pages behind that get no keys. */
export async function trusting(...ports: readonly number[]): Promise<string> {
  const shown = await Promise.all(ports.map((port) => new Promise<string>((done, fail) => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
      const spki = new X509Certificate(socket.getPeerCertificate().raw).publicKey.export({ type: 'spki', format: 'der' })
      socket.destroy()
      done(createHash('sha256').update(spki).digest('base64'))
    })
    socket.on('error', fail)
  })))
  return `--ignore-certificate-errors-spki-list=${shown.join(',')}`
}
