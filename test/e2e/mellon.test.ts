import { expect, it } from 'vitest'
import { isKnownAt, isStranger, leaveFrom, leaveFromDoorward, signInAt, touchKey, walkIn } from '../support/saml-peers/journeys.ts'
import { amongPeers } from '../support/saml-peers/scene.ts'

let count = 0
const aPerson = () => ({ email: `grace${++count}@navy.example`, givenName: 'Grace', familyName: 'Hopper' })

amongPeers('Apache with mod_auth_mellon', ['mellon', 'simplesamlphp'], (current) => {
  it('S123 signs a person in through the browser with a touch of a key, and into the next application without', async () => {
    const { app, peer, seat } = current()
    // Its metadata says that it signs its requests: an unsigned one would be refused.
    expect(peer('mellon').application.saml?.signedRequests).toBe(true)
    const person = await app.addPerson(aPerson())
    const { page, close } = await seat(person)
    const expected = { mail: person.user.email, givenName: 'Grace', sn: 'Hopper', displayName: 'Grace Hopper' }
    expect(await signInAt(page, peer('mellon'))).toEqual({ nameId: expect.stringMatching(/^_[\w-]{22}$/) as string, ...expected })
    expect(await walkIn(page, peer('simplesamlphp'))).toMatchObject(expected)
    await close()
  })

  it('S123 is opened from here where it allows that', async () => {
    const { app, peer, seat } = current()
    const person = await app.addPerson(aPerson())
    const { page, close } = await seat(person)
    await page.goto(`${app.url}/saml/start/${peer('mellon').application.id}`)
    await touchKey(page)
    await page.waitForURL(`${peer('mellon').url}/secure/`)
    expect(await walkIn(page, peer('mellon'))).toMatchObject({ mail: person.user.email })
    await close()
  })

  it('S123 ends everything when somebody leaves there', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    await signInAt(page, peer('mellon'))
    await walkIn(page, peer('simplesamlphp'))
    expect(await isKnownAt(page, peer('simplesamlphp'))).toBe(true)
    expect(await leaveFrom(page, peer('mellon'))).toEqual(['Success'])
    expect(await isKnownAt(page, peer('simplesamlphp'))).toBe(false)
    expect(await isStranger(page, peer('mellon'), app.url)).toBe(true)
    await close()
  })

  it('S123 hears of it when somebody leaves here', async () => {
    const { app, peer, seat } = current()
    const { page, close } = await seat(await app.addPerson(aPerson()))
    const both = [peer('mellon'), peer('simplesamlphp')]
    await signInAt(page, peer('mellon'))
    await walkIn(page, peer('simplesamlphp'))
    await leaveFromDoorward(page, app.url, both)
    for (const one of both) expect(await isKnownAt(page, one), one.name).toBe(false)
    expect(await isStranger(page, peer('mellon'), app.url)).toBe(true)
    await close()
  })
}, { mellon: (described) => ({ ...described, idpInitiated: true, relayState: described.acs[0]?.url.replace('/mellon/postResponse', '/secure/') ?? null }) })
