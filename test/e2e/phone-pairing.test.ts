import { generateAuthenticationOptions, generateRegistrationOptions, verifyAuthenticationResponse, verifyRegistrationResponse, type AuthenticationResponseJSON, type RegistrationResponseJSON, type WebAuthnCredential } from '@simplewebauthn/server'
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { writeCbor, type Cbor, type CborKey } from '../../src/browser/authenticator/cbor.ts'
import { concat } from '../../src/browser/pairing/bytes.ts'
import { askChallenge } from '../support/ceremonies.ts'
import { changeSettings } from '../support/pages.ts'
import { offer, pairWith, responseOf, takenBy, type PairingTool } from '../support/pairing-tool.ts'
import { activate, takePhone } from '../support/phone-seat.ts'
import { expectAccessible, inBrowser } from '../support/scene.ts'

let count = 0
const shop = { rpID: 'shop.example', origin: 'https://login.shop.example' }

inBrowser('the phone as a key for other sites', (current) => {
  async function ready() {
    const { user } = await current().app.addPerson({ email: `pair${++count}@example.com`, givenName: 'Grace', familyName: 'Hopper', withKey: false })
    const phone = await takePhone(current())
    await activate(phone, current().app, user)
    await phone.page.getByText('Ready').waitFor()
    return { phone, user }
  }
  const newOptions = (userName: string, more: Partial<Parameters<typeof generateRegistrationOptions>[0]> = {}) => generateRegistrationOptions({ rpName: 'The Shop', rpID: shop.rpID, userName, attestationType: 'none', ...more })
  const approve = async (page: Page, site = shop.rpID): Promise<void> => {
    await page.getByRole('heading', { name: site }).waitFor()
    await page.getByRole('button', { name: 'Approve' }).click()
  }

  async function register(tool: PairingTool, page: Page, userName: string): Promise<WebAuthnCredential> {
    const options = await newOptions(userName)
    const answering = tool.ask({ kind: 'create', options, origin: shop.origin })
    await approve(page)
    const response = responseOf<RegistrationResponseJSON>(await answering)
    const { verified, registrationInfo } = await verifyRegistrationResponse({ response, expectedChallenge: options.challenge, expectedOrigin: shop.origin, expectedRPID: shop.rpID })
    expect(verified).toBe(true)
    if (!registrationInfo) throw new Error('not registered')
    await page.getByRole('heading', { name: 'Key made' }).waitFor()
    await page.getByRole('link', { name: 'Done' }).click()
    return registrationInfo.credential
  }

  it('S105 S83 S85 S91 S111 S113 S114 S117 S64 pairs, makes a key at another site, signs in with it, and the activity says so', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const offered = await offer(current().app.url)
    await page.goto(offered.address)
    await page.getByRole('heading', { name: 'Chrome on Linux' }).waitFor()
    await expectAccessible(phone)
    await page.goto('/phone/')
    const tool = await pairWith(page, current().app.url)
    await page.getByText('Nothing is waiting for you.').waitFor()

    const asked = Date.now()
    const credential = await register(tool, page, 'grace')
    expect(Date.now() - asked).toBeLessThan(5_000)
    const options = await generateAuthenticationOptions({ rpID: shop.rpID })
    const started = performance.now()
    let shown = 0
    const answering = tool.ask({ kind: 'get', options, origin: shop.origin }, { onStage: (stage) => { if (stage === 'shown') shown = performance.now() - started } })
    await page.getByRole('heading', { name: shop.rpID }).waitFor()
    await expectAccessible(phone)
    const said = await page.getByRole('main').innerText()
    for (const fact of ['Sign in to', 'grace', 'login.shop.example', 'Chrome on Linux', '127.0.0.1', 'Same network as this phone', 'Time left']) expect(said).toContain(fact)
    await page.waitForTimeout(600)
    const tapped = performance.now()
    await page.getByRole('button', { name: 'Approve' }).click()
    const response = responseOf<AuthenticationResponseJSON>(await answering)
    const answered = performance.now() - tapped
    expect((await verifyAuthenticationResponse({ response, expectedChallenge: options.challenge, expectedOrigin: shop.origin, expectedRPID: shop.rpID, credential, requireUserVerification: true })).verified).toBe(true)
    expect([shown < 1_000, answered < 1_500], `shown after ${Math.round(shown)} ms, answered ${Math.round(answered)} ms after the tap`).toEqual([true, true])
    await page.getByRole('heading', { name: 'Approved' }).waitFor()

    await expect.poll(async () => (await current().app.foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 20 })).events.map(({ action }) => action)).toEqual(expect.arrayContaining(['phone.key_registered', 'phone.key_used', 'computer.paired']))
    await page.goto('/phone/')
    await page.locator('.keycard').first().click()
    await page.getByRole('heading', { name: 'Keys for sites' }).waitFor()
    expect(await page.getByRole('main').innerText()).toContain(shop.rpID)
    await expectAccessible(phone)
    await phone.close()
  })

  it('SEC-48 a page of another site is refused without asking, and nothing is signed', async () => {
    const { phone } = await ready()
    const tool = await pairWith(phone.page, current().app.url)
    await register(tool, phone.page, 'grace')
    for (const origin of ['https://shop.example.evil', 'https://login.shop.example.evil', 'http://login.shop.example', 'https://example']) {
      expect(await tool.ask({ kind: 'get', options: await generateAuthenticationOptions({ rpID: shop.rpID }), origin })).toEqual({ kind: 'refused', reason: 'other_site' })
      await phone.page.getByRole('heading', { name: 'Refused for your safety' }).waitFor()
      await phone.page.getByRole('link', { name: 'Done' }).click()
    }
    await phone.close()
  })

  it('S86 S120 refused, reported, called back, too late, and two at once, each with its own site', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url)
    const get = async (rpID: string, during = {}) => tool.ask({ kind: 'get', options: await generateAuthenticationOptions({ rpID, allowCredentials: [] }), origin: `https://${rpID}` }, during)
    const create = async (rpID: string, during = {}) => tool.ask({ kind: 'create', options: await newOptions('grace', { rpID }), origin: `https://${rpID}` }, during)

    const denied = create('shop.example')
    await page.getByRole('button', { name: 'No, it\'s not me' }).click()
    await page.getByRole('button', { name: /Just refuse/ }).click()
    expect(await denied).toEqual({ kind: 'refused', reason: 'denied' })
    await page.getByRole('heading', { name: 'Refused' }).waitFor()
    await page.getByRole('link', { name: 'Done' }).click()

    const reported = create('shop.example')
    await page.getByRole('button', { name: 'No, it\'s not me' }).click()
    await page.getByRole('button', { name: /Report it/ }).click()
    expect(await reported).toEqual({ kind: 'refused', reason: 'reported' })
    await page.getByRole('heading', { name: 'Reported' }).waitFor()
    await page.getByRole('link', { name: 'Done' }).click()
    await expect.poll(async () => (await current().app.foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'phone.key_reported', limit: 1 })).events.length).toBe(1)

    const stopping = new AbortController()
    const called = create('shop.example', { signal: stopping.signal })
    await page.getByRole('heading', { name: 'shop.example' }).waitFor()
    stopping.abort(new Error('the page went away'))
    await expect(called).rejects.toThrow('the page went away')
    await page.getByRole('heading', { name: 'This request is over' }).waitFor()
    await page.getByRole('link', { name: 'Done' }).click()

    expect(await create('shop.example', { seconds: 3 })).toEqual({ kind: 'refused', reason: 'too_late' })
    await page.getByRole('heading', { name: 'This request is over' }).waitFor()
    await page.getByRole('link', { name: 'Done' }).click()

    const none = get('unknown.example')
    await page.getByText('This phone has no key for this site.').waitFor()
    await page.waitForTimeout(600)
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await none).toEqual({ kind: 'refused', reason: 'no_key' })
    await page.getByRole('link', { name: 'Done' }).click()

    const [first, second] = [create('first.example'), create('second.example')]
    // One that comes alone comes up by itself; two that come together are listed.
    const either = /(first|second)\.example/
    await page.getByText(either).first().waitFor()
    if (await page.getByRole('heading', { name: either }).count() === 0) await page.getByRole('link', { name: either }).first().click()
    await page.getByRole('heading', { name: either }).waitFor()
    const one = (await page.getByRole('heading', { level: 2 }).innerText()).trim()
    await page.waitForTimeout(600)
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByRole('heading', { name: 'Key made' }).waitFor()
    await page.getByRole('link', { name: /next request|Done/ }).first().click()
    const other = one === 'first.example' ? 'second.example' : 'first.example'
    await page.getByText(other).first().waitFor()
    if (await page.getByRole('heading', { name: other }).count() === 0) await page.getByRole('link', { name: new RegExp(other) }).click()
    await page.waitForTimeout(600)
    await page.getByRole('button', { name: 'Approve' }).click()
    for (const [site, answer] of [['first.example', await first], ['second.example', await second]] as const) expect(Buffer.from(responseOf<RegistrationResponseJSON>(answer).response.clientDataJSON, 'base64url').toString(), site).toContain(`https://${site}`)
    await phone.close()
  })

  it('SEC-45 S85 a phone that is not unlocked makes no key, and may try again', async () => {
    const { phone } = await ready()
    const tool = await pairWith(phone.page, current().app.url)
    await phone.lock.setUserVerified(false)
    const answering = tool.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin })
    await approve(phone.page)
    await phone.page.getByText('The phone was not unlocked').waitFor()
    await phone.lock.setUserVerified(true)
    await phone.page.getByRole('button', { name: 'Approve' }).click()
    responseOf(await answering)
    await phone.close()
  })

  it('S111 a key that is there already is told only after the person agreed; several accounts are chosen on the phone', async () => {
    const { phone } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url)
    const [grace, ada] = [await register(tool, page, 'grace'), await register(tool, page, 'ada')]
    const again = tool.ask({ kind: 'create', options: await newOptions('grace', { excludeCredentials: [{ id: grace.id }] }), origin: shop.origin })
    await page.getByText('This phone has a key for this account already.').waitFor()
    await approve(page)
    expect(await again).toEqual({ kind: 'refused', reason: 'excluded' })
    await page.getByRole('link', { name: 'Done' }).click()

    const options = await generateAuthenticationOptions({ rpID: shop.rpID })
    const answering = tool.ask({ kind: 'get', options, origin: shop.origin })
    await page.getByText('With which account?').waitFor()
    await expectAccessible(phone)
    await page.getByRole('button', { name: /^grace/ }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    const response = responseOf<AuthenticationResponseJSON>(await answering)
    expect([response.id, response.id === ada.id]).toEqual([grace.id, false])
    await phone.close()
  })

  it('S83 with two keys on the phone the person chooses which one holds it', async () => {
    const { phone, user } = await ready()
    const other = await current().app.addPerson({ email: `private${++count}@example.com`, withKey: false, organization: await current().app.foundation.storage.write((tx) => current().app.foundation.organizations.personal(tx)) })
    await activate(phone, current().app, other.user)
    const { page } = phone
    const tool = await pairWith(page, current().app.url, { key: user.email })
    const answering = tool.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin })
    await page.getByText('Which key shall hold it?').waitFor()
    await expectAccessible(phone)
    await page.getByRole('button', { name: other.user.email }).click()
    await page.getByRole('button', { name: 'Approve' }).click()
    responseOf(await answering)
    await expect.poll(async () => (await current().app.foundation.audit.list({ organizationId: other.user.organizationId, userId: other.user.id, action: 'phone.key_registered', limit: 1 })).events.length).toBe(1)
    await phone.close()
  })

  it('S106 SEC-46 without a key on the phone it says so; a picture is for one phone, and other digits pair nothing', async () => {
    const bare = await takePhone(current())
    const early = await offer(current().app.url)
    await bare.page.goto(early.address)
    await bare.page.getByText('Activate it first, then pair it').waitFor()
    await bare.close()

    const [one, two] = [await ready(), await ready()]
    const offered = await offer(current().app.url)
    for (const { phone } of [one, two]) {
      await phone.page.goto(offered.address)
      await phone.page.getByRole('button', { name: 'Pair', exact: true }).waitFor()
    }
    await one.phone.page.getByRole('button', { name: 'Pair', exact: true }).click()
    await takenBy(offered)
    await two.phone.page.getByRole('button', { name: 'Pair', exact: true }).click()
    await two.phone.page.getByRole('heading', { name: 'This code cannot be used' }).waitFor()
    await one.phone.page.getByRole('button', { name: 'No, other ones' }).click()
    await one.phone.page.getByRole('heading', { name: 'Not paired' }).waitFor()
    const forged = offered.address.replace(/#1\.../, '#1.AA')
    await two.phone.page.goto('/phone/')
    await two.phone.page.goto(forged)
    await two.phone.page.getByRole('heading', { name: 'This code cannot be used' }).waitFor()
    for (const { phone } of [one, two]) await phone.close()
  })

  it('S105 SEC-50 removed on the phone, the computer is told; removed on the computer, the phone forgets it', async () => {
    const { phone } = await ready()
    const { page } = phone
    const first = await pairWith(page, current().app.url, { name: 'Firefox on Windows' })
    const second = await pairWith(page, current().app.url)
    await page.locator('.keycard').first().click()
    await page.locator('summary', { hasText: 'Firefox on Windows' }).click()
    await page.getByRole('button', { name: 'Yes, remove this computer' }).filter({ visible: true }).click()
    await expect.poll(async () => (await page.getByRole('main').innerText()).includes('Firefox on Windows')).toBe(false)
    await expect(first.ask({ kind: 'get', options: await generateAuthenticationOptions({ rpID: shop.rpID }), origin: shop.origin })).rejects.toThrow('removed')
    await second.remove()
    await page.goto('/phone/')
    // Written for the browser, where the app keeps it.
    const kept = 'new Promise((done) => { const opening = indexedDB.open("doorward-phone"); opening.onsuccess = () => { const count = opening.result.transaction("computers").objectStore("computers").count(); count.onsuccess = () => { opening.result.close(); done(count.result) } } })'
    await expect.poll(() => page.evaluate(kept)).toBe(0)
    await phone.close()
  })

  it('SEC-49 S88 S89 S90 where phones must be near, one in another network makes no key and says why; in the same one it does', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const [away, near] = [await pairWith(page, current().app.url, { from: '198.51.100.9' }), await pairWith(page, current().app.url)]
    await changeSettings(current().app, { methods: { phoneNear: true } })
    try {
      const refused = away.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin }).catch((error: unknown) => String(error))
      await page.getByRole('heading', { name: 'This phone is not near the computer' }).waitFor()
      expect(await refused).toContain('far')
      await expect.poll(async () => (await current().app.foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'computer.far', limit: 1 })).events.length).toBe(1)
      await page.getByRole('link', { name: 'Done' }).click()
      const answering = near.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin })
      await approve(page)
      responseOf(await answering)
    } finally {
      await changeSettings(current().app, { methods: { phoneNear: false } })
    }
    await phone.close()
  })

  it('S8 S36 a computer that signs in to this very server gets the passkey of the phone’s own platform', async () => {
    const { phone, user } = await ready()
    const { page } = phone
    const { app } = current()
    const tool = await pairWith(page, app.url)
    const browser = app.browser()
    const signIn = (await browser.get('/')).path
    const { challengeId, options } = await askChallenge(browser, `${signIn}/passkey/options`)
    const answering = tool.ask({ kind: 'get', options: options as object, origin: app.url })
    await page.getByRole('heading', { name: 'localhost' }).waitFor()
    expect(await page.getByRole('main').innerText()).toContain(user.email)
    await page.getByRole('button', { name: 'Approve' }).click()
    await browser.post(`${signIn}/passkey`, { challenge_id: challengeId, response: JSON.stringify(responseOf<object>(await answering)) })
    expect((await app.app.parts.sessions.find(browser.cookies.get('__Host-doorward') ?? ''))?.proofs).toMatchObject([{ method: 'passkey', phishingResistant: true }])
    await page.getByRole('link', { name: 'Done' }).click()
    // A page elsewhere that pretends to be this server gets nothing of it.
    expect(await tool.ask({ kind: 'get', options: options as object, origin: 'https://login.shop.example' })).toEqual({ kind: 'refused', reason: 'other_site' })
    await phone.close()
  })

  it('the long list of domains that nobody owns comes with the first paired computer, and not before', async () => {
    const { user } = await current().app.addPerson({ email: `pair${++count}@example.com`, withKey: false })
    const phone = await takePhone(current())
    const { page } = phone
    const loaded: string[] = []
    page.on('request', (request) => { if (request.url().includes('tldts')) loaded.push(request.url()) })
    await activate(phone, current().app, user)
    await page.getByText('Ready').waitFor()
    expect(loaded).toEqual([])
    await pairWith(page, current().app.url)
    await expect.poll(() => loaded.length).toBe(1)
    await page.goto('about:blank')
    await page.goto(`${current().app.url}/phone/`)
    await expect.poll(() => loaded.length).toBe(2)
    await phone.close()
  })

  it('S119 an app that cannot load what shows a question says so, and opens it at the next try', async () => {
    const { user } = await current().app.addPerson({ email: `pair${++count}@example.com`, withKey: false })
    // A worker would load it past what stands in the way here.
    const phone = await takePhone(current(), { serviceWorkers: 'block' })
    const { page } = phone
    await activate(phone, current().app, user)
    const tool = await pairWith(page, current().app.url)
    await page.route('**/site-screens.js', (route) => route.abort())
    await page.goto('about:blank')
    await page.goto(`${current().app.url}/phone/`)
    await page.getByText('Ready').waitFor()
    const answering = tool.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin })
    const told = page.getByRole('alert').getByText('That did not work.')
    await told.waitFor()
    // News do not take it away.
    const news = page.waitForResponse('**/phone/api/state')
    await page.evaluate(`dispatchEvent(new Event('online'))`)
    await news
    await page.waitForTimeout(300)
    expect(await told.isVisible()).toBe(true)
    await page.unroute('**/site-screens.js')
    await page.getByRole('link', { name: 'login.shop.example' }).click()
    await approve(page)
    responseOf(await answering)
    await phone.close()
  })

  it('S119 an app that was closed finds what waits when it is opened', async () => {
    const { phone } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url)
    await page.goto('about:blank')
    const answering = tool.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin })
    await page.waitForTimeout(1_500)
    await page.goto(`${current().app.url}/phone/`)
    await approve(page)
    responseOf(await answering)
    await phone.close()
  })

  it('S119 an app that is closed over a question asks it again when it is opened, and the computer hears the answer', async () => {
    const { phone } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url)
    const answering = tool.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin })
    for (let closed = 0; closed < 2; closed += 1) {
      await page.getByRole('heading', { name: shop.rpID }).waitFor()
      await page.goto('about:blank')
      await page.goto(`${current().app.url}/phone/`)
    }
    await approve(page)
    responseOf(await answering)
    await page.getByRole('heading', { name: 'Key made' }).waitFor()
    await phone.close()
  })

  it('S120 what is asked again under its number after the answer was given is answered by itself', async () => {
    const { phone } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url)
    const asked = { kind: 'create', options: await newOptions('grace'), origin: shop.origin, request: 'the same for both' } as const
    const answering = tool.ask(asked)
    await approve(page)
    const first = responseOf<RegistrationResponseJSON>(await answering)
    expect(responseOf<RegistrationResponseJSON>(await tool.ask(asked)).id).toBe(first.id)
    await page.getByRole('heading', { name: 'Key made' }).waitFor()
    await phone.close()
  })

  it('SEC-45 whoever leaves a question while the phone is locked has approved nothing, and finds it again as it was', async () => {
    const { phone } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url)
    await phone.lock.setPresent(false)
    let answered = 0
    const answering = tool.ask({ kind: 'create', options: await newOptions('grace'), origin: shop.origin }).finally(() => { answered += 1 })
    await page.getByRole('heading', { name: shop.rpID }).waitFor()
    const address = new URL(page.url()).hash
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('Unlock your phone to approve').waitFor()
    await page.evaluate(`location.hash = '#/help'`)
    await page.getByRole('heading', { name: 'Help' }).waitFor()
    await phone.lock.setPresent(true)
    await page.waitForTimeout(1_000)
    expect(answered).toBe(0)
    await page.evaluate(`location.hash = '${address}'`)
    await page.getByRole('button', { name: 'Approve' }).click()
    responseOf(await answering)
    await page.getByRole('heading', { name: 'Key made' }).waitFor()
    await phone.close()
  })

  it('SEC-48 a program that only looks whether a key is there shows nothing that the person did not do', async () => {
    const { phone } = await ready()
    const { page } = phone
    const tool = await pairWith(page, current().app.url, { kind: 'agent' })
    const { id } = await register(tool, page, 'grace')
    const known = new Map<CborKey, Cbor>([['id', Uint8Array.from(Buffer.from(id, 'base64url'))], ['type', 'public-key']])
    const look = concat(Uint8Array.of(2), writeCbor(new Map<CborKey, Cbor>([[1, shop.rpID], [2, new Uint8Array(32)], [3, [known]], [5, new Map<CborKey, Cbor>([['up', false]])]])))
    const answer = await tool.command(look)
    expect(answer.kind === 'ctap' ? Buffer.from(answer.response, 'base64url')[0] : answer).toBe(0)
    await page.getByText('Nothing is waiting for you.').waitFor()
    await phone.close()
  })
}, { DOORWARD_HTTP_TRUSTED_PROXIES: '127.0.0.1/32' })
