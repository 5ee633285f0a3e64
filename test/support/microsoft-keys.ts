import type { Person, TestApp } from './app.ts'
import { createEntra, type Entra, type Tenant, type User } from './entra/index.ts'
import type { FakePhone } from './fake-phone.ts'
import { SecurityKey, type Tampering } from './security-key.ts'
import type { KeyOrder } from '../../src/microsoft365/index.ts'

/** The right for each of what the server does; a test takes away what it wants to see refused. */
export const allRights = ['UserAuthMethod-Passkey.ReadWrite.All', 'UserAuthMethod-TAP.ReadWrite.All', 'Policy.Read.AuthenticationMethod']

export interface KeyScene {
  readonly entra: Entra
  readonly tenant: Tenant
  readonly domainId: string
  readonly administrator: Person
  /** Known here and at Entra by the same name. */
  person(name: string): Promise<{ readonly person: Person; readonly atEntra: User }>
  order(person: Person, phoneId?: string): Promise<string>
  find(id: string): Promise<KeyOrder>
  /** @returns whether it is open again */
  retry(id: string): Promise<boolean>
  consent(): Promise<void>
  /** As the phone does it: asks for what a key is made from, makes it, answers. */
  make(phone: FakePhone, id: string, change?: Tampering): Promise<{ readonly status: number; readonly outcome: string; readonly reason: string | null; readonly key: SecurityKey }>
  run(): Promise<void>
  actions(): Promise<string[]>
  close(): Promise<void>
}

/** One domain whose app registration Entra trusts, and an administrator who may. */
export async function openKeyScene(app: TestApp, name: string, rights: readonly string[] = allRights): Promise<KeyScene> {
  const { foundation, organization } = app
  const { storage, domains, identities, audit } = foundation
  const { microsoft365 } = app.app.parts
  const entra = await createEntra({ plain: true, clock: () => foundation.clock.now(), skewSeconds: 5 })
  const tenant = entra.addTenant({ initialDomain: `${name}.onmicrosoft.com` })
  entra.addDomain(tenant, `${name}.example`)
  const registration = entra.addApplication(tenant, { roles: [...rights] })
  const domain = await storage.write((tx) => domains.create(tx, organization.id, {
    domain: `${name}.example`, protocol: 'saml', settings: { loginHost: entra.urls.login, graphHost: entra.urls.graph, tenantId: tenant.id, clientId: registration.appId, certificateCredential: true },
  }))
  const certificate = (await microsoft365.unattended.credential(domain)).published[0]?.certificate ?? ''
  registration.certificates.push(`-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`)
  const administrator = await app.addPerson({ email: `admin@${name}.example`, role: 'administrator' })
  const { keys } = microsoft365
  const find = async (id: string): Promise<KeyOrder> => {
    const order = await keys.store.find(organization.id, id)
    if (!order) throw new Error('no such order')
    return order
  }

  return {
    entra, tenant, domainId: domain.id, administrator,
    async person(who) {
      const upn = `${who}@${name}.example`
      const person = await app.addPerson({ email: upn, withKey: false })
      await storage.write((tx) => identities.set(tx, organization.id, person.user.id, { upn, source: 'minted' }))
      return { person, atEntra: entra.addUser(tenant, upn) }
    },
    async order({ user }, phoneId) {
      const place = await keys.placeOf(organization.id, user.id)
      const made = await storage.write((tx) => keys.order(tx, { organizationId: organization.id, userId: user.id, phoneId: phoneId ?? null, by: { id: administrator.user.id, name: 'Ada Lovelace' } }, place))
      if (made.outcome !== 'ordered') throw new Error(`nothing was ordered: ${made.outcome}`)
      return made.id
    },
    find,
    async retry(id) {
      const order = await find(id)
      const place = await keys.placeOf(organization.id, order.userId)
      return storage.write((tx) => keys.retry(tx, order, place))
    },
    consent: () => storage.write((tx) => keys.settings.consent(tx, organization.id, { id: administrator.user.id, name: 'Ada Lovelace' })),
    async make(phone, id, change = {}) {
      const asked = await phone.orderOptions({ id })
      if (asked.status !== 200) return { status: asked.status, outcome: 'no options', reason: null, key: new SecurityKey('') }
      const key = new SecurityKey(asked.body.origin)
      const { status, body } = await phone.answerOrder({ id }, JSON.parse(key.register(asked.body.options, { format: 'packed', ...change })) as object)
      return { status, ...body, key }
    },
    run: () => microsoft365.keys.upkeep.run(),
    async actions() {
      return (await audit.list({ organizationId: organization.id, limit: 200 })).events.map(({ action, outcome }) => `${action} ${outcome}`).filter((line) => line.startsWith('microsoft.')).toReversed()
    },
    close: () => entra.close(),
  }
}
