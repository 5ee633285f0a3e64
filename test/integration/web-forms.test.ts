import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { anyone } from '../../src/http/index.ts'
import { form, startTestWeb, type Reply, type TestWeb } from '../support/web.ts'

let web: TestWeb
let changes = 0
let received: Record<string, unknown> = {}

beforeAll(async () => {
  web = await startTestWeb({
    publicUrl: 'https://id.example.com',
    mount(routes) {
      routes.get('/page', anyone, (ctx) => { ctx.page('welcome/setup', { organization: '', givenName: '', familyName: '', email: '', errors: {}, hasErrors: false }) })
      routes.post('/page', anyone, async (ctx) => {
        const fields = await ctx.form()
        received = { name: fields.text('name'), all: fields.all('group'), checked: fields.checked('box'), file: fields.file('picture') }
        changes++
        ctx.redirectTo('/page')
      })
    },
  })
})
afterAll(() => web.close())

interface Page { readonly cookie: string; readonly token: string }
async function open(): Promise<Page> {
  const { cookies, body } = await web.ask('/page')
  return { cookie: (cookies['__Host-doorward-browser'] ?? '').split(';')[0] ?? '', token: /name="csrf" value="([^"]*)"/.exec(body)?.[1] ?? '' }
}
const post = ({ cookie, token }: Page, fields: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Reply> => {
  const sent = form({ csrf: token, ...fields })
  return web.ask('/page', { ...sent, headers: { ...sent.headers, ...(cookie === '' ? {} : { cookie }), ...headers } })
}
/** The answer, and whether the post changed anything. */
async function judged(sending: Promise<Reply>): Promise<{ status: number; changed: boolean; body: string }> {
  const before = changes
  const { status, body } = await sending
  return { status, body, changed: changes > before }
}

describe('a post', () => {
  it('SEC-67 comes through with the token of a page of ours in this browser', async () => {
    const page = await open()
    expect(page.token).toMatch(/^[\w-]{43}$/)
    for (const headers of [{}, { 'sec-fetch-site': 'same-origin', origin: 'https://id.example.com' }, { 'sec-fetch-site': 'none' }, { origin: 'https://id.example.com' }] as Record<string, string>[]) {
      expect(await judged(post(page, {}, headers))).toMatchObject({ status: 303, changed: true })
    }
  })

  it.each<[string, (page: Page, other: Page) => Page]>([
    ['no token', (page) => ({ ...page, token: '' })], ['the token of another browser', (page, other) => ({ ...page, token: other.token })], ['the cookie of another browser', (page, other) => ({ ...other, token: page.token })],
    ['no cookie', (page) => ({ ...page, cookie: '' })], ['an empty cookie', (page) => ({ ...page, cookie: '__Host-doorward-browser=' })], ['neither', () => ({ cookie: '', token: '' })],
    ['a shortened token', (page) => ({ ...page, token: page.token.slice(0, -1) })], ['a lengthened token', (page) => ({ ...page, token: `${page.token}A` })], ['the cookie for a token', (page) => ({ ...page, token: page.cookie.split('=')[1] ?? '' })],
    ['a cookie without the prefix', (page) => ({ ...page, cookie: page.cookie.replace('__Host-', '') })], ['a cookie that cannot be read', (page) => ({ ...page, cookie: '__Host-doorward-browser="<>"' })],
  ])('SEC-67 is refused with %s', async (_title, change) => {
    const answer = await judged(post(change(await open(), await open())))
    expect(answer).toMatchObject({ status: 403, changed: false })
    expect(answer.body).toContain('This form is out of date')
  })

  it.each<Record<string, string>>([
    { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'anything' }, { origin: 'https://evil.example' }, { origin: 'null' }, { origin: 'http://id.example.com' },
    { origin: 'https://id.example.com:8443' }, { origin: 'https://id.example.com.evil.example' }, { origin: 'https://ID.example.com' }, { origin: 'https://id.example.com/' }, { 'sec-fetch-site': 'same-origin', origin: 'https://evil.example' },
  ])('SEC-67 is refused when it comes from elsewhere, token or not: %j', async (headers) => {
    expect(await judged(post(await open(), {}, headers))).toMatchObject({ status: 403, changed: false })
  })

  it('SEC-67 is refused when a token stands twice, or only in the address', async () => {
    const page = await open()
    expect(await judged(web.ask('/page', { ...form(`csrf=${page.token}&csrf=${page.token}`), headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: page.cookie } }))).toMatchObject({ status: 400, changed: false })
    expect(await judged(web.ask(`/page?csrf=${page.token}`, { ...form({ name: 'x' }), headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: page.cookie } }))).toMatchObject({ status: 403, changed: false })
  })

  it.each(['application/json', 'text/plain', 'application/x-www-form-urlencodedx', 'multipart/mixed; boundary=x', 'multipart/form-data', 'application/x-www-form-urlencoded/../json', ''])('SEC-67 is refused as %j', async (type) => {
    const page = await open()
    const answer = await judged(web.ask('/page', { method: 'POST', body: `csrf=${page.token}`, headers: { cookie: page.cookie, ...(type === '' ? {} : { 'content-type': type }) } }))
    expect(answer).toMatchObject({ status: 400, changed: false })
  })

  it('takes the same path for strangers: the token of one browser opens nothing in another', async () => {
    const [ada, eve] = [await open(), await open()]
    expect(ada.token).not.toBe(eve.token)
    expect(await judged(post(ada))).toMatchObject({ changed: true })
    expect(await judged(post({ cookie: eve.cookie, token: ada.token }))).toMatchObject({ changed: false })
  })
})

