import * as client from 'openid-client'
import { beforeAll, expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { registerParty, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`

withApp('what an application costs the database', (current) => {
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  /** Statements and durable commits. */
  async function cost(work: () => Promise<unknown>): Promise<readonly [statements: number, commits: number]> {
    const { statistics } = current().foundation.storage
    const before = { ...statistics }
    await work()
    return [statistics.statements - before.statements, statistics.commits - before.commits]
  }

  it('P-19 R-05 a token for a service: at most two statements, one commit', async () => {
    const service = await registerParty(current(), { kind: 'service' })
    expect(await cost(() => client.clientCredentialsGrant(service.configuration))).toEqual([2, 1])
  })

  it('P-19 R-05 an authorization in a session: at most five statements, one commit, the first time and every time', async () => {
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const [trusted, asking] = [await registerParty(current()), await registerParty(current(), { trusted: false })]
    await walk(browser, (await asking.begin()).path, { consent: 'allow' })
    const elsewhere = await current().signedIn(await current().addPerson({ email: email() }))
    for (const [who, party] of [[browser, trusted], [browser, asking], [elsewhere, trusted]] as const) {
      for (let round = 0; round < 2; round++) {
        const begun = await party.begin()
        let location: string | undefined
        expect(await cost(async () => { ({ location } = await who.get(begun.path, { follow: false })) })).toEqual([5, 1])
        expect(await cost(() => party.redeem(location, begun))).toEqual([5, 1])
      }
    }
  })

  it('P-19 a remembered consent costs no more in another session', async () => {
    const ada = await current().addPerson({ email: email() })
    const asking = await registerParty(current(), { trusted: false })
    await walk(await current().signedIn(ada), (await asking.begin()).path, { consent: 'allow' })
    const [another, begun] = [await current().signedIn(ada), await asking.begin()]
    expect(await cost(async () => expect((await another.get(begun.path, { follow: false })).location).toContain('code='))).toEqual([5, 1])
  })

  it('P-19 R-05 a refresh: at most four statements, one commit', async () => {
    const browser = await current().signedIn(await current().addPerson({ email: email() }))
    const party = await registerParty(current(), { settings: { refreshTokens: true } })
    let { refresh_token: token = '' } = await party.signIn(browser, { consent: 'allow' }, { scope: 'openid profile email offline_access', prompt: 'consent' })
    for (let round = 0; round < 3; round++) {
      expect(await cost(async () => { ({ refresh_token: token = '' } = await client.refreshTokenGrant(party.configuration, token)) })).toEqual([3, 1])
    }
  })

  it('P-19 questions are answered without writing', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const { access_token: token } = await party.signIn(await current().signedIn(ada))
    expect(await cost(() => client.fetchUserInfo(party.configuration, token, ada.user.id))).toEqual([5, 0])
    expect(await cost(() => client.tokenIntrospection(party.configuration, token))).toEqual([6, 0])
    for (const path of ['/.well-known/openid-configuration', '/oidc/jwks']) expect(await cost(() => fetch(current().url + path))).toEqual([0, 0])
  })

  it('P-19 someone who has not signed in yet costs two statements before the sign-in page', async () => {
    const party = await registerParty(current())
    const begun = await party.begin()
    expect(await cost(() => current().browser().get(begun.path, { follow: false }))).toEqual([2, 1])
  })
})
