import type { User } from '../../src/directory/index.ts'
import { startTestApp, type TestApp } from './app.ts'
import { startDemoSite, type DemoSite } from './demo-site.ts'
import { givePhone } from './fake-phone.ts'
import { PocketPhone } from './pocket-phone.ts'

/** What an extension lives between: a server, a site of somebody else, and a person's phone that answers. */
export interface ExtensionScene {
  readonly app: TestApp
  readonly site: DemoSite
  readonly user: User
  readonly phone: PocketPhone
  close(): Promise<void>
}

export async function startExtensionScene(): Promise<ExtensionScene> {
  const app = await startTestApp('sqlite')
  const site = await startDemoSite()
  const { user } = await app.addPerson({ email: 'grace@example.com', givenName: 'Grace', familyName: 'Hopper', withKey: false })
  const phone = new PocketPhone(await givePhone(app, user))
  const running = phone.run()
  return {
    app, site, user, phone,
    async close() {
      await running.stop()
      site.close()
      await app.close()
    },
  }
}
