import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { signInWithKey, touchKey } from '../support/ceremonies.ts'
import { textOf } from '../support/pages.ts'
import type { SecurityKey } from '../support/security-key.ts'

let count = 0
const address = (): string => `return${++count}@example.com`

withApp('where a sign-in leads', (current) => {
  const signInAt = async (page: string): Promise<string> => signInWithKey(current().browser(), (await current().addPerson({ email: address() })).key as SecurityKey, page).then(({ path }) => path)

  it.each(['/profile', '/activity?text=a%20b&size=25', '/security/keys/new'])('S4 leads back to %s, which was asked for', async (page) => {
    expect(await signInAt(page)).toBe(page)
  })

  it.each([
    'https://evil.example/', '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/%5cevil.example/..//evil.example', 'javascript:alert(1)', 'data:text/html,x', '/\tevil', '/\n/evil.example', ' //evil.example',
    '/.//evil.example', '/..//evil.example', 'http:evil.example', '@evil.example', '', 'profile', '/../../profile', `/${'x'.repeat(3_000)}`,
  ])('S4 SEC-14 never leads to another host: return=%j', async (target) => {
    const person = await current().addPerson({ email: address() })
    const browser = current().browser()
    const { path } = await browser.get(`/signin?return=${encodeURIComponent(target)}`)
    const done = await touchKey(browser, person.key as SecurityKey, path)
    expect(done.path).toMatch(/^\/(?!\/)/)
    expect(done.location ?? '').not.toContain('evil.example')
    expect((await browser.get('/profile')).path).toBe('/profile')
  })

  it('S4 of two targets none is taken', async () => {
    expect(await signInAt('/signin?return=%2Fprofile&return=%2Fsecurity')).toBe('/')
  })

  it('S35 a sign-in left open for half an hour begins anew, with a word about it; a bookmark of it never breaks', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const { path } = await browser.get('/profile')
    current().advance(1_801_000)
    const again = await browser.get(path)
    expect(again.path).toMatch(/^\/signin\/[\w-]{22}$/)
    expect(again.path).not.toBe(path)
    expect(textOf(again.body)).toContain('That sign-in had expired, so we began a new one.')
    expect((await touchKey(browser, key as SecurityKey, again.path)).path).toBe('/')
    expect((await browser.get(path)).path).toBe('/')
  })

  it('S35 a finished sign-in is no way in for anyone else, and leads its own person on', async () => {
    const { key } = await current().addPerson({ email: address() })
    const browser = current().browser()
    const { path } = await browser.get('/profile')
    await touchKey(browser, key as SecurityKey, path)
    expect((await browser.get(path)).path).toBe('/profile')
    const other = current().browser()
    expect((await other.get(path)).path).toMatch(/^\/signin\//)
    expect((await other.get('/profile')).path).toMatch(/^\/signin\//)
  })
})
