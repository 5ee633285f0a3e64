import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withApp } from '../../support/app.ts'
import { callCommand, environmentOf, runCommand, type Ran } from '../../support/command-line.ts'
import { SmallGraph } from '../../support/graph.ts'

describe('microsoft365 explain', () => {
  it('works without a database and without a network', async () => {
    const { code, out, err } = await runCommand(['microsoft365', 'explain', '50107'], { environment: { DOORWARD_DATA_DIR: '/nowhere', DOORWARD_PUBLIC_URL: 'nonsense' } })
    expect([code, err]).toEqual([0, ''])
    expect(out).toMatch(/^AADSTS50107 {2}No federated domain has the issuer/)
    expect(out).toContain('→ ')
  })

  it.each([['99999', 1, 'is not in our table'], ['hello', 1, 'There is no error code in that']])('says what it does not know: %s', async (text, code, said) => {
    const ran = await callCommand(['microsoft365', 'explain', text])
    expect(ran.code).toBe(code)
    expect(ran.out + ran.err).toContain(said)
  })
})

withApp('Microsoft 365 on the command line', (current) => {
  let graph: SmallGraph
  const call = (...args: string[]): Promise<Ran> => callCommand(['microsoft365', ...args], { ...environmentOf(current()), DOORWARD_PUBLIC_URL: 'https://id.corp.example', DOORWARD_OUTBOUND_ALLOW: '127.0.0.1' })
  const acts = async (): Promise<string[]> => (await current().foundation.audit.list({ organizationId: current().organization.id, limit: 50 })).events.filter(({ action }) => action.startsWith('microsoft.')).map(({ action, actor }) => `${action} ${actor.kind}`)
  const configuration = () => graph.domains.get('corp.example')?.configuration ?? {}

  beforeAll(async () => {
    graph = await new SmallGraph().start()
    graph.interval = 1
  })
  afterAll(async () => { await graph.stop() })

  it('S115 adds, looks, plans, applies, watches and goes back', async () => {
    graph.addDomain('corp.example')
    expect((await call('add', 'corp.example', '--protocol', 'saml', '--cloud', 'custom', '--login-host', graph.url, '--graph-host', graph.url)).out).toMatch(/^https:\/\/id\.corp\.example\/fed\/[0-9a-f]{20}\n$/)
    expect(await call('add', 'corp.example', '--protocol', 'saml')).toMatchObject({ code: 1, err: expect.stringContaining('is here already') as unknown })
    expect((await call('status')).out).toMatch(/^corp\.example +off +saml +https:/)

    const look = await call('preflight', 'corp.example')
    expect(look.code).toBe(0)
    expect(look.err).toMatch(/open https:\/\/microsoft\.example\/devicelogin\nand type the code ABCD1234/)
    expect(look.out).toMatch(/^ok {4}The domain is verified in the tenant\.\n/)
    expect(look.out + look.err).not.toContain('token-1')

    const plan = await call('plan', 'corp.example')
    expect(plan.out).toMatch(new RegExp(`^POST ${graph.url}/v1\\.0/domains/corp\\.example/federationConfiguration\n`))
    const script = await call('plan', 'corp.example', '--powershell')
    expect(script.out).toContain('New-MgDomainFederationConfiguration -DomainId \'corp.example\' @parameters')
    expect(script.err).not.toContain('ABCD1234')
    expect((await call('apply', 'corp.example', '--dry-run')).code).toBe(0)
    expect(graph.changes).toEqual([])

    expect(await call('apply', 'corp.example')).toMatchObject({ code: 0, err: expect.stringContaining('is federated with this server') as unknown })
    expect(configuration()).toMatchObject({ preferredAuthenticationProtocol: 'saml', issuerUri: expect.stringMatching(/^https:\/\/id\.corp\.example\/fed\//) as unknown })
    expect(await call('guard', 'corp.example')).toMatchObject({ code: 0 })
    Object.assign(configuration(), { passiveSignInUri: 'https://evil.example/' })
    expect(await call('guard', 'corp.example')).toMatchObject({ code: 1, out: expect.stringMatching(/^ALARM +passiveSignInUri +is https:\/\/evil\.example\//) as unknown, err: expect.stringContaining('Find out who changed it') as unknown })
    expect(await call('status')).toMatchObject({ code: 1, out: expect.stringContaining('ALERT') as unknown })
    expect((await call('apply', 'corp.example')).code).toBe(0)
    expect((await call('certificate', 'corp.example', '--simulate', '--now')).out).toMatch(/Publish the next certificate[\s\S]*Make it the current one at Entra/)
    expect(await call('certificate', 'corp.example', '--now')).toMatchObject({ code: 0, out: expect.stringMatching(/done +Publish the next certificate\ndone +Tell Entra/) as unknown, err: expect.stringContaining('Come back in a moment') as unknown })
    expect((await call('undo', 'corp.example', '--powershell')).out).toContain('Update-MgDomain -DomainId \'corp.example\' -AuthenticationType \'Managed\'')
    expect(await call('undo', 'corp.example')).toMatchObject({ code: 0 })
    expect(graph.domains.get('corp.example')?.authenticationType).toBe('Managed')
    expect(await call('undo', 'corp.example')).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was saved') as unknown })
    expect((await acts()).toReversed()).toEqual(['microsoft.domain_added cli', 'microsoft.applied cli', 'microsoft.drift_found job', 'microsoft.applied cli', 'microsoft.certificate_step cli', 'microsoft.certificate_step cli', 'microsoft.undone cli'])
  }, 60_000)

  it('stops where people would be locked out, and names the refusals of Graph', async () => {
    graph.addDomain('lab.example')
    graph.administrators = ['root@lab.example']
    await call('add', 'lab.example', '--protocol', 'wsfed', '--cloud', 'custom', '--login-host', graph.url, '--graph-host', graph.url)
    const before = graph.changes.length
    expect(await call('apply', 'lab.example')).toMatchObject({ code: 1, out: expect.stringContaining('STOP  Only 0 global administrators') as unknown, err: expect.stringContaining('--anyway') as unknown })
    expect(graph.changes).toHaveLength(before)
    graph.next.push({ status: 403, only: /^POST \/v1/, body: { error: { code: 'Authorization_RequestDenied', message: 'Insufficient privileges', innerError: { 'request-id': 'abc' } } } })
    const refused = await call('apply', 'lab.example', '--anyway')
    expect([refused.code, refused.err]).toEqual([1, expect.stringMatching(/may not do this\.[\s\S]*External Identity Provider Administrator[\s\S]*request abc/)])
    graph.device = 'declined'
    expect(await call('guard', 'lab.example')).toMatchObject({ code: 1, err: expect.stringMatching(/\nThe sign-in was declined at Entra\.\nBegin again for a new code/) as unknown })
    graph.device = 'signed_in'
  }, 60_000)

  it.each([
    [['add', 'corp.onmicrosoft.com', '--protocol', 'saml'], 2, 'cannot be'], [['add', 'x.example'], 2, '--protocol must be given'], [['add', 'x.example', '--protocol', 'saml', '--cloud', 'custom'], 2, 'needs --login-host'],
    [['add', 'x.example', '--protocol', 'saml', '--login-host', 'http://x.example'], 2, 'must be an https address'], [['plan', 'unknown.example'], 1, 'Add it first'], [['status', '--organization', 'nobody'], 1, 'no organization with the slug'],
  ])('refuses %j', async (args, code, message) => {
    const ran = await call(...args)
    expect([ran.code, ran.err]).toEqual([code, expect.stringContaining(message)])
  })
})
