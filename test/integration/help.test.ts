import { createHash } from 'node:crypto'
import decodeQr from 'qr/decode.js'
import { expect, it } from 'vitest'
import { topics } from '../../src/panels/guidance/index.ts'
import { withApp } from '../support/app.ts'
import { expectInert } from '../support/inert.ts'
import { linkOf, textOf } from '../support/pages.ts'

/** What a camera reads from a picture as we draw it: squares of ten, dark on light. */
function readPicture(svg: string): string {
  const size = Number(/viewBox="0 0 (\d+) \1"/.exec(svg)?.[1])
  const data = new Uint8Array(size * size * 4).fill(255)
  for (const [, x, y] of svg.matchAll(/M(\d+),(\d+)h10v10h-10z/g)) {
    for (let row = Number(y); row < Number(y) + 10; row++) {
      for (let column = Number(x); column < Number(x) + 10; column++) data.fill(0, (row * size + column) * 4, (row * size + column) * 4 + 3)
    }
  }
  return decodeQr({ width: size, height: size, data })
}

withApp('help and downloads', (current) => {
  const linksOf = (body: string): string[] => [...new Set([...body.matchAll(/<a\b[^>]*href="(\/[^"]*)"/g)].map(([, href = '']) => href))]

  it('S52 S56 S78 S107 are there for whoever cannot sign in, and carry nobody’s script', async () => {
    for (const path of ['/help', '/downloads', '/downloads/roll-out', ...topics.map(({ name }) => `/help/${name}`)]) {
      const answer = await current().browser().get(path)
      expect([answer.status, answer.path], path).toEqual([200, path])
      expectInert(answer, path, false)
    }
    for (const path of ['/help/nothing', '/help/../downloads/x', '/help/phone-app/more']) expect((await current().browser().get(path)).status, path).toBe(404)
  })

  it('S56 S78 S126 lead nowhere but to this server, and no link of theirs is dead', async () => {
    const browser = current().browser()
    for (const path of ['/help', '/downloads', '/downloads/roll-out', ...topics.map(({ name }) => `/help/${name}`)]) {
      const { body } = await browser.get(path)
      expect([...body.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, address = '']) => address).filter((address) => !/^[/?#]/.test(address)), path).toEqual([])
      for (const href of linksOf(body)) {
        const { status } = await browser.get(href)
        expect(status, `${path} → ${href}`).toBe(200)
      }
    }
  })

  it('S95 S52 the download page offers the phone authenticator first, as a code and as a link, and the pairing tool for each browser after it', async () => {
    const { body } = await current().browser().get('/downloads')
    expect([...body.matchAll(/<h2 id="(\w+)">/g)].map(([, id]) => id)).toEqual(['phone', 'reader', 'tool', 'files'])
    expect(body).toContain(`href="/phone/">${current().url}/phone/</a>`)
    expect(textOf(body)).toMatch(/Phone authenticator Recommended[\s\S]*Pairing tool Makes your paired phone[\s\S]*For Chrome, Edge and others[\s\S]*For Firefox/)
    const picture = await current().browser().get('/downloads/phone.svg')
    expect(picture).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } })
    expect(readPicture(picture.body)).toBe(`${current().url}/phone/`)
  })

  it('S53 S96 the links of the pairing tool give what their checksums say, and the extension reads the same from its own origin', async () => {
    const { body } = await current().browser().get('/downloads')
    const files = [...body.matchAll(/href="(\/downloads\/doorward-extension-[\d.]+-(?:chrome|firefox)\.zip)"[\s\S]*?<code[^>]*>([0-9a-f]{64})</g)].map(([, path = '', sum = '']) => ({ path, sum }))
    expect(files).toHaveLength(2)
    for (const { path, sum } of files) {
      const answer = await fetch(`${current().url}${path}`)
      expect([answer.status, answer.headers.get('content-type')], path).toEqual([200, 'application/zip'])
      expect(createHash('sha256').update(Buffer.from(await answer.arrayBuffer())).digest('hex')).toBe(sum)
    }
    const told = await fetch(`${current().url}/downloads/extension.json`)
    expect(told.headers.get('access-control-allow-origin')).toBe('*')
    expect(((await told.json()) as { files: { sha256: string }[] }).files.map(({ sha256 }) => sha256)).toEqual(files.map(({ sum }) => sum))
    // Nothing else of this server is read from there.
    expect((await fetch(`${current().url}/downloads`)).headers.get('access-control-allow-origin')).toBeNull()
  })

  it('S96 an administrator finds policies that name the extension as its own file does, and Chromium finds the signed file by them', async () => {
    const page = textOf((await current().browser().get('/downloads/roll-out')).body)
    const update = await (await fetch(`${current().url}/downloads/extension-update.xml`)).text()
    const [, id = ''] = /appid="([a-p]{32})"/.exec(update) ?? []
    expect(page).toContain(`${id};${current().url}/downloads/extension-update.xml`)
    const packed = await fetch(/codebase="([^"]+)"/.exec(update)?.[1] ?? '')
    expect(packed.headers.get('content-type')).toBe('application/x-chrome-extension')
    expect(Buffer.from(await packed.arrayBuffer()).subarray(0, 4).toString()).toBe('Cr24')
  })

  it('S54 S55 Login and Skip for now lead a stranger to the login page; whoever is signed in is led to the panel', async () => {
    const stranger = current().browser()
    const { body } = await stranger.get('/downloads')
    for (const label of ['Login', 'Skip for now']) expect((await stranger.get(linkOf(body, label))).path, label).toMatch(/^\/signin\/[\w-]{22}$/)
    const known = await current().signedIn(await current().addPerson({ email: 'skips@example.com' }))
    const own = (await known.get('/downloads')).body
    expect(linkOf(own, 'Login')).toBe('')
    expect((await known.get(linkOf(own, 'To my panel'))).path).toBe('/')
  })

  it('S112 S114 the Microsoft page lists the three clicks, and what to do when a code pops up', async () => {
    const text = textOf((await current().browser().get('/help/microsoft')).body)
    expect(text).toMatch(/Sign-in options[\s\S]*Face, fingerprint, PIN or security key[\s\S]*A QR code pops up Choose another way[\s\S]*Choose Security key/)
  })

  it('S80 S77 the page about keys says which choice of the window is the recommended one', async () => {
    expect(textOf((await current().browser().get('/help/reader')).body)).toContain('choose security key for a key or reader. That is the one we recommend')
  })

  it('S125 speak the language of the reader', async () => {
    for (const [locale, title] of [['de', 'Hilfe'], ['fa', 'راهنما'], ['en', 'Help']] as const) {
      const answer = await current().browser().get('/help', { headers: { 'accept-language': locale } })
      expect(answer.body).toContain(`<h1>${title}</h1>`)
      expect(answer.body).toContain(`<html lang="${locale}" dir="${locale === 'fa' ? 'rtl' : 'ltr'}"`)
    }
  })

  it('S56 the foot of the sign-in page leads to the help', async () => {
    const browser = current().browser()
    expect(linkOf((await browser.get('/signin')).body, '>Help<')).toBe('/help')
  })
})