describe('a body', () => {
  const mebibyte = 1_048_576

  it('SEC-86 of one MiB is read', async () => {
    const page = await open()
    const fields = form({ csrf: page.token, name: '' }).body as string
    const answer = await judged(post(page, { name: 'x'.repeat(mebibyte - fields.length) }))
    expect(answer).toMatchObject({ status: 303, changed: true })
  })

  it('SEC-86 of more is refused as soon as that is clear, with a page that says so', async () => {
    const page = await open()
    const large = form({ csrf: page.token, name: 'x'.repeat(mebibyte) })
    const answer = await judged(web.ask('/page', { ...large, headers: { ...large.headers, cookie: page.cookie } }))
    expect(answer).toMatchObject({ status: 413, changed: false })
    expect(answer.body).toContain('That is too much data')
    for (const size of [mebibyte + 1, mebibyte * 4]) {
      const pieces = await judged(web.ask('/page', { method: 'POST', body: `csrf=${page.token}&name=${'x'.repeat(size)}`, chunked: true, headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: page.cookie } }))
      expect(pieces).toMatchObject({ status: 413, changed: false })
    }
  })

  it('SEC-86 that pretends to be huge is refused before it comes', async () => {
    const started = performance.now()
    const answer = await web.raw('POST /page HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 99999999999\r\nConnection: close\r\n\r\ncsrf=', { waitMilliseconds: 1_000 })
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(performance.now() - started).toBeLessThan(3_000)
  })

  it('SEC-86 with too many fields is refused', async () => {
    const page = await open()
    const many = (count: number): Promise<Reply> => {
      const sent = form(`csrf=${page.token}&${'a=1&'.repeat(count)}`)
      return web.ask('/page', { ...sent, headers: { ...sent.headers, cookie: page.cookie } })
    }
    expect((await many(900)).status).toBe(303)
    expect((await judged(many(1_000)))).toMatchObject({ status: 413, changed: false })
    expect((await judged(many(200_000)))).toMatchObject({ status: 413, changed: false })
  })

  it('SEC-86 with a field that stands twice is refused, not guessed about', async () => {
    const page = await open()
    const sent = form(`csrf=${page.token}&name=ada&name=eve&group=a&group=b`)
    expect(await judged(web.ask('/page', { ...sent, headers: { ...sent.headers, cookie: page.cookie } }))).toMatchObject({ status: 400, changed: false })
    const right = form(`csrf=${page.token}&name=+ada+&group=a&group=b&box=yes`)
    expect(await judged(web.ask('/page', { ...right, headers: { ...right.headers, cookie: page.cookie } }))).toMatchObject({ status: 303, changed: true })
    expect(received).toMatchObject({ name: 'ada', all: ['a', 'b'], checked: true, file: undefined })
  })

  it('SEC-83 names no property that an object has by itself', async () => {
    const page = await open()
    expect(await judged(post(page, { __proto__: 'x', constructor: 'y', name: 'ada', 'toString': 'z' }))).toMatchObject({ changed: true })
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(received['name']).toBe('ada')
  })

  it('with a file is read when it is whole', async () => {
    const page = await open()
    const boundary = '----WebKitFormBoundaryQ0b2ZkXw9vT1aLmS'
    const part = (name: string, value: string, more = ''): string => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const send = (body: string): Promise<Reply> => web.ask('/page', { method: 'POST', body, headers: { 'content-type': `multipart/form-data; boundary=${boundary}`, cookie: page.cookie } })
    const picture = part('picture', 'PNG', '; filename="../../etc/passwd"\r\nContent-Type: image/png')
    expect(await judged(send(`${part('csrf', page.token)}${part('name', 'Ada')}${picture}--${boundary}--\r\n`))).toMatchObject({ status: 303, changed: true })
    expect(received).toMatchObject({ name: 'Ada', file: { type: 'image/png', bytes: Buffer.from('PNG') } })
    expect(await judged(send(`${part('csrf', page.token)}${part('name', 'Ada')}`))).toMatchObject({ status: 400, changed: false })
    for (const body of ['', `--${boundary}--\r\n`, '--c\r\n\r\n--c--\r\n', `--${boundary}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--${boundary}--\r\n`, '\u0000'.repeat(1_000)]) {
      const answer = await judged(send(body))
      expect([400, 403]).toContain(answer.status)
      expect(answer.changed).toBe(false)
    }
  })

  it('with bytes that are no text does no harm', async () => {
    const page = await open()
    for (const [name, status] of [['%ff%fe', 303], ['%', 303], ['%zz', 303], ['%u0041', 303], ['\u{1f5dd}', 303], ['%00', 400]] as const) {
      const sent = form(`csrf=${page.token}&name=${name}`)
      expect((await web.ask('/page', { ...sent, headers: { ...sent.headers, cookie: page.cookie } })).status, name).toBe(status)
    }
  })
})
