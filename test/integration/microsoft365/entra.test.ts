import { expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import type { Answer, Browser } from '../../support/browser.ts'
import { createEntra, multipleAuthentication, type Entra, type Variant, type WireAnswer } from '../../support/entra/index.ts'
import { federateWithEntra, type EntraFederation } from '../../support/entra-federation.ts'
import { postedBy } from '../../support/service-provider.ts'

let count = 0

interface Meeting extends EntraFederation { readonly entra: Entra; readonly browser: Browser }

/** Our answers under the eyes of a double that refuses what Entra refuses (test/support/entra). */
withApp('Microsoft 365 takes our answers', (current) => {
  const meet = async (protocol: 'saml' | 'wsfed', test: (meeting: Meeting) => Promise<void>, { withKey = true } = {}): Promise<void> => {
    const entra = await createEntra({ plain: true, clock: () => current().foundation.clock.now(), skewSeconds: 0 })
    try {
      const person = await current().addPerson({ email: `grace${++count}@navy.example`, withKey })
      const federated = await federateWithEntra(current(), entra, { domain: `entra${count}.example`, protocol, person })
      await test({ entra, ...federated, browser: await current().signedIn(person) })
    } finally {
      await entra.close()
    }
  }

  /** Carries what Entra asked to us, as the browser does: a form from another site, or an address. */
  const follow = async ({ entra, browser }: Meeting, asked: WireAnswer): Promise<Answer> => {
    const location = asked.headers['location']
    if (typeof location === 'string') return browser.get(location.replace(browser.origin, ''))
    const { action, fields } = formIn(asked.body)
    const options = { follow: false, headers: { 'sec-fetch-site': 'cross-site', origin: entra.urls.login } }
    const posted = await current().browser().post(action.replace(browser.origin, ''), { csrf: '', ...fields }, options)
    return posted.status === 303 ? browser.get(posted.location ?? '') : posted
  }
  const start = ({ entra, upn }: Meeting, ...variant: readonly Variant[]): Promise<WireAnswer> => entra.ask(`${entra.urls.login}/start?login_hint=${upn}&variant=${variant.join(',')}`)
  const deliver = async ({ entra }: Meeting, answer: Answer): Promise<WireAnswer> => {
    const posted = postedBy(answer)
    if (!posted) throw new Error(`no answer for Entra: ${answer.status} ${answer.path}`)
    return entra.ask(posted.action, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(posted.fields).toString() })
  }
  const signIn = async (meeting: Meeting, ...variant: readonly Variant[]): Promise<WireAnswer> => deliver(meeting, await follow(meeting, await start(meeting, ...variant)))

  it.each(['saml', 'wsfed'] as const)('by %s, with no tolerance for clocks, and with the proof of several factors', (protocol) => meet(protocol, async (meeting) => {
    const page = await signIn(meeting)
    expect(meeting.entra.lastRefusal?.text).toBeUndefined()
    expect(page.body).toContain(`Signed in as ${meeting.upn}`)
    expect(meeting.entra.signIns.at(-1)).toMatchObject({ upn: meeting.upn, methods: expect.arrayContaining([multipleAuthentication]) as string[] })
    meeting.federation.federatedIdpMfaBehavior = 'enforceMfaByFederatedIdp'
    expect((await signIn(meeting, 'mfa')).body).toContain('data-outcome="signed-in"')
    expect(meeting.entra.signIns.at(-1)?.mfaBy).toBe('identity provider')
  }))

  it.each<{ variant: readonly Variant[] }>([
    { variant: ['signed-sha1'] }, { variant: ['signed-sha256'] }, { variant: ['signed-sha1', 'next-key'] }, { variant: ['no-username'] },
  ])('by SAML, to a request that is $variant', ({ variant }) => meet('saml', async (meeting) => {
    expect((await signIn(meeting, ...variant)).body).toContain('data-outcome="signed-in"')
  }))

  it.each(['saml', 'wsfed'] as const)('by %s, without the claim of several factors where there was a code only: Entra asks for its own', (protocol) => meet(protocol, async (meeting) => {
    meeting.tenant.policy.requireMfa = true
    expect((await signIn(meeting)).body).toContain('data-outcome="entra-mfa"')
  }, { withKey: false }))

  it.each(['saml', 'wsfed'] as const)('by %s, but not for a person whom Entra knows by another ImmutableID', (protocol) => meet(protocol, async (meeting) => {
    meeting.user.onPremisesImmutableId = 'other'
    await signIn(meeting)
    expect(meeting.entra.lastRefusal?.refusal.code).toBe(51004)
  }))
})

function formIn(html: string): { action: string; fields: Record<string, string> } {
  const plain = (text = ''): string => text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&')
  return { action: plain(/action="([^"]*)"/.exec(html)?.[1]), fields: Object.fromEntries([...html.matchAll(/name="([^"]*)" value="([^"]*)">/g)].map(([, name, value]) => [plain(name), plain(value)])) }
}
