import { expect, it } from 'vitest'
import { withApp, type TestApp } from '../support/app.ts'
import type { Answer, Browser } from '../support/browser.ts'
import { askForCode, codeOf, solvedCheck } from '../support/ceremonies.ts'
import { changeSettings, errorAt, fieldOf, textOf } from '../support/pages.ts'

let count = 0
const address = (): string => `code${++count}@example.com`
// Everything here comes from one network address.
const roomy = { DOORWARD_LIMITS_CODES_PER_ADDRESS: '100000', DOORWARD_LIMITS_SIGN_INS_PER_ADDRESS: '1000000' }

async function waiting(app: TestApp, email = address()): Promise<{ email: string; browser: Browser; signIn: string; code: string; answer: Answer }> {
  await app.addPerson({ email, withKey: false })
  const browser = app.browser()
  const { signIn, answer } = await askForCode(browser, email)
  return { email, browser, signIn, answer, code: codeOf((await app.letters(email)).at(-1)) }
}

const wrongFor = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

withApp('signing in with a code', (current) => {
  it('S128 who asks for a code and types a wrong one is nobody yet; who types the right one is the person', async () => {
    const { user } = await current().addPerson({ email: address(), withKey: false })
    const browser = current().browser()
    const { signIn } = await askForCode(browser, user.email)
    const right = codeOf((await current().letters(user.email)).at(-1))
    await browser.post(`${signIn}/code`, { code: right === '000000' ? '000001' : '000000' })
    await browser.post(`${signIn}/code`, { code: right })
    const { events } = await current().foundation.audit.list({ organizationId: user.organizationId, userId: user.id, limit: 9 })
    const named = { kind: 'user', id: user.id, name: user.email }
    const nobody = { kind: 'anonymous', id: null, name: '' }
    expect(events.map(({ action, actor, target }) => [action, actor, target])).toEqual([['session.opened', named, null], ['signin.refused', nobody, named], ['code.sent', nobody, named]])
  })

  it('S5 S6 S11 S12 the sign-in page offers a key, sign-in options and an account, and says what to do when no key answers', async () => {
    const { body } = await current().browser().get('/')
    expect(textOf(body)).toContain('Sign in to Analytical Engines Panel')
    for (const control of ['Sign in with a security key', 'No security key? Sign-in options', 'No account? Create one!']) expect(textOf(body)).toContain(control)
    expect(body).toMatch(/data-error="cancelled" hidden><p class="notice__title">No key answered/)
    expect(body.match(/<h1/g)).toHaveLength(1)
  })

  it('a refusal stands in the log with its reason’s name, under the number that the page shows', async () => {
    const answer = await current().browser().get('/nothing-here')
    const lines = current().logLines.map((text) => JSON.parse(text) as Record<string, unknown>).filter(({ requestId }) => requestId === answer.headers['x-request-id'])
    expect(textOf(answer.body)).toContain(`Reference number: ${String(answer.headers['x-request-id'])}`)
    expect(lines).toContainEqual(expect.objectContaining({ path: '/nothing-here', status: 404 }))
    const forbidden = await current().browser().post('/signup/personal', {}, { headers: { origin: 'https://elsewhere.example' } })
    expect(current().logLines.map((text) => JSON.parse(text) as Record<string, unknown>)).toContainEqual(expect.objectContaining({ requestId: forbidden.headers['x-request-id'], msg: 'request refused', refusal: 'csrf', status: 403 }))
  })

  it('S13 S18 the options begin with the email: labelled, focused, with a way back and a security check', async () => {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    const { body } = await browser.get(`${signIn}/email`)
    expect(body).toContain(`href="${signIn}"`)
    expect(body).toContain('<label class="field__label" for="email">Email</label>')
    expect(fieldOf(body, 'email')).toContain('autofocus')
    expect(textOf(body)).toMatch(/Security check .*How much is \d+ \+ \d+\?/)
    expect(textOf(body)).toContain('Next')
  })

  it.each([
    ['', 'Enter your email address'], ['ada', 'Enter an email address like name@example.com'], ['ada@', 'Enter an email address like name@example.com'],
    ['a@example.com,b@example.com', 'Enter an email address like name@example.com'], ['Ada <ada@example.com>', 'Enter an email address like name@example.com'],
    ['a@example.com\r\nBcc: b@example.com', 'Enter an email address like name@example.com'],
  ])('S19 SEC-84 refuses the address %j at the field, and sends nothing', async (email, message) => {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    const sent = (await current().letters()).length
    const refused = await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) })
    expect(refused.status).toBe(422)
    expect(errorAt(refused.body, 'email')).toBe(message)
    expect(fieldOf(refused.body, 'email')).toContain('aria-invalid="true"')
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    expect(await current().letters()).toHaveLength(sent)
    expect((await browser.post(`${signIn}/email`, { email: address(), ...solvedCheck(browser) })).path).toBe(`${signIn}/channel`)
  })

  it('S20 the security check is passed by the script or, a moment later, by adding two numbers', async () => {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    const post = async (answer: (page: string) => Readonly<Record<string, string>>) => {
      const { body } = await browser.get(`${signIn}/email`)
      return browser.post(`${signIn}/email`, { email: 'ada@example.com', ...answer(body) }, { follow: false })
    }
    const token = (page: string): string => /data-token="([^"]+)"/.exec(page)?.[1] ?? ''
    const sum = (page: string): number => [.../How much is (\d+) \+ (\d+)/.exec(page) ?? []].slice(1).reduce((total, number) => total + Number(number), 0)
    const later = (page: string) => { current().advance(1_000); return page }
    expect((await post(() => solvedCheck(browser))).location).toBe(`${signIn}/channel`)
    expect((await post((page) => ({ check_token: token(page), check_sum: String(sum(later(page))) }))).location).toBe(`${signIn}/channel`)
    const refused = [
      await post((page) => ({ check_token: token(page), check_sum: String(sum(page)) })), await post((page) => ({ check_token: token(page), check_sum: String(sum(later(page)) + 1) })),
      await post((page) => ({ check_token: token(page), check_solution: '0' })), await post((page) => ({ check_token: `${token(page)}x`, check_sum: String(sum(later(page))) })), await post(() => ({})),
    ]
    for (const answer of refused) {
      expect(answer.status).toBe(422)
      expect(answer.body).toContain('<p class="field__error">The security check was not passed. Try it again.</p>')
    }
  })

  it('S20 a solved security check opens one door only, and none after half an hour', async () => {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    const solved = solvedCheck(browser)
    expect((await browser.post(`${signIn}/email`, { email: address(), ...solved }, { follow: false })).status).toBe(303)
    const again = await browser.post(`${signIn}/email`, { email: address(), ...solved })
    expect(again.status).toBe(422)
    expect(again.body).toContain('The security check has expired')
    const old = solvedCheck(browser)
    current().advance(1_801_000)
    const next = (await browser.get('/')).path
    expect((await browser.post(`${next}/email`, { email: address(), ...old })).body).toContain('The security check has expired')
  })

  it('S21 S22 the channel page preselects mail, masks the address, and disables SMS with the reason', async () => {
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    const { body, path } = await browser.post(`${signIn}/email`, { email: 'ada@mail.example.com', ...solvedCheck(browser) })
    expect(path).toBe(`${signIn}/channel`)
    expect(fieldOf(body, 'channel', 'mail')).toContain(' checked')
    expect(body).toContain('a•••@m•••.com')
    expect(body).not.toContain('ada@mail')
    expect(fieldOf(body, 'channel', 'sms')).toContain(' disabled')
    expect(textOf(body)).toContain('Send SMS Codes by SMS are switched off here')
  })

  it('S24 Send sends one message, however often and fast it is pressed', async () => {
    const email = address()
    await current().addPerson({ email, withKey: false })
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    await browser.get(`${signIn}/email`)
    await browser.post(`${signIn}/email`, { email, ...solvedCheck(browser) })
    const press = () => browser.post(`${signIn}/channel`, { channel: 'mail' })
    const answers = await Promise.all([press(), press(), press(), press(), press()])
    for (const answer of answers) expect(answer.path).toBe(`${signIn}/code`)
    await press()
    const letters = await current().letters(email)
    expect(letters).toHaveLength(1)
    expect((await browser.post(`${signIn}/code`, { code: codeOf(letters[0]) })).path).toBe('/')
  })

  it('S24 S27 another code is asked for by the same button: too early it says so, later it says that the one before is void', async () => {
    const { browser, signIn, email, answer } = await waiting(current())
    expect(Number(/data-wait="(\d+)"/.exec(answer.body)?.[1])).toBeGreaterThan(25)
    const press = async () => textOf((await browser.post(`${signIn}/channel`, { channel: 'mail' })).body)
    expect(await press()).toContain('A code is on its way already. Wait a little before you ask for another one.')
    expect(await current().letters(email)).toHaveLength(1)
    current().advance(31_000)
    expect(await press()).toContain('A new code is on its way. The one before no longer works.')
    expect(await current().letters(email)).toHaveLength(2)
  })

  it('S25 S124 S127 the mail names the organization, the reader, the purpose, six digits, how long, when and from where, and what to do if it was someone else', async () => {
    const { email, code } = await waiting(current())
    const [letter] = await current().letters(email)
    expect(letter).toMatchObject({ template: 'code', channel: 'mail', subject: 'Your code for Analytical Engines' })
    for (const content of [letter?.text ?? '', textOf(letter?.html ?? '')]) {
      for (const part of ['Hello Ada,', 'this is the code to sign in:', code, 'It works once, for 10 minutes.', 'Asked for from Chrome, Linux, address 127.0.0.1', 'If it was not you, ignore this mail', 'Analytical Engines']) expect(content).toContain(part)
      expect(content).toContain(new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(current().foundation.clock.now()).slice(0, 12))
    }
    const rows = await current().foundation.storage.read.all<{ code_hash: string }>('SELECT * FROM one_time_codes')
    expect(JSON.stringify(rows)).not.toContain(code)
  })

  it('S26 the code page names the destination, asks for one field, hints at the junk folder, counts down from ten minutes and can be closed', async () => {
    const { answer, signIn } = await waiting(current())
    expect(textOf(answer.body)).toContain('Verification Code Close We sent a code to c•••@e•••.com.')
    expect(textOf(answer.body)).toContain('Look in the junk folder too.')
    expect(fieldOf(answer.body, 'code')).toMatch(/autocomplete="one-time-code" inputmode="numeric".* required/)
    expect(Number(/data-seconds="(\d+)"/.exec(answer.body)?.[1])).toBeGreaterThan(595)
    expect(answer.body).toContain('<submit-once data-needs="code">')
    expect(answer.body).toContain(`href="${signIn}">Close`)
  })

  it('S16 S17 S27 S29 S128 the code opens the panel once, and the sign-in stands in the activity', async () => {
    const { browser, signIn, code, email } = await waiting(current())
    const opened = await browser.post(`${signIn}/code`, { code })
    expect(opened.path).toBe('/')
    expect(opened.body).toContain('What application do you want to use today?')
    expect(textOf((await browser.get('/activity')).body)).toContain(`${email} Login`)
    const again = await askForCode(current().browser(), address())
    expect(again.answer.path).toBe(`${again.signIn}/code`)
  })

  it.each([['Persian digits', (code: string) => code.replaceAll(/\d/g, (digit) => String.fromCodePoint(0x06f0 + Number(digit)))], ['blanks and a dash', (code: string) => ` ${code.slice(0, 3)}-${code.slice(3)} `]])(
    'S27 takes the code typed with %s', async (_name, typed) => {
      const { browser, signIn, code } = await waiting(current())
      expect((await browser.post(`${signIn}/code`, { code: typed(code) })).path).toBe('/')
    })

  it.each([[599, '/'], [600, 'expired']])('S27 SEC-56 after %i seconds the code leads to %s', async (seconds, result) => {
    const { browser, signIn, code } = await waiting(current())
    current().advance(seconds * 1_000 - 500)
    if (result === 'expired') current().advance(500)
    const answer = await browser.post(`${signIn}/code`, { code })
    if (result === '/') return expect(answer.path).toBe('/')
    expect(answer.status).toBe(422)
    expect(textOf(answer.body)).toContain('That code has expired or was already used. Ask for a new one.')
    expect(textOf(answer.body)).toContain('Send a new code')
    expect(fieldOf(answer.body, 'code')).toBe('')
  })

  it('S27 SEC-56 after five wrong tries the right code is refused too, and the page has said how many are left', async () => {
    const { browser, signIn, code } = await waiting(current())
    for (const left of ['4 tries left.', '3 tries left.', '2 tries left.', '1 try left.', 'That was wrong too often. Ask for a new code.']) {
      const refused = await browser.post(`${signIn}/code`, { code: wrongFor(code) })
      expect(refused.status).toBe(422)
      expect(textOf(refused.body)).toContain(left)
    }
    expect((await browser.post(`${signIn}/code`, { code })).status).toBe(422)
    expect((await browser.get('/')).path).toMatch(/^\/signin\//)
  })

  it('S27 a new code comes after 30 seconds at the earliest, and then the older one no longer works', async () => {
    const { browser, signIn, code, email } = await waiting(current())
    current().advance(29_000)
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    expect(await current().letters(email)).toHaveLength(1)
    current().advance(1_500)
    await browser.post(`${signIn}/channel`, { channel: 'mail' })
    const letters = await current().letters(email)
    expect(letters).toHaveLength(2)
    const newest = codeOf(letters.at(-1))
    if (newest !== code) expect((await browser.post(`${signIn}/code`, { code })).status).toBe(422)
    expect((await browser.post(`${signIn}/code`, { code: newest })).path).toBe('/')
  })

  it('S27 SEC-66 the code fits no other browser and no other sign-in', async () => {
    const { browser, signIn, code } = await waiting(current())
    const other = current().browser()
    const own = (await other.get('/')).path
    expect((await other.post(`${signIn}/code`, { code })).path).not.toBe('/')
    expect((await other.post(`${own}/code`, { code })).path).toBe(`${own}/email`)
    const { answer, signIn: second } = await askForCode(browser, address())
    expect(answer.path).toBe(`${second}/code`)
    expect((await browser.post(`${second}/code`, { code })).status).toBe(422)
    expect((await browser.post(`${signIn}/code`, { code })).path).toBe('/')
  })

  it('S27 SEC-56 of parallel uses of one code one opens a session', async () => {
    const { browser, signIn, code, email } = await waiting(current())
    const browsers = Array.from({ length: 8 }, () => browser.through(current().url))
    await Promise.all(browsers.map((each) => each.post(`${signIn}/code`, { code }, { follow: false })))
    const user = await current().foundation.users.findByEmailKey(email)
    expect(await current().app.parts.sessions.list(user?.id ?? ('' as never), '')).toHaveLength(1)
  })

  it('S12 with codes switched off the options say what to do instead, and ask for nothing', async () => {
    await changeSettings(current(), { methods: { emailCode: false } })
    const browser = current().browser()
    const signIn = (await browser.get('/')).path
    const { body } = await browser.get(`${signIn}/email`)
    await changeSettings(current(), { methods: { emailCode: true } })
    expect(textOf(body)).toContain('Codes are switched off here. Sign in with your security key, or use a recovery code.')
    expect(body).toContain(`${signIn}/recovery`)
    expect(fieldOf(body, 'email')).toBe('')
  })

  it('S127 SEC-84 neither codes nor addresses come into the log', async () => {
    const { browser, signIn, code, email } = await waiting(current())
    await browser.post(`${signIn}/code`, { code: wrongFor(code) })
    await browser.post(`${signIn}/code`, { code })
    const log = current().logLines.join('\n')
    expect(log).toContain(`${signIn}/code`)
    expect(log).not.toContain(email)
    expect(log).not.toMatch(new RegExp(`\\b${code}\\b`))
  })
}, roomy)
