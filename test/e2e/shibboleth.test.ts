import { expect, it } from 'vitest'
import { isKnownAt, isStranger, leaveFrom, leaveFromDoorward, signInAt, touchKey, walkIn } from '../support/saml-peers/journeys.ts'
import { amongPeers } from '../support/saml-peers/scene.ts'

let count = 0
const aPerson = () => ({ email: `grace${++count}@navy.example`, givenName: 'Grace', familyName: 'Hopper' })

amongPeers('Shibboleth', ['shibboleth', 'mellon'], (current) => {
  it('S123 signs a person in with an assertion that only it can read, and into the next application without a touch', async () => {
    const { app, peer, seat } = current()
    // Its metadata says that it signs its requests: an unsigned one would be refused.
    expect(peer('shibboleth').application.saml?.signedRequests).toBe(true)
    const person = await app.addPerson(aPerson())
    const { page, close } = await seat(person)
    const expected = { mail: person.user.email, givenName: 'Grace', sn: 'Hopper', displayName: 'Grace Hopper' }
    const posted = page.waitForRequest((request) => request.method() === 'POST' && request.url().startsWith(peer('shibboleth').url))
    expect(await signInAt(page, peer('shibboleth'))).toEqual({ nameId: expect.stringMatching(/^[\w-]{43}$/) as string, ...expected })
    const message = Buffer.from(new URLSearchParams((await posted).postData() ?? '').get('SAMLResponse') ?? '', 'base64').toString()
    expect([message.includes('<saml:EncryptedAssertion'), message.includes(person.user.email)]).toEqual([true, false])
    expect(await walkIn(page, peer('mellon'))).toMatchObject(expected)
    await close()
  })

  it('S123 has the person touch the key again where it insists, and shows no page where it asks for none', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    const shibboleth = peer('shibboleth')
    const login = (wish: string): string => `${shibboleth.url}/Shibboleth.sso/Login?${wish}=true&target=${encodeURIComponent(`${shibboleth.url}/secure/`)}`
    await page.goto(login('isPassive'))
    await page.getByText('Unable to').or(page.getByText('NoPassive')).first().waitFor()
    const first = await signInAt(page, shibboleth)
    await page.goto(login('forceAuthn'))
    await touchKey(page)
    await page.getByText('Welcome to shibboleth').waitFor()
    await page.context().clearCookies({ domain: new URL(shibboleth.url).hostname })
    await page.goto(login('isPassive'))
    expect(await walkIn(page, shibboleth)).toEqual(first)
    await close()
  })

  it('S123 ends everything when somebody leaves there', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    await signInAt(page, peer('shibboleth'))
    await walkIn(page, peer('mellon'))
    expect(await isKnownAt(page, peer('mellon'))).toBe(true)
    expect(await leaveFrom(page, peer('shibboleth'))).toEqual(['Success'])
    expect(await isKnownAt(page, peer('mellon'))).toBe(false)
    expect(await isStranger(page, peer('shibboleth'), app.url)).toBe(true)
    await close()
  })

  it('S123 hears of it when somebody leaves here', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    const both = [peer('shibboleth'), peer('mellon')]
    await signInAt(page, peer('shibboleth'))
    await walkIn(page, peer('mellon'))
    await leaveFromDoorward(page, app.url, both)
    for (const one of both) expect(await isKnownAt(page, one), one.name).toBe(false)
    expect(await isStranger(page, peer('shibboleth'), app.url)).toBe(true)
    await close()
  })
}, {
  // All by POST: the other files have it by Redirect.
  shibboleth: (described) => ({ ...described, encryptAssertions: true, slo: described.slo.filter(({ binding }) => binding === 'post') }),
})
