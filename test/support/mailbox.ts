import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { aCertificate } from './certificate.ts'

export interface ReceivedMail {
  readonly from: string
  readonly to: readonly string[]
  readonly source: string
  readonly secure: boolean
  readonly user: string | undefined
}

export interface Mailbox {
  readonly received: ReceivedMail[]
  readonly port: number
  /** The certificate's own CA, in PEM. */
  readonly certificate: string
  close(): Promise<void>
}

/** An SMTP server on this host that keeps what it is given. */
export async function openMailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const { cert, key } = aCertificate('localhost', '127.0.0.1')
  const received: ReceivedMail[] = []
  const server = new SMTPServer({
    cert, key, authOptional: true, logger: false, disableReverseLookup: true,
    onAuth: (auth, _session, callback) => { callback(null, { user: auth.username }) },
    onData(stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        received.push({
          from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address), source: Buffer.concat(chunks).toString(),
          secure: session.secure, user: session.user,
        })
        callback()
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  await new Promise<void>((done) => { server.listen(0, '127.0.0.1', done) })
  return {
    received, certificate: cert, port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((done) => { server.close(done) }),
  }
}
