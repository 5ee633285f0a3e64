import { decodeJwt } from 'jose'
import * as client from 'openid-client'
import { expect, it } from 'vitest'
import type { RequiredAssurance } from '../../../src/applications/index.ts'
import { withApp, type Person, type TestApp } from '../../support/app.ts'
import type { Browser } from '../../support/browser.ts'
import { askForCode, codeOf } from '../../support/ceremonies.ts'
import { registerParty, returned, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`
type Way = 'code' | 'synced key' | 'key'

const acrOf: Readonly<Record<Way, string>> = { code: 'urn:doorward:acr:code', 'synced key': 'phr', key: 'phrh' }
const amrOf: Readonly<Record<Way, readonly string[]>> = { code: ['otp'], 'synced key': ['swk', 'pop', 'mfa', 'user'], key: ['hwk', 'pop', 'mfa', 'user'] }

withApp('how strongly someone is signed in', (current) => {
  it('SEC-19 a key says so: acr phrh, and the time of the touch', async () => {
    const ada = await current().addPerson({ email: email() })
    const before = Math.floor(Date.now() / 1_000)
    const claims = (await (await registerParty(current())).signIn(current().browser(), ada)).claims()
    expect(claims).toMatchObject({ acr: acrOf.key, amr: amrOf.key })
    expect(claims?.['auth_time']).toBeGreaterThanOrEqual(before)
    expect(claims?.['auth_time']).toBeLessThanOrEqual(Date.now() / 1_000)
  })

  it('SEC-19 a code from the mail is no more than a code', async () => {
    const ada = await current().addPerson({ email: email(), withKey: false })
    const party = await registerParty(current())
    const begun = await party.begin()
    const browser = current().browser()
    const { signIn } = await askForCode(browser, ada.user.email, 'mail', begun.path)
    const answer = await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(ada.user.email)).at(-1)) })
    expect((await party.redeem(answer.location, begun)).claims()).toMatchObject({ acr: acrOf.code, amr: amrOf.code })
  })

  it('SEC-19 a code and then a key is as strong as the key, and names both', async () => {
    const ada = await current().addPerson({ email: email() })
    const browser = await signedInBy(current(), ada, 'code')
    const party = await registerParty(current())
    expect((await party.signIn(browser)).claims()).toMatchObject({ acr: acrOf.code, amr: ['otp'] })
    const claims = (await party.signIn(browser, ada, { acr_values: 'phr' })).claims()
    expect(claims?.['acr']).toBe('phrh')
    expect([claims?.['amr']].flat().toSorted()).toEqual(['hwk', 'mfa', 'otp', 'pop', 'user'])
    expect((await party.signIn(browser)).claims()).toMatchObject({ acr: 'phrh' })
  })

  const levels: readonly (RequiredAssurance | null)[] = [null, 'urn:doorward:acr:code', 'urn:doorward:acr:multi', 'phr', 'phrh']
  const matrix = (['code', 'synced key', 'key'] as const).flatMap((way) => levels.flatMap((asked) => levels.map((required) => ({ way, asked, required }))))
  it.each(matrix)('SEC-19 signed in by $way, asked for $asked, required $required: never less than both', async ({ way, asked, required }) => {
    const enough = [asked, required].every((level) => level === null || levels.indexOf(level) <= levels.indexOf(acrOf[way] as RequiredAssurance))
    const ada = await current().addPerson({ email: email(), withKey: false })
    const party = await registerParty(current(), { requiredAssurance: required })
    const begun = await party.begin(asked === null ? {} : { acr_values: asked })
    const answer = await (await signedInBy(current(), ada, way)).get(begun.path)
    if (enough) expect((await party.redeem(answer.location, begun)).claims()).toMatchObject({ acr: acrOf[way], amr: amrOf[way] })
    // Nobody can get stronger without a key, so the application is told at once.
    else expect(returned(answer)).toMatchObject({ error: 'unmet_authentication_requirements', state: begun.state, iss: current().url })
  })

  it('SEC-19 the weakest of several acr_values will do, and a value that nobody knows asks for nothing', async () => {
    const ada = await current().addPerson({ email: email(), withKey: false })
    const party = await registerParty(current())
    const browser = await signedInBy(current(), ada, 'code')
    for (const asked of ['phrh urn:doorward:acr:code', 'urn:example:gold']) {
      expect((await party.signIn(browser, {}, { acr_values: asked })).claims()).toMatchObject({ acr: acrOf.code })
    }
  })

  it('SEC-19 what the application asks for never lowers what the administrator requires', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { requiredAssurance: 'phr' })
    const browser = await signedInBy(current(), ada, 'code')
    const page = await browser.get((await party.begin({ acr_values: 'urn:doorward:acr:code' })).path)
    expect(page.path).toMatch(/^\/signin\//)
    expect(returned(await walk(browser, page.path, ada))['code']).toBeDefined()
  })

  it('SEC-19 SEC-37 the confirmation for a stronger proof takes no code', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { requiredAssurance: 'phr' })
    const browser = await signedInBy(current(), ada, 'code')
    const page = await browser.get((await party.begin()).path)
    expect(page.body).not.toContain(`${page.path}/email`)
    await browser.post(`${page.path}/email`, { email: ada.user.email })
    await browser.post(`${page.path}/channel`, { channel: 'mail' })
    const again = await browser.get(page.path)
    expect(again.path).toBe(page.path)
    expect(again.location).toBeUndefined()
  })

  it.each(['60', '0'])('SEC-19 an old key vouches for no answer that must be new (max_age=%s)', async (seconds) => {
    const ada = await current().addPerson({ email: email(), withKey: false })
    const browser = await signedInBy(current(), ada, 'key', 600)
    const party = await registerParty(current())
    expect((await party.signIn(browser, {}, { max_age: '3600' })).claims()).toMatchObject({ acr: acrOf.key })
    const begun = await party.begin({ max_age: seconds })
    const { signIn } = await askForCode(browser, ada.user.email, 'mail', begun.path)
    const answer = await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(ada.user.email)).at(-1)) })
    const claims = (await party.redeem(answer.location, begun)).claims()
    expect(claims).toMatchObject({ acr: acrOf.code, amr: amrOf.code })
    expect(claims?.['auth_time']).toBeGreaterThan(Date.now() / 1_000 - 60)
  })

  it.each(['60', '0'])('SEC-19 a new touch of the key does (max_age=%s)', async (seconds) => {
    const ada = await current().addPerson({ email: email() })
    const browser = await signedInBy(current(), ada, 'key', 600)
    expect((await (await registerParty(current())).signIn(browser, ada, { max_age: seconds })).claims()).toMatchObject({ acr: acrOf.key, amr: amrOf.key })
  })

  it('SEC-19 a refreshed ID token tells of the sign-in it came from', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { settings: { refreshTokens: true } })
    const first = await party.signIn(current().browser(), { ...ada, consent: 'allow' }, { scope: 'openid offline_access', prompt: 'consent' })
    const second = await client.refreshTokenGrant(party.configuration, first.refresh_token ?? '')
    const { acr, amr, auth_time, sub } = decodeJwt(first.id_token ?? '')
    expect(second.claims()).toMatchObject({ acr, amr, auth_time, sub })
  })
})

/** A session as a sign-in of this way would have opened it, so many seconds ago. */
async function signedInBy(app: TestApp, person: Person, way: Way, secondsAgo = 0): Promise<Browser> {
  const browser = app.browser()
  await browser.get('/signin')
  const at = app.foundation.clock.now() - secondsAgo * 1_000
  const { user } = person
  const proof = way === 'code' ? { method: 'code' as const, credentialId: 'mail', factors: ['possession' as const], phishingResistant: false, deviceBound: false }
    : { method: 'passkey' as const, credentialId: 'some-key', factors: ['possession' as const, 'inherence' as const], phishingResistant: true, deviceBound: way === 'key' }
  const { secret } = await app.foundation.storage.write((tx) => app.app.parts.sessions.open(tx, {
    userId: user.id, organizationId: user.organizationId, browser: browser.cookies.get('__Host-doorward-browser') ?? '', ip: '127.0.0.1', userAgent: browser.userAgent,
    proofs: [{ ...proof, at, amr: amrOf[way] }], idleMinutes: 60, absoluteHours: 12,
  }))
  browser.cookies.set('__Host-doorward', secret)
  return browser
}
