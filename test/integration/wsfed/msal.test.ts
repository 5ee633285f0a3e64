import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEntra, type Entra } from '../../support/entra/index.ts'
import { federateWithEntra, type EntraFederation } from '../../support/entra-federation.ts'
import { askWithMsal, msalMissing, type MsalAnswer } from '../../support/msal.ts'
import { skipWithout } from '../../support/skip.ts'
import { startTestAppBehindTls, type AppBehindTls } from '../../support/app-behind-tls.ts'

// No letter beyond ASCII: this library sends such a name or password in Latin-1 and calls it UTF-8, or breaks off.
const password = `Anchors & aweigh <1> "'`
const clientId = '04b07795-8ddb-461a-bbee-02f9e1bf7b46'

describe('a password for a token, with the client library of Microsoft', () => {
  const missing = msalMissing()
  skipWithout(missing)
  let doorward: AppBehindTls | undefined
  let entra: Entra | undefined
  let federation: EntraFederation | undefined

  beforeAll(async () => {
    if (missing !== undefined) return
    entra = await createEntra({ hosts: { login: 'login.microsoftonline.com', graph: 'graph.microsoft.com' } })
    doorward = await startTestAppBehindTls('doorward.localhost')
    const { app } = doorward
    const { storage, domains, passwords } = app.foundation
    const person = await app.addPerson({ email: 'grace@navy.example' })
    const made = await federateWithEntra(app, entra, { domain: 'navy.example', protocol: 'wsfed', person })
    await storage.write((tx) => domains.update(tx, app.organization.id, made.domain.id, { settings: { wsTrust: true } }))
    Object.assign(made.federation, { metadataExchangeUri: `${app.url}/adfs/services/trust/mex`, activeSignInUri: `${app.url}/adfs/services/trust/2005/usernamemixed` })
    federation = made
    entra.addApplication(made.tenant, { appId: clientId, isPublicClient: true, isConsented: true, scopes: ['User.Read'] })
    // A directory in miniature: it knows this one person.
    passwords.add({ verify: ({ id }, typed) => Promise.resolve(id !== person.user.id ? 'none' : typed === password ? 'right' : 'wrong') })
  })
  afterAll(async () => {
    await doorward?.close()
    await entra?.close()
  })

  const ask = (typed: string): Promise<MsalAnswer> => {
    if (!doorward || !entra || !federation) throw new Error('the scene is not set')
    return askWithMsal({
      hosts: { 'login.microsoftonline.com:443': entra.port, [`doorward.localhost:${doorward.port}`]: doorward.port }, trusted: [entra.authority.cert, doorward.certificate.cert],
      authority: `https://login.microsoftonline.com/${federation.tenant.id}`, clientId, username: federation.upn, password: typed, scopes: ['https://graph.microsoft.com/User.Read'],
    })
  }

  it('finds our endpoint by itself, and Entra takes the token that it was given there', async () => {
    const answer = await ask(password)
    expect(entra?.lastRefusal).toBeUndefined()
    expect(answer).toMatchObject({ access_token: expect.any(String) as string, scope: expect.stringContaining('User.Read') as string, id_token_claims: { preferred_username: federation?.upn } })
    expect(entra?.signIns.at(-1)).toMatchObject({ upn: federation?.upn, protocol: 'wsFed', mfaBy: 'nobody' })
  })

  it('SEC-64 tells the library in its own words that it was refused, and Entra hears nothing', async () => {
    const before = entra?.log.filter(({ path }) => path.endsWith('/token')).length
    expect(await ask('Anchors aweigh')).toMatchObject({ error: 'RuntimeError', error_description: expect.stringContaining('FailedAuthentication') as string })
    expect(entra?.log.filter(({ path }) => path.endsWith('/token')).length).toBe(before)
  })
})
