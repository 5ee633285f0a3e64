import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { callCommand, environmentOf } from '../support/command-line.ts'
import { messageIn, postedBy, registerServiceProvider } from '../support/service-provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'doorward-keys-'))
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })
let count = 0

withApp('signing keys on the command line', (current) => {
  const keys = (...args: string[]) => callCommand(['keys', ...args], environmentOf(current()))
  const opened = async () => {
    const person = await current().addPerson({ email: `grace${++count}@navy.example` })
    const provider = await registerServiceProvider(current())
    const browser = await current().signedIn(person)
    const answer = async () => {
      const url = new URL(await provider.peer.getAuthorizeUrlAsync('', undefined, {}))
      return browser.get(url.pathname + url.search)
    }
    return { provider, answer }
  }

  it('lists what there is, and makes nothing by looking', async () => {
    const { code, out } = await keys()
    expect(code).toBe(0)
    expect(out).toMatch(/oidc +RS256 +active/)
    expect(out).not.toContain('external-mfa')
  })

  it('SEC-32 takes SAML to its next certificate in two steps, and a running server follows', async () => {
    const { provider, answer } = await opened()
    expect(await keys('--switch', 'saml')).toMatchObject({ code: 1, err: expect.stringContaining('Publish one first') as string })
    expect((await keys('--publish', 'saml')).out).toMatch(/^published +RS256/)
    expect((await keys('--publish', 'saml')).err).toContain('published already')
    await provider.accept(await answer())
    expect((await keys()).out).toMatch(/saml +RS256 +upcoming +signs from .* certificate until/)
    expect((await keys('--switch', 'saml')).out).toMatch(/^activated +RS256/)
    // The peer knows only the old certificate, so it must refuse what the new one signs.
    await expect(provider.accept(await answer())).rejects.toThrow('Invalid')
    const { events } = await current().foundation.audit.list({ organizationId: current().organization.id, limit: 50 })
    expect(events.filter(({ action }) => action === 'keys.changed').map(({ details }) => details['act'])).toEqual(['activated', 'published'])
  })

  it('SEC-32 replaces a key at once that others may know: nothing of it is published any more', async () => {
    await opened()
    const before = await current().app.parts.keys.certificates('saml')
    const { code, out, err } = await keys('--replace', 'saml')
    expect([code, out]).toEqual([0, expect.stringMatching(/^activated +RS256/)])
    expect(err).toContain('until they have the new certificate')
    const metadata = (await current().browser().get('/saml/metadata')).body
    for (const { certificate } of before.published) expect(metadata).not.toContain(certificate)
    const { provider, answer } = await opened()
    await provider.accept(await answer())
  })

  it.each([[['--publish', 'saml', '--switch', 'saml'], 'Only one of'], [['--switch', 'saml2'], 'must be one of'], [['--replace'], 'needs a value']])('refuses %j', async (args, message) => {
    expect(await keys(...args)).toMatchObject({ code: 2, err: expect.stringContaining(message) as string })
  })

  it('SEC-32 tells assertions that were issued here from those that were not', async () => {
    const { answer } = await opened()
    const issued = /<saml:Assertion [^>]*ID="([^"]+)"/.exec(messageIn(postedBy(await answer())?.fields['SAMLResponse'] ?? ''))?.[1] ?? ''
    const file = join(folder, 'seen.txt')
    const check = (...lines: string[]) => {
      writeFileSync(file, lines.join('\n'))
      return callCommand(['audit', 'issued', file], environmentOf(current()))
    }
    expect(await check('# from the log of the wiki', issued, '')).toMatchObject({ code: 0, out: expect.stringMatching(/issued .* Wiki \d+ .*@navy\.example/) as string, err: 'All 1 were issued here.\n' })
    // An underscore is no wildcard, and nothing in the line is.
    const forged = await check(issued, issued.replace(/^_/, 'x'), '_%', `${issued.slice(0, -1)}`)
    expect(forged).toMatchObject({ code: 1, err: expect.stringContaining('2 of 3 were not issued here') as string })
    expect(forged.out.match(/NOT ISSUED HERE/g)).toHaveLength(2)
    expect((await check('', '%%')).code).toBe(1)
    expect((await callCommand(['audit', 'issued', join(folder, 'nowhere')], environmentOf(current()))).err).toContain('cannot be read')
  })
})
