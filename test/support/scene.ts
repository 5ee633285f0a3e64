import type { Browser, BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { startTestApp, type Person, type TestApp } from './app.ts'
import { axeFindings, chromiumMissing, launchChromium, takeSeat, type Seat } from './chromium.ts'
import { skipWithout } from './skip.ts'

export interface Scene {
  readonly app: TestApp
  /** A browser of one's own, signed in when `as` says who. Its `close` fails the test if the browser complained or left the host. */
  seat(options?: BrowserContextOptions & { as?: Person; alsoVisits?: readonly string[] }): Promise<Seat>
}

/** Tests in a real browser, each with the application of the whole group. */
export function inBrowser(title: string, tests: (current: () => Scene) => void, environment: Readonly<Record<string, string>> = {}): void {
  describe(title, () => {
    let app: TestApp | undefined
    let browser: Browser | undefined
    const missing = chromiumMissing()
    skipWithout(missing)
    beforeAll(async () => {
      if (missing !== undefined) return
      app = await startTestApp('sqlite', environment)
      browser = await launchChromium()
    })
    afterAll(async () => {
      await browser?.close()
      await app?.close()
    })
    tests(() => {
      if (!app || !browser) throw new Error('the scene is not set')
      const [theApp, theBrowser] = [app, browser]
      return {
        app: theApp,
        async seat(options = {}) {
          const { alsoVisits = [], as, ...context } = options
          const seat = await takeSeat(theBrowser, theApp.url, context)
          if (as) await signIn(theApp, seat, as)
          return {
            ...seat,
            async close() {
              await seat.close()
              expect(seat.complaints).toEqual([])
              expect(seat.foreign.filter((url) => !alsoVisits.some((origin) => url.startsWith(origin)))).toEqual([])
            },
          }
        },
      }
    })
  })
}

/** The page has no finding of axe; its address is in the message when it has. */
export async function expectAccessible(seat: Seat): Promise<void> {
  const findings = await axeFindings(seat.page)
  expect(findings, new URL(seat.page.url()).pathname).toEqual([])
}

/** Puts the cookies of a session into the browser; for `__Host-` ones the debugger insists on https, which browsers do not on localhost. */
async function signIn(app: TestApp, { context }: Seat, person: Person): Promise<void> {
  const { cookies } = await app.signedIn(person)
  await context.addCookies([...cookies].map(([name, value]) => ({ name, value, url: app.url.replace('http:', 'https:'), secure: true, httpOnly: true, sameSite: 'Lax' as const })))
}
