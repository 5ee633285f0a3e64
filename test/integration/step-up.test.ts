import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { askForCode, signInWithKey, touchKey } from '../support/ceremonies.ts'
import { registerParty } from '../support/relying-party.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `proof${++count}@example.com`
const names = { given_name: 'Grace', family_name: 'Hopper' }

withApp('what a stolen session of an administrator is not enough for', (current) => {
  const isConfirmation = (location: string | undefined): boolean => /^\/signin\/[\w-]{22}$/.test(location ?? '')

  it('SEC-71 a new account, which may be an administrator’s: by a touch, and not without', async () => {
    const owner = await current().addPerson({ email: address(), role: 'owner' })
    const email = address()
    const stale = await current().signedIn(owner, { fresh: false })
    await stale.get('/')
    expect(isConfirmation((await stale.post('/admin/users/new', { email, role: 'administrator', ...names }, { follow: false })).location)).toBe(true)
    expect(await current().foundation.users.findByEmailKey(email)).toBeUndefined()

    const asked = await stale.get('/admin/users/new')
    expect((await touchKey(stale, owner.key as SecurityKey, asked.path)).path).toBe('/admin/users/new')
    expect((await stale.post('/admin/users/new', { email, role: 'administrator', ...names })).path).toMatch(/^\/admin\/users\/[\w-]{22}$/)
    expect(await current().foundation.users.findByEmailKey(email)).toMatchObject({ role: 'administrator', status: 'new' })
  })

  it('SEC-71 other addresses or keys of an application: by a touch, and not without', async () => {
    const owner = await current().addPerson({ email: address(), role: 'owner' })
    const { application } = await registerParty(current(), {})
    const page = `/admin/applications/${application.id}/edit`
    const evil = { name: application.name, redirect_uris: 'https://evil.example/callback' }
    const uris = async () => (await current().foundation.applications.find(application.organizationId, application.id))?.oidc?.redirectUris
    const stale = await current().signedIn(owner, { fresh: false })
    await stale.get('/')
    expect(isConfirmation((await stale.post(page, evil, { follow: false })).location)).toBe(true)
    expect(await uris()).toEqual(application.oidc?.redirectUris)

    const asked = await stale.get(page)
    expect((await touchKey(stale, owner.key as SecurityKey, asked.path)).path).toBe(page)
    expect((await stale.post(page, { ...evil, redirect_uris: 'https://payroll.example/new' })).path).toBe(`/admin/applications/${application.id}`)
    expect(await uris()).toEqual(['https://payroll.example/new'])
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '100000', DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000' })

withApp('an address that an administrator has typed', (current) => {
  it('SEC-59 gets no code before it is proven; the link that went there proves it, and then codes come', async () => {
    const admin = await current().signedIn(await current().addPerson({ email: address(), role: 'administrator' }))
    const { user } = await current().addPerson({ email: address(), withKey: false })
    const typed = address()
    await admin.get(`/admin/users/${user.id}/edit`)
    expect((await admin.post(`/admin/users/${user.id}/edit`, { email: typed, role: 'user', ...names })).path).toBe(`/admin/users/${user.id}`)
    expect(await current().foundation.users.findById(user.id)).toMatchObject({ email: typed, emailVerified: false })

    const { answer } = await askForCode(current().browser(), typed)
    expect(answer.path).toMatch(/\/code$/)
    const letters = await current().letters(typed)
    expect(letters.map(({ template }) => template)).toEqual(['access-reset'])
    const refused = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'code.refused', limit: 1 })
    expect(refused.events[0]?.details).toEqual({ channel: 'mail', reason: 'email_not_verified' })

    const path = /\/invitation\/[\w-]{43}/.exec(letters[0]?.text ?? '')?.[0] ?? ''
    const guest = current().browser()
    await guest.get(path)
    await guest.post(path, names)
    expect((await guest.post(`${path}/skip`)).path).toBe('/')
    await askForCode(current().browser(), typed)
    expect((await current().letters(typed)).map(({ template }) => template)).toEqual(['access-reset', 'code'])
  })

  it('SEC-59 of someone with a key gets no link: the key goes on opening the account', async () => {
    const admin = await current().signedIn(await current().addPerson({ email: address(), role: 'administrator' }))
    const { user, key } = await current().addPerson({ email: address() })
    const typed = address()
    await admin.get(`/admin/users/${user.id}/edit`)
    await admin.post(`/admin/users/${user.id}/edit`, { email: typed, role: 'user', ...names })
    expect((await current().letters(typed)).map(({ template }) => template)).toEqual([])
    expect((await signInWithKey(current().browser(), key as SecurityKey)).path).toBe('/')
  })
}, { DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '100000', DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000' })
