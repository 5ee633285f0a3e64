import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import type { Answer } from '../../support/browser.ts'
import { expectInert, polyglots } from '../../support/inert.ts'
import { registerParty, walk } from '../../support/relying-party.ts'

let count = 0
const email = (): string => `ada${++count}@example.com`
const unescape = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&#x27;', '\'').replaceAll('&#x60;', '`').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&')

withApp('the pages around an authorization', (current) => {
  const parameters = ['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'prompt', 'display', 'max_age', 'ui_locales', 'claims_locales', 'id_token_hint', 'login_hint', 'acr_values', 'code_challenge',
    'code_challenge_method', 'request', 'request_uri', 'claims', 'registration', 'dpop_jkt', 'resource', 'authorization_details', 'web_message_uri', 'lang', 'theme', '"><script>alert(1)</script>']

  it.each(parameters)('SEC-13 repeats nothing that runs, whatever stands in %s', async (parameter) => {
    const party = await registerParty(current())
    const [known, stranger] = [await current().signedIn(await current().addPerson({ email: email() })), current().browser()]
    for (const text of polyglots) {
      for (const mode of ['query', 'form_post']) {
        const url = new URL((await party.begin({ response_mode: mode })).path, current().url)
        url.searchParams.set(parameter, text)
        for (const browser of [known, stranger]) {
          const answer = await browser.get(url.pathname + url.search)
          const seen = `${parameter}=${text} (${mode}) at ${answer.path}`
          if (answer.location === undefined) {
            expectInert(answer, seen)
            if (/[<"'`]/.test(text)) expect(answer.body.includes(text), seen).toBe(false)
          }
          else expect(new URL(answer.location).origin + new URL(answer.location).pathname, seen).toBe(party.redirectUri)
          expect(answer.headers['set-cookie']?.toString() ?? '', seen).not.toContain('alert(1)')
          if (answer.body.includes('<hand-over>') && parameter === 'state') expect([...answer.body.matchAll(/name="state" value="([^"]*)"/g)].map(([, value = '']) => unescape(value)), seen).toEqual([text])
        }
      }
    }
  }, 120_000)

  it('SEC-13 an answer by form_post goes over a page of ours, which works without script', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current())
    const begun = await party.begin({ response_mode: 'form_post' })
    const page = await (await current().signedIn(ada)).get(begun.path)
    expect(page.status).toBe(200)
    expectInert(page, 'form_post')
    expect(page.body).toContain(`<hand-over><form method="post" action="${party.redirectUri}">`)
    expect(page.body).toMatch(/<button class="button button--primary" type="submit">/)
    expect(page.body).not.toMatch(/document\.forms|Submitting Callback/)
    const fields = Object.fromEntries([...page.body.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [name, unescape(value)]))
    expect(Object.keys(fields).toSorted()).toEqual(['code', 'iss', 'state'])
    const callback = `${party.redirectUri}?${new URLSearchParams(fields)}`
    expect((await party.redeem(callback, begun)).claims()?.sub).toBe(ada.user.id)
  })

  it('SEC-13 the questions to the person are never framed and carry every protection', async () => {
    const ada = await current().addPerson({ email: email() })
    const name = '<img src=x onerror=alert(1)>"\'&'
    const asking = await registerParty(current(), { name: `Asking ${name}`, trusted: false, settings: { postLogoutRedirectUris: ['https://payroll.example/bye'] } })
    const closed = await registerParty(current(), { name: `Closed ${name}`, access: 'assigned' })
    const browser = await current().signedIn(ada)
    const pages: [string, Answer][] = [
      ['consent', await browser.get((await asking.begin()).path)], ['no access', await browser.get((await closed.begin()).path)], ['sign-in', await current().browser().get((await closed.begin()).path)],
      ['logout', await browser.get(`/oidc/logout?client_id=${asking.clientId}`)], ['confirm', await browser.get((await asking.begin({ prompt: 'login' })).path)],
    ]
    for (const [what, page] of pages) {
      expectInert(page, what)
      expect(page.body, what).not.toContain('<img src=x')
      expect([...page.body.matchAll(/<h1/g)], what).toHaveLength(1)
    }
    expect(pages[0]?.[1].body).toContain('&lt;img src')
  })

  const errors: readonly (readonly [what: string, path: string, title: string])[] = [
    ['an unknown application', '/oidc/auth?client_id=invented&response_type=code&redirect_uri=https%3A%2F%2Fpayroll.example%2Fcallback', 'invalid_client'], ['no application', '/oidc/auth', 'invalid_request'],
    ['nothing but an application', '/oidc/auth?client_id={client}', 'invalid_request'], ['another address', '/oidc/auth?client_id={client}&response_type=code&redirect_uri=https%3A%2F%2Fevil.example', 'invalid_redirect_uri'],
    ['an old request_uri', '/oidc/auth?client_id={client}&request_uri=urn:ietf:params:oauth:request_uri:old', 'invalid_request'], ['a request object', '/oidc/auth?client_id={client}&request=e30.e30.', 'invalid_request'],
    ['a parameter twice', '/oidc/auth?client_id={client}&client_id={client}', 'invalid_request'], ['the end of somebody else’s authorization', '/oidc/auth/AAAAAAAAAAAAAAAAAAAAA', 'session_not_found'],
    ['a sign-out with a bad hint', '/oidc/logout?id_token_hint=bad', 'invalid_request'], ['a sign-out from an unknown application', '/oidc/logout?client_id=invented', 'invalid_client'],
    ['a sign-out to another address', '/oidc/logout?client_id={client}&post_logout_redirect_uri=https%3A%2F%2Fevil.example', 'invalid_request'], ['the end of a sign-out for an unknown application', '/oidc/logout/success?client_id=invented', 'invalid_client'],
    ['userinfo in a browser', '/oidc/userinfo', 'invalid_request'],
  ]
  it.each(errors)('SEC-13 shows a page of ours in the reader’s language for %s', async (what, path, key) => {
    const party = await registerParty(current())
    const { views } = current().foundation
    for (const locale of views.locales) {
      const answer = await current().browser().get(path.replaceAll('{client}', party.clientId), { follow: false, headers: { 'accept-language': `${locale},en;q=0.1` } })
      expect(answer.status, what).toBeGreaterThanOrEqual(400)
      expectInert(answer, what)
      const title = views.text(locale, `oidc.error.${key}.title`)
      expect(answer.body).toContain(`<html lang="${locale}"`)
      expect(unescape(answer.body)).toContain(`<title>${title} – `)
      expect(unescape(answer.body)).toContain(`<h1>${title}</h1>`)
      expect(answer.body).toContain(String(answer.headers['x-request-id']))
      expect(answer.body).not.toMatch(/oidc-provider|googleapis|oops/)
    }
  })

  it('SEC-13 writes down which address was asked for and which ones are registered', async () => {
    const party = await registerParty(current())
    const answer = await current().browser().get(`/oidc/auth?client_id=${party.clientId}&response_type=code&redirect_uri=https%3A%2F%2Fpayroll.example%2Fcallback%2F`)
    const line = current().logLines.map((text) => JSON.parse(text) as Record<string, unknown>).find(({ requestId, asked }) => requestId === answer.headers['x-request-id'] && asked !== undefined)
    expect(line).toMatchObject({ error: 'invalid_redirect_uri', asked: 'https://payroll.example/callback/', clientId: party.clientId })
    expect(line?.['registered']).toEqual(expect.arrayContaining([expect.stringMatching(/^https?:/)]))
  })

  it('SEC-13 shows a page for errors of forms too, and JSON to whoever prefers it', async () => {
    const browser = current().browser()
    for (const [path, key] of [['/oidc/token', 'invalid_request'], ['/oidc/introspection', 'invalid_request'], ['/oidc/revocation', 'invalid_request'], ['/oidc/par', 'invalid_request'], ['/oidc/logout/confirm', 'invalid_request']] as const) {
      const page = await browser.post(path, { csrf: '' }, { follow: false })
      expectInert(page, path)
      expect(unescape(page.body), path).toContain(current().foundation.views.text('en', `oidc.error.${key}.title`))
      const json = await browser.post(path, { csrf: '' }, { follow: false, headers: { accept: 'application/json' } })
      expect(json.json<{ error: string }>(), path).toMatchObject({ error: key })
    }
  })

  it('SEC-12 sends people on with 303 and nothing else, whatever they have posted', async () => {
    const ada = await current().addPerson({ email: email() })
    const party = await registerParty(current(), { trusted: false, settings: { postLogoutRedirectUris: ['https://payroll.example/bye'] } })
    const before = current().logLines.length
    const browser = current().browser()
    const tokens = await party.signIn(browser, { ...ada, consent: 'allow' })
    await walk(browser, (await party.begin({ prompt: 'consent' })).path, { consent: 'deny' })
    const page = await browser.get(`/oidc/logout?id_token_hint=${tokens.id_token ?? ''}&post_logout_redirect_uri=https%3A%2F%2Fpayroll.example%2Fbye`)
    await browser.post('/oidc/logout/confirm', { xsrf: /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '', csrf: '', logout: 'yes' }, { follow: false })
    const other = await current().signedIn(ada)
    await other.get('/')
    await other.post('/signout')
    const requests = current().logLines.slice(before).map((line) => JSON.parse(line) as { msg: string; method: string; status: number; path: string }).filter(({ msg }) => msg === 'request')
    const moved = requests.filter(({ status }) => status >= 300 && status < 400)
    expect(new Set(moved.map(({ status }) => status))).toEqual(new Set([303]))
    expect(moved.filter(({ method }) => method === 'POST').length).toBeGreaterThanOrEqual(5)
  })
})
