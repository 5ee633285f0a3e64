import { beforeAll, expect, it } from 'vitest'
import type { MethodId } from '../../src/authentication/proof.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { codeOf, solvedCheck } from '../support/ceremonies.ts'
import { changeSettings } from '../support/pages.ts'
import { SecurityKey } from '../support/security-key.ts'
import { codeNow, giveAuthenticator, givePassword } from '../support/ways.ts'

const steps = 500
const roomy = {
  DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_CODES_PER_ACCOUNT: '1000', DOORWARD_LIMITS_TRIES_PER_ACCOUNT_HOURLY: '1000', DOORWARD_LIMITS_RECOVERY_TRIES_HOURLY: '100',
  DOORWARD_LIMITS_PASSWORD_TRIES_PER_ACCOUNT_HOURLY: '1000', DOORWARD_LIMITS_TOTP_TRIES_PER_ACCOUNT_HOURLY: '100',
}

/** Numbers that look random and are the same in every run. */
function dice(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed
  return (choices) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return choices[Math.floor((state / 2 ** 32) * choices.length)] as never
  }
}

/** One browser, and what was truly proven in it. */
interface Place {
  readonly browser: Browser
  signIn: string
  challenge: { readonly id: string; readonly options: unknown; readonly signIn: string; used: boolean } | undefined
  proven: { readonly user: string; readonly methods: Set<MethodId> } | undefined
}

