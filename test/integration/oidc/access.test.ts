import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp, type Person } from '../../support/app.ts'
import type { Browser } from '../../support/browser.ts'
import { touchKey } from '../../support/ceremonies.ts'
import { refusal, registerParty, returned, walk, type RelyingParty, type Tokens } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('the right to use an application', (current) => {
  interface Scene { readonly ada: Person; readonly party: RelyingParty; readonly browser: Browser; readonly tokens: Tokens }

  /** Ada is in the application, with every kind of token, by an assignment of her own. */
  async function scene(): Promise<Scene> {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { access: 'assigned', settings: { refreshTokens: true } })
    const { storage, access } = current().foundation
    await storage.write((tx) => access.assign(tx, ada.user.organizationId, party.application.id, { kind: 'user', id: ada.user.id }))
    const browser = await current().signedIn(ada)
    const tokens = await party.signIn(browser, { consent: 'allow' }, { scope: 'openid email offline_access', prompt: 'consent' })
    expect(await client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id)).toMatchObject({ email: ada.user.email })
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toMatchObject({ active: true, sub: ada.user.id, client_id: party.clientId })
    return { ada, party, browser, tokens }
  }

  const personAccess = () => current().app.parts.personAccess
  it.each([
    ['the assignment is removed', ({ ada, party }: Scene) => {
      const { storage, access } = current().foundation
      return storage.write((tx) => access.unassign(tx, ada.user.organizationId, party.application.id, { kind: 'user', id: ada.user.id }))
    }],
    ['the person is suspended', ({ ada }: Scene) => personAccess().suspend(ada.user, () => Promise.resolve())],
    ['the keys of the person are reset', ({ ada }: Scene) => personAccess().reset(ada.user, () => Promise.resolve())],
    ['the person is signed out by an administrator', ({ ada }: Scene) => personAccess().signOut(ada.user, () => Promise.resolve())],
    ['the person is deleted', ({ ada }: Scene) => personAccess().remove(ada.user, () => Promise.resolve())],
  ] as const)('SEC-18 SEC-07 ends at once with all its tokens when %s', async (_what, withdraw) => {
    const before = await scene()
    const { ada, party, tokens } = before
    await withdraw(before)
    expect(await refusal(client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id))).toBe('invalid_token')
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toEqual({ active: false })
    expect(await client.tokenIntrospection(party.configuration, tokens.refresh_token ?? '')).toEqual({ active: false })
    expect(await refusal(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? ''))).toBe('invalid_grant')
  })

  it('SEC-18 ends at once when the application is switched off, and comes back when it is switched on', async () => {
    const { ada, party, browser, tokens } = await scene()
    const { storage, applications } = current().foundation
    const enable = (enabled: boolean) => storage.write((tx) => applications.update(tx, ada.user.organizationId, party.application.id, { enabled }))
    await enable(false)
    expect(await refusal(client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id))).toBe('invalid_token')
    expect(await refusal(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? ''))).toBe('invalid_client')
    const page = await browser.get((await party.begin()).path)
    expect(page.status).toBe(400)
    expect(page.body).toContain('This application is not known here')
    await enable(true)
    expect((await party.signIn(browser)).claims()?.sub).toBe(ada.user.id)
    expect((await client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? '')).access_token).toBeDefined()
  })

  it('SEC-18 a code that waits is worth nothing after the right is withdrawn', async () => {
    const { ada, party, browser } = await scene()
    const begun = await party.begin()
    const { location } = await browser.get(begun.path)
    const { storage, access } = current().foundation
    await storage.write((tx) => access.unassign(tx, ada.user.organizationId, party.application.id, { kind: 'user', id: ada.user.id }))
    expect(await refusal(party.redeem(location, begun))).toBe('invalid_grant')
  })

  it('SEC-18 says who has no right, on a page of ours with a way back to the application', async () => {
    const grace = await current().addPerson({ email: email(), givenName: 'Grace' })
    const party = await registerParty(current(), { access: 'assigned' })
    const browser = await current().signedIn(grace)
    const begun = await party.begin()
    const page = await browser.get(begun.path)
    expect(page.status).toBe(403)
    expect(page.body).toContain('You may not use this application')
    expect(page.body).toContain(grace.user.email)
    const action = /action="(\/oidc\/interaction\/[\w-]+\/refusal)"/.exec(page.body)?.[1] ?? ''
    expect(returned(await browser.post(action))).toMatchObject({ error: 'access_denied', state: begun.state })
    const { events } = await current().foundation.audit.list({ organizationId: grace.user.organizationId, userId: grace.user.id, limit: 5 })
    expect(events[0]).toMatchObject({ action: 'application.refused', outcome: 'denied' })
  })

  it('SEC-18 a right that a group gives goes with the membership', async () => {
    const ada = await current().addPerson({ email: email() })
    const { storage, access, groups } = current().foundation
    const party = await registerParty(current(), { access: 'assigned' })
    const { organizationId } = ada.user
    const group = await storage.write(async (tx) => {
      const made = await groups.create(tx, organizationId, { name: `Engineers ${count}`, description: '' })
      await groups.addMember(tx, organizationId, made, ada.user.id)
      await access.assign(tx, organizationId, party.application.id, { kind: 'group', id: made })
      return made
    })
    const browser = await current().signedIn(ada)
    const tokens = await party.signIn(browser)
    await storage.write((tx) => groups.removeMember(tx, organizationId, group, ada.user.id))
    expect(await refusal(client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id))).toBe('invalid_token')
    expect((await browser.get((await party.begin()).path)).status).toBe(403)
  })

  it('SEC-18 nobody of another organization gets in, signed in or not, and is told to change', async () => {
    const other = await current().addOrganization(`Difference Engines ${++count}`)
    const mallory = await current().addPerson({ email: email(), organization: other })
    const party = await registerParty(current(), { access: 'everyone' })
    const browser = await current().signedIn(mallory)
    const page = await browser.get((await party.begin()).path)
    expect(page.path).toMatch(/^\/signin\//)
    const answer = await walk(browser, page.path, {})
    expect(answer.location).toBeUndefined()
    if (!mallory.key) throw new Error('Mallory has a key')
    expect((await touchKey(browser, mallory.key, page.path)).status).toBe(422)
    expect(returned(await browser.get((await party.begin({ prompt: 'none' })).path))).toMatchObject({ error: 'login_required' })
  })

  it('settings of an application take effect with the next request', async () => {
    const { ada, party, browser } = await scene()
    const { storage, applications } = current().foundation
    if (!party.application.oidc) throw new Error('it speaks OpenID Connect')
    const oidc = { ...party.application.oidc, redirectUris: ['https://new.example/callback'], accessTokenMinutes: 3 }
    await storage.write((tx) => applications.update(tx, ada.user.organizationId, party.application.id, { oidc }))
    expect((await browser.get((await party.begin()).path)).status).toBe(400)
    const begun = await party.begin({ redirect_uri: 'https://new.example/callback' })
    const tokens = await party.redeem((await browser.get(begun.path)).location, begun)
    expect(tokens.expires_in).toBe(180)
  })
})
