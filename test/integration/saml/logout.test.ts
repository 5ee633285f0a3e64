import type { Profile } from '@node-saml/node-saml'
import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { messageIn, registerServiceProvider, type ServiceProvider } from '../../support/service-provider.ts'

let count = 0

withApp('signing out of SAML applications', (current) => {
  const scene = async (options: Parameters<typeof registerServiceProvider>[1] = {}) => {
    const grace = await current().addPerson({ email: `grace${++count}@navy.example` })
    const provider = await registerServiceProvider(current(), options)
    const browser = await current().signedIn(grace)
    return { grace, provider, browser, profile: await provider.signIn(browser) }
  }
  const pathOf = async (provider: ServiceProvider, profile: Profile, relayState = ''): Promise<string> => {
    const url = new URL(await provider.peer.getLogoutUrlAsync(profile, relayState, {}))
    return url.pathname + url.search
  }
  const signedIn = async (browser: Browser): Promise<boolean> => (await browser.get('/', { follow: false })).status === 200
  /** What a service provider reads out of the redirect that brings it an answer. */
  const read = async (provider: ServiceProvider, location: string | undefined) => {
    const url = new URL(location ?? '')
    const { SAMLResponse = '', SAMLRequest = '', RelayState, SigAlg = '', Signature = '' } = Object.fromEntries(url.searchParams)
    return { url, relayState: RelayState, judged: await provider.peer.validateRedirectAsync({ ...(SAMLResponse === '' ? { SAMLRequest } : { SAMLResponse }), ...(RelayState === undefined ? {} : { RelayState }), SigAlg, Signature }, url.search.slice(1)) }
  }
  const framesIn = (page: Answer): string[] => [...page.body.matchAll(/<iframe [^>]*src="([^"]+)"/g)].map(([, src = '']) => src)

  it('S123 ends the session, tells the other applications, and answers whoever asked', async () => {
    const { provider, browser, profile } = await scene()
    const other = await registerServiceProvider(current())
    await other.signIn(browser)
    const page = await browser.get(await pathOf(provider, profile, '/bye'))
    expect(page.path).toMatch(/^\/signed-out\/[\w-]{22}$/)
    expect(await signedIn(browser)).toBe(false)
    const [frame, ...more] = framesIn(page)
    expect(more).toEqual([])

    const told = await browser.get(frame ?? '', { follow: false })
    expect(told.headers['x-frame-options']).toBe('SAMEORIGIN')
    const request = await read(other, told.location)
    expect(request.url.origin + request.url.pathname).toBe(`https://wiki${other.entityId.replace(/\D/g, '')}.example/slo`)
    expect(request.judged.profile).toMatchObject({ nameID: expect.any(String) as string, sessionIndex: expect.any(String) as string })
    const answered = new URL(await other.peer.getLogoutResponseUrlAsync({ ...request.judged.profile as Profile }, '', {}, true))
    const heard = await browser.get(answered.pathname + answered.search)
    expect([heard.status, heard.headers['x-frame-options']]).toEqual([200, 'SAMEORIGIN'])

    const next = /data-next="([^"]+)"/.exec(page.body)?.[1] ?? ''
    const answer = await browser.get(next, { follow: false })
    const { relayState, judged, url } = await read(provider, answer.location)
    expect(url.href.startsWith(`${provider.entityId.replace('/metadata', '/slo')}?SAMLResponse=`)).toBe(true)
    expect([relayState, judged.loggedOut]).toEqual(['/bye', true])
    // Once.
    expect((await browser.get(next, { follow: false })).location).toBe('/signed-out')
  })

  it('S123 says that it was done in part where an application did not answer', async () => {
    const { provider, browser, profile } = await scene({ settings: { slo: [{ binding: 'post', url: 'https://wiki.example/slo', responseUrl: 'https://wiki.example/slo/answer' }] } })
    await (await registerServiceProvider(current())).signIn(browser)
    const page = await browser.get(await pathOf(provider, profile))
    const answer = await browser.get(/data-next="([^"]+)"/.exec(page.body)?.[1] ?? '')
    const posted = provider.read(answer)
    expect(posted?.action).toBe('https://wiki.example/slo/answer')
    const message = messageIn(posted?.fields['SAMLResponse'] ?? '')
    expect([...message.matchAll(/StatusCode Value="[^"]*:(\w+)"/g)].map(([, code]) => code)).toEqual(['Success', 'PartialLogout'])
    expect(message).toContain('<ds:Signature ')
  })

  it('S73 tells the applications too when the person signs out here', async () => {
    const { provider, browser } = await scene()
    await browser.get('/')
    const page = await browser.post('/signout')
    expect(page.path).toMatch(/^\/signed-out\//)
    const told = await browser.get(framesIn(page)[0] ?? '', { follow: false })
    expect((await read(provider, told.location)).judged.profile).toMatchObject({ nameID: expect.any(String) as string })
  })

  it('takes a posted request, whose cookies come only with the link after it', async () => {
    const { provider, browser, profile } = await scene()
    // The peer only makes links; the message in one, signed inside, is what its form would carry.
    const { SignedXml } = await import('xml-crypto')
    const text = `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_l${++count}" Version="2.0" IssueInstant="${new Date().toISOString()}" Destination="${current().url}/saml/slo"><saml:Issuer>${provider.entityId}</saml:Issuer><saml:NameID>${profile.nameID}</saml:NameID></samlp:LogoutRequest>`
    const signer = new SignedXml({ privateKey: provider.credential.privateKey, signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256', canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#' })
    signer.addReference({ xpath: '/*', digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256', transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', 'http://www.w3.org/2001/10/xml-exc-c14n#'] })
    signer.computeSignature(text, { location: { reference: '/*/*[1]', action: 'after' } })
    const fields = { csrf: '', SAMLRequest: Buffer.from(signer.getSignedXml()).toString('base64') }
    const posted = await current().browser().post('/saml/slo', fields, { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://wiki.example' } })
    expect([posted.status, posted.location]).toEqual([303, expect.stringMatching(/^\/saml\/sign-out\//)])
    expect(await signedIn(browser)).toBe(true)
    expect((await browser.get(posted.location ?? '', { follow: false })).status).toBe(303)
    expect(await signedIn(browser)).toBe(false)
  })

  it('SEC-15 ends nothing for a request that is not signed, names somebody else, or comes from an application without a part in it', async () => {
    const { provider, browser, profile } = await scene()
    const stripped = (await pathOf(provider, profile)).replace(/&SigAlg=.*/, '')
    expect((await browser.get(stripped)).status).toBe(400)
    expect(await signedIn(browser)).toBe(true)

    await browser.get(await pathOf(provider, { ...profile, nameID: 'somebody-else' }))
    expect(await signedIn(browser)).toBe(true)
    await browser.get(await pathOf(provider, { ...profile, sessionIndex: '_another' }))
    expect(await signedIn(browser)).toBe(true)
    const stranger = await registerServiceProvider(current())
    await browser.get(await pathOf(stranger, profile))
    expect(await signedIn(browser)).toBe(true)
    // The right one still works.
    await browser.get(await pathOf(provider, profile))
    expect(await signedIn(browser)).toBe(false)
  })

  it('answers a browser that has no session any more', async () => {
    const { provider, browser, profile } = await scene()
    browser.cookies.delete('__Host-doorward')
    const answer = await browser.get(await pathOf(provider, profile))
    expect((await read(provider, answer.location)).judged.loggedOut).toBe(true)
  })

  it('SEC-15 lets no application answer for another one', async () => {
    const { browser } = await scene()
    const [first, second] = [await registerServiceProvider(current()), await registerServiceProvider(current())]
    await first.signIn(browser)
    await browser.get('/')
    const page = await browser.post('/signout')
    for (const frame of framesIn(page)) {
      const told = await browser.get(frame, { follow: false })
      const id = `_${frame.split('/').at(-1) ?? ''}`
      if (!told.location?.startsWith(first.entityId.replace('/metadata', ''))) continue
      const forged = new URL(await second.peer.getLogoutResponseUrlAsync({ ID: id, issuer: second.entityId, nameID: '', nameIDFormat: '' } as Profile, '', {}, true))
      expect((await browser.get(forged.pathname + forged.search)).status).toBe(400)
    }
  })

  it('SEC-66 sign-outs and their steps are pages of nobody else', async () => {
    const browser = current().browser()
    for (const path of ['/signed-out/AAAAAAAAAAAAAAAAAAAAAA', '/saml/logout/AAAAAAAAAAAAAAAAAAAAAA', '/saml/logout/AAAAAAAAAAAAAAAAAAAAAA/answer', '/saml/sign-out/AAAAAAAAAAAAAAAAAAAAAA', '/saml/requests/AAAAAAAAAAAAAAAAAAAAAA']) {
      expect((await browser.get(path)).status, path).toBe(404)
    }
  })
})
