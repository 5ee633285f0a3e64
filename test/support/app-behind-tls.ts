import { startTestApp, type TestApp } from './app.ts'
import { aCertificate } from './certificate.ts'
import { freePort } from './port.ts'
import { startTlsFront } from './tls-front.ts'

export interface AppBehindTls {
  readonly app: TestApp
  /** PEM, for these and the other hosts that were named; it is its own authority. */
  readonly certificate: { readonly cert: string; readonly key: string }
  /** The port of the proxy. */
  readonly port: number
  /** The application's own address, for whatever needs no name. */
  readonly inside: string
  close(): Promise<void>
}

/**
 * A whole application as browsers and clients meet it: `https://<host>:…`, through a proxy of which it knows. Browsers send
 * cookies across sites only so.
 */
export async function startTestAppBehindTls(host: string, others: readonly string[] = []): Promise<AppBehindTls> {
  const [port, own] = [await freePort(), await freePort()]
  const certificate = aCertificate(host, ...others)
  const front = await startTlsFront(certificate, port, own)
  try {
    const app = await startTestApp('sqlite', { DOORWARD_PUBLIC_URL: `https://${host}:${port}`, DOORWARD_HTTP_PORT: String(own), DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1' })
    return { app, certificate, port, inside: `http://127.0.0.1:${own}`, async close() { await app.close(); await front.close() } }
  } catch (error) {
    await front.close()
    throw error
  }
}
