import { afterAll, beforeAll, expect, it } from 'vitest'
import { withApp, type Person } from '../../support/app.ts'
import type { User } from '../../support/entra/index.ts'
import { givePhone, type FakePhone } from '../../support/fake-phone.ts'
import { judgeWithFido2 } from '../../support/attestation.ts'
import { fido2Missing } from '../../support/fido2.ts'
import { openKeyScene, type KeyScene } from '../../support/microsoft-keys.ts'
import { createPocketDevice } from '../../support/pocket-device.ts'
import { SecurityKey } from '../../support/security-key.ts'
import { textOf } from '../../support/pages.ts'
import { aaguid } from '../../../src/browser/authenticator/authenticator-data.ts'
import { answerWebAuthn } from '../../../src/browser/authenticator/webauthn.ts'
import { phoneAaguid } from '../../../src/microsoft365/index.ts'

const minute = 60_000
const day = 86_400_000

/** Orders from the administrator's word to Microsoft's answer, against the double that refuses what Entra refuses. */
withApp('keys at Microsoft on a person’s behalf', (current) => {
  let scene: KeyScene
  let count = 0
  const someone = async (): Promise<{ person: Person; atEntra: User; phone: FakePhone }> => {
    const made = await scene.person(`person${++count}`)
    return { ...made, phone: await givePhone(current(), made.person.user, { name: 'Pixel of the person' }) }
  }
  const ordered = async () => { const made = await someone(); return { ...made, id: await scene.order(made.person) } }
  const standing = async (id: string): Promise<string> => { const { state, reason } = await scene.find(id); return reason === null ? state : `${state} ${reason}` }
  const setUpOf = async ({ user }: Person) => (await current().app.parts.microsoft365.peopleGuide.setUpOf(user.organizationId, user.id)).state

  beforeAll(async () => {
    scene = await openKeyScene(current(), 'corp')
    await scene.consent()
  })
  afterAll(async () => { await scene.close() })

  it('S108 S109 S111 an order is shown on the phone, made there, taken by Microsoft, and told to the person', async () => {
    const { person, atEntra, phone, id } = await ordered()
    expect(await phone.orders()).toEqual([{ id, site: 'login.microsoft.com', account: person.user.email, by: 'Ada Lovelace', createdAt: expect.any(Number) as number, expiresAt: expect.any(Number) as number }])
    expect((await phone.state()).body.account.microsoft).toBeNull()
    const made = await scene.make(phone, id, { aaguid: phoneAaguid })
    expect(made).toMatchObject({ status: 200, outcome: 'registered', reason: null })
    expect(atEntra.passkeys).toMatchObject([{ id: made.key.id, displayName: 'Doorward Pixel of the person', format: 'packed', aaguid: phoneAaguid, rpId: 'login.microsoft.com' }])
    expect(atEntra.passkeys[0]?.displayName.length).toBeLessThanOrEqual(30)
    expect(await scene.find(id)).toMatchObject({ state: 'registered', reason: null, methodId: made.key.id, credentialId: made.key.id, aaguid: phoneAaguid, phoneId: phone.id, challengeHash: null })
    expect(await phone.orders()).toEqual([])
    expect([await setUpOf(person), (await phone.state()).body.account.microsoft]).toEqual(['done_by_admin', 'done'])
    const letter = (await current().letters(person.user.email)).find(({ template }) => template === 'microsoft-key')
    expect(letter?.text).toMatch(/Pixel of the person.* is known at Microsoft now[^]*skip this step[^]*Ordered by .*Ada Lovelace.*, an administrator/)
    const browser = await current().signedIn(person)
    expect(textOf((await browser.get('/microsoft-365')).body)).toMatch(/Done for you.*Your administrator has set this up.*Pixel of the person/)
    await current().runJobs()
    const { events } = await current().foundation.audit.list({ organizationId: person.user.organizationId, userId: person.user.id, limit: 20 })
    expect(events.find(({ action }) => action === 'microsoft.key_registered')).toMatchObject({ outcome: 'success', actor: { kind: 'user', id: person.user.id }, details: { upn: person.user.email, by: 'Ada Lovelace', credential: made.key.id } })
  })

  it('S111 the authenticator of the phone itself makes a key that Microsoft takes, and makes no second one for the same account', async () => {
    const { atEntra, phone, id, person } = await ordered()
    const device = createPocketDevice()
    const make = async (order: string) => {
      const { body } = await phone.orderOptions({ id: order })
      return { body, made: await answerWebAuthn({ kind: 'create', options: body.options, origin: body.origin, crossOrigin: false }, device) }
    }
    const { made } = await make(id)
    if (made.outcome !== 'answer') throw new Error(JSON.stringify(made))
    expect((await phone.answerOrder({ id }, made.response)).body).toEqual({ outcome: 'registered', reason: null })
    expect(atEntra.passkeys).toMatchObject([{ format: 'packed', aaguid: phoneAaguid }])
    expect(phoneAaguid).toBe(aaguid)
    const second = await scene.order(person)
    expect((await make(second)).made).toEqual({ outcome: 'refused', reason: 'excluded' })
    // What the phone then says ends the order, and nothing is at Microsoft twice.
    expect((await phone.answerOrder({ id: second }, 'excluded')).body).toEqual({ outcome: 'refused', reason: 'there_already' })
    expect([await phone.orders(), (await scene.find(second))?.state, (await scene.find(second))?.reason, atEntra.passkeys.length]).toEqual([[], 'failed', 'there_already', 1])
    expect((await phone.answerOrder({ id: second }, 'excluded')).body).toEqual({ outcome: 'over', reason: null })
  })

  it('S111 both attestations that a phone can make are taken, and the challenge comes back character for character', async () => {
    for (const format of ['none', 'packed'] as const) {
      const { atEntra, phone, id } = await ordered()
      expect(await scene.make(phone, id, { format })).toMatchObject({ outcome: 'registered' })
      expect(atEntra.passkeys).toMatchObject([{ format }])
      expect(atEntra.passkeys[0]?.challenge.length).toBeGreaterThan(2_000)
    }
  })

  it('S111 another library than ours and the double’s finds the key good, and one that was changed not', async (test) => {
    const missing = fido2Missing()
    if (missing !== undefined) test.skip(missing)
    const registered = scene.tenant.users.flatMap(({ passkeys }) => passkeys)
    expect(registered.length).toBeGreaterThan(2)
    for (const key of registered.slice(0, 3)) {
      expect(await judgeWithFido2(key)).toEqual({ credential: Buffer.from(key.id, 'base64url').toString('hex'), aaguid: key.aaguid.replaceAll('-', ''), verified: true })
      expect(await judgeWithFido2({ ...key, rpId: 'login.example' })).toHaveProperty('refused')
      expect(await judgeWithFido2({ ...key, challenge: Buffer.from('another').toString('base64url') })).toHaveProperty('refused')
    }
  })

  it('S108 no without consent, without an identity, without an app registration, twice, or for a phone that is not theirs', async () => {
    const { microsoft365 } = current().app.parts
    const { storage } = current().foundation
    const order = async (person: Person, phoneId: string | null = null) => {
      const place = await microsoft365.keys.placeOf(person.user.organizationId, person.user.id)
      return (await storage.write((tx) => microsoft365.keys.order(tx, { organizationId: person.user.organizationId, userId: person.user.id, phoneId, by: null }, place))).outcome
    }
    const [one, other] = [await someone(), await someone()]
    await storage.write((tx) => microsoft365.keys.settings.withdraw(tx, one.person.user.organizationId))
    expect(await order(one.person)).toBe('no_consent')
    await scene.consent()
    expect(await order(one.person, other.phone.id)).toBe('no_phone')
    expect(await order(one.person)).toBe('ordered')
    expect(await order(one.person)).toBe('open')
    const stranger = await current().addPerson({ email: `stranger${count}@else.example`, withKey: false })
    expect(await order(stranger)).toBe('no_identity')
    await storage.write((tx) => current().foundation.identities.set(tx, stranger.user.organizationId, stranger.user.id, { upn: `stranger${count}@else.example`, source: 'minted' }))
    expect(await order(stranger)).toBe('no_app')
  })

  it('SEC-73 no phone but the person’s own sees or answers an order', async () => {
    const { phone: stranger } = await someone()
    const { id, atEntra } = await ordered()
    expect((await stranger.orders()).map((one) => one.id)).not.toContain(id)
    expect((await stranger.orderOptions({ id })).status).toBe(409)
    const key = new SecurityKey('https://login.microsoft.com')
    expect((await stranger.answerOrder({ id }, JSON.parse(key.register({ challenge: 'AAAA', rp: { id: 'login.microsoft.com' }, user: { id: 'AAAA' } })) as object)).body).toEqual({ outcome: 'over', reason: null })
    expect([await standing(id), atEntra.passkeys]).toEqual(['asked', []])
  })

  it('a no on the phone ends the order, and an administrator may order again', async () => {
    const { phone, id, person } = await ordered()
    expect((await phone.answerOrder({ id }, null)).body).toEqual({ outcome: 'denied', reason: null })
    expect([await standing(id), await phone.orders()]).toEqual(['denied', []])
    expect((await phone.answerOrder({ id }, null)).body).toEqual({ outcome: 'over', reason: null })
    expect(await scene.retry(id)).toBe(true)
    expect(await scene.make(phone, id)).toMatchObject({ outcome: 'registered' })
    expect(await setUpOf(person)).toBe('done_by_admin')
  })

  it('an answer after five minutes is too late: the order stays, and the next try counts', async () => {
    const { phone, id, atEntra } = await ordered()
    const { body } = await phone.orderOptions({ id })
    expect(body.expiresAt - current().foundation.clock.now()).toBeLessThanOrEqual(5 * minute)
    current().advance(5 * minute + 1)
    const key = new SecurityKey(body.origin)
    expect((await phone.answerOrder({ id }, JSON.parse(key.register(body.options)) as object)).body).toEqual({ outcome: 'refused', reason: 'too_late' })
    expect([await standing(id), atEntra.passkeys]).toEqual(['asked too_late', []])
    expect(await scene.make(phone, id)).toMatchObject({ outcome: 'registered' })
  })

  it('a challenge is answered once, rightly or not, and only the newest', async () => {
    const { phone, id, atEntra } = await ordered()
    const { body } = await phone.orderOptions({ id })
    const key = new SecurityKey(body.origin)
    const answer = (change = {}) => phone.answerOrder({ id }, JSON.parse(key.register(body.options, change)) as object).then((reply) => reply.body)
    expect(await answer({ challenge: 'b3RoZXI' })).toEqual({ outcome: 'refused', reason: 'invalid' })
    expect(await answer()).toEqual({ outcome: 'refused', reason: 'too_late' })
    await phone.orderOptions({ id })
    expect(await answer()).toEqual({ outcome: 'refused', reason: 'invalid' })
    expect(atEntra.passkeys).toEqual([])
  })

  it.each([
    ['the origin of our own server', { origin: 'https://id.example.com' }], ['http instead of https', { origin: 'http://login.microsoft.com' }], ['another site', { rpId: 'login.example' }], ['nobody’s verification', { userVerified: false }],
    ['nobody’s presence', { userPresent: false }], ['a sign-in in place of a registration', { type: 'webauthn.get' }], ['a page inside another one', { crossOrigin: true }], ['a signature that is not the key’s', { breakSignature: true }], ['another id', { id: 'AAAAAAAAAAAAAAAAAAAAAA' }],
  ])('Microsoft is not told of a key with %s', async (_what, change) => {
    const { phone, id, atEntra } = await ordered()
    const before = scene.entra.log.length
    expect(await scene.make(phone, id, change)).toMatchObject({ outcome: 'refused', reason: 'invalid' })
    expect([atEntra.passkeys, scene.entra.log.slice(before).filter(({ method, path }) => method === 'POST' && path.includes('fido2'))]).toEqual([[], []])
    expect(await standing(id)).toBe('asked invalid')
  })

  it('a Graph that names another site than Microsoft’s gets no key, and an administrator reads why', async () => {
    const { phone, id } = await ordered()
    scene.tenant.passkeyPolicy.rpId = 'bank.example'
    try {
      expect((await phone.orderOptions({ id })).status).toBe(409)
    } finally {
      scene.tenant.passkeyPolicy.rpId = 'login.microsoft.com'
    }
    expect(await standing(id)).toBe('failed host')
  })

  it.each([
    ['switched off', { state: 'disabled' as const }], ['without self-service', { isSelfServiceRegistrationAllowed: false }], ['with attestation', { isAttestationEnforced: true }],
    ['with other models only', { keyRestrictions: { isEnforced: true, enforcementType: 'allow' as const, aaGuids: ['aaaaaaaa-0000-4000-8000-000000000000'] } }], ['with our model blocked', { keyRestrictions: { isEnforced: true, enforcementType: 'block' as const, aaGuids: [phoneAaguid] } }],
  ])('S111 a policy %s refuses the key, which the order says with what to do', async (_what, change) => {
    const { phone, id, person } = await ordered()
    const policy = scene.tenant.passkeyPolicy
    const usual = { ...policy }
    Object.assign(policy, change)
    try {
      expect(await scene.make(phone, id, { aaguid: phoneAaguid })).toMatchObject({ outcome: 'refused', reason: 'rejected' })
      const findings = await current().app.parts.microsoft365.keys.findings(await domain())
      expect(findings.map(({ severity }) => severity)).toContain('stops')
    } finally {
      Object.assign(policy, usual)
    }
    expect(await standing(id)).toBe('failed rejected')
    const browser = await current().signedIn(scene.administrator)
    expect(textOf((await browser.get(`/admin/users/${person.user.id}`)).body)).toContain('Microsoft refused the key: a rule of the tenant does not allow it')
    expect((await current().app.parts.microsoft365.keys.findings(await domain())).map(({ code }) => code)).toEqual(['policy_good'])
  })

  it('who is not at Entra under this name fails with that reason, and is ordered for again under the right one', async () => {
    const { person, phone, id, atEntra } = await ordered()
    atEntra.userPrincipalName = `renamed${count}@corp.example`
    expect((await phone.orderOptions({ id })).status).toBe(409)
    expect(await standing(id)).toBe('failed not_found')
    await current().foundation.storage.write((tx) => current().foundation.identities.set(tx, person.user.organizationId, person.user.id, { upn: atEntra.userPrincipalName, source: 'typed' }))
    expect(await scene.retry(id)).toBe(true)
    expect((await phone.orders()).map(({ account }) => account)).toEqual([atEntra.userPrincipalName])
    expect(await scene.make(phone, id)).toMatchObject({ outcome: 'registered' })
  })

  it('a Graph that is busy is left alone for as long as it says, and the order stays', async () => {
    const { phone, id } = await ordered()
    Object.assign(scene.entra.switches, { throttleNext: 1, throttleSeconds: 1 })
    expect((await phone.orderOptions({ id })).status).toBe(200)
    scene.entra.switches.throttleNext = 9
    scene.entra.switches.throttleSeconds = 120
    try {
      const busy = await phone.orderOptions({ id })
      expect(busy.status).toBe(429)
      expect(await standing(id)).toBe('asked throttled')
      scene.entra.switches.throttleNext = 0
      const asked = scene.entra.log.length
      expect((await phone.orderOptions({ id })).status).toBe(429)
      expect(scene.entra.log.length).toBe(asked)
    } finally {
      scene.entra.switches.throttleNext = 0
      scene.entra.switches.throttleSeconds = 3
    }
    current().advance(121_000)
    expect(await scene.make(phone, id)).toMatchObject({ outcome: 'registered' })
  })

  it('an answer of Graph that was lost is found again by the key’s name; nothing is made twice', async () => {
    const { phone, id, atEntra } = await ordered()
    scene.entra.switches.loseNextAnswers = 1
    expect(await scene.make(phone, id)).toMatchObject({ outcome: 'registered' })
    expect(atEntra.passkeys).toHaveLength(1)
    expect(await scene.find(id)).toMatchObject({ state: 'registered', methodId: atEntra.passkeys[0]?.id })
  })

  it('an order waits for a phone, is asked as soon as there is one, and waits again when it goes', async () => {
    const { person } = await scene.person(`person${++count}`)
    const id = await scene.order(person)
    expect(await standing(id)).toBe('waiting')
    const phone = await givePhone(current(), person.user)
    await scene.run()
    expect(await standing(id)).toBe('asked')
    await phone.call('POST', '/removal', {})
    await scene.run()
    expect(await standing(id)).toBe('waiting')
  })

  it('an order for one phone ends with it, and any order ends after a fortnight', async () => {
    const { person, phone } = await someone()
    const id = await scene.order(person, phone.id)
    await phone.call('POST', '/removal', {})
    await scene.run()
    expect(await standing(id)).toBe('failed phone_gone')
    const { id: old, phone: later } = await ordered()
    current().advance(14 * day)
    expect(await later.orders()).toEqual([])
    await scene.run()
    expect(await standing(old)).toBe('failed expired')
  })

  it('S108 with the rule on, every phone that becomes active is asked, and one from before is not', async () => {
    const before = await someone()
    const { keys } = current().app.parts.microsoft365
    const { storage } = current().foundation
    current().advance(1_000)
    await storage.write((tx) => keys.settings.setOnActivation(tx, before.person.user.organizationId, true))
    const after = await someone()
    await scene.run()
    await scene.run()
    expect((await after.phone.orders()).map(({ by }) => by)).toEqual([''])
    expect(await before.phone.orders()).toEqual([])
    await storage.write((tx) => keys.settings.setOnActivation(tx, before.person.user.organizationId, false))
    const later = await someone()
    await scene.run()
    expect(await later.phone.orders()).toEqual([])
    const [order] = await after.phone.orders()
    expect(await scene.make(after.phone, order?.id ?? '')).toMatchObject({ outcome: 'registered' })
  })

  it('SEC-50 a key goes from Microsoft with its phone, again and again until it is gone, and the person is asked to do it themselves again', async () => {
    const { person, atEntra, phone, id } = await ordered()
    await scene.make(phone, id)
    expect(atEntra.passkeys).toHaveLength(1)
    await phone.call('POST', '/removal', {})
    Object.assign(scene.entra.switches, { throttleNext: 9, throttleSeconds: 120 })
    await scene.run()
    Object.assign(scene.entra.switches, { throttleNext: 0, throttleSeconds: 3 })
    expect([await standing(id), atEntra.passkeys.length]).toEqual(['registered throttled', 1])
    await scene.run()
    expect(atEntra.passkeys).toHaveLength(1)
    current().advance(7 * 3_600_000)
    await scene.run()
    expect([await standing(id), atEntra.passkeys.length]).toEqual(['removed', 0])
    expect(await setUpOf(person)).not.toBe('done_by_admin')
    expect((await current().letters(person.user.email)).filter(({ template, text }) => template === 'microsoft-key' && text.includes('not known at Microsoft any more'))).toHaveLength(1)
  })

  it('a key goes with its person, and one that Microsoft does not have any more is no trouble', async () => {
    const { person, atEntra, phone, id } = await ordered()
    await scene.make(phone, id)
    atEntra.passkeys.splice(0)
    await current().app.parts.personAccess.remove({ organizationId: person.user.organizationId, id: person.user.id }, () => Promise.resolve())
    await scene.run()
    expect(await standing(id)).toBe('removed')
    const open = await ordered()
    await current().app.parts.personAccess.remove({ organizationId: person.user.organizationId, id: open.person.user.id }, () => Promise.resolve())
    await scene.run()
    expect(await standing(open.id)).toBe('removed person_gone')
  })

  it('a key is found again for its removal under the name that the person has at Entra by then', async () => {
    const { person, atEntra, phone, id } = await ordered()
    await scene.make(phone, id)
    atEntra.userPrincipalName = `married${count}@corp.example`
    await current().foundation.storage.write((tx) => current().foundation.identities.set(tx, person.user.organizationId, person.user.id, { upn: atEntra.userPrincipalName, source: 'typed' }))
    await phone.call('POST', '/removal', {})
    await scene.run()
    expect([await standing(id), atEntra.passkeys.length]).toEqual(['removed', 0])
  })

  it('a key that cannot be removed raises an alert, which goes when it is', async () => {
    const { phone, id, atEntra } = await ordered()
    await scene.make(phone, id)
    await phone.call('POST', '/removal', {})
    const rights = scene.tenant.applications.find(({ roles }) => roles.length > 0)?.roles ?? []
    const kept = rights.splice(0)
    current().advance(2 * 3_600_000)
    for (let tries = 0; tries < 5; tries++) { await scene.run(); current().advance(7 * 3_600_000) }
    const alerts = async () => (await current().app.parts.microsoft365.alerts.open(current().organization.id)).filter(({ subject }) => subject === id)
    expect(await standing(id)).toBe('registered denied')
    expect(await alerts()).toMatchObject([{ kind: 'microsoft.key_removal', details: { reason: 'denied' } }])
    rights.push(...kept)
    current().advance(2 * 3_600_000)
    await scene.run()
    expect([await alerts(), atEntra.passkeys.length]).toEqual([[], 0])
  })

  it('an app registration without the right fails the order with it, and works once it has it', async () => {
    const { phone, id } = await ordered()
    const rights = scene.tenant.applications.find(({ roles }) => roles.length > 0)?.roles ?? []
    const kept = rights.splice(0)
    current().advance(2 * 3_600_000)
    expect((await phone.orderOptions({ id })).status).toBe(409)
    expect(await standing(id)).toBe('failed denied')
    expect((await current().app.parts.microsoft365.keys.findings(await domain())).map(({ code, severity }) => `${code} ${severity}`)).toEqual(['policy_unknown unknown'])
    rights.push(...kept)
    current().advance(2 * 3_600_000)
    expect(await scene.retry(id)).toBe(true)
    expect(await scene.make(phone, id)).toMatchObject({ outcome: 'registered' })
  })

  it('S108 a consent that is withdrawn stops what was ordered before', async () => {
    const { phone, id, atEntra, person } = await ordered()
    const { body } = await phone.orderOptions({ id })
    await current().foundation.storage.write((tx) => current().app.parts.microsoft365.keys.settings.withdraw(tx, person.user.organizationId))
    try {
      const key = new SecurityKey(body.origin)
      expect((await phone.answerOrder({ id }, JSON.parse(key.register(body.options)) as object)).body).toEqual({ outcome: 'refused', reason: 'no_consent' })
      expect([await standing(id), atEntra.passkeys, await scene.retry(id)]).toEqual(['failed no_consent', [], false])
    } finally {
      await scene.consent()
    }
  })

  async function domain() {
    const found = await current().foundation.domains.find(current().organization.id, scene.domainId)
    if (!found) throw new Error('no domain')
    return found
  }
}, { DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
