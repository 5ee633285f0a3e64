import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe } from 'vitest'
import { migrations } from '../../migrations/index.ts'
import { createApp, databaseLocation, openFoundation, type App, type Foundation } from '../../src/app/index.ts'
import { readConfig } from '../../src/config/index.ts'
import type { Organization, User, UserRole, UserStatus } from '../../src/directory/index.ts'
import { createLog } from '../../src/http/index.ts'
import { normaliseEmail, type MailContent, type SmsContent } from '../../src/messaging/index.ts'
import { migrate } from '../../src/storage/index.ts'
import { Browser } from './browser.ts'
import { freePort } from './port.ts'
import { createTestDatabase, migratedTemplate, postgresMissing } from './postgres.ts'
import { SecurityKey } from './security-key.ts'
import type { DatabaseKind } from './storage.ts'
import { skipWithout } from './skip.ts'

export interface Person {
  readonly user: User
  /** Registered when asked for; signs this person in. */
  readonly key: SecurityKey | undefined
}

export interface NewPerson {
  readonly email: string
  readonly givenName?: string
  readonly familyName?: string
  readonly role?: UserRole
  readonly status?: UserStatus
  readonly withKey?: boolean
  readonly phone?: string
  readonly organization?: Organization
}

export interface Letter { readonly template: string; readonly recipient: string; readonly channel: 'mail' | 'sms'; readonly subject: string; readonly text: string; readonly html: string }

/** One process of the application; all of them share a database, a secret key and a clock. */
export interface TestNode { readonly address: string; readonly app: App; readonly foundation: Foundation }

export interface TestApp {
  readonly url: string
  readonly app: App
  readonly foundation: Foundation
  /** The only business organization, "Analytical Engines", unless a test makes another one. */
  readonly organization: Organization
  readonly logLines: string[]
  /** Moves the clock of everything but the token library, which lives by the machine's. */
  advance(milliseconds: number): void
  addOrganization(name: string): Promise<Organization>
  addPerson(person: NewPerson): Promise<Person>
  browser(userAgent?: string): Browser
  /** A browser with a session: by key when the person has one, else by a code from the mail. `fresh: false` makes the proof ten minutes old. */
  signedIn(person: Person, options?: { fresh?: boolean }): Promise<Browser>
  /** All messages of the outbox, newest last, with what is in them. */
  letters(recipient?: string): Promise<Letter[]>
  runJobs(): Promise<void>
  /** A second node behind the same public URL, which a `browser.through(node.address)` talks to. Only PostgreSQL is shared by several. */
  anotherNode(): Promise<TestNode>
  close(): Promise<void>
}