withApp('walking the pages of signing in at random', (current) => {
  const opened = new Set<MethodId>()
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  it.each([1, 2])('SEC-61 SEC-19 in whatever order pages are opened, left out, repeated and mixed, nobody is more than they have proven (walk %i)', async (seed) => {
    const choose = dice(seed)
    const add = (name: string, more: { withKey?: boolean; status?: 'suspended' } = {}): Promise<Person> => current().addPerson({ email: `${name}${seed}@example.com`, ...more })
    await changeSettings(current(), { methods: { password: true, totp: true, accessPass: true } })
    const [ada, bob, eve] = [await add('ada'), await add('bob', { withKey: false }), await add('eve', { status: 'suspended' })]
    // Dan has a password, Fay an app behind hers, Gil nothing but what the help desk gives; Ada's password is worth nothing beside her key.
    const [dan, fay, gil] = [await add('dan', { withKey: false }), await add('fay', { withKey: false }), await add('gil', { withKey: false })]
    const passwords: readonly (readonly [Person, string])[] = ([[dan, 'seven quiet otters swim'], [fay, 'nine brave badgers dig'], [ada, 'eleven grey geese fly']] as const)
    for (const [{ user }, password] of passwords) await givePassword(current(), user, password)
    const appSeed = await giveAuthenticator(current(), fay.user)
    const issuePass = (): Promise<string> => current().foundation.storage.write(async (tx) => (await current().app.parts.accessPasses.issue(tx, gil.user, { once: true, minutes: 480, createdBy: 'Help desk' })).code)
    let pass = await issuePass()
    const keys = [ada.key, eve.key, new SecurityKey(current().url)].filter((key) => key !== undefined)
    let recovery = await current().foundation.storage.write((tx) => current().app.parts.recoveryCodes.replace(tx, ada.user))
    const sent = new Map<string, string>()
    const places = ['one', 'two'].map((): Place => ({ browser: current().browser(), signIn: '/signin/none', challenge: undefined, proven: undefined }))
    const secretOf = ({ browser }: Place): string => browser.cookies.get('__Host-doorward') ?? ''

    /** Posts an answer; `truth` is what it really proves, if anything. */
    async function answer(place: Place, path: string, fields: Readonly<Record<string, string>>, truth: { person: Person; method: MethodId } | undefined): Promise<void> {
      const before = secretOf(place)
      await place.browser.post(path, fields)
      if (secretOf(place) === before) return
      expect(truth, `${path} opened a session`).toBeDefined()
      if (!truth) return
      if (place.proven?.user === truth.person.user.id) place.proven.methods.add(truth.method)
      else place.proven = { user: truth.person.user.id, methods: new Set([truth.method]) }
    }

    const acts: Readonly<Record<string, (place: Place) => Promise<unknown>>> = {
      async begin(place) { place.signIn = (await place.browser.get('/signin?return=%2Fprofile', { follow: false })).location ?? '' },
      async demand(place) {
        await place.browser.get('/signed-out')
        place.signIn = await current().app.parts.signIns.desk.begin(place.browser.cookies.get('__Host-doorward-browser') ?? '', {
          application: null, ...choose([{ assurance: 'phr', returnTo: '/profile?strong=yes' }, { assurance: 'phrh', returnTo: '/profile?strong=yes' }, { assurance: 'urn:doorward:acr:multi', returnTo: '/profile?strong=two' }] as const),
          maxAgeSeconds: null, loginHint: null, userId: choose([null, ada.user.id, bob.user.id, fay.user.id]),
        })
      },
      async stepUp(place) { const { path } = await place.browser.get('/security/keys/new'); if (path.startsWith('/signin/')) place.signIn = path },
      borrow(place) { place.signIn = choose(places).signIn; return Promise.resolve() },
      async look(place): Promise<Answer> {
        const shown = await place.browser.get(place.signIn + choose(['', '/email', '/channel', '/code', '/recovery', '/password', '/totp', '/access-pass']))
        if (shown.path === '/profile?strong=yes') expect(place.proven?.methods.has('passkey'), 'a page for keys was shown').toBe(true)
        const has = (method: MethodId): boolean => place.proven?.methods.has(method) ?? false
        if (shown.path === '/profile?strong=two') expect(has('passkey') || (has('password') && (has('totp') || has('recovery-code'))), 'a page for two factors was shown').toBe(true)
        return shown
      },
      async email(place) {
        await place.browser.get(`${place.signIn}/email`)
        await place.browser.post(`${place.signIn}/email`, { email: choose([ada, bob, bob, bob, eve, dan, fay, fay, gil]).user.email, ...solvedCheck(place.browser) })
      },
      async send(place) {
        const before = (await current().letters(bob.user.email)).length
        await place.browser.post(`${place.signIn}/channel`, { channel: choose(['mail', 'sms', '']) })
        const letters = await current().letters(bob.user.email)
        if (letters.length > before) sent.set(place.signIn, codeOf(letters.at(-1)))
        current().advance(31_000)
      },
      async code(place) {
        const code = choose([sent.get(place.signIn), sent.get(place.signIn), [...sent.values()].at(-1), '000000', '']) ?? '1'
        const isTrue = code !== '' && sent.get(place.signIn) === code
        await answer(place, `${place.signIn}/code`, { code }, isTrue ? { person: bob, method: 'code' } : undefined)
        if (isTrue) sent.delete(place.signIn)
      },
      async codeWay(place) {
        if (choose([true, false])) await acts['signOut']?.(place)
        await acts['begin']?.(place)
        await place.browser.get(`${place.signIn}/email`)
        await place.browser.post(`${place.signIn}/email`, { email: bob.user.email, ...solvedCheck(place.browser) })
        await acts['send']?.(place)
        await acts['code']?.(place)
      },
      async password(place) {
        const [person, password] = choose([...passwords, [undefined, 'none of these passwords']] as const)
        await answer(place, `${place.signIn}/password`, { password }, person && person !== ada ? { person, method: 'password' } : undefined)
      },
      async app(place) {
        current().advance(31_000)
        const code = choose([codeNow(current(), appSeed), codeNow(current(), appSeed), codeNow(current(), appSeed, -3)])
        await answer(place, `${place.signIn}/totp`, { code }, code === codeNow(current(), appSeed) ? { person: fay, method: 'totp' } : undefined)
      },
      async pass(place) {
        const typed = choose([pass, pass, 'AAAA-BBBB-CCCC-DDDD'])
        await answer(place, `${place.signIn}/access-pass`, { pass: typed }, typed === pass ? { person: gil, method: 'access-pass' } : undefined)
        const used = await current().app.parts.accessPasses.current(gil.user)
        if (!used) pass = await issuePass()
      },
      async otherWay(place) {
        if (choose([true, false])) await acts['signOut']?.(place)
        await acts['begin']?.(place)
        await place.browser.get(`${place.signIn}/email`)
        const [person, way] = choose([[dan, 'password'], [fay, 'password'], [fay, 'app'], [gil, 'pass'], [gil, 'pass']] as const)
        await place.browser.post(`${place.signIn}/email`, { email: person.user.email, ...solvedCheck(place.browser) })
        await acts[way]?.(place)
        if (choose([true, false])) await acts['app']?.(place)
      },
      async keyWay(place) {
        if (choose([true, false])) await acts['signOut']?.(place)
        await acts['begin']?.(place)
        await acts['challenge']?.(place)
        await acts['touch']?.(place)
      },
      async challenge(place) {
        const { status, body } = await place.browser.post(`${place.signIn}/passkey/options`, {}, { headers: { accept: 'application/json' }, follow: false })
        if (status === 200) { const { challengeId: id, options } = JSON.parse(body) as { challengeId: string; options: unknown }; place.challenge = { id, options, signIn: place.signIn, used: false } }
      },
      async touch(place) {
        const given = choose([place.challenge, place.challenge, choose(places).challenge])
        if (!given) return
        const key = choose([ada.key, ada.key, ...keys])
        if (!key) return
        const broken = choose([false, false, true])
        const isTrue = !broken && key === ada.key && !given.used && given.signIn === place.signIn && given === place.challenge
        await answer(place, `${place.signIn}/passkey`, { challenge_id: given.id, response: key.sign(given.options, { breakSignature: broken }) }, isTrue ? { person: ada, method: 'passkey' } : undefined)
        if (given.signIn === place.signIn && given === place.challenge) given.used = true
      },
      async recover(place) {
        await place.browser.get(`${place.signIn}/recovery`)
        const solved = solvedCheck(place.browser)
        const [person, code = ''] = choose([[ada, recovery[0]], [bob, recovery[0]], [ada, 'AAAA-BBBB-CCCC-DDDD'], [eve, '']] as const)
        const isTrue = person === ada && code === recovery[0]
        await answer(place, `${place.signIn}/recovery`, { email: person.user.email, recovery_code: code, ...solved }, isTrue ? { person: ada, method: 'recovery-code' } : undefined)
        if (isTrue) recovery = await current().foundation.storage.write((tx) => current().app.parts.recoveryCodes.replace(tx, ada.user))
      },
      async signOut(place) {
        await place.browser.post('/signout')
        if (secretOf(place) === '') place.proven = undefined
      },
      empty: (place) => place.browser.post(place.signIn + choose(['/email', '/channel', '/code', '/passkey', '/recovery', '/passkey/options', '/password', '/totp', '/access-pass'])),
      async panel(place) {
        const asked = choose(['/', '/profile', '/security', '/security/keys/new'])
        const { path } = await place.browser.get(asked)
        const methods = [...place.proven?.methods ?? []]
        if (methods.length > 0 && methods.every((method) => method === 'access-pass')) expect(path, 'what a pass opens').toMatch(/^\/security\/keys\/new$|^\/signin\//)
        if (place.proven?.user === fay.user.id && methods.every((method) => method === 'password')) expect(path, 'what a password without the app opens').toMatch(/^\/signin\//)
      },
    }
    const names = [...Object.keys(acts), 'email', 'send', 'send', 'code', 'code', 'challenge', 'challenge', 'touch', 'touch', 'look', 'password', 'app', 'pass', 'otherWay', 'otherWay', 'panel', 'codeWay']
    const trail: string[] = []
    for (let step = 0; step < steps; step++) {
      const place = choose(places)
      const name = choose(names)
      trail.push(`${places.indexOf(place)} ${name}`)
      await acts[name]?.(place)
      for (const each of places) {
        const session = secretOf(each) === '' ? undefined : await current().app.parts.sessions.find(secretOf(each))
        const methods = session?.proofs.map(({ method }) => method) ?? []
        for (const method of methods) opened.add(method)
        const half = session && session.opens !== 'everything'
        if (half) expect(await current().app.parts.sessions.findById(session.id), 'half a session was shown to protocols').toBeUndefined()
        expect({ user: session?.userId, methods: [...new Set(methods)].toSorted() }, trail.slice(-12).join(', ')).toEqual({ user: each.proven?.user, methods: [...each.proven?.methods ?? []].toSorted() })
      }
    }
  }, 120_000)

  // Walks in which nobody ever gets in would prove nothing.
  it('SEC-61 each way has let somebody in on these walks', () => {
    expect([...opened].toSorted()).toEqual(['access-pass', 'code', 'passkey', 'password', 'recovery-code', 'totp'])
  })
}, roomy)
