import { expect, it } from 'vitest'
import { withApp } from '../support/app.ts'

withApp('the pages of the list of people', (current) => {
  async function place(name: string, people: number) {
    const organization = await current().addOrganization(name)
    const owner = await current().addPerson({ email: `owner@${name}.example`, role: 'owner', organization, familyName: 'Zuse' })
    for (let number = 0; number < people; number++) {
      await current().addPerson({ email: `p${number}@${name}.example`, organization, withKey: false, familyName: number % 3 === 0 ? 'Same' : `Name ${number}` })
    }
    return { owner, browser: await current().signedIn(owner) }
  }
  const nextOf = (body: string): string | undefined => /href="(\/admin\/users\?[^"]*after=[^"]*)"/.exec(body.replaceAll('&amp;', '&').replaceAll('&#x3D;', '='))?.[1]
  const idsOf = (body: string): string[] => [...new Set([...body.matchAll(/href="\/admin\/users\/([\w-]{22})"/g)].map(([, id = '']) => id))]

  it('SEC-88 show everybody once, and no name or address stands in their addresses', async () => {
    const { browser } = await place('alpha', 119)
    const seen: string[] = []
    for (let path: string | undefined = '/admin/users'; path !== undefined;) {
      const { body, status } = await browser.get(path)
      expect(status).toBe(200)
      seen.push(...idsOf(body))
      path = nextOf(body)
      for (const part of path?.split(/[=.&]/) ?? []) expect(Buffer.from(part, 'base64url').toString()).not.toMatch(/example|same|name/i)
    }
    expect(seen).toHaveLength(120)
    expect(new Set(seen).size).toBe(120)
  })

  it('SEC-88 SEC-73 a token that we did not write, or wrote for another organization, is refused', async () => {
    const [one, other] = [await place('beta', 60), await place('gamma', 60)]
    const token = new URLSearchParams(nextOf((await one.browser.get('/admin/users')).body)?.split('?')[1]).get('after') ?? ''
    expect((await one.browser.get(`/admin/users?after=${token}`)).status).toBe(200)
    for (const forged of [`${token}x`, token.replace(/^./, 'A'), Buffer.from('["a","b"]').toString('base64url'), `${Buffer.from(`[0,"${one.owner.user.id}"]`).toString('base64url')}.AAAAAAAAAAAAAAAAAAAAAA`]) {
      expect((await one.browser.get(`/admin/users?after=${forged}`)).status, forged).toBe(400)
    }
    expect((await other.browser.get(`/admin/users?after=${token}`)).status).toBe(400)
  })
})
