import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { withApp } from '../support/app.ts'
import { callCommand, environmentOf, type Ran } from '../support/command-line.ts'

const example = new URL('../../config/example-organization.yaml', import.meta.url).pathname
const secret = 'a-secret-of-at-least-thirty-two-characters'
let folder = ''
beforeAll(() => { folder = mkdtempSync(join(tmpdir(), 'doorward-apply-')) })
afterAll(() => { rmSync(folder, { recursive: true, force: true }) })

withApp('apply', (current) => {
  const apply = (file: string, ...options: string[]): Promise<Ran> => callCommand(['apply', file, ...options], { ...environmentOf(current()), WIKI_CLIENT_SECRET: secret, SHORT_SECRET: 'short' })
  const applyText = (text: string, ...options: string[]): Promise<Ran> => {
    const file = join(folder, 'document.yaml')
    writeFileSync(file, text)
    return apply(file, ...options)
  }
  const within = (inner: string): string => `organizations:\n- slug: analytical-engines\n  name: Analytical Engines\n${inner.replaceAll(/^/gm, '  ')}`
  /** Everything that apply could have touched. */
  const everything = async (): Promise<string> => {
    const { storage } = current().foundation
    const tables = ['organizations', 'groups', 'group_members', 'users', 'applications', 'application_secrets', 'application_access', 'invitations', 'outbox_messages', 'audit_events']
    const order = (rows: unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()
    return JSON.stringify(await Promise.all(tables.map(async (table) => order(await storage.read.all(`SELECT * FROM ${table === 'audit_events' ? '(SELECT id FROM audit_events) a' : table}`)))))
  }
  const actions = async (organizationId: string) =>
    (await current().foundation.audit.list({ organizationId: organizationId as never, limit: 500 })).events.filter(({ actor, details }) => actor.kind === 'cli' && details['by'] === 'apply').map(({ action, target, details }) => `${action} ${target?.name ?? ''} ${String(details['change'])}`.trim()).sort()

  describe('the example', () => {
    it('S128 is planned without a trace, done once with every step in the audit log, and then there is nothing to do', async () => {
      const before = await everything()
      const plan = await apply(example, '--dry-run')
      expect(plan.code).toBe(0)
      expect(await everything()).toBe(before)
      expect(plan.err).toContain('This is the plan: 18 steps; nothing was changed.')
      expect(plan.err).toContain('Mind that this is a new organization beside Analytical Engines (slug: analytical-engines).')

      const done = await apply(example)
      expect(done.code).toBe(0)
      expect(done.out).toBe(plan.out)
      expect(done.err).toContain('1 person is invited.')
      const { organizations, users, applications, groups, access } = current().foundation
      const organization = await organizations.findBySlug('example')
      if (!organization) throw new Error('the organization of the example is not there')
      expect(organization).toMatchObject({ name: 'Example Organization', hue: 210, kind: 'business' })
      const ada = await users.findByEmailKey('ada@example.com')
      expect(ada).toMatchObject({ status: 'new', role: 'administrator', givenName: 'Ada', organizationId: organization.id })
      expect((await groups.ofUser(organization.id, ada?.id ?? '' as never)).map(({ name }) => name)).toEqual(['Engineering', 'Everyone'])
      expect((await current().letters('ada@example.com')).map(({ template }) => template)).toEqual(['invitation'])
      expect(await current().letters('charles@example.com')).toEqual([])
      const wiki = (await applications.findByClientId('wiki'))?.application
      expect(wiki).toMatchObject({ trusted: true, access: 'assigned', oidc: { kind: 'web', redirectUris: ['https://wiki.example.com/oidc/callback'], scopes: ['openid', 'profile', 'email', 'groups'] } })
      expect(await applications.hasSecret(current().foundation.storage.read, wiki?.id ?? '' as never, secret)).toBe(true)
      expect((await access.assignments(organization.id, wiki?.id ?? '' as never)).map(({ kind, name }) => `${kind} ${name}`)).toEqual(['group Engineering', 'user charles@example.com'])
      expect((await applications.findByClientId('payroll-export'))?.application.oidc).toMatchObject({ kind: 'service', authMethod: 'private_key_jwt', idTokenAlg: 'ES256' })
      expect((await applications.findByName(organization.id, 'Canteen'))?.oidc).toBeNull()

      const steps = done.out.trim().split('\n').length
      expect(await actions(organization.id)).toHaveLength(steps)
      expect(await actions(organization.id)).toEqual(expect.arrayContaining([
        'application.secret_made Wiki takes the secret from env:WIKI_CLIENT_SECRET', 'group.member_added ada@example.com to group Engineering', 'user.invited ada@example.com role administrator, invited',
      ]))

      const after = await everything()
      for (const options of [[], ['--dry-run']]) expect(await apply(example, ...options)).toMatchObject({ code: 0, out: `Nothing to do: everything is as ${example} says.\n` })
      expect(await everything()).toBe(after)
    })

    it('lets the wiki prove itself at the token endpoint with the secret from the environment, and nobody with another one', async () => {
      const errorFor = async (given: string): Promise<string> => {
        const answer = await fetch(`${current().url}/oidc/token`, {
          method: 'POST', headers: { authorization: `Basic ${Buffer.from(`wiki:${given}`).toString('base64')}` },
          body: new URLSearchParams({ grant_type: 'authorization_code', code: 'x', redirect_uri: 'https://wiki.example.com/oidc/callback', code_verifier: 'v'.repeat(43) }),
        })
        return ((await answer.json()) as { error: string }).error
      }
      expect([await errorFor(secret), await errorFor(`${secret}x`)]).toEqual(['invalid_grant', 'invalid_client'])
    })

    it('changes what was changed in the file, and only that', async () => {
      const text = readFileSync(example, 'utf8').replace('idleMinutes: 60 ', 'idleMinutes: 30 ').replace('familyName: Babbage', 'familyName: Cabbage').replace('description: What we know', 'description: Everything we know')
        .replace('accessTokenMinutes: 5', 'accessTokenMinutes: 10').replace('enabled: true', 'enabled: false').replace('requiredAssurance: phr', 'requiredAssurance: null').replace('groups: [Everyone]\n', 'groups: [everyone, ENGINEERING, Engineering]\n')
      const { code, out } = await applyText(text)
      expect(code).toBe(0)
      expect(out.trim().split('\n').map((line) => line.replaceAll(/ {3,}/g, ' | '))).toEqual([
        '~ change | organization | Example Organization | idleMinutes: 60 → 30', '~ change | user | charles@example.com | familyName: Babbage → Cabbage', '+ add | user | charles@example.com | to group Engineering',
        '~ change | application | Wiki | description: What we know → Everything we know', '~ change | application | Timesheet | requiredAssurance: phr → nothing',
        '~ change | application | Payroll export | accessTokenMinutes: 5 → 10', '~ change | application | Canteen | enabled: true → false',
      ])
      expect((await applyText(text)).out).toMatch(/^Nothing to do/)
    })
  })

  describe('what is not in the file', () => {
    it('stays as it is: names, roles, secrets, members and settings', async () => {
      await applyText(within('groups: [{ name: Looms, description: They weave }]\nusers: [{ email: jo@example.com, givenName: Jo, role: helpdesk, groups: [Looms] }]\napplications: [{ name: Shop, kind: web, clientId: shop, redirectUris: [https://shop.example/cb], scopes: [openid], secret: env:WIKI_CLIENT_SECRET }]'))
      const before = await everything()
      const { out } = await applyText(within('groups: [{ name: looms }]\nusers: [{ email: JO@example.com }]\napplications: [{ name: Shop, kind: web, clientId: shop }]'))
      expect(out).toBe('~ change   group   looms   name: Looms → looms\n')
      await applyText(within('groups: [{ name: Looms }]'))
      expect((JSON.parse(await everything()) as string[][]).slice(2, 9)).toEqual((JSON.parse(before) as string[][]).slice(2, 9))
    })

    it('gives an application a client id where the file has none, and says so', async () => {
      const file = within('applications: [{ name: Printer, kind: public, redirectUris: [https://printer.example/cb] }]')
      const { err, out } = await applyText(file)
      const application = await current().foundation.applications.findByName(current().organization.id, 'Printer')
      expect(out).toBe('+ create   application   Printer   public\n')
      expect(err).toContain(`The client id of Printer is ${application?.clientId}.`)
      expect((await applyText(file)).out).toMatch(/^Nothing to do/)
    })

    it('creates an application switched off when the file says so', async () => {
      const file = within('applications: [{ name: Old shop, kind: link, launchUrl: https://old.example/, enabled: false }]')
      await applyText(file)
      expect(await current().foundation.applications.findByName(current().organization.id, 'Old shop')).toMatchObject({ enabled: false })
      expect((await applyText(file)).out).toMatch(/^Nothing to do/)
    })

    it('replaces a secret at once by another one from a file beside the document', async () => {
      const { applications, storage } = current().foundation
      writeFileSync(join(folder, 'shop.secret'), `${'n'.repeat(40)}\n`)
      const file = within('applications: [{ name: Shop, kind: web, clientId: shop, secret: "file:shop.secret" }]')
      expect((await applyText(file)).out).toBe('~ change   application   Shop   takes the secret from file:shop.secret\n')
      const shop = (await applications.findByClientId('shop'))?.application
      expect(await Promise.all([secret, 'n'.repeat(40)].map((one) => applications.hasSecret(storage.read, shop?.id ?? '' as never, one)))).toEqual([false, true])
      expect((await applyText(file)).out).toMatch(/^Nothing to do/)
    })
  })

  describe('errors', () => {
    it('SEC-69 keep the last owner an owner', async () => {
      await current().addPerson({ email: 'owner@example.com', role: 'owner' })
      const demote = within('users: [{ email: owner@example.com, role: user }]')
      const before = await everything()
      expect(await applyText(demote)).toMatchObject({ code: 1, out: '', err: expect.stringContaining('owner@example.com is the last owner of Analytical Engines') as string })
      expect(await everything()).toBe(before)
      await current().addPerson({ email: 'second@example.com', role: 'owner' })
      expect((await applyText(demote)).code).toBe(0)
    })

    it.each([
      ['a group nobody declared', 'groups: [{ name: Fresh }]\nusers: [{ email: new@example.com, groups: [Nowhere] }]', 'new@example.com should be in the group Nowhere, which Analytical Engines does not have; add it under groups'],
      ['an application for a group that is not there', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: link, launchUrl: https://a.example/, access: { groups: [Nowhere] } }]', 'the application A is for the group Nowhere'],
      ['an application for somebody who is not there', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: link, launchUrl: https://a.example/, access: { users: [nobody@example.com] } }]', 'the application A is for nobody@example.com, who is not in Analytical Engines'],
      ['a secret that is not set', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: web, clientId: a-web, redirectUris: [https://a.example/cb], secret: "env:NOWHERE" }]', 'the secret of A is not there: env:NOWHERE is empty or not set'],
      ['a secret that is too short', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: web, clientId: a-web, redirectUris: [https://a.example/cb], secret: "env:SHORT_SECRET" }]', 'the secret of A (env:SHORT_SECRET) has 5 characters; at least 32 random ones are needed'],
      ['a secret file that is not there', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: web, clientId: a-web, redirectUris: [https://a.example/cb], secret: "file:nowhere" }]', 'cannot be read from file:nowhere: ENOENT'],
      ['an application of another kind', 'groups: [{ name: Fresh }]\napplications: [{ name: Shop, kind: service, clientId: shop }]', 'the application Shop is of kind web and cannot become service'],
      ['a name that another client id has', 'groups: [{ name: Fresh }]\napplications: [{ name: Shop, kind: public, clientId: shop-2, redirectUris: [https://a.example/cb] }]', 'Analytical Engines has another application called Shop; is its client id another one?'],
      ['a client id of another organization', 'groups: [{ name: Fresh }]\napplications: [{ name: W, kind: web, clientId: wiki, redirectUris: [https://a.example/cb] }]', 'the client id wiki belongs to another organization'],
      ['a person of another organization', 'groups: [{ name: Fresh }]\nusers: [{ email: ada@example.com }]', 'ada@example.com belongs to another organization than Analytical Engines'],
      ['an application without a way back', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: web, clientId: a-web }]', 'the application A needs redirectUris'],
      ['a key that is nowhere', 'groups: [{ name: Fresh }]\napplications: [{ name: A, kind: service, clientId: a-web, authMethod: private_key_jwt }]', 'the application A needs jwksUri'],
    ])('change nothing at all: %s', async (_case, inner, message) => {
      const before = await everything()
      for (const options of [[], ['--dry-run']]) {
        const { code, out, err } = await applyText(within(inner), ...options)
        expect([code, out]).toEqual([1, ''])
        expect(err).toContain(`${join(folder, 'document.yaml')}: `)
        expect(err).toContain(message)
        expect(err).toContain('Nothing was changed.')
        expect(err).not.toContain(secret)
      }
      expect(await everything()).toBe(before)
    })

    it('refuse the organization of those who signed up for themselves, and a name that two have', async () => {
      const { storage, organizations } = current().foundation
      await storage.write((tx) => organizations.personal(tx))
      expect((await applyText('organizations: [{ name: Mine, slug: personal }]')).err).toContain('the slug personal belongs to the people who signed up for themselves')
      const twins = [await current().addOrganization('Twins'), await current().addOrganization('Twins')]
      expect((await applyText('organizations: [{ name: Twins }]')).err).toContain(`there are 2 organizations called Twins; say which one with slug: ${twins.map(({ slug }) => slug).sort().join(' or ')}`)
      expect((await applyText('organizations: [{ name: Personal }]', '--dry-run')).out).toMatch(/^\+ create {3}organization {3}Personal {3}slug personal-/)
    })
  })
})
