import { mkdirSync } from 'node:fs'
import { migrations } from '../../migrations/index.ts'
import { databaseLocation, openFoundation, type Foundation } from '../../src/app/index.ts'
import { defaultOidcSettings, parseSamlSettings, parseWsFedSettings, usualAttributes, type OidcKind, type OidcSettings } from '../../src/applications/index.ts'
import { createPasskeys } from '../../src/authentication/methods/passkey/index.ts'
import { readConfig } from '../../src/config/index.ts'
import { foldText, type Organization } from '../../src/directory/index.ts'
import { createLog } from '../../src/http/index.ts'
import { normaliseEmail } from '../../src/messaging/index.ts'
import { migrate, newId } from '../../src/storage/index.ts'
import { SecurityKey } from '../support/security-key.ts'
import type { Application } from './visitor.ts'

export interface Seeded {
  readonly environment: Readonly<Record<string, string>>
  readonly keys: readonly SecurityKey[]
  readonly web: Application
  readonly service: Application
}

export const redirectUri = 'https://payroll.example/callback'
const scope = 'openid profile email'
const batch = 1_000

/** A database as an organization of `people` would have it: applications of each kind, and some people with a key. */
export async function seed(folder: string, port: number, people: number, withKeys: number): Promise<Seeded> {
  mkdirSync(folder, { recursive: true })
  const environment = {
    DOORWARD_PUBLIC_URL: `http://localhost:${port}`, DOORWARD_HTTP_PORT: String(port), DOORWARD_HTTP_HOST: '127.0.0.1', DOORWARD_DATA_DIR: folder, DOORWARD_LOG_LEVEL: 'warn', DOORWARD_DATABASE_URL: '',
    DOORWARD_LIMITS_STARTS_PER_ADDRESS: '100000000',
  }
  const { config, problems } = readConfig('', environment)
  if (problems.length > 0) throw new Error(JSON.stringify(problems))
  await migrate(databaseLocation(config), migrations)
  const foundation = await openFoundation(config, createLog('warn'))
  try {
    const organization = await foundation.storage.write((tx) => foundation.organizations.create(tx, { name: 'Analytical Engines', kind: 'business' }))
    const web = await addApplication(foundation, organization, 'Payroll', 'web', { redirectUris: [redirectUri], refreshTokens: true })
    await addApplication(foundation, organization, 'Field notes', 'public', { redirectUris: ['https://notes.example/callback'] })
    const service = await addApplication(foundation, organization, 'Nightly export', 'service', { scopes: ['openid'] })
    await addFederated(foundation, organization)
    const keys = await addPeopleWithKeys(foundation, organization, withKeys)
    await addPeople(foundation, organization, people - withKeys)
    return { environment, keys, web: { ...web, scope }, service: { ...service, scope: '' } }
  } finally {
    await foundation.close()
  }
}

async function addApplication({ storage, applications }: Foundation, { id: organizationId }: Organization, name: string, kind: OidcKind, settings: Partial<OidcSettings>) {
  const secret = await storage.write(async (tx) => {
    const id = await applications.create(tx, organizationId, {
      name, description: '', protocol: 'oidc', launchUrl: null, access: 'everyone', trusted: true, requiredAssurance: null, oidc: { ...defaultOidcSettings(kind), idTokenAlg: 'ES256', ...settings },
    })
    return kind === 'public' ? '' : applications.addSecret(tx, organizationId, id, { overlapHours: 0 })
  })
  const application = (await applications.findByName(organizationId, name))
  return { clientId: application?.clientId ?? '', secret, redirectUri }
}

export const wiki = { entityId: 'https://wiki.example/metadata', acs: 'https://wiki.example/acs' }
export const intranet = { realm: 'urn:intranet', reply: 'https://intranet.example/answer' }

/** With the attributes that such applications get unless somebody says otherwise. */
async function addFederated({ storage, applications }: Foundation, { id: organizationId }: Organization): Promise<void> {
  const common = { description: '', launchUrl: null, access: 'everyone', trusted: true, requiredAssurance: null } as const
  await storage.write(async (tx) => {
    await applications.create(tx, organizationId, { ...common, name: 'Wiki', protocol: 'saml', clientId: wiki.entityId, saml: parseSamlSettings({ acs: [{ url: wiki.acs, index: 0, isDefault: true }], attributes: [...usualAttributes.saml] }) })
    await applications.create(tx, organizationId, { ...common, name: 'Intranet', protocol: 'wsfed', clientId: intranet.realm, wsfed: parseWsFedSettings({ replyUrls: [intranet.reply], attributes: [...usualAttributes.wsfed] }) })
  })
}

async function addPeopleWithKeys({ storage, clock, users, config }: Foundation, organization: Organization, count: number): Promise<SecurityKey[]> {
  const passkeys = createPasskeys({ storage, clock, publicUrl: config.publicUrl, rpName: 'Doorward' })
  const keys: SecurityKey[] = []
  for (let number = 0; number < count; number++) {
    const email = normaliseEmail(`holder${number}@example.com`)
    if (!email) throw new Error('no address')
    const key = new SecurityKey(config.publicUrl)
    await storage.write(async (tx) => {
      const user = await users.create(tx, {
        organizationId: organization.id, email, givenName: 'Ada', familyName: `Holder ${number}`, role: number === 0 ? 'owner' : 'user', status: 'active', emailVerified: true,
      })
      key.userHandle = Buffer.from(user.id).toString('base64url')
      await passkeys.add(tx, { id: user.id, organizationId: organization.id }, {
        credentialId: key.id, publicKey: key.coseKey().toString('base64url'), algorithm: -7, counter: 0, transports: ['usb'], aaguid: '00000000-0000-0000-0000-000000000000',
        attestationFormat: 'none', attestation: '', discoverable: true, backupEligible: false, backedUp: false,
      }, null)
    })
    keys.push(key)
  }
  return keys
}

/** Rows straight into the table: what an import would leave behind, in a few seconds. */
async function addPeople({ storage, clock }: Foundation, organization: Organization, count: number): Promise<void> {
  const now = clock.now()
  for (let start = 0; start < count; start += batch) {
    await storage.write(async (tx) => {
      for (let number = start; number < Math.min(count, start + batch); number++) {
        const [givenName, familyName, email] = [`Grace${number % 997}`, `Hopper${number}`, `person${number}@example.com`]
        await tx.run(
          `INSERT INTO users (id, organization_id, status, role, email, email_key, email_verified_at, given_name, family_name, search_key, created_at, updated_at)
           VALUES (?, ?, 'active', 'user', ?, ?, ?, ?, ?, ?, ?, ?)`,
          [newId(), organization.id, email, email, now, givenName, familyName, foldText(`${familyName} ${givenName} ${email}`), now, now])
      }
    })
  }
}
