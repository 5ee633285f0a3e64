import { describe, expect, it } from 'vitest'
import type { User } from '../../../../src/directory/index.ts'
import type { Connection } from '../../../../src/protocols/external-mfa/connections.ts'
import type { Link, Links } from '../../../../src/protocols/external-mfa/links.ts'
import { createRecognition, type Recognized } from '../../../../src/protocols/external-mfa/recognition.ts'
import type { ApplicationId, OrganizationId, UserId } from '../../../../src/storage/index.ts'

const engines = 'engines' as OrganizationId
const connection: Connection = {
  id: 'c' as ApplicationId, organizationId: engines, name: 'Engines', cloud: 'public', loginOrigin: null, tenantId: 't', appId: 'a', clientId: 'i', enabled: true, linksAtSignIn: true, maxAgeSeconds: 0, createdAt: 0, updatedAt: 0,
}
const user = (id: string, change: Partial<User> = {}): User => ({
  id: id as UserId, organizationId: engines, status: 'active', role: 'user', email: `${id}@engines.example`, emailVerified: true, givenName: '', familyName: '', name: id, phone: null, phoneVerified: false, locale: null, timeZone: null,
  managedBy: null, recoveryCodesSeenAt: null, lastSignInAt: null, createdAt: 0, updatedAt: 0, passkeys: 1, authenticators: 0, ...change,
})
const person = { tenantId: 't', objectId: 'o', subject: 's', names: ['first@engines.example', 'second@engines.example'] }

interface World { readonly link?: Link; readonly addresses?: Readonly<Record<string, User>>; readonly upns?: Readonly<Record<string, User>>; readonly linksAtSignIn?: boolean }

function recognized({ link, addresses = {}, upns = {}, linksAtSignIn = true }: World): Promise<Recognized> {
  const recognize = createRecognition(
    { personWithAddress: (name) => Promise.resolve(addresses[name]), personWithUpn: (organization, name) => Promise.resolve(organization === engines ? upns[name] : undefined) },
    { find: () => Promise.resolve(link) } as unknown as Links)
  return recognize({ ...connection, linksAtSignIn }, person)
}

const linkTo = (status: Link['status']): Link => ({ userId: 'ada' as UserId, status, email: 'ada@engines.example' })

describe('SEC-72 who a person of Entra is here', () => {
  it.each<[string, World, string]>([
    ['the one who is linked, whatever the name says', { link: linkTo('active'), addresses: { 'first@engines.example': user('grace') } }, 'linked ada'],
    ['nobody where the one who is linked is suspended, even if the name fits somebody', { link: linkTo('suspended'), addresses: { 'first@engines.example': user('grace') } }, 'nobody not_active'],
    ['whoever has the first name as address', { addresses: { 'first@engines.example': user('ada'), 'second@engines.example': user('grace') } }, 'named ada'],
    ['whoever has the second name, where nobody has the first', { addresses: { 'second@engines.example': user('grace') } }, 'named grace'],
    ['whoever the organization has written down under this sign-in name, before an address', { upns: { 'first@engines.example': user('ada', { emailVerified: false }) }, addresses: { 'first@engines.example': user('grace') } }, 'named ada'],
    ['nobody by an address that its owner has not proven', { addresses: { 'first@engines.example': user('ada', { emailVerified: false }) } }, 'nobody no_account'],
    ['nobody of another organization', { addresses: { 'first@engines.example': user('ada', { organizationId: 'else' as OrganizationId }) } }, 'nobody no_account'],
    ['nobody who is suspended', { addresses: { 'first@engines.example': user('ada', { status: 'suspended' }) } }, 'nobody not_active'],
    ['nobody who has only been invited', { addresses: { 'first@engines.example': user('ada', { status: 'pending' }) } }, 'nobody not_active'],
    ['nobody who has no key to prove it with', { addresses: { 'first@engines.example': user('ada', { passkeys: 0, authenticators: 0 }) } }, 'nobody no_key'],
    ['nobody where links are made by hand', { linksAtSignIn: false, addresses: { 'first@engines.example': user('ada') }, upns: { 'first@engines.example': user('ada') } }, 'nobody not_linked'],
    ['nobody without a name', {}, 'nobody no_account'],
  ])('%s', async (_what, world, expected) => {
    const found = await recognized(world)
    expect(`${found.kind} ${found.kind === 'nobody' ? found.reason : found.userId}`).toBe(expected)
  })
})
