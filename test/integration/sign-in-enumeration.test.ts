import { expect, it } from 'vitest'
import { withApp, type TestApp } from '../support/app.ts'
import type { Answer } from '../support/browser.ts'
import { askForCode, codeOf, signInWithKey, solvedCheck } from '../support/ceremonies.ts'
import { changeSettings, fieldOf, masked, textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

// Everything here comes from one network address.
const roomy = { DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_SMS_URL: 'file:///dev/null' }

/** One of each kind, with addresses that look alike when masked. */
async function aCrowd(app: TestApp, prefix: string): Promise<Readonly<Record<string, string>>> {
  const of = (kind: string): string => `${prefix}-${kind}@example.com`
  await app.addPerson({ email: of('active'), withKey: false })
  await app.addPerson({ email: of('suspended'), withKey: false, status: 'suspended' })
  await app.addPerson({ email: of('pending'), withKey: false, status: 'pending' })
  await app.addPerson({ email: of('new'), withKey: false, status: 'new' })
  await app.addPerson({ email: of('key-holder') })
  await app.addPerson({ email: of('administrator'), role: 'administrator', withKey: false })
  const gone = await app.addPerson({ email: of('deleted'), withKey: false })
  await app.app.parts.personAccess.remove({ organizationId: gone.user.organizationId, id: gone.user.id }, () => Promise.resolve())
  return Object.fromEntries(['unknown', 'active', 'suspended', 'pending', 'new', 'key-holder', 'administrator', 'deleted'].map((kind) => [kind, of(kind)]))
}

/** What a watcher could compare: status, address, headers and bytes, without what differs between any two requests. */
function seen(answer: Answer): string {
  const headers = Object.entries(answer.headers).filter(([name]) => !['date', 'x-request-id', 'etag', 'content-length'].includes(name))
  return `${answer.status} ${masked(answer.path)} ${masked(JSON.stringify(headers))}\n${masked(answer.body)}`
}

withApp('telling who has an account', (current) => {
  it('S2 SEC-54 the pages of a code are the same for everyone, byte for byte, from the address to the last try', async () => {
    const crowd = await aCrowd(current(), 'watched')
    const walks = await Promise.all(Object.entries(crowd).map(async ([kind, email]) => {
      const browser = current().browser()
      const signIn = (await browser.get('/')).path
      await browser.get(`${signIn}/email`)
      const walk = [await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) }), await browser.post(`${signIn}/channel`, { channel: 'sms' }), await browser.post(`${signIn}/channel`, { channel: 'mail' })]
      for (let tries = 0; tries < 7; tries++) walk.push(await browser.post(`${signIn}/code`, { code: 'wrong' }))
      return { kind, browser, signIn, walk }
    }))
    current().advance(31_000)
    await Promise.all(walks.map(async ({ browser, signIn, walk }) => { walk.push(await browser.post(`${signIn}/channel`, { channel: 'mail' }), await browser.get(`${signIn}/channel`)) }))
    for (const { kind, walk } of walks) expect(walk.map(seen), kind).toEqual(walks[0]?.walk.map(seen))
    const letters = await current().letters()
    expect(letters.map(({ recipient, template }) => `${template} ${recipient}`).filter((line) => line.includes('watched')).toSorted()).toEqual([
      ...['active', 'active'].map((kind) => `code watched-${kind}@example.com`), ...['administrator', 'administrator', 'key-holder', 'key-holder'].map((kind) => `codes-off watched-${kind}@example.com`),
    ])
  })

  it('S2 S128 the reason stands in the log of the organization, where administrators read it', async () => {
    const crowd = await aCrowd(current(), 'logged')
    const reasons: Record<string, unknown> = {}
    for (const kind of ['active', 'suspended', 'pending', 'new', 'key-holder', 'administrator']) {
      await askForCode(current().browser(), crowd[kind] ?? '')
      const user = await current().foundation.users.findByEmailKey(crowd[kind] ?? '')
      const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, ...(user ? { userId: user.id } : {}), limit: 1 })
      reasons[kind] = `${events[0]?.action} ${events[0]?.outcome} ${String(events[0]?.details['reason'] ?? '')}`.trim()
    }
    expect(reasons).toEqual({
      active: 'code.sent success', suspended: 'code.refused denied not_active', pending: 'code.refused denied not_active', new: 'code.refused denied not_active',
      'key-holder': 'code.refused denied has_key', administrator: 'code.refused denied administrator',
    })
  })

  it('S2 SEC-54 the hourly limit of tries answers a stranger as it answers anyone, however the address is written', async () => {
    const crowd = await aCrowd(current(), 'limited')
    await Promise.all(Object.entries(crowd).map(async ([kind, email]) => {
      const browser = current().browser()
      const statuses: number[] = []
      for (const written of [email, email.toUpperCase()]) {
        const { signIn } = await askForCode(browser, written)
        const csrf = browser.csrf()
        for (let tries = 0; tries < 6; tries++) statuses.push((await browser.post(`${signIn}/code`, { code: 'wrong', csrf })).status)
      }
      expect(statuses, kind).toEqual([422, 422, 422, 422, 422, 422, 422, 422, 422, 422, 429, 429])
    }))
  })

  it('S2 SEC-54 a wrong recovery code gets the same page whoever was named', async () => {
    const crowd = await aCrowd(current(), 'recovering')
    const pages = new Map<string, string>()
    for (const [kind, email] of Object.entries(crowd)) {
      const browser = current().browser()
      const signIn = (await browser.get('/')).path
      await browser.get(`${signIn}/recovery`)
      const answer = await browser.post(`${signIn}/recovery`, { email, recovery_code: 'AAAA-BBBB-CCCC-DDDD', ...solvedCheck(browser) })
      expect(fieldOf(answer.body, 'email')).toContain(`value="${email}"`)
      pages.set(kind, seen({ ...answer, body: answer.body.replaceAll(email, 'email') }))
    }
    for (const [kind, page] of pages) expect(page, kind).toBe(pages.get('unknown'))
  })

  it('S2 SEC-54 with SMS on, everyone who may not use codes gets a made-up number or none, the same one each time', async () => {
    await changeSettings(current(), { methods: { smsCode: true } })
    const crowd = await aCrowd(current(), 'texted')
    const channelOf = async (email: string): Promise<string> => {
      const browser = current().browser()
      const signIn = (await browser.get('/')).path
      await browser.get(`${signIn}/email`)
      return textOf((await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) })).body).toLowerCase()
    }
    const shown: string[] = []
    for (const email of [...Array.from({ length: 20 }, (_, index) => `stranger${index}@example.com`), ...Object.values(crowd).filter((email) => !email.includes('-active'))]) {
      const first = await channelOf(email)
      expect(await channelOf(email.toUpperCase())).toBe(first)
      expect(first).toMatch(/send sms (available once you have verified|\+\d\d ••• \d\d)/)
      shown.push(first)
    }
    const offered = shown.filter((text) => text.includes(' ••• ')).length
    expect(offered).toBeGreaterThan(2)
    expect(offered).toBeLessThan(shown.length - 2)
    await changeSettings(current(), { methods: { smsCode: false } })
  })

  it('S1 SEC-37 no code reaches a key holder, whatever is posted; their key does, and a mail says that someone tried', async () => {
    const { user, key } = await current().addPerson({ email: 'holder@example.com' })
    const browser = current().browser('Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1)')
    const { signIn } = await askForCode(browser, user.email)
    const [letter, ...others] = await current().letters(user.email)
    expect(others).toEqual([])
    expect(letter).toMatchObject({ template: 'codes-off', subject: 'A code was asked for your account' })
    expect(letter?.text).toContain('Your account signs in with a security key, so no code was made.')
    expect(letter?.text).not.toMatch(/\b\d{6}\b/)
    for (const code of ['000000', '123456', '999999', '', 'x']) expect((await browser.post(`${signIn}/code`, { code })).status).toBe(422)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
    expect((await signInWithKey(current().browser(), key as SecurityKey)).path).toBe('/')
  })

  it('SEC-37 a code that was sent before the first key was added is worth nothing afterwards', async () => {
    const { user } = await current().addPerson({ email: 'late@example.com', withKey: false })
    const browser = current().browser()
    const { signIn } = await askForCode(browser, user.email)
    const code = codeOf((await current().letters(user.email)).at(-1))
    await current().foundation.storage.write((tx) => current().app.parts.passkeys.add(tx, user, {
      credentialId: 'AAAA', publicKey: 'AAAA', algorithm: -7, counter: 0, transports: [], aaguid: '', attestationFormat: 'none', attestation: '', discoverable: true, backupEligible: false, backedUp: false,
    }, null))
    expect((await browser.post(`${signIn}/code`, { code })).status).toBe(422)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
  })

  it.each(['suspend', 'remove'] as const)('S1 a code that was sent before its owner was taken out (%s) opens nothing', async (act) => {
    const { user } = await current().addPerson({ email: `${act}-late@example.com`, withKey: false })
    const browser = current().browser()
    const { signIn } = await askForCode(browser, user.email)
    const code = codeOf((await current().letters(user.email)).at(-1))
    await current().app.parts.personAccess[act]({ organizationId: user.organizationId, id: user.id }, () => Promise.resolve())
    expect((await browser.post(`${signIn}/code`, { code })).status).toBe(422)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
  })

  it('SEC-59 SEC-19 a code opens the panel and never what asks for a key or for two factors, however many codes are typed', async () => {
    const { user } = await current().addPerson({ email: 'weak@example.com', withKey: false })
    const browser = current().browser()
    for (const _time of [1, 2]) {
      await browser.post('/signout')
      const { signIn } = await askForCode(browser, user.email)
      expect((await browser.post(`${signIn}/code`, { code: codeOf((await current().letters(user.email)).at(-1)) })).path).toBe('/')
    }
    for (const assurance of ['urn:doorward:acr:multi', 'phr', 'phrh'] as const) {
      const path = await current().app.parts.signIns.desk.begin(browser.cookies.get('__Host-doorward-browser') ?? '', {
        application: null, assurance, maxAgeSeconds: null, loginHint: null, userId: null, returnTo: '/profile',
      })
      const refused = await browser.get(path)
      expect(refused.status).toBe(403)
      expect(textOf(refused.body)).toContain('You are signed in, but what you asked for needs a security key and you have none yet.')
      expect(refused.body).toContain('href="/security">Add a security key')
    }
    expect((await browser.get('/profile')).path).toBe('/profile')
  })

  it.each(['helpdesk', 'administrator', 'owner'] as const)('SEC-59 the role %s gets no code, even without a key where key holders may use codes', async (role) => {
    await changeSettings(current(), { methods: { codesForKeyHolders: true } })
    for (const withKey of [true, false]) {
      const { user } = await current().addPerson({ email: `${role}-${withKey}@example.com`, role, withKey })
      await askForCode(current().browser(), user.email)
      expect((await current().letters(user.email)).map(({ template }) => template)).toEqual(['codes-off'])
    }
    const { user } = await current().addPerson({ email: `${role}-colleague@example.com` })
    await askForCode(current().browser(), user.email)
    expect((await current().letters(user.email)).map(({ template }) => template)).toEqual(['code'])
    await changeSettings(current(), { methods: { codesForKeyHolders: false } })
  })

  it('SEC-59 the links of a mail are built from the configured address, whatever host the request names', async () => {
    const { user } = await current().addPerson({ email: 'linked@example.com' })
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    await browser.post(`${signIn}/email`, { email: user.email, ...solvedCheck(browser) })
    await browser.post(`${signIn}/channel`, { channel: 'mail' }, { headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https', forwarded: 'host=evil.example' } })
    const [letter] = await current().letters(user.email)
    expect(letter?.text).toContain(`${current().url}/`)
    expect(`${letter?.text}${letter?.html}`).not.toContain('evil.example')
  })
}, roomy)
