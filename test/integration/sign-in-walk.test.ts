import { beforeAll, expect, it } from 'vitest'
import type { MethodId } from '../../src/authentication/proof.ts'
import { withApp, type Person } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { codeOf, solvedCheck } from '../support/ceremonies.ts'
import { SecurityKey } from '../support/security-key.ts'

const steps = 300
const roomy = {
  DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000', DOORWARD_LIMITS_CODES_PER_ACCOUNT: '1000', DOORWARD_LIMITS_TRIES_PER_ACCOUNT_HOURLY: '1000', DOORWARD_LIMITS_RECOVERY_TRIES_HOURLY: '100',
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
  beforeAll(async () => { await current().app.parts.jobs.stop() })

  it.each([1, 2])('SEC-61 SEC-19 in whatever order pages are opened, left out, repeated and mixed, nobody is more than they have proven (walk %i)', async (seed) => {
    const choose = dice(seed)
    const add = (name: string, more: { withKey?: boolean; status?: 'suspended' } = {}): Promise<Person> => current().addPerson({ email: `${name}${seed}@example.com`, ...more })
    const [ada, bob, eve] = [await add('ada'), await add('bob', { withKey: false }), await add('eve', { status: 'suspended' })]
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
          application: null, assurance: choose(['phr', 'phrh', 'urn:doorward:acr:multi']), maxAgeSeconds: null, loginHint: null, userId: choose([null, ada.user.id, bob.user.id]), returnTo: '/profile?strong=yes',
        })
      },
      async stepUp(place) { const { path } = await place.browser.get('/security/keys/new'); if (path.startsWith('/signin/')) place.signIn = path },
      borrow(place) { place.signIn = choose(places).signIn; return Promise.resolve() },
      async look(place): Promise<Answer> {
        const shown = await place.browser.get(place.signIn + choose(['', '/email', '/channel', '/code', '/recovery']))
        if (shown.path === '/profile?strong=yes') expect(place.proven?.methods.has('passkey'), 'a page for keys was shown').toBe(true)
        return shown
      },
      async email(place) {
        await place.browser.get(`${place.signIn}/email`)
        await place.browser.post(`${place.signIn}/email`, { email: choose([ada, bob, bob, bob, eve]).user.email, ...solvedCheck(place.browser) })
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
        await acts['begin']?.(place)
        await place.browser.get(`${place.signIn}/email`)
        await place.browser.post(`${place.signIn}/email`, { email: bob.user.email, ...solvedCheck(place.browser) })
        await acts['send']?.(place)
        await acts['code']?.(place)
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
      empty: (place) => place.browser.post(place.signIn + choose(['/email', '/channel', '/code', '/passkey', '/recovery', '/passkey/options'])),
      panel: (place) => place.browser.get(choose(['/', '/profile', '/security'])),
    }
    const names = [...Object.keys(acts), 'email', 'send', 'send', 'code', 'code', 'challenge', 'challenge', 'touch', 'touch', 'look']
    const opened = new Set<string>()
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
        expect({ user: session?.userId, methods: [...new Set(methods)].toSorted() }, trail.slice(-12).join(', ')).toEqual({ user: each.proven?.user, methods: [...each.proven?.methods ?? []].toSorted() })
      }
    }
    // A walk in which nobody ever gets in would prove nothing.
    expect([...opened].toSorted()).toEqual(['code', 'passkey', 'recovery-code'])
  }, 120_000)
}, roomy)
