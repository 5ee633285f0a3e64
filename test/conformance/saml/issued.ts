import type { TestApp } from '../../support/app.ts'
import { postedBy, registerServiceProvider } from '../../support/service-provider.ts'
import { registerRealm } from '../../support/relying-realm.ts'

const [protocol, assertion2, assertion1] = ['urn:oasis:names:tc:SAML:2.0:protocol', 'urn:oasis:names:tc:SAML:2.0:assertion', 'urn:oasis:names:tc:SAML:1.0:assertion']

/** A message of ours as a browser carries it, and the elements of it that we signed. */
export interface Issued {
  readonly title: string
  readonly text: string
  readonly signed: readonly { readonly name: string; readonly namespace: string; readonly id: 'ID' | 'AssertionID' }[]
  readonly certificate: string
}

/** One of every kind of message that Doorward signs, taken from its pages. */
export async function collectIssued(app: TestApp): Promise<Issued[]> {
  const email = 'grace@navy.example'
  const grace = await app.addPerson({ email, givenName: 'Grace "Amazing" <Hopper> & Ж', familyName: 'Murray\tHopper' })
  const attributes = [{ name: 'urn:oid:2.5.4.42', friendlyName: 'givenName', expression: 'given_name' }, { name: 'sn', friendlyName: null, expression: 'family_name' }]
  const slo = [{ binding: 'post' as const, url: 'https://wiki.example/slo', responseUrl: null }]
  const plain = await registerServiceProvider(app, { settings: { attributes, slo } })
  const whole = await registerServiceProvider(app, { settings: { attributes, slo, signResponse: true } })
  const closed = await registerServiceProvider(app, { application: { access: 'assigned' } })
  const certificate = (await app.app.parts.keys.certificates('saml')).signer.certificate
  const browser = await app.signedIn(grace)
  const pathOf = (url: string): string => new URL(url).pathname + new URL(url).search
  const field = (answer: Parameters<typeof postedBy>[0], name: string): string => {
    const value = postedBy(answer)?.fields[name]
    if (value === undefined) throw new Error(`no ${name} in ${answer.body.slice(0, 1_000)}`)
    return value
  }
  const decoded = (answer: Parameters<typeof postedBy>[0], name: string): string => Buffer.from(field(answer, name), 'base64').toString()
  const asked = async (provider: typeof plain) => browser.get(pathOf(await provider.peer.getAuthorizeUrlAsync('', undefined, {})))

  const [response, assertion] = [{ name: 'Response', namespace: protocol, id: 'ID' as const }, { name: 'Assertion', namespace: assertion2, id: 'ID' as const }]
  const issued: Issued[] = []
  const answer = await asked(plain)
  issued.push({ title: 'a response whose assertion is signed', text: decoded(answer, 'SAMLResponse'), signed: [assertion], certificate })
  const profile = await plain.accept(answer)
  issued.push({ title: 'a response that is signed as a whole too', text: decoded(await asked(whole), 'SAMLResponse'), signed: [response, assertion], certificate })
  const refusal = /href="(\/saml\/requests\/[^"]+\/refusal)"/.exec((await asked(closed)).body)?.[1] ?? ''
  issued.push({ title: 'a response that refuses', text: decoded(await browser.get(refusal), 'SAMLResponse'), signed: [response], certificate })

  const realm = await registerRealm(app, { settings: { attributes: [{ name: 'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname', friendlyName: null, expression: 'given_name' }] } })
  const wresult = field(await browser.get(realm.path()), 'wresult')
  // As clients do it: the token is cut out as text and sent on (microsoft365 W-10).
  const token = /<(?:\w+:)?Assertion[\s\S]*<\/(?:\w+:)?Assertion>/.exec(wresult)?.[0] ?? ''
  issued.push({ title: 'a SAML 1.1 assertion, cut out of its answer', text: token, signed: [{ name: 'Assertion', namespace: assertion1, id: 'AssertionID' }], certificate: (await app.app.parts.keys.certificates('wsfed')).signer.certificate })

  const leaving = await browser.get(pathOf(await plain.peer.getLogoutUrlAsync(profile, '', {})))
  const [frame = '', next = ''] = [/<iframe [^>]*src="([^"]+)"/.exec(leaving.body)?.[1], /data-next="([^"]+)"/.exec(leaving.body)?.[1]]
  issued.push({ title: 'a request to sign out', text: decoded(await browser.get(frame), 'SAMLRequest'), signed: [{ name: 'LogoutRequest', namespace: protocol, id: 'ID' }], certificate })
  issued.push({ title: 'an answer to a request to sign out', text: decoded(await browser.get(next), 'SAMLResponse'), signed: [{ name: 'LogoutResponse', namespace: protocol, id: 'ID' }], certificate })
  return issued
}
