import * as client from 'openid-client'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { refusal, registerParty } from '../../support/relying-party.ts'

withApp('an application that was deleted', (current) => {
  it('SEC-07 nothing issued to it acts for another one that gets its client id', async () => {
    const app = current()
    const { storage, applications } = app.foundation
    const grace = await app.addPerson({ email: 'grace@navy.example' })
    const party = await registerParty(app, { trusted: false, settings: { refreshTokens: true } })
    const tokens = await party.signIn(await app.signedIn(grace), { key: grace.key, consent: 'allow' }, { scope: 'openid offline_access', prompt: 'consent' })
    expect(tokens.refresh_token).toBeDefined()

    const owner = await app.signedIn(await app.addPerson({ email: 'ada@engines.example', role: 'owner' }))
    await owner.get(`/admin/applications/${party.application.id}/removal`)
    expect((await owner.post(`/admin/applications/${party.application.id}/removal`)).status).toBe(200)
    const { name, oidc } = party.application
    await storage.write(async (tx) => {
      const id = await applications.create(tx, app.organization.id, { name, description: '', protocol: 'oidc', clientId: party.clientId, launchUrl: null, access: 'everyone', trusted: false, requiredAssurance: null, oidc })
      await applications.addSecret(tx, app.organization.id, id, { overlapHours: 0, given: party.secret })
    })
    expect(await refusal(client.refreshTokenGrant(party.configuration, tokens.refresh_token ?? ''))).toBe('invalid_grant')
    expect(await storage.read.all('SELECT kind FROM oidc_payloads WHERE client_id = ?', [party.clientId])).toEqual([])
    const begun = await party.begin({ scope: 'openid' })
    expect((await (await app.signedIn(grace)).get(begun.path)).path).toMatch(/^\/oidc\/interaction\//)
  })
})
