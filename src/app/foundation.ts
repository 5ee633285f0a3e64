import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createApplicationAccess, createApplications } from '../applications/index.ts'
import { createAudit } from '../audit/index.ts'
import type { Config } from '../config/index.ts'
import { createPeopleImports } from '../directory/csv/index.ts'
import { createGroupMethods, createGroups, createInvitations, createOrganizations, createOrganizationTexts, createPasswords, createUsers } from '../directory/index.ts'
import { createAgent, createExtension } from '../downloads/index.ts'
import { createAssets, createLog, createViews } from '../http/index.ts'
import { compiledFolder } from '../launch.ts'
import type { Log } from '../log.ts'
import { createOutbox } from '../messaging/index.ts'
import { createDomains, createIdentities, createPeopleGuide } from '../microsoft365/index.ts'
import { createSetupLinks } from '../panels/welcome/index.ts'
import { DatabaseClock, loadSecretKey, openStorage, type DatabaseLocation } from '../storage/index.ts'
import { createBrands } from './brands.ts'
import { createInvite } from './inviting.ts'
import { createLetters } from './letters.ts'

/** The folder that holds src, views and migrations. */
export const projectFolder = fileURLToPath(new URL('../..', import.meta.url))

export function databaseLocation(config: Config): DatabaseLocation {
  return config.database.url === null
    ? { kind: 'sqlite', file: resolve(config.dataDir, 'doorward.sqlite') }
    : { kind: 'postgres', url: config.database.url, poolSize: config.database.poolSize }
}

/** The database's time, followed by every node; tests bring their own. */
export type FoundationClock = Pick<DatabaseClock, 'now' | 'calibrate' | 'skewMilliseconds'>

export type Foundation = Awaited<ReturnType<typeof openFoundation>>

/** What the server and the command line share: the opened database, its secrets, and the stores of the lower rooms. */
export async function openFoundation(config: Config, log: Log = createLog(config.log.level), givenClock?: FoundationClock) {
  const storage = await openStorage(databaseLocation(config), [])
  try {
    const clock: FoundationClock = givenClock ?? new DatabaseClock(storage)
    await clock.calibrate()
    const sealer = await loadSecretKey(config.secretKeyFile ?? resolve(config.dataDir, 'secret.key'), storage, clock)
    const assets = createAssets({ assetFolder: join(projectFolder, 'views/assets'), browserFolder: join(projectFolder, 'src/browser'), compiledFolder })
    const views = createViews({ folder: join(projectFolder, 'views'), defaultLocale: config.locale, assetUrl: (name) => assets.url(name), now: () => clock.now() })
    const organizations = createOrganizations({ storage, clock })
    const brands = createBrands({ organizations })
    await brands.refresh()
    const outbox = createOutbox({ storage, sealer, clock })
    const invitations = createInvitations({ storage, clock })
    const applications = createApplications({ storage, clock })
    const texts = createOrganizationTexts({ storage, clock })
    const letters = createLetters({ views, outbox, organizations, clock, publicUrl: config.publicUrl, defaultBrand: () => brands.default() })
    const extension = createExtension({ assets, projectFolder, publicUrl: config.publicUrl, seed: sealer.deriveKey('browser extension') })
    return {
      config, log, storage, clock, sealer, assets, views, extension, agent: createAgent({ assets, projectFolder, publicUrl: config.publicUrl, version: extension.version }), organizations, brands, outbox,
      users: createUsers({ storage, clock, sealer }),
      passwords: createPasswords(),
      groups: createGroups({ storage, clock, sealer }),
      groupMethods: createGroupMethods({ storage }),
      peopleImports: createPeopleImports({ storage, clock }),
      invitations,
      texts,
      applications,
      access: createApplicationAccess({ storage }),
      audit: createAudit({ storage, clock, sealer, log }),
      domains: createDomains({ storage, clock, publicUrl: config.publicUrl, applications }),
      identities: createIdentities({ storage, clock }),
      setupLinks: createSetupLinks({ storage, clock, publicUrl: config.publicUrl }),
      letters,
      invite: createInvite({ invitations, letters, texts, peopleGuide: createPeopleGuide({ storage, clock }), text: (locale, key) => views.text(locale, key), publicUrl: config.publicUrl }),
      close: () => storage.close(),
    }
  } catch (error) {
    await storage.close()
    throw error
  }
}
