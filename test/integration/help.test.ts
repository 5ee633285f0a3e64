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
    for (const path of ['/help', '/downloads', ...topics.map(({ name }) => `/help/${name}`)]) {
      const answer = await current().browser().get(path)
      expect([answer.status, answer.path], path).toEqual([200, path])
      expectInert(answer, path, false)
    }
    for (const path of ['/help/nothing', '/help/../downloads/x', '/help/phone-app/more']) expect((await current().browser().get(path)).status, path).toBe(404)
  })

  it('S56 S78 S126 lead nowhere but to this server, and no link of theirs is dead', async () => {
    const browser = current().browser()
    for (const path of ['/help', '/downloads', ...topics.map(({ name }) => `/help/${name}`)]) {
      const { body } = await browser.get(path)
      expect([...body.matchAll(/\b(?:href|src)="([^"]*)"/g)].map(([, address = '']) => address).filter((address) => !/^[/?#]/.test(address)), path).toEqual([])
      for (const href of linksOf(body)) {
        const { status } = await browser.get(href)
        expect(status, `${path} → ${href}`).toBe(200)
      }
    }
  })

  it('S95 S52 the download page offers the phone authenticator first, as a code and as a link, and says of the pairing tool that it is not there', async () => {
    const { body } = await current().browser().get('/downloads')
    expect([...body.matchAll(/<h2 id="(\w+)">/g)].map(([, id]) => id)).toEqual(['phone', 'reader', 'tool'])
    expect(body).toContain(`href="/phone/">${current().url}/phone/</a>`)
    expect(textOf(body)).toMatch(/Phone authenticator Recommended[\s\S]*Pairing tool Not in this version/)
    const picture = await current().browser().get('/downloads/phone.svg')
    expect(picture).toMatchObject({ status: 200, headers: { 'content-type': 'image/svg+xml' } })
    expect(readPicture(picture.body)).toBe(`${current().url}/phone/`)
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
