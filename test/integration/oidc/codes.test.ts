import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { refusal, registerParty, walk, type Begun, type RelyingParty } from '../../support/relying-party.ts'
import { startSecondNode } from '../../support/second-node.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('a code', (current, kind) => {
  /** Redeems without a library between, at any node. */
  function redeem(at: string, party: RelyingParty, location: string | undefined, begun: Begun, change: Readonly<Record<string, string>> = {}): Promise<Response> {
    const body = { grant_type: 'authorization_code', code: new URL(location ?? '').searchParams.get('code') ?? '', redirect_uri: party.redirectUri, code_verifier: begun.verifier, ...change }
    return fetch(`${at}/oidc/token`, { method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${party.clientId}:${party.secret}`).toString('base64')}` }, body: new URLSearchParams(body) })
  }

  it('SEC-05 R-05 gives tokens once however many ask at once, on every node, and takes them back', async () => {
    const second = kind === 'postgres' ? await startSecondNode(current()) : undefined
    try {
      const nodes = second ? [current().url, second.url] : [current().url]
      const party = await registerParty(current())
      for (let code = 0; code < 6; code++) {
        const ada = await current().addPerson({ email: email() })
        const begun = await party.begin()
        const { location } = await walk(await current().signedIn(ada), begun.path)
        const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => redeem(nodes[index % nodes.length] ?? '', party, location, begun)))
        const bodies = await Promise.all(answers.map(async (answer) => ({ status: answer.status, ...(await answer.json()) as { access_token?: string; error?: string } })))
        const winners = bodies.filter(({ status }) => status === 200)
        expect(winners).toHaveLength(1)
        expect(new Set(bodies.filter(({ status }) => status !== 200).map(({ status, error }) => `${status} ${error}`))).toEqual(new Set(['400 invalid_grant']))
        expect(bodies.filter(({ access_token: token }) => token !== undefined)).toHaveLength(1)
        expect(await refusal(client.fetchUserInfo(party.configuration, winners[0]?.access_token ?? '', ada.user.id))).toBe('invalid_token')
        const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 60 })
        expect(events.map(({ action }) => action)).toContain('token.reuse_detected')
      }
    } finally {
      await second?.close()
    }
  })

  it('SEC-05 R-05 is refused when another redemption commits between the look at it and the own commit', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const begun = await party.begin()
    const { location } = await walk(await current().signedIn(ada), begun.path)
    const { storage, clock } = current().foundation
    let late: Promise<Response> | undefined
    await storage.write(async (tx) => {
      await tx.run(`UPDATE oidc_payloads SET consumed_at = ? WHERE kind = 'AuthorizationCode' AND account_id = ?`, [clock.now(), ada.user.id])
      late ??= redeem(current().url, party, location, begun)
      await new Promise((resolve) => setTimeout(resolve, 500))
    })
    expect((await late)?.status).toBe(400)
    const left = await storage.read.all(`SELECT kind FROM oidc_payloads WHERE account_id = ? AND kind IN ('AccessToken', 'RefreshToken', 'Grant')`, [ada.user.id])
    expect(left).toEqual([])
  })

  it('SEC-05 used a second time takes back what the first use gave, and is written down', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { refreshTokens: true } })
    const browser = await current().signedIn(ada)
    const begun = await party.begin({ scope: 'openid offline_access', prompt: 'consent' })
    const { location } = await walk(browser, begun.path, { consent: 'allow' })
    const tokens = await party.redeem(location, begun)
    expect(tokens.refresh_token).toBeDefined()
    expect((await redeem(current().url, party, location, begun)).status).toBe(400)
    expect(await client.tokenIntrospection(party.configuration, tokens.access_token)).toEqual({ active: false })
    expect(await refusal(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? ''))).toBe('invalid_grant')
    const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'token.reuse_detected', outcome: 'denied', actor: { kind: 'application' }, application: { name: party.application.name } })
    // The session goes on, under a new grant.
    expect((await party.signIn(browser)).access_token).toBeDefined()
  })

  it('SEC-05 is worth something only to the application, address and verifier it was given for', async () => {
    const ada = await current().addPerson({ email: email() })
    const [party, other] = [await registerParty(current(), { settings: { redirectUris: ['https://payroll.example/callback', 'https://payroll.example/other'] } }), await registerParty(current())]
    const begun = await party.begin()
    const { location } = await walk(await current().signedIn(ada), begun.path)
    const attempts: readonly (readonly [RelyingParty, Readonly<Record<string, string>>])[] = [
      [other, {}], [party, { redirect_uri: 'https://payroll.example/other' }], [party, { redirect_uri: 'https://payroll.example/callback/' }], [party, { redirect_uri: '' }],
      [party, { code_verifier: client.randomPKCECodeVerifier() }], [party, { code_verifier: '' }], [party, { code_verifier: begun.verifier.toUpperCase() }], [party, { code: `${new URL(location ?? '').searchParams.get('code') ?? ''}x` }],
    ]
    for (const [who, change] of attempts) expect((await redeem(current().url, who, location, begun, change)).status, JSON.stringify(change)).toBe(400)
    // Nothing of that used the code up or took anything from its owner.
    expect((await redeem(current().url, party, location, begun)).status).toBe(200)
  })

  it('SEC-05 is good for a minute', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const browser = await current().signedIn(ada)
    const { storage } = current().foundation
    const before = current().foundation.clock.now()
    const begun = await party.begin()
    const { location } = await walk(browser, begun.path)
    const row = await storage.read.one<{ expires_at: number }>(`SELECT expires_at FROM oidc_payloads WHERE kind = 'AuthorizationCode' AND account_id = ?`, [ada.user.id])
    expect(row?.expires_at).toBeLessThanOrEqual(current().foundation.clock.now() + 60_000)
    expect(row?.expires_at).toBeGreaterThanOrEqual(before + 59_000)
    await storage.write((tx) => tx.run(`UPDATE oidc_payloads SET expires_at = ? WHERE kind = 'AuthorizationCode' AND account_id = ?`, [current().foundation.clock.now() - 1, ada.user.id]))
    expect((await redeem(current().url, party, location, begun)).status).toBe(400)
    const again = await party.begin()
    expect((await redeem(current().url, party, (await walk(browser, again.path)).location, again)).status).toBe(200)
  })

  it('SEC-05 dies with the session that it came from, even before the news of the sign-out is out', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const { sessions } = current().app.parts
    for (const end of ['button', 'row'] as const) {
      const browser = await current().signedIn(ada)
      const begun = await party.begin()
      const { location } = await walk(browser, begun.path)
      if (end === 'row') await current().foundation.storage.write((tx) => sessions.endAll(tx, ada.user.id))
      else {
        await browser.get('/')
        await browser.post('/signout')
      }
      expect((await redeem(current().url, party, location, begun)).status).toBe(400)
    }
  })

  it('SEC-05 R-01 applications that are opened at once all stand in the session, each with a grant of its own', async () => {
    const ada = await current().addPerson({ email: email() })
    const browser = await current().signedIn(ada)
    const parties = await Promise.all(Array.from({ length: 6 }, () => registerParty(current())))
    const asked = await Promise.all([...parties, ...parties].map(async (party) => ({ party, begun: await party.begin() })))
    const tokens = await Promise.all(asked.map(async ({ party, begun }) => party.redeem((await browser.get(begun.path, { follow: false })).location, begun)))
    await browser.get('/')
    await browser.post('/signout')
    for (const [index, { access_token: token }] of tokens.entries()) {
      expect(await client.tokenIntrospection(asked[index]?.party.configuration as client.Configuration, token)).toEqual({ active: false })
    }
  })

  it('SEC-07 R-05 stands in the database only as a hash, like every other token', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { refreshTokens: true, parRequired: true } })
    const begun = await party.begin({ scope: 'openid offline_access', prompt: 'consent' })
    const browser = await current().signedIn(ada)
    const { location } = await walk(browser, begun.path, { consent: 'allow' })
    const { access_token: accessToken, refresh_token: refreshToken = '', id_token: idToken = '' } = await party.redeem(location, begun)
    const secrets = [new URL(location ?? '').searchParams.get('code') ?? '', accessToken, refreshToken, idToken.split('.')[2] ?? '', party.secret, browser.cookies.get('__Host-doorward') ?? '']
    for (const secret of secrets) expect(secret.length).toBeGreaterThan(30)
    const everything = await dump()
    for (const secret of secrets) expect(everything.includes(secret)).toBe(false)
    expect(everything).toContain(ada.user.id)
  })

  async function dump(): Promise<string> {
    const { storage } = current().foundation
    const names = kind === 'sqlite' ? `SELECT name FROM sqlite_master WHERE type = 'table'` : `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'`
    const tables = await storage.read.all<{ name: string }>(names)
    return JSON.stringify(await Promise.all(tables.map(({ name }) => storage.read.all(`SELECT * FROM "${name}"`))))
  }
})
