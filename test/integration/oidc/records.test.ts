import * as client from 'openid-client'
import { expect, it } from 'vitest'
import type { UserId } from '../../../src/storage/index.ts'
import { withApp } from '../../support/app.ts'
import { refusal, registerParty, returned, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('what is written down about applications', (current) => {
  const eventsOf = async (userId: UserId) =>
    (await current().foundation.audit.list({ organizationId: current().organization.id, userId, limit: 50 })).events.map(({ action, actor, application, ip }) => ({ action, actor: actor.name, application: application?.name, ip }))

  it('S17 S62 S128 each way into an application, with a touch and without a page', async () => {
    const ada = await current().addPerson({ email: email() })
    const [payroll, wiki] = [await registerParty(current(), { name: `Salaries ${count}` }), await registerParty(current(), { name: `Wiki ${count}` })]
    const browser = current().browser()
    await payroll.signIn(browser, ada)
    await payroll.signIn(browser)
    await wiki.signIn(browser, {}, { prompt: 'none' })
    const opened = (await eventsOf(ada.user.id)).filter(({ action }) => action === 'application.opened')
    expect(opened).toEqual([wiki, payroll, payroll].map(({ application }) => ({ action: 'application.opened', actor: ada.user.email, application: application.name, ip: '127.0.0.1' })))
  })

  it('S128 an application that got nothing was not opened', async () => {
    const ada = await current().addPerson({ email: email() })
    const closed = await registerParty(current(), { access: 'assigned' })
    const asking = await registerParty(current(), { trusted: false })
    const browser = await current().signedIn(ada)
    expect((await walk(browser, (await closed.begin()).path)).status).toBe(403)
    expect(returned(await walk(browser, (await asking.begin()).path, { consent: 'deny' }))).toMatchObject({ error: 'access_denied' })
    expect(returned(await walk(browser, (await asking.begin({ prompt: 'none' })).path))).toMatchObject({ error: 'consent_required' })
    expect((await eventsOf(ada.user.id)).map(({ action }) => action)).toEqual(['consent.denied', 'application.refused'])
  })
})

withApp('the end of a session', (current) => {
  it('SEC-07 R-04 takes the tokens with it in one transaction: a process that dies after it has left none alive', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { refreshTokens: true } })
    const [browser, other] = [await current().signedIn(ada), await current().signedIn(ada)]
    const asked = { scope: 'openid offline_access', prompt: 'consent' }
    const [here, there] = [await party.signIn(browser, { consent: 'allow' }, asked), await party.signIn(other, { consent: 'allow' }, asked)]
    const { storage } = current().foundation
    const { sessions } = current().app.parts
    const live = await sessions.find(browser.cookies.get('__Host-doorward') ?? '')
    // The end alone, without what a request does after the commit.
    await storage.write((tx) => sessions.end(tx, ada.user.id, live?.id ?? ''))
    expect(await refusal(client.refreshTokenGrant(party.configuration, here.refresh_token ?? ''))).toBe('invalid_grant')
    expect(await refusal(client.refreshTokenGrant(party.configuration, there.refresh_token ?? ''))).toBe('none')
  })
})
