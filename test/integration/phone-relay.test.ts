import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { Browser } from '../support/browser.ts'
import { askPhoneOf, givePhone, numberOf } from '../support/fake-phone.ts'
import { networksMissing, openNetworks, type Networks } from '../support/networks.ts'
import { changeSettings, textOf } from '../support/pages.ts'
import { skipWithout } from '../support/skip.ts'

const missing = networksMissing()

/** The attacker sits in the street with a browser of their own; the person and the phone are in the office. */
withApp('a relay between two networks', (current) => {
  skipWithout(missing)
  let count = 0

  async function inNetworks(work: (networks: Networks) => Promise<void>): Promise<void> {
    const networks = await openNetworks(current())
    try {
      await work(networks)
    } finally {
      networks.close()
    }
  }
  async function victim({ office }: Networks) {
    const { user } = await current().addPerson({ email: `relay${++count}@example.com`, withKey: false })
    const phone = await givePhone(current(), user)
    phone.address = office
    return { user, phone }
  }
  const browserIn = (network: string): Browser => new Browser(current().url, undefined, network)
  const session = (browser: Browser) => current().app.parts.sessions.find(browser.cookies.get('__Host-doorward') ?? '')
  async function showCode(browser: Browser) {
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/phone`)
    const answer = await browser.post(`${signIn}/phone/code`)
    const row = await current().foundation.storage.read.one<{ id: string }>('SELECT id FROM phone_approvals WHERE sign_in_id = ? ORDER BY created_at DESC LIMIT 1', [signIn.split('/')[2] ?? ''])
    return { signIn, answer, secret: current().app.parts.phones.approvals.scanSecret(row?.id ?? '') }
  }

  it('SEC-47 the photographed code is old before it is shown elsewhere, and its digits mean nothing in another network', () => inNetworks(async (networks) => {
    const { phone } = await victim(networks)
    const attacker = browserIn(networks.street)
    const { answer, secret } = await showCode(attacker)
    const digits = /type this in the app: (\d{4} \d{4})/.exec(textOf(answer.body))?.[1] ?? ''
    expect(digits).toMatch(/\d/)
    expect((await phone.scan(digits)).body.outcome).toBe('unknown')
    current().advance(26_000)
    expect((await phone.scan(secret)).body.outcome).toBe('unknown')
    expect((await phone.state()).body.approvals).toEqual([])
  }))

  it('SEC-47 SEC-44 relayed at once, the phone says that the computer is elsewhere; a yes is labelled, and opens nothing that needs a key', () => inNetworks(async (networks) => {
    const { user, phone } = await victim(networks)
    const attacker = browserIn(networks.street)
    const { signIn, answer, secret } = await showCode(attacker)
    expect((await phone.scan(secret)).body).toMatchObject({ outcome: 'taken', approval: { ip: '10.91.2.2', sameNetwork: false } })
    expect((await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
    await attacker.post(`${signIn}/phone/wait`)
    expect((await session(attacker))?.proofs).toMatchObject([{ method: 'phone', phishingResistant: false }])
    const { events: [told] } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, action: 'phone.approved', limit: 1 })
    expect(told).toMatchObject({ ip: '10.91.1.2', details: { sameNetwork: false } })
    const strong = await current().app.parts.signIns.desk.begin(attacker.cookies.get('__Host-doorward-browser') ?? '', { application: null, assurance: 'phr', maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile' })
    expect((await attacker.get(strong)).path).not.toBe('/profile')
  }))

  it('SEC-49 S88 where phones must be near, a request from the street is refused however it is answered; the same from the office is not', () => inNetworks(async (networks) => {
    await changeSettings(current(), { methods: { phoneNear: true } })
    try {
      const { user, phone } = await victim(networks)
      const attacker = browserIn(networks.street)
      const stolen = await askPhoneOf(attacker, user.email)
      const asked = await phone.request()
      expect(asked).toMatchObject({ ip: '10.91.2.2', sameNetwork: false, nearness: 'needed' })
      expect((await phone.decide(asked, 'approve', { number: numberOf(stolen.answer.body) })).body.outcome).toBe('far')
      await attacker.post(`${stolen.signIn}/phone/wait`)
      expect(await session(attacker)).toBeUndefined()

      const own = browserIn(networks.office)
      const { answer, signIn } = await askPhoneOf(own, user.email)
      expect(await phone.request()).toMatchObject({ ip: '10.91.1.2', sameNetwork: true, nearness: 'proven' })
      expect((await phone.decide(await phone.request(), 'approve', { number: numberOf(answer.body) })).body.outcome).toBe('approved')
      await own.post(`${signIn}/phone/wait`)
      expect(await session(own)).toBeDefined()
    } finally {
      await changeSettings(current(), { methods: { phoneNear: false } })
    }
  }))
})