/** The whole application in this process, on a port of its own, with an empty database. `environment` changes its configuration. */
export async function startTestApp(kind: DatabaseKind, environment: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const dataDir = mkdtempSync(join(tmpdir(), 'doorward-app-'))
  const database = kind === 'postgres' ? await createTestDatabase(migratedTemplate) : undefined
  const port = await freePort()
  const { config, problems } = readConfig('', {
    DOORWARD_PUBLIC_URL: `http://localhost:${port}`, DOORWARD_DATA_DIR: dataDir, DOORWARD_HTTP_DRAIN_SECONDS: '1', DOORWARD_LOG_LEVEL: 'debug', DOORWARD_DATABASE_POOL_SIZE: '5',
    ...(database ? { DOORWARD_DATABASE_URL: database.url } : {}), ...environment,
  })
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  const logLines: string[] = []
  if (!database) await migrate(databaseLocation(config), migrations)
  let shift = 0
  const clock = { now: () => Date.now() + shift, calibrate: () => Promise.resolve(), skewMilliseconds: 0 }
  const nodes: TestNode[] = []
  const startNode = async (own: number): Promise<TestNode> => {
    const foundation = await openFoundation(config, createLog(config.log.level, { write: (line) => { logLines.push(line) } }), clock)
    const app = await createApp(foundation)
    await app.listen('127.0.0.1', own)
    const node = { address: `http://localhost:${own}`, app, foundation }
    nodes.push(node)
    return node
  }
  const { app, foundation, address } = await startNode(config.http.port === 8080 ? port : config.http.port)
  const { storage, organizations, users, outbox } = foundation
  // With an https address the tests stand where the proxy would.
  const door = config.publicUrl.startsWith('https:') ? address : config.publicUrl
  const addOrganization = (name: string): Promise<Organization> => storage.write((tx) => organizations.create(tx, { name, kind: 'business' }))
  const organization = await addOrganization('Analytical Engines')
  await foundation.brands.refresh()

  return {
    url: config.publicUrl, app, foundation, organization, logLines, addOrganization,
    advance(milliseconds) { shift += milliseconds },

    async addPerson(person) {
      const email = normaliseEmail(person.email)
      if (!email) throw new Error(`${person.email} is no address`)
      const place = person.organization ?? organization
      let user = await storage.write(async (tx) => {
        const created = await users.create(tx, {
          organizationId: place.id, email, givenName: person.givenName ?? 'Ada', familyName: person.familyName ?? 'Lovelace', role: person.role ?? 'user', status: person.status ?? 'active', emailVerified: true,
        })
        return person.phone === undefined ? created : (await users.update(tx, place.id, created.id, { phone: person.phone, phoneVerified: true })) ?? created
      })
      let key: SecurityKey | undefined
      if (person.withKey ?? true) {
        key = new SecurityKey(config.publicUrl)
        key.userHandle = Buffer.from(user.id).toString('base64url')
        await registerDirectly(app, foundation, user, key)
        user = (await users.findById(user.id)) ?? user
      }
      return { user, key }
    },

    browser: (userAgent) => new Browser(config.publicUrl, userAgent, door),

    async signedIn({ user, key }, options = {}) {
      const browser = new Browser(config.publicUrl, undefined, door)
      await browser.get('/signin')
      const at = foundation.clock.now() - (options.fresh === false ? 600_000 : 0)
      const place = (await organizations.find(user.organizationId))
      const { secret } = await storage.write((tx) => app.parts.sessions.open(tx, {
        userId: user.id, organizationId: user.organizationId, browser: browser.cookies.get('__Host-doorward-browser') ?? '', ip: '127.0.0.1', userAgent: browser.userAgent,
        proofs: [key ? { method: 'passkey', at, credentialId: key.id, factors: ['possession', 'inherence'], amr: ['hwk', 'pop', 'mfa', 'user'], phishingResistant: true, deviceBound: true }
          : { method: 'code', at, credentialId: 'mail', factors: ['possession'], amr: ['otp'], phishingResistant: false, deviceBound: false }],
        ...(place?.settings.session ?? { idleMinutes: 120, absoluteHours: 12 }),
      }))
      browser.cookies.set('__Host-doorward', secret)
      return browser
    },

    async letters(recipient) {
      const { messages } = await outbox.list({ limit: 500 })
      const letters: Letter[] = []
      for (const { id } of messages.toReversed()) {
        const message = await outbox.read(id)
        if (!message?.content || (recipient !== undefined && message.recipient !== recipient)) continue
        const { subject = '', text, html = '' } = message.content as Partial<MailContent> & SmsContent
        letters.push({ template: message.template, recipient: message.recipient, channel: message.channel, subject, text, html })
      }
      return letters
    },

    async runJobs() { await foundation.audit.chain() },

    async anotherNode() {
      if (kind !== 'postgres') throw new Error('only PostgreSQL is shared by several nodes')
      return startNode(await freePort())
    },

    async close() {
      for (const node of nodes) {
        await node.app.stop()
        await node.foundation.close()
      }
      await database?.drop()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

/** Runs the same tests with SQLite and with PostgreSQL, each time with an application of their own. */
export function withApp(title: string, tests: (current: () => TestApp, kind: DatabaseKind) => void, environment: Readonly<Record<string, string>> = {}): void {
  describe.each(['sqlite', 'postgres'] as const)(`${title} (%s)`, (kind) => {
    let started: TestApp | undefined
    const missing = kind === 'postgres' ? postgresMissing() : undefined
    skipWithout(missing)
    beforeAll(async () => { if (missing === undefined) started = await startTestApp(kind, environment) })
    afterAll(async () => { await started?.close() })
    tests(() => {
      if (!started) throw new Error('the application of this test is not running')
      return started
    }, kind)
  })
}

/** Puts the key's public part where a registration would have put it. */
async function registerDirectly(app: App, { storage }: Foundation, user: User, key: SecurityKey): Promise<void> {
  await storage.write((tx) => app.parts.passkeys.add(tx, { id: user.id, organizationId: user.organizationId }, {
    credentialId: key.id, publicKey: key.coseKey().toString('base64url'), algorithm: -7, counter: 0, transports: ['usb'], aaguid: '00000000-0000-0000-0000-000000000000',
    attestationFormat: 'none', attestation: '', discoverable: true, backupEligible: key.flags.backupEligible ?? false, backedUp: key.flags.backedUp ?? false,
  }, null))
}
