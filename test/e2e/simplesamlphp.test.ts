import { expect, it } from 'vitest'
import { isKnownAt, isStranger, leaveFrom, leaveFromDoorward, signInAt, walkIn } from '../support/saml-peers/journeys.ts'
import { amongPeers } from '../support/saml-peers/scene.ts'

let count = 0
const aPerson = () => ({ email: `grace${++count}@navy.example`, givenName: 'Grace', familyName: 'Hopper' })

amongPeers('SimpleSAMLphp', ['simplesamlphp', 'shibboleth'], (current) => {
  it('S123 signs a person in with a touch of a key, and into the next application without', async () => {
    const { app, peer, seat } = current()
    // Its metadata says that it signs its requests: an unsigned one would be refused.
    expect(peer('simplesamlphp').application.saml?.signedRequests).toBe(true)
    const person = await app.addPerson(aPerson())
    const { page, close } = await seat(person)
    const expected = { mail: person.user.email, givenName: 'Grace', sn: 'Hopper', displayName: 'Grace Hopper' }
    expect(await signInAt(page, peer('simplesamlphp'))).toEqual({ nameId: expect.stringMatching(/^_[\w-]{22}$/) as string, ...expected })
    expect(await walkIn(page, peer('shibboleth'))).toMatchObject(expected)
    await close()
  })

  it('S123 ends everything when somebody leaves there', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    await signInAt(page, peer('simplesamlphp'))
    await walkIn(page, peer('shibboleth'))
    expect(await isKnownAt(page, peer('shibboleth'))).toBe(true)
    expect(await leaveFrom(page, peer('simplesamlphp'))).toEqual(['Success'])
    expect(await isKnownAt(page, peer('shibboleth'))).toBe(false)
    expect(await isStranger(page, peer('simplesamlphp'), app.url)).toBe(true)
    await close()
  })

  it('S123 hears of it when somebody leaves here', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    const both = [peer('simplesamlphp'), peer('shibboleth')]
    await signInAt(page, peer('simplesamlphp'))
    await walkIn(page, peer('shibboleth'))
    await leaveFromDoorward(page, app.url, both)
    for (const one of both) expect(await isKnownAt(page, one), one.name).toBe(false)
    expect(await isStranger(page, peer('simplesamlphp'), app.url)).toBe(true)
    await close()
  })
}, { simplesamlphp: (described) => ({ ...described, signResponse: true }) })
