import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp, type Person } from '../../support/app.ts'
import type { Browser } from '../../support/browser.ts'
import { refusal, registerParty, type NewParty, type RelyingParty, type Tokens } from '../../support/relying-party.ts'
import { startSecondNode } from '../../support/second-node.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('a refresh token', (current, kind) => {
  interface Scene { readonly ada: Person; readonly party: RelyingParty; readonly browser: Browser; readonly tokens: Tokens; readonly refreshToken: string }

  async function scene(party: NewParty = {}): Promise<Scene> {
    const ada = await current().addPerson({ email: email() })
    const registered = await registerParty(current(), { ...party, settings: { refreshTokens: true, ...party.settings } })
    const browser = await current().signedIn(ada)
    const tokens = await registered.signIn(browser, { consent: 'allow' }, { scope: 'openid email offline_access', prompt: 'consent' })
    return { ada, party: registered, browser, tokens, refreshToken: tokens.refresh_token ?? '' }
  }
  const refresh = ({ party }: Scene, token: string) => client.refreshTokenGrant(party.configuration, token)

  it.each([['web', 'client_secret_basic'], ['public', 'none']] as const)('SEC-07 gives new tokens to a %s application, and another refresh token each time', async (clientKind, authMethod) => {
    const before = await scene({ kind: clientKind, settings: { authMethod } })
    const { ada, party } = before
    let token = before.refreshToken
    const seen = new Set([token])
    for (let round = 0; round < 4; round++) {
      const next = await refresh(before, token)
      expect(await client.fetchUserInfo(party.configuration, next.access_token, ada.user.id)).toMatchObject({ email: ada.user.email })
      token = next.refresh_token ?? ''
      seen.add(token)
    }
    expect(seen.size).toBe(5)
  })

  it('SEC-07 used a second time ends all that came of it', async () => {
    const before = await scene()
    const { ada, party } = before
    const second = await refresh(before, before.refreshToken)
    const third = await refresh(before, second.refresh_token ?? '')
    expect(await refusal(refresh(before, before.refreshToken))).toBe('invalid_grant')
    expect(await refusal(refresh(before, third.refresh_token ?? ''))).toBe('invalid_grant')
    for (const { access_token: token } of [before.tokens, second, third]) {
      expect(await refusal(client.fetchUserInfo(party.configuration, token, ada.user.id))).toBe('invalid_token')
      expect(await client.tokenIntrospection(party.configuration, token)).toEqual({ active: false })
    }
    const { events } = await current().foundation.audit.list({ organizationId: ada.user.organizationId, userId: ada.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'token.reuse_detected', application: { name: party.application.name } })
  })

  it('SEC-07 R-05 asked for by many at once gives at most one answer, on every node', async () => {
    const second = kind === 'postgres' ? await startSecondNode(current()) : undefined
    try {
      const before = await scene()
      const { party } = before
      const nodes = [current().url, second?.url ?? current().url]
      const answers = await Promise.all(Array.from({ length: 30 }, (_, index) => fetch(`${nodes[index % 2] ?? ''}/oidc/token`, {
        method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${party.clientId}:${party.secret}`).toString('base64')}` }, body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: before.refreshToken }),
      })))
      const given = answers.filter(({ status }) => status === 200)
      expect(given).toHaveLength(1)
      expect(new Set(answers.filter(({ status }) => status !== 200).map(({ status }) => status))).toEqual(new Set([400]))
      for (const answer of given) expect(await refusal(refresh(before, (await answer.json() as { refresh_token: string }).refresh_token))).toBe('invalid_grant')
    } finally {
      await second?.close()
    }
  })

  it('SEC-07 is not prolonged by being exchanged', async () => {
    const before = await scene({ settings: { refreshTokenDays: 7 } })
    const { storage, clock } = current().foundation
    interface Ends { expires_at: number; payload: string; consumed_at: number | null }
    const rows = () => storage.read.all<Ends>(`SELECT expires_at, payload, consumed_at FROM oidc_payloads WHERE kind = 'RefreshToken' AND account_id = ?`, [before.ada.user.id])
    const [first] = await rows()
    expect(first?.expires_at).toBeLessThanOrEqual(clock.now() + 7 * 86_400_000)
    expect(first?.expires_at).toBeGreaterThan(clock.now() + 6.9 * 86_400_000)
    // As it is in the last hour of its week.
    const inAnHour = clock.now() + 3_600_000
    const payload = JSON.stringify({ ...JSON.parse(first?.payload ?? '{}') as object, exp: Math.floor(inAnHour / 1_000) })
    await storage.write((tx) => tx.run(`UPDATE oidc_payloads SET expires_at = ?, payload = ? WHERE kind = 'RefreshToken' AND account_id = ?`, [inAnHour, payload, before.ada.user.id]))
    await refresh(before, before.refreshToken)
    const newest = (await rows()).find(({ consumed_at: at }) => at === null)
    expect(newest?.expires_at).toBeLessThanOrEqual(inAnHour + 2_000)
    expect((JSON.parse(newest?.payload ?? '{}') as { exp: number }).exp).toBeLessThanOrEqual(Math.floor(inAnHour / 1_000) + 2)
  })

  it('SEC-07 has an end', async () => {
    const before = await scene({ settings: { refreshTokenDays: 7 } })
    await current().foundation.storage.write((tx) => tx.run(`UPDATE oidc_payloads SET expires_at = ? WHERE kind = 'RefreshToken' AND account_id = ?`, [current().foundation.clock.now(), before.ada.user.id]))
    expect(await refusal(refresh(before, before.refreshToken))).toBe('invalid_grant')
  })

  it('SEC-07 is worth nothing to another application, and that does not harm it', async () => {
    const [before, other] = [await scene(), await scene()]
    expect(await refusal(refresh(other, before.refreshToken))).toBe('invalid_grant')
    expect((await refresh(before, before.refreshToken)).access_token).toBeDefined()
  })

  it('SEC-07 is no longer good when its application may not have one', async () => {
    const before = await scene()
    const { storage, applications } = current().foundation
    const { application } = before.party
    if (!application.oidc) throw new Error('it speaks OpenID Connect')
    const oidc = { ...application.oidc, refreshTokens: false }
    await storage.write((tx) => applications.update(tx, application.organizationId, application.id, { oidc }))
    expect(await refusal(refresh(before, before.refreshToken))).not.toBe('none')
  })

  it('SEC-07 ends when the person signs out with our button', async () => {
    const before = await scene()
    const other = await before.party.signIn(await current().signedIn(before.ada), {}, {})
    await before.browser.get('/')
    expect((await before.browser.post('/signout')).path).toBe('/signed-out')
    expect(await refusal(refresh(before, before.refreshToken))).toBe('invalid_grant')
    expect(await client.tokenIntrospection(before.party.configuration, before.tokens.access_token)).toEqual({ active: false })
    // A session on another device is another matter.
    expect(await client.tokenIntrospection(before.party.configuration, other.access_token)).toMatchObject({ active: true })
  })

  it('SEC-07 S121 dies on every node within the second that the person is suspended', async () => {
    const second = await startSecondNode(current())
    try {
      const before = await scene()
      await current().app.parts.personAccess.suspend(before.ada.user, () => Promise.resolve())
      const { party } = before
      const answer = await fetch(`${second.url}/oidc/token`, {
        method: 'POST', headers: { authorization: `Basic ${Buffer.from(`${party.clientId}:${party.secret}`).toString('base64')}` }, body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: before.refreshToken }),
      })
      expect([answer.status, await answer.json()]).toEqual([400, { error: 'invalid_grant', error_description: expect.any(String) }])
    } finally {
      await second.close()
    }
  })

  it('gives no more than it was given', async () => {
    const before = await scene()
    expect((await client.refreshTokenGrant(before.party.configuration, before.refreshToken, { scope: 'openid' })).scope).toBe('openid')
    const wider = await scene()
    expect(await refusal(client.refreshTokenGrant(wider.party.configuration, wider.refreshToken, { scope: 'openid email groups' }))).toBe('invalid_scope')
  })

  it('can be given back, which ends its access tokens too', async () => {
    const before = await scene()
    const { ada, party, tokens } = before
    await client.tokenRevocation(party.configuration, before.refreshToken)
    expect(await refusal(refresh(before, before.refreshToken))).toBe('invalid_grant')
    expect(await refusal(client.fetchUserInfo(party.configuration, tokens.access_token, ada.user.id))).toBe('invalid_token')
  })
})
