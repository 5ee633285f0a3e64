import { expect, it } from 'vitest'
import type { TrustVersion } from '../../../src/protocols/wsfed/names.ts'
import { withApp } from '../../support/app.ts'
import { federate } from '../../support/federated-domain.ts'
import { givePassword } from '../../support/ways.ts'

let count = 0
const versions = ['13', '2005'] as const
const trust = { '13': 'http://docs.oasis-open.org/ws-sx/ws-trust/200512', '2005': 'http://schemas.xmlsoap.org/ws/2005/02/trust' } as const

withApp('a password for a token, over WS-Trust', (current) => {
  const setUp = async (settings: { wsTrust?: boolean; alwaysMfa?: boolean } = {}) => {
    const name = `trust${++count}.example`
    const grace = await current().addPerson({ email: `grace@${name}` })
    const { storage, identities, passwords } = current().foundation
    const domain = await federate(current(), { domain: name, protocol: 'wsfed', settings: { wsTrust: true, ...settings } })
    await storage.write((tx) => identities.set(tx, grace.user.organizationId, grace.user.id, { upn: grace.user.email, source: 'minted' as never }))
    // A directory in miniature: it knows this one person.
    passwords.add({ verify: ({ id }, password) => Promise.resolve(id !== grace.user.id ? 'none' : password === 'down' ? 'unavailable' : password === 'Anchors & aweigh <1>' ? 'right' : 'wrong') })
    return { grace, domain, username: grace.user.email }
  }
  const envelope = (version: TrustVersion, order: { username: string; password?: string; to?: string; action?: string; appliesTo?: string; expires?: number; messageId?: string; requestType?: string }): string => {
    const now = current().foundation.clock.now()
    const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
    return `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:wsu="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"><s:Header>
<wsa:Action s:mustUnderstand="1">${order.action ?? `${trust[version]}/RST/Issue`}</wsa:Action><wsa:MessageID>${order.messageId ?? `urn:uuid:${++count}`}</wsa:MessageID>
<wsa:ReplyTo><wsa:Address>http://www.w3.org/2005/08/addressing/anonymous</wsa:Address></wsa:ReplyTo><wsa:To s:mustUnderstand="1">${order.to ?? `${current().url}/adfs/services/trust/${version}/usernamemixed`}</wsa:To>
<wsse:Security s:mustUnderstand="1" xmlns:wsse="http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"><wsu:Timestamp wsu:Id="_0"><wsu:Created>${new Date(now).toISOString()}</wsu:Created><wsu:Expires>${new Date(order.expires ?? now + 600_000).toISOString()}</wsu:Expires></wsu:Timestamp>
<wsse:UsernameToken wsu:Id="u"><wsse:Username>${escape(order.username)}</wsse:Username><wsse:Password>${escape(order.password ?? 'Anchors & aweigh <1>')}</wsse:Password></wsse:UsernameToken></wsse:Security></s:Header>
<s:Body><wst:RequestSecurityToken xmlns:wst="${trust[version]}"><wsp:AppliesTo xmlns:wsp="http://schemas.xmlsoap.org/ws/2004/09/policy"><wsa:EndpointReference><wsa:Address>${order.appliesTo ?? 'urn:federation:MicrosoftOnline'}</wsa:Address></wsa:EndpointReference></wsp:AppliesTo>
<wst:KeyType>${trust[version]}/Bearer</wst:KeyType><wst:RequestType>${order.requestType ?? `${trust[version]}/Issue`}</wst:RequestType></wst:RequestSecurityToken></s:Body></s:Envelope>`
  }
  const send = async (version: TrustVersion, body: string): Promise<{ status: number; text: string; type: string | null }> => {
    const answer = await fetch(`${current().url}/adfs/services/trust/${version}/usernamemixed`, { method: 'POST', headers: { 'content-type': 'application/soap+xml; charset=utf-8', soapaction: `${trust[version]}/RST/Issue` }, body })
    return { status: answer.status, text: await answer.text(), type: answer.headers.get('content-type') }
  }
  const faultOf = (text: string): string | undefined => /<s:Subcode><s:Value[^>]*>\w+:(\w+)<\/s:Value><\/s:Subcode>.*<s:Text xml:lang="en-US">[^<]+<\/s:Text>/.exec(text)?.[1]

  it('is not there until a domain takes passwords', async () => {
    expect((await fetch(`${current().url}/adfs/services/trust/mex`)).status).toBe(404)
    expect((await send('13', envelope('13', { username: 'grace@nowhere.example' }))).status).toBe(404)
  })

  it.each(versions)('gives a client of version %s a token that names the method truly', async (version) => {
    const { grace, domain, username } = await setUp()
    const { status, text, type } = await send(version, envelope(version, { username, messageId: 'urn:uuid:relates' + version }))
    expect([status, type]).toEqual([200, 'application/soap+xml; charset=utf-8'])
    expect(text).toMatch(new RegExp(`<wsa:RelatesTo[^>]*>urn:uuid:relates${version}</wsa:RelatesTo>`))
    expect(text).toContain(`Issuer="${domain.issuer}"`)
    expect(text).toContain('AuthenticationMethod="urn:oasis:names:tc:SAML:1.0:am:password"')
    expect(text).not.toContain('multipleauthn')
    expect(text).toContain(':TokenType>urn:oasis:names:tc:SAML:1.0:assertion<')
    const { events } = await current().foundation.audit.list({ organizationId: grace.user.organizationId, userId: grace.user.id, limit: 1 })
    expect(events[0]).toMatchObject({ action: 'application.opened', details: { protocol: 'wstrust', issued: expect.stringMatching(/^_/) as string } })
  })

  it.each(['wrong', '', 'Anchors & aweigh <1> ', 'anchors & aweigh <1>'])('SEC-64 gives no token for the password %j, and does not say what was wrong', async (password) => {
    const { username } = await setUp()
    const refused = await send('13', envelope('13', { username, password }))
    expect([refused.status, faultOf(refused.text)]).toEqual([500, 'FailedAuthentication'])
    const unknown = await send('13', envelope('13', { username: `x${username}`, password }))
    expect({ ...unknown, text: unknown.text }).toEqual({ ...refused, text: refused.text })
  })

  it('says that it cannot tell when the directory is away', async () => {
    const { username } = await setUp()
    const answer = await send('13', envelope('13', { username, password: 'down' }))
    expect([answer.status, faultOf(answer.text)]).toEqual([500, 'RequestFailed'])
  })

  it.each([
    ['for another address', { to: 'https://evil.example/adfs/services/trust/13/usernamemixed' }], ['with another action', { action: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512/RST/Validate' }],
    ['of another kind', { requestType: 'http://docs.oasis-open.org/ws-sx/ws-trust/200512/Validate' }], ['that has expired', { expires: Date.now() - 3_600_000 }], ['for another application', { appliesTo: 'urn:somebody:else' }],
  ])('refuses a request %s', async (_case, change) => {
    const { username } = await setUp()
    const answer = await send('13', envelope('13', { username, ...change }))
    expect([answer.status, faultOf(answer.text)]).toEqual([500, 'InvalidRequest'])
  })

  it('answers a request that is not well-formed, as a name with an ampersand makes it, with a fault', async () => {
    const { username } = await setUp()
    const text = envelope('13', { username }).replace(username, `a&b${username}`)
    expect(faultOf((await send('13', text)).text)).toBe('InvalidRequest')
    expect(faultOf((await send('13', 'x'.repeat(100))).text)).toBe('InvalidRequest')
  })

  it('SEC-29 lets no network fill the thread that reads the messages of all', async () => {
    await setUp()
    const nonsense = `<a>${'<b c="d"/>'.repeat(3_000)}</a>`
    const many = async (length: number): Promise<number[]> => [...new Set((await Promise.all(Array.from({ length }, () => send('13', nonsense)))).map(({ status }) => status))]
    // Each is answered with a fault while the line is short; a line that is too long is sent away, not kept in memory.
    expect(await many(60)).toEqual([500])
    expect((await many(200)).toSorted()).toEqual([429, 500])
  })

  it('SEC-59 gives an administrator none, however right the password', async () => {
    const { grace, username } = await setUp()
    const { storage, users } = current().foundation
    await storage.write((tx) => users.update(tx, grace.user.organizationId, grace.user.id, { role: 'helpdesk' }))
    expect(faultOf((await send('13', envelope('13', { username }))).text)).toBe('FailedAuthentication')
    await storage.write((tx) => users.update(tx, grace.user.organizationId, grace.user.id, { role: 'user' }))
    expect((await send('13', envelope('13', { username }))).status).toBe(200)
  })

  it('takes a password that is kept here', async () => {
    const { grace, username } = await setUp()
    await givePassword(current(), grace.user, 'seven quiet otters swim')
    const { passwords } = current().foundation
    expect(await passwords.verify(grace.user, 'seven quiet otters swim')).toBe('right')
    expect((await send('13', envelope('13', { username, password: 'seven quiet otters swim' }))).status).toBe(200)
  })

  it('SEC-06 takes a message once', async () => {
    const { username } = await setUp()
    const text = envelope('2005', { username })
    expect((await send('2005', text)).status).toBe(200)
    expect(faultOf((await send('2005', text)).text)).toBe('InvalidRequest')
  })

  it('SEC-31 gives none where more than a password is required, nor where the domain takes none', async () => {
    for (const settings of [{ alwaysMfa: true }, { wsTrust: false }]) {
      const { username } = await setUp(settings)
      expect(faultOf((await send('13', envelope('13', { username }))).text)).toBe('FailedAuthentication')
    }
  })

  it('SEC-55 counts tries before it looks, and slows down', async () => {
    const { username } = await setUp()
    const statuses: number[] = []
    for (let time = 0; time < 40 && statuses.at(-1) !== 429; time++) statuses.push((await send('13', envelope('13', { username, password: `guess ${time}` }))).status)
    expect(statuses.at(-1)).toBe(429)
    expect((await send('13', envelope('13', { username }))).status).toBe(429)
  })

  it('describes both versions, for clients to find them', async () => {
    await setUp()
    const answer = await fetch(`${current().url}/adfs/services/trust/mex`)
    const text = await answer.text()
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/xml; charset=utf-8'])
    for (const version of versions) expect(text).toContain(`location="${current().url}/adfs/services/trust/${version}/usernamemixed"`)
  })
})
