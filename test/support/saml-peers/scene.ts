import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import type { Application } from '../../../src/applications/index.ts'
import type { Person, TestApp } from '../app.ts'
import { chromiumMissing, launchChromium, plugIn, takeSeat, type Seat } from '../chromium.ts'
import { skipWithout } from '../skip.ts'
import { startTestAppBehindTls } from '../app-behind-tls.ts'
import { hostOf, startPeers, type Peers, type RunningPeer } from './apache.ts'
import { mellon } from './mellon.ts'
import type { PeerName } from './peer.ts'
import { registerPeer, type Adjust } from './register.ts'
import { shibboleth } from './shibboleth.ts'
import { simplesamlphp } from './simplesamlphp.ts'

const kinds = { mellon, shibboleth, simplesamlphp }

export interface Peer extends RunningPeer { readonly application: Application }

export interface PeerScene {
  readonly app: TestApp
  /** Running and registered; the test is skipped before it gets here when the machine has not got it. */
  peer(name: PeerName): Peer
  /** The person's own browser, with their key plugged in and nobody signed in. Its `close` fails the test if a page of Doorward's complained. */
  seat(person: Person): Promise<Seat>
  /** What the browser shows and what everybody wrote down, for a test that failed. */
  evidence(): Promise<string>
}

/** Doorward over https, real service providers that trust it, and Chromium: each name is a site of its own. */
export function amongPeers(title: string, names: readonly PeerName[], tests: (current: () => PeerScene) => void, adjust: Partial<Record<PeerName, Adjust>> = {}): void {
  describe(title, () => {
    const missing = chromiumMissing() ?? names.map((name) => kinds[name].missing()).find((reason) => reason !== undefined)
    skipWithout(missing)
    afterEach(async ({ task }) => { if (task.result?.state === 'fail' && scene) console.log(await scene.evidence()) })
    const closing: (() => Promise<void> | void)[] = []
    let scene: PeerScene | undefined
    beforeAll(async () => { if (missing === undefined) scene = await build(names, adjust, closing) })
    afterAll(async () => { for (const close of closing.toReversed()) await close() })
    tests(() => {
      if (!scene) throw new Error('the scene is not set')
      return scene
    })
  })
}

async function build(names: readonly PeerName[], adjust: Partial<Record<PeerName, Adjust>>, closing: (() => Promise<void> | void)[]): Promise<PeerScene> {
  const { app, certificate, inside, close } = await startTestAppBehindTls('doorward.localhost', names.map(hostOf))
  closing.push(close)
  const metadata = await fetch(`${inside}/saml/metadata`)
  const peers: Peers = await startPeers(names.map((name) => kinds[name]), certificate, { entityId: `${app.url}/saml/metadata`, metadata: await metadata.text() })
  closing.push(peers.stop)
  const registered = await Promise.all(peers.running.map(async (peer): Promise<Peer> => ({ ...peer, application: await registerPeer(app, peer, adjust[peer.name]) })))
  const browser: Browser = await launchChromium()
  closing.push(() => browser.close())

  return {
    app,
    async evidence() {
      const shown = await Promise.all(browser.contexts().flatMap((context) => context.pages()).map(async (page) => `${page.url()}\n${await page.innerText('body', { timeout: 2_000 }).catch(() => '(nothing)')}`))
      return [...shown, ...app.logLines.slice(-30), peers.logs()].join('\n')
    },
    peer(name) {
      const found = registered.find((peer) => peer.name === name)
      if (!found) throw new Error(`${name} takes no part here`)
      return found
    },
    async seat({ key }) {
      const seat = await takeSeat(browser, app.url, { ignoreHTTPSErrors: true })
      const authenticator = await plugIn(seat.page)
      if (key) await authenticator.insert(key)
      return {
        ...seat,
        async close() {
          await seat.close()
          expect(seat.complaints).toEqual([])
          expect(seat.foreign.filter((url) => !registered.some((peer) => url.startsWith(`${peer.url}/`)))).toEqual([])
        },
      }
    },
  }
}
